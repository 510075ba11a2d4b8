//! Commands of end-to-end rooms (docs/protocol.md#147-rooms-roles-and-policy and the sections after
//! it): who is in them, what they commit, and what they ask of each other.
//!
//! A record is judged by the room's chain before the room's turn comes; what could have changed
//! meanwhile is compared again where it is kept. What is kept is told, also if the connection that
//! asked for it ends meanwhile.

mod admission;
mod archive;
mod bad_share;
mod chain;
mod channels;
mod commit;
mod create;
mod decline;
mod directory;
mod faces;
mod follow;
mod grant;
mod grants;
mod invitations;
mod invite;
mod key_requests;
mod look;
mod mine;
mod pending;
mod refuse;
mod request;
mod request_keys;
mod rotate;
mod set_state;
mod share;
mod state;
mod update;
mod waiting;

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::task::TaskTracker;
use wire_format::{
    AccountId, ErrorCode, MemberId, Refusal, RoomId,
    command::Command,
    record_list,
    room::{Role, RoomKind},
};

use super::account::people;
use crate::{
    account::AccountSession,
    command::{Answered, errand::Errand, later},
    conversation::{Conversation, Standing},
    session::Session,
    store::rooms::{IsAsking, IsIn, IsInvited, IsPublic},
    wall_clock,
};

pub(super) use self::follow::blocks;

/// Carries a command of end-to-end rooms out, and every other one that is left when it comes here.
pub(super) fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: &Arc<Session>,
    command: Command,
) -> Answered {
    let member = Arc::clone(member);
    match command {
        Command::CreateRoom(create) => later(create::run(errand, own, create)),
        Command::OwnRooms(mine) => later(mine::run(errand, own, mine)),
        Command::FollowRoom(follow) => later(follow::run(errand, own, member, follow)),
        Command::UnfollowRoom(unfollow) => follow::stop(&errand, &member, unfollow),
        Command::AskRoom(_) => later(request::run(errand, own)),
        Command::Invite(_) => later(invite::run(errand, own)),
        Command::ListInvitations(_) => later(invitations::run(errand, own)),
        Command::DeclineInvitation(decline) => later(decline::run(errand, own, decline)),
        Command::RoomState(state) => later(state::run(errand, own, state)),
        Command::SetRoomState(set) => later(set_state::run(errand, own, member, set)),
        Command::CommitEpoch(commit) => later(commit::run(errand, own, commit)),
        Command::CommitChain(chain) => later(chain::run(errand, own, chain)),
        Command::EpochShare(share) => later(share::run(errand, own, share)),
        Command::PendingRequests(pending) => later(pending::run(errand, own, pending)),
        Command::BadShare(bad) => later(bad_share::run(errand, own, member, bad)),
        Command::RequestKeys(_) => later(request_keys::run(errand, own, member)),
        Command::KeyRequests(requests) => later(key_requests::run(errand, own, requests)),
        Command::GrantKeys(_) => later(grant::run(errand, own)),
        Command::ListGrants(grants) => later(grants::run(errand, own, grants)),
        Command::RefuseKeys(refuse) => later(refuse::run(errand, own, refuse)),
        Command::RoomDirectory(asked) => later(directory::run(errand, asked)),
        Command::LookAtRoom(look) => later(look::run(errand, own, look)),
        Command::UpdateRoom(update) => later(update::run(errand, own, update)),
        Command::ArchiveRoom(archive) => later(archive::run(errand, own, archive)),
        Command::CreateChannel(create) => later(channels::create(errand, own, create)),
        Command::UpdateChannel(update) => later(channels::update(errand, own, update)),
        Command::ArchiveChannel(archive) => later(channels::archive(errand, own, archive)),
        Command::RotateEpoch(rotate) => later(rotate::run(errand, own, rotate)),
        command => people::run(errand, own, &member, command),
    }
}

/// The room, if the account is in it and does not ask to be out.
pub(super) async fn room_of_member(
    errand: &Errand,
    account: AccountId,
    room: RoomId,
) -> Result<Arc<Conversation>, Refusal> {
    let conversation = match errand.accounts.conversations.loaded(room) {
        Some(loaded) => loaded,
        None => {
            let account = account.into();
            loaded_for(errand, room, errand.read(IsIn { account, room }).await?).await?
        }
    };
    match conversation.standing(account) {
        Standing::Member(_) => Ok(conversation),
        Standing::Leaving | Standing::Outside => Err(ErrorCode::NoSuchRoom.into()),
    }
}

