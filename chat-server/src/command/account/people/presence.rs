//! `presence.of`.

use std::{collections::HashSet, sync::Arc};

use wire_format::{
    ErrorCode, MemberId, Refusal,
    command::friends::{Online, Presence},
};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::friends::FriendsOf,
};

/// Tells which of these accounts are friends and there. Of others it tells nothing: who is away, who is
/// nobody's friend and who does not exist are not told apart.
///
/// A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: Presence,
) -> Result<Turn, Refusal> {
    let attendance = &errand.accounts.online.attendance;
    let hold = attendance.hold(&own);
    let accounts = vec![own.member()];
    let friends = errand.read(FriendsOf { accounts }).await?;
    let friends = friends.into_iter().next().ok_or(ErrorCode::Internal)?;
    let friends: HashSet<MemberId> = friends.into_iter().collect();
    let asked = asked.accounts.as_slice().iter().copied();
    let asked = asked.filter(|account| friends.contains(&MemberId::from(*account)));
    let online = attendance.here(asked);
    hold.answer(errand.reply(&Online { online }));
    Ok(Turn::Sent)
}
