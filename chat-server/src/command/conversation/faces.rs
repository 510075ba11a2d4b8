//! What changes of rooms and channels have in common: who may, what follows what, and what is told.

use std::sync::Arc;

use wire_format::{
    ChannelId, Deliver, DeliverFlags, ErrorCode, Millis, Name, Refusal, RoomId, Sequence,
    command::directory::Revised,
    limits::PUBLIC_ROOMS_BY_ONE,
    room::{Role, RoomKind},
};

use super::{role_in, room_of_member, whole};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    conversation::Conversation,
    names,
    store::rooms::{FaceStep, PlacedCommit, Revise},
    wall_clock,
};

/// A change that is judged under the room's turn: what it comes to, nothing where all is so already, or
/// why it is refused.
pub(super) type Judge =
    Box<dyn FnOnce(&Conversation, Role) -> Result<Option<FaceStep>, ErrorCode> + Send + 'static>;

/// Changes a public or private room, if its newest change is the expected one; without an expectation,
/// whichever it is. A dropped future leaves it changed and told, or neither.
pub(super) async fn revise(
    errand: Errand,
    own: Arc<AccountSession>,
    (room, expected): (RoomId, Option<u32>),
    judge: Judge,
) -> Result<Turn, Refusal> {
    let conversation = room_of_member(&errand, own.account, room).await?;
    if matches!(conversation.kind(), RoomKind::Group | RoomKind::Direct) {
        return Err(ErrorCode::NotAllowed.into());
    }
    let tracker = errand.node.tracker.clone();
    let revised = async move {
        // A channel that comes back tells a whole commit.
        conversation.until_uncrowded().await;
        let _turn = conversation.turn().await?;
        let role = role_in(&conversation, own.account)?;
        let step = judge(&conversation, role)?;
        let newest = conversation.face().revision;
        if expected.is_some_and(|expected| expected != newest) {
            return Err(ErrorCode::StateConflict.into());
        }
        let revision = match step {
            Some(step) => keep(&errand, &own, &conversation, newest, step).await?,
            None => newest,
        };
        errand.ok(&Revised { revision })
    };
    whole(&tracker, revised).await
}

async fn keep(
    errand: &Errand,
    own: &AccountSession,
    conversation: &Conversation,
    newest: u32,
    step: FaceStep,
) -> Result<u32, Refusal> {
    let revise = Revise {
        room: conversation.id(),
        expected: newest,
        public_most: PUBLIC_ROOMS_BY_ONE,
        step: step.clone(),
    };
    let made = errand.write_of_room(own, conversation, revise).await?;
    let rooms = &errand.accounts.conversations;
    let commit = match (&step, made.placed) {
        (FaceStep::Back { channel, now }, Some(placed)) => {
            let commit = delivered(*channel, *now, placed);
            Some(commit.inspect_err(|_| rooms.give_up(conversation))?)
        }
        _ => None,
    };
    if let FaceStep::Channel { channel, .. } = step {
        rooms.add_channel(conversation, channel);
    }
    conversation.revised(step, made.revision, commit.as_ref());
    Ok(made.revision)
}

/// A commit that takes its place in one channel later than in the others.
fn delivered(channel: ChannelId, time: Millis, placed: PlacedCommit) -> Result<Deliver, ErrorCode> {
    Ok(Deliver {
        channel,
        sequence: Sequence::new(placed.sequence),
        time,
        flags: DeliverFlags::Commit,
        sender: placed.author,
        name: Name::try_from(placed.name.as_str()).map_err(|_| ErrorCode::Internal)?,
        payload: placed.record.into(),
    })
}

/// A channel is written in again from now on.
pub(super) fn back(channel: ChannelId) -> FaceStep {
    let now = wall_clock::now();
    FaceStep::Back { channel, now }
}

/// Refuses who is neither owner nor admin.
pub(super) fn over_members(role: Role) -> Result<(), ErrorCode> {
    match role.is_over_members() {
        true => Ok(()),
        false => Err(ErrorCode::NotAllowed),
    }
}

/// Refuses where the room is only read.
pub(super) fn written_in(room: &Conversation) -> Result<(), ErrorCode> {
    match room.face().archived {
        true => Err(ErrorCode::Archived),
        false => Ok(()),
    }
}

/// The name of a public room or channel as prepared.
pub(super) fn name(typed: &str) -> Result<String, ErrorCode> {
    names::prepare_room(typed).ok_or(ErrorCode::NameInvalid)
}

/// Its topic.
pub(super) fn topic(typed: &str) -> Result<String, ErrorCode> {
    names::prepare_topic(typed).ok_or(ErrorCode::NameInvalid)
}
