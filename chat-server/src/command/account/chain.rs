//! `keys.chain`.

use bytes::Bytes;
use wire_format::{
    ErrorCode, KeysetNumber, Refusal,
    command::keys::{Chain, ChainPage},
    record_list,
};

use crate::{
    command::{Turn, errand::Errand},
    store::keys::ReadChain,
};

/// Gives keysets of an account, ascending. A dropped future leaves nothing behind.
pub(super) async fn run(errand: Errand, chain: Chain) -> Result<Turn, Refusal> {
    let after = chain.after.map_or(0, KeysetNumber::value);
    let read = ReadChain {
        account: chain.account.into(),
        after,
        limit: KEYSETS_PER_PAGE,
    };
    let part = errand.read(read).await?;
    if part.head == 0 {
        return Err(ErrorCode::NoSuchAccount.into());
    }
    let given = u64::try_from(part.keysets.len()).unwrap_or(u64::MAX);
    let page = ChainPage {
        head: KeysetNumber::new(part.head),
        more: after.saturating_add(given) < part.head,
    };
    let records: Vec<Bytes> = part.keysets.into_iter().map(Bytes::from).collect();
    let tail = record_list::encode(&records).map_err(|_| ErrorCode::Internal)?;
    errand.ok_with(&page, tail)
}

/// Keysets in one reply: at most 400 KiB (docs/protocol.md#143-identity-the-keyset-chain).
const KEYSETS_PER_PAGE: u32 = 100;
