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
    store::friends::FriendStep,
};

/// Whether a command is one of these.
pub(super) fn is_served(command: &Command) -> bool {
    matches!(
        command,
        Command::FindAccount(_)
            | Command::UpdateAccount(_)
            | Command::AddFriend(_)
            | Command::AcceptFriend(_)
            | Command::DeclineFriend(_)
            | Command::RemoveFriend(_)
            | Command::BlockAccount(_)
            | Command::UnblockAccount(_)
            | Command::ListFriends(_)
            | Command::PresenceOf(_)
    )
}

/// Carries one out.
pub(super) fn run(errand: Errand, own: Arc<AccountSession>, command: Command) -> Answered {
    let step = |account, step| step::Step { account, step };
    let step = match command {
        Command::FindAccount(find) => return later(find::run(errand, own, find)),
        Command::UpdateAccount(update) => return later(update::run(errand, own, update)),
        Command::ListFriends(list) => return later(list::run(errand, own, list)),
        Command::PresenceOf(asked) => return later(presence::run(errand, own, asked)),
        // There are no rooms yet whose invitation could lead to somebody.
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
