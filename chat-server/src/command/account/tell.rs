//! What the other sessions of an account, and those who have to do with it, are told.

use std::collections::BTreeSet;

use wire_format::{
    AccountId, Event, KeysetNumber, Revision, RoomId, RootNumber,
    event::{CommitDue, KeysetChange},
};

use crate::{
    account::{AccountSession, account_id, event},
    command::errand::Errand,
    store::{
        rooms::{Company, CompanyOf, Due, SetDue},
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

/// Tells the account's other connected sessions, those of its friends, and of everybody who follows a room
/// that it is in, that its chain goes on; and after a rotation takes note in these rooms that they list
/// older keys than it has now, and tells that, too. All of it is a hint: who misses it reads the chain
/// when it needs keys. A dropped future leaves some of them untold.
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
    let Ok(company) = errand.read(CompanyOf { accounts }).await else {
        return;
    };
    let Some(company) = company.into_iter().next() else {
        return;
    };
    let near = near(errand, &company, account);
    online.attendance.tell(near, &changed);
    if link == KeysetChange::Rotated {
        rooms_due(errand, company.rooms).await;
    }
}

/// The others whom it concerns what an account's keys are, each once.
fn near(errand: &Errand, company: &Company, account: AccountId) -> BTreeSet<AccountId> {
    let followers = errand.accounts.conversations.followers(&company.rooms);
    let friends = company.friends.iter().copied().map(account_id);
    let mut near: BTreeSet<_> = friends.chain(followers.into_values()).collect();
    near.remove(&account);
    near
}

async fn rooms_due(errand: &Errand, rooms: Vec<RoomId>) {
    let noted = SetDue {
        rooms: rooms.clone(),
        due: Due::Rekeyed,
    };
    if rooms.is_empty() || errand.write(noted).await.is_err() {
        return;
    }
    for room in errand.accounts.conversations.those_loaded(&rooms) {
        room.becomes_due(CommitDue::Rekeyed, None);
    }
}

/// The largest revision that a store takes: nothing comes after it.
const AFTER_ALL: u64 = i64::MAX.unsigned_abs();
