//! `rooms.invite`.

use std::sync::Arc;

use wire_format::{
    AccountId, ErrorCode, Event, Refusal,
    command::conversations::Invited,
    event::KeysetChange,
    limits::{CLOCK_SKEW, INVITATIONS_BY_ONE},
    room::{InvitePolicy, Keysets as _, Member, RoomChain, RoomKind, UnverifiedInvitation},
};

use super::{faces, room_of_member, whole};
use crate::{
    account::{AccountSession, Known},
    command::{
        Turn,
        errand::{Errand, too_often},
        unreadable,
    },
    conversation::Conversation,
    store::rooms::{Invitation, PutInvitation},
    wall_clock,
};

/// Keeps an invitation for its invitee, who is told at once if they are there; nobody hears of one by
/// somebody whom they block. A dropped future leaves it kept and told, or neither.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.conversation(own.account).map_err(too_often)?;
    let invitation = UnverifiedInvitation::parse(errand.tail.clone());
    let invitation = invitation.map_err(|error| unreadable(&error))?;
    let conversation = room_of_member(&errand, own.account, invitation.room()).await?;
    let people = [own.account, invitation.invitee()];
    let keysets = errand.accounts.chains_of(people).await?;
    if !fits(&invitation, &conversation.chain(), own.account, &keysets) {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let wraps = errand
        .accounts
        .newest_wraps(&[invitation.invitee()])
        .await?;
    let wrap = wraps.get(&invitation.invitee());
    let wrap = wrap.ok_or(ErrorCode::NoSuchAccount)?;
    if wrap.number != invitation.wrap() {
        return Err(ErrorCode::WrapSuperseded.into());
    }
    let (checked, known) = (invitation.clone(), keysets.clone());
    let job = move || checked.check_signatures(&known);
    let signed = errand.accounts.work.run(job).await?;
    signed.map_err(|_| ErrorCode::RequestInvalid)?;
    let tracker = errand.node.tracker.clone();
    let kept = keep(errand, own, conversation, invitation, keysets);
    whole(&tracker, kept).await
}

async fn keep(
    errand: Errand,
    own: Arc<AccountSession>,
    conversation: Arc<Conversation>,
    invitation: UnverifiedInvitation,
    keysets: Known,
) -> Result<Turn, Refusal> {
    let _turn = conversation.turn().await?;
    faces::written_in(&conversation)?;
    // The commit that lets its inviter out makes it void: none is kept behind that.
    if !fits(&invitation, &conversation.chain(), own.account, &keysets) {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let (room, invitee) = (invitation.room(), invitation.invitee());
    let put = PutInvitation {
        invitation: Invitation {
            room,
            invitee: invitee.into(),
            inviter: own.member(),
            expires_at: invitation.expires_at(),
            record: invitation.bytes().to_vec(),
        },
        hash: *invitation.hash().as_bytes(),
        most: errand.accounts.limits.invitations,
        most_by_one: INVITATIONS_BY_ONE,
        now: wall_clock::now(),
    };
    let is_heard = errand.write_in(&own, put).await?;
    let attendance = &errand.accounts.online.attendance;
    let online = is_heard && !attendance.here([invitee]).is_empty();
    if is_heard {
        let invited = Event::RoomInvited { room };
        attendance.tell_with([invitee], &invited, invitation.bytes().clone());
    }
    errand.ok(&Invited { online })
}

/// Whether the inviter may invite so now. Whether it lets anybody in is judged when it is used.
fn fits(
    invitation: &UnverifiedInvitation,
    chain: &RoomChain,
    own: AccountId,
    keysets: &Known,
) -> bool {
    let (record, now) = (chain.record(), wall_clock::now());
    let may = |member: Member| {
        record.policy().invite == InvitePolicy::AnyMember || member.role.is_over_members()
    };
    let skew = u64::try_from(CLOCK_SKEW.as_millis()).unwrap_or(u64::MAX);
    let latest = now.value().saturating_add(skew);
    invitation.inviter() == own
        && record.policy().kind != RoomKind::Direct
        && record.member(own).is_some_and(may)
        && record
            .member(invitation.invitee())
            .is_none_or(|member| was_reset(invitation, member, keysets))
        && !record.is_banned(invitation.invitee())
        && chain.entry_of(invitation.commit()).is_some()
        && invitation.made_at().value() <= latest
        && invitation.expires_at() > now
}

/// Whether it invites the keys that a member has since a reset: with them, it comes in anew.
fn was_reset(invitation: &UnverifiedInvitation, member: Member, keysets: &Known) -> bool {
    let chain = keysets.chain(invitation.invitee());
    let new = invitation.invitee_fingerprint();
    chain.and_then(|chain| chain.change_between(member.fingerprint, new))
        == Some(KeysetChange::Reset)
}
