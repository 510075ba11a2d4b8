//! `auth.delete`.

use std::sync::Arc;

use wire_format::{
    CloseCode, Event, Refusal,
    command::{Done, auth::Delete, friends::FriendState},
};

use super::credentials;
use crate::{
    account::{AccountSession, account_id},
    command::{Turn, errand::Errand},
    store::{accounts::DeleteAccount, audit::Actor, friends::WhoKnows},
    wall_clock,
};

/// Deletes the account with everything that is kept for it, after its password was shown again; all
/// its sessions end, this one after the reply, and who knew it is told. Its name is free once they have left their rooms. The
/// last administrator stays.
///
/// A dropped future leaves the account whole or gone.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    delete: Delete,
) -> Result<Turn, Refusal> {
    credentials::own(&errand, &own, delete.login).await?;
    let delete = DeleteAccount {
        account: own.member(),
        actor: Actor::Account(own.member()),
        now: wall_clock::now(),
    };
    let account = own.member();
    // Whoever comes to know it from here on finds out when friends are listed.
    let known_by = errand.read(WhoKnows { account }).await?;
    errand.write_and_end(&own, delete).await?;
    let online = &errand.accounts.online;
    online.sign_out(own.id);
    let gone = Event::FriendsChanged {
        account: own.account,
        name: own.name.to_string(),
        state: FriendState::None,
    };
    online
        .attendance
        .tell(known_by.into_iter().map(account_id), &gone);
    Ok(Turn::Last(errand.reply(&Done {}), CloseCode::Done))
}
