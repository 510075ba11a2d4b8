//! Commands about people (docs/protocol.md#1417-people): who there is, who knows whom, and who is
//! there.

mod find;
mod list;
mod presence;
mod step;
mod update;

use std::sync::Arc;

use wire_format::{ErrorCode, command::Command};

use crate::{
    account::AccountSession,
    command::{Answered, errand::Errand, later},
    session::Session,
    store::friends::FriendStep,
};

/// Carries a command about people out; there is no other of accounts left when it comes here.
pub(in crate::command) fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: &Arc<Session>,
    command: Command,
) -> Answered {
    let step = |account, step| step::Step { account, step };
    let step = match command {
        Command::FindAccount(find) => return later(find::run(errand, own, find)),
        Command::UpdateAccount(update) => return later(update::run(errand, own, update)),
        Command::ListFriends(list) => return later(list::run(errand, own, list)),
        Command::PresenceOf(asked) => {
            return later(presence::run(errand, own, Arc::clone(member), asked));
        }
        // Rooms whose invitation links could lead to somebody are not served yet.
        Command::AddFriend(add) if add.room.is_some() => return Err(ErrorCode::NotAllowed.into()),
        Command::AddFriend(add) => step(add.account, FriendStep::Ask),
        Command::AcceptFriend(accept) => step(accept.account, FriendStep::Accept),
        Command::DeclineFriend(decline) => step(decline.account, FriendStep::Decline),
        Command::RemoveFriend(remove) => step(remove.account, FriendStep::Remove),
        Command::BlockAccount(block) => step(block.account, FriendStep::Block),
        Command::UnblockAccount(unblock) => step(unblock.account, FriendStep::Unblock),
        _ => return Err(ErrorCode::NotAllowed.into()),
    };
    later(step::run(errand, own, step))
}
