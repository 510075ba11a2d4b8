//! `friends.list`.

use std::{collections::HashSet, sync::Arc};

use wire_format::{
    AccountId, MemberId, Refusal,
    command::friends::{Friend, FriendList, List},
    limits::FRIENDS_PER_PAGE,
};

use super::step::state_of;
use crate::{
    account::{AccountSession, account_id},
    command::{Turn, errand::Errand},
    store::friends::{self, FriendState, ListFriends},
};

/// Lists the people that an account knows, a page at a time; what changes meanwhile is told behind the
/// list. Whether somebody is there is told of friends only.
///
/// A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    list: List,
) -> Result<Turn, Refusal> {
    let attendance = &errand.accounts.online.attendance;
    let hold = attendance.hold(&own);
    let read = ListFriends {
        account: own.member(),
        after: list.after.map(MemberId::from),
        // One more says whether there is another page.
        limit: u32::try_from(FRIENDS_PER_PAGE + 1).unwrap_or(u32::MAX),
    };
    let mut known = errand.read(read).await?;
    let more = known.len() > FRIENDS_PER_PAGE;
    known.truncate(FRIENDS_PER_PAGE);
    let friends = known
        .iter()
        .filter(|one| one.state == FriendState::Friend)
        .map(|one| account_id(one.account));
    let online: HashSet<AccountId> = attendance.here(friends).into_iter().collect();
    let friends = known.into_iter().map(|one| entry(one, &online)).collect();
    hold.answer(errand.reply(&FriendList { friends, more }));
    Ok(Turn::Sent)
}

fn entry(known: friends::Friend, online: &HashSet<AccountId>) -> Friend {
    let account = account_id(known.account);
    Friend {
        account,
        name: known.name,
        display: known.display,
        state: state_of(Some(known.state)),
        online: online.contains(&account),
    }
}
