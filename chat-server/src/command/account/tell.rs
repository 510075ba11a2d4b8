//! What the other sessions of an account, and its friends, are told.

use wire_format::{Event, KeysetNumber, Revision, RootNumber, event::KeysetChange};

use crate::{
    account::{AccountSession, account_id, event},
    command::errand::Errand,
    store::{
        friends::FriendsOf,
        vault::{ReadItems, ReadRoot},
    },
};

/// Tells the account's other connected sessions how far its vault is. It is a hint: who misses it
/// reads the vault when it comes again. A dropped future leaves some of them untold.
pub(super) async fn vault_changed(errand: &Errand, own: &AccountSession) {
    let others = errand.accounts.online.others(own);
    if others.is_empty() {
        return;
    }
    let account = own.member();
    let items = ReadItems {
        account,
        after: AFTER_ALL,
        kind: None,
    };
    let read = (
        errand.read(ReadRoot { account }).await,
        errand.read(items).await,
    );
    let (Ok(Some(root)), Ok(page)) = read else {
        return;
    };
    let changed = event(&Event::VaultChanged {
        root: RootNumber::new(root.number),
        revision: Revision::new(page.revision),
    });
    for other in others {
        other.outbox.send(&changed);
    }
}

/// Tells the account's other connected sessions, and those of its friends, that its chain goes on. It
/// is a hint: who misses it reads the chain when it needs keys. A dropped future leaves some of them
/// untold.
pub(super) async fn keys_changed(
    errand: &Errand,
    own: &AccountSession,
    number: KeysetNumber,
    link: KeysetChange,
) {
    let account = own.account;
    let changed = Event::KeysChanged {
        account,
        number,
        link,
    };
    let online = &errand.accounts.online;
    let frame = event(&changed);
    for other in online.others(own) {
        other.outbox.send(&frame);
    }
    let accounts = vec![own.member()];
    let Ok(friends) = errand.read(FriendsOf { accounts }).await else {
        return;
    };
    let friends = friends.into_iter().flatten().map(account_id);
    online.attendance.tell(friends, &changed);
}

/// The largest revision that a store takes: nothing comes after it.
const AFTER_ALL: u64 = i64::MAX.unsigned_abs();
