//! `rooms.follow` and `rooms.unfollow`, and what a block means for who follows.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Event, MemberId, Refusal,
    command::{
        Done,
        conversations::{Follow, Unfollow},
    },
};

use super::{room_of_member, waiting::Waiting};
use crate::{
    account::AccountSession,
    command::{Answer, Answered, Turn, errand::Errand},
    session::Session,
    store::rooms::RoomsWith,
};

/// Lets the session follow a room. A dropped future leaves it following or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: Arc<Session>,
    follow: Follow,
) -> Result<Turn, Refusal> {
    let conversation = room_of_member(&errand, own.account, follow.room).await?;
    // What cannot be taken in any more is no reason for a commit.
    if conversation.is_asked() {
        Waiting::read(&errand, &conversation).await?;
    }
    member.follow(
        &conversation,
        &errand.accounts.conversations,
        errand.request,
    )?;
    Ok(Turn::Sent)
}

/// Follows a room no more.
pub(super) fn stop(errand: &Errand, member: &Session, unfollow: Unfollow) -> Answered {
    if !member.unfollow(unfollow.room) {
        return Err(ErrorCode::NoSuchRoom.into());
    }
    Ok(Answer::Reply(errand.reply(&Done {})))
}

/// Nothing of direct conversations with somebody who is blocked is told any more, nor of groups in which
/// they placed the account and it has not written yet; or, when the block is taken back, all of them
/// are there again. A dropped future leaves some of them as they were.
pub(in crate::command) async fn blocks(
    errand: &Errand,
    own: &AccountSession,
    other: MemberId,
    blocks: bool,
) -> Result<(), Refusal> {
    let account = own.member();
    let attendance = &errand.accounts.online.attendance;
    for room in errand.read(RoomsWith { account, other }).await? {
        // One that is being loaded may have been read before the block. One that cannot be loaded has
        // nobody to tell, and the block once it can.
        let mut request = false;
        if let Ok(Some(conversation)) = errand.accounts.conversation(room).await {
            // One that was given up has nobody to tell either.
            let _turn = conversation.turn().await;
            conversation.hears(own.account, !blocks);
            request = conversation.is_unanswered(own.account);
        }
        let told = if blocks {
            Event::RoomRemoved { room }
        } else {
            Event::RoomAdded { room, request }
        };
        attendance.tell([own.account], &told);
    }
    Ok(())
}
