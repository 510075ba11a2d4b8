//! `epochs.commit`.

use std::{collections::HashMap, sync::Arc};

use wire_format::{
    AccountId, ChannelId, ErrorCode, Event, MemberId, Refusal, Sequence,
    command::commits,
    room::{Admitted, Change, InvitePolicy, RoomChain},
};

use super::{
    admission::{self, Ground, Kept, Offer},
    faces, room_that_is_open,
    waiting::Waiting,
    whole,
};
use crate::{
    account::{AccountSession, account_id},
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    conversation::{Conversation, Share, Standing, Taken},
    store::rooms::{self, AppendCommit, Comes, Member},
    wall_clock,
};

/// What is kept and told of a commit that was admitted.
struct Step {
    conversation: Arc<Conversation>,
    admitted: Admitted,
    shares: HashMap<AccountId, Share>,
    append: AppendCommit,
    /// Whether a room that is only read takes it, too.
    is_quiet: bool,
}

/// Takes a commit, if nobody was faster, and delivers it: each member gets its own share first, who is
/// let out nothing more. A dropped future leaves it taken and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    commit: commits::Commit,
) -> Result<Turn, Refusal> {
    let conversation = room_that_is_open(&errand, own.account, commit.room).await?;
    let offer = Offer::read(errand.tail.clone(), commit.wraps.as_slice())?;
    if !takes_requests_in(&offer) {
        let attempts = &errand.accounts.attempts;
        attempts.rotation(own.account).map_err(too_often)?;
    }
    let stands = (offer.commit.room(), offer.commit.n(), offer.commit.author());
    if stands != (commit.room, commit.n, own.account) {
        return Err(ErrorCode::CommitInvalid.into());
    }
    let chain = conversation.chain();
    if offer.commit.previous() != chain.head().hash() {
        return Err(ErrorCode::CommitConflict.into());
    }
    let waiting = Waiting::read(&errand, &conversation).await?;
    if lets_newcomers_in(&offer, &chain, &waiting) {
        errand.is_open_to_newcomers().await?;
    }
    let ground = Ground::read(&errand, &offer, Some(chain.record())).await?;
    let (now, judged_by) = (wall_clock::now(), Some(Arc::clone(&chain)));
    let judged = offer.judge(&errand, judged_by, ground, waiting.pending, now);
    let (admitted, offer, ground) = judged.await?.map_err(admission::refused)?;
    let kept = Kept {
        name: own.name.to_string(),
        rooms_most: errand.accounts.limits.rooms,
        now,
    };
    let put = admission::put(Some(chain.record()), admitted.record(), own.account);
    let gone = gone(&chain, &admitted);
    let append = AppendCommit {
        previous: *chain.head().hash().as_bytes(),
        requests_seen: waiting.seen,
        void: void(&chain, &admitted, &offer, &gone),
        settled: settled(&offer),
        commit: offer.kept(&admitted, &ground, put, kept),
        gone,
    };
    let step = Step {
        shares: offer.shares(admitted.record()),
        is_quiet: is_quiet(&offer),
        conversation,
        admitted,
        append,
    };
    // Who takes the commit up changes the chain where it is, unless somebody still looks at it.
    drop(chain);
    let tracker = errand.node.tracker.clone();
    whole(&tracker, take(errand, own, step)).await
}

async fn take(errand: Errand, own: Arc<AccountSession>, step: Step) -> Result<Turn, Refusal> {
    let Step {
        conversation,
        admitted,
        shares,
        append,
        is_quiet,
    } = step;
    conversation.until_uncrowded().await;
    let _turn = conversation.turn().await?;
    if !is_quiet {
        faces::written_in(&conversation)?;
    }
    let (gone, put, at) = (
        append.gone.clone(),
        append.commit.put.clone(),
        append.commit.now,
    );
    let gone = gone.into_iter().map(account_id);
    let gone = gone.filter(|account| conversation.standing(*account) != Standing::Leaving);
    let gone: Vec<AccountId> = gone.collect();
    let appended = errand.write_of_room(&own, &conversation, append).await?;
    let taken = Taken {
        admitted,
        at,
        places: places(appended.places),
        name: own.name.clone(),
        shares,
        has_joins: appended.has_joins,
        leaving: appended.leaving.into_iter().map(account_id).collect(),
    };
    // The store has it: nothing else can have been first.
    conversation.take(taken).map_err(|_| ErrorCode::Internal)?;
    tell(&errand, &conversation, &put, gone);
    errand.done()
}

