//! `keys.wraps`.

use bytes::Bytes;
use wire_format::{
    ErrorCode, MemberId, Refusal,
    command::{Done, keys::Wraps},
    record_list,
};

use crate::{
    command::{Turn, errand::Errand},
    store::keys::ReadWrapKeys,
};

/// Gives the newest wrap keys of accounts, in the order asked. A dropped future leaves nothing
/// behind.
pub(super) async fn run(errand: Errand, wraps: Wraps) -> Result<Turn, Refusal> {
    let asked = wraps.accounts.as_slice().iter().copied();
    let accounts = asked.map(MemberId::from).collect();
    let keys = errand.read(ReadWrapKeys { accounts }).await?;
    let records: Vec<Bytes> = keys.into_iter().map(|key| key.record.into()).collect();
    let tail = record_list::encode(&records).map_err(|_| ErrorCode::Internal)?;
    errand.ok_with(&Done {}, tail)
}