/// What a member may do in the room.
///
/// # Errors
/// `no_such_room` for who is not in, or asks to be out.
fn role_in(conversation: &Conversation, account: AccountId) -> Result<Role, ErrorCode> {
    match conversation.standing(account) {
        Standing::Member(role) => Ok(role),
        Standing::Leaving | Standing::Outside => Err(ErrorCode::NoSuchRoom),
    }
}

/// The public room with this id, whoever asks.
async fn public_room(errand: &Errand, room: RoomId) -> Result<Arc<Conversation>, Refusal> {
    let conversation = match errand.accounts.conversations.loaded(room) {
        Some(loaded) => loaded,
        None => loaded_for(errand, room, errand.read(IsPublic { room }).await?).await?,
    };
    match conversation.kind() {
        RoomKind::Public => Ok(conversation),
        RoomKind::Private | RoomKind::Group | RoomKind::Direct => Err(ErrorCode::NoSuchRoom.into()),
    }
}

/// The room, if the account is in it, is invited to it, or asks to come into it.
async fn room_of_anybody_near(
    errand: &Errand,
    account: AccountId,
    room: RoomId,
) -> Result<Arc<Conversation>, Refusal> {
    let near = near(errand, account, room).await?;
    Ok(near.ok_or(ErrorCode::NoSuchRoom)?)
}

/// Likewise, or a public room that is open to the account.
async fn room_that_is_open(
    errand: &Errand,
    account: AccountId,
    room: RoomId,
) -> Result<Arc<Conversation>, Refusal> {
    if let Some(near) = near(errand, account, room).await? {
        return Ok(near);
    }
    let public = public_room(errand, room).await?;
    match public.is_open_to(account) {
        true => Ok(public),
        false => Err(ErrorCode::NoSuchRoom.into()),
    }
}

async fn near(
    errand: &Errand,
    account: AccountId,
    room: RoomId,
) -> Result<Option<Arc<Conversation>>, Refusal> {
    let loaded = errand.accounts.conversations.loaded(room);
    let member = account.into();
    let kept = IsIn {
        account: member,
        room,
    };
    let is_in = match &loaded {
        Some(loaded) => loaded.standing(account) != Standing::Outside,
        None => errand.read(kept).await?,
    };
    // Who is taken in at this moment asks no more, and is in by the record before the room knows.
    if !is_in && !is_near(errand, member, room).await? && !errand.read(kept).await? {
        return Ok(None);
    }
    Ok(Some(match loaded {
        Some(loaded) => loaded,
        None => loaded_for(errand, room, true).await?,
    }))
}

/// Whether the account is invited to the room, or asks to come into it.
async fn is_near(errand: &Errand, account: MemberId, room: RoomId) -> Result<bool, Refusal> {
    let now = wall_clock::now();
    let is_invited = errand.read(IsInvited { account, room, now }).await?;
    Ok(is_invited || errand.read(IsAsking { account, room }).await?)
}

/// The room, loaded if it has to be; not for somebody who has nothing to do with it.
async fn loaded_for(
    errand: &Errand,
    room: RoomId,
    is_near: bool,
) -> Result<Arc<Conversation>, Refusal> {
    if !is_near {
        return Err(ErrorCode::NoSuchRoom.into());
    }
    let conversation = errand.accounts.conversation(room).await?;
    Ok(conversation.ok_or(ErrorCode::NoSuchRoom)?)
}

/// Does something whole: what is kept is told, also if nobody waits for the answer any more.
pub(super) async fn whole<T: Send + 'static>(
    tracker: &TaskTracker,
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tracker.spawn(work).await;
    done.unwrap_or_else(|_| Err(ErrorCode::Internal.into()))
}

/// Records as a tail.
fn listed(records: Vec<Vec<u8>>) -> Result<Bytes, Refusal> {
    let records: Vec<Bytes> = records.into_iter().map(Bytes::from).collect();
    record_list::encode(&records).map_err(|_| ErrorCode::Internal.into())
}
