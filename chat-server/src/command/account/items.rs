//! `vault.items`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    ErrorCode, Refusal, Revision,
    command::vault::{ItemPage, Items},
    record_list,
    vault::ItemKind,
};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::vault::ReadItems,
};

/// Gives what changed after a revision, a page at a time. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    items: Items,
) -> Result<Turn, Refusal> {
    if items
        .kind
        .is_some_and(|kind| ItemKind::from_byte(kind).is_none())
    {
        return Err(ErrorCode::Malformed.into());
    }
    let read = ReadItems {
        account: own.member(),
        after: items.after.map_or(0, Revision::value),
        kind: items.kind,
    };
    let page = errand.read(read).await?;
    let records: Vec<Bytes> = page.records.into_iter().map(Bytes::from).collect();
    let tail = record_list::encode(&records).map_err(|_| ErrorCode::Internal)?;
    let state = ItemPage {
        revision: Revision::new(page.revision),
        more: page.more,
    };
    errand.ok_with(&state, tail)
}