/// Where the commit stands, as it is told.
fn places(kept: rooms::Places) -> Vec<(ChannelId, Sequence)> {
    let kept = kept.into_iter();
    kept.map(|(channel, place)| (channel, Sequence::new(place)))
        .collect()
}

/// Tells those who came in and those who were let out, on all their sessions.
fn tell(errand: &Errand, conversation: &Conversation, put: &[Member], gone: Vec<AccountId>) {
    let (room, attendance) = (conversation.id(), &errand.accounts.online.attendance);
    let came = put.iter().filter(|member| member.comes != Comes::WasIn);
    let came = came.map(|member| account_id(member.account));
    let request = false;
    attendance.tell(came, &Event::RoomAdded { room, request });
    attendance.tell(gone, &Event::RoomRemoved { room });
}

/// Whether others, or its author, have asked for the commit: it is due at once.
fn takes_requests_in(offer: &Offer) -> bool {
    let mut changes = offer.commit.changes().iter();
    changes.any(|change| matches!(change, Change::Joined(_) | Change::Left(_)))
}

/// Whether it lets nobody in and allows nobody more: a new epoch, whoever goes, new keys of who stays.
fn is_quiet(offer: &Offer) -> bool {
    let mut changes = offer.commit.changes().iter();
    changes.all(|change| {
        matches!(
            change,
            Change::Left(_) | Change::Removed { .. } | Change::Rekeyed(_)
        )
    })
}

/// Whether somebody comes in whom nobody has invited, by a request that was not kept before: what is
/// pending has to be taken in, in an emergency, too.
fn lets_newcomers_in(offer: &Offer, chain: &RoomChain, waiting: &Waiting) -> bool {
    let mut changes = offer.commit.changes().iter();
    changes.any(|change| match change {
        Change::Joined(request) => {
            let hash = request.hash();
            request.invitation().is_none()
                && chain.record().member(request.account()).is_none()
                && !waiting.pending.iter().any(|one| one.hash == hash)
        }
        _ => false,
    })
}

/// Members that the commit lets out.
fn gone(chain: &RoomChain, admitted: &Admitted) -> Vec<MemberId> {
    let members = chain.record().members();
    let gone = members.filter(|(account, _)| admitted.record().member(*account).is_none());
    gone.map(|(account, _)| account.into()).collect()
}

/// Whose requests and invitations are over.
fn settled(offer: &Offer) -> Vec<MemberId> {
    let changes = offer.commit.changes().iter();
    let settled = changes.filter_map(|change| match change {
        Change::Joined(request) | Change::Left(request) => Some(request.account()),
        Change::Removed { account, .. } => Some(*account),
        _ => None,
    });
    settled.map(MemberId::from).collect()
}

/// Who may invite no more, or did with keys that were replaced: their invitations are void.
fn void(chain: &RoomChain, admitted: &Admitted, offer: &Offer, gone: &[MemberId]) -> Vec<MemberId> {
    let (before, after) = (chain.record(), admitted.record());
    let joined = offer
        .commit
        .changes()
        .iter()
        .filter_map(|change| match change {
            Change::Joined(request) => Some(request.account()),
            _ => None,
        });
    // A member joins anew after a reset only.
    let reset = joined.filter(|account| before.member(*account).is_some());
    let mut void = gone.to_vec();
    void.extend(reset.map(MemberId::from));
    if after.policy().invite == InvitePolicy::OwnersAndAdmins {
        let could = |account| {
            let any = before.policy().invite != InvitePolicy::OwnersAndAdmins;
            let was = before.member(account);
            was.is_some_and(|was| any || was.role.is_over_members())
        };
        let members = after.members();
        let lowered =
            members.filter(|(account, member)| !member.role.is_over_members() && could(*account));
        void.extend(lowered.map(|(account, _)| MemberId::from(account)));
    }
    void
}
