//! What the other sessions of an account are told.

use wire_format::{Event, Revision, RootNumber};

use crate::{
    account::{AccountSession, event},
    command::errand::Errand,
    store::vault::{ReadItems, ReadRoot},
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

/// The largest revision that a store takes: nothing comes after it.
const AFTER_ALL: u64 = i64::MAX.unsigned_abs();
