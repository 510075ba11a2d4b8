//! `presence.of`.

use std::{collections::HashSet, sync::Arc};

use tokio::task::yield_now;
use wire_format::{
    AccountId, ErrorCode, MemberId, Refusal,
    command::friends::{Online, Presence},
};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    session::Session,
    store::rooms::CompanyOf,
};

/// Tells which of these accounts are there and are friends, or members of rooms that the session
/// follows and not blocked by either side. Of others it tells nothing: who is away, who is nobody's
/// friend and who does not exist are not told apart.
///
/// A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: Arc<Session>,
    asked: Presence,
) -> Result<Turn, Refusal> {
    let attendance = &errand.accounts.online.attendance;
    let hold = attendance.hold(&own);
    let accounts = vec![own.member()];
    let company = errand.read(CompanyOf { accounts }).await?;
    let company = company.into_iter().next().ok_or(ErrorCode::Internal)?;
    let friends: HashSet<MemberId> = company.friends.into_iter().collect();
    let apart: HashSet<MemberId> = company.apart.into_iter().collect();
    let asked = asked.accounts.as_slice();
    let is_friend = |account: &AccountId| friends.contains(&MemberId::from(*account));
    let is_apart = |account: &AccountId| apart.contains(&MemberId::from(*account));
    let others = asked.iter().copied();
    let others = others.filter(|account| !is_friend(account) && !is_apart(account));
    let near = near(&member, others.collect()).await;
    let known = asked.iter().copied();
    let known = known.filter(|account| is_friend(account) || near.contains(account));
    let online = attendance.here(known);
    hold.answer(errand.reply(&Online { online }));
    Ok(Turn::Sent)
}

/// Those of the accounts whose presence a room shows that the session follows.
async fn near(member: &Session, mut wanted: HashSet<AccountId>) -> HashSet<AccountId> {
    let mut near = HashSet::new();
    for room in member.all_followed() {
        if wanted.is_empty() {
            break;
        }
        for account in room.shown(wanted.iter()) {
            wanted.remove(&account);
            near.insert(account);
        }
        // A thousand rooms are a million looks.
        yield_now().await;
    }
    near
}
