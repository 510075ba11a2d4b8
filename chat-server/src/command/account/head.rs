//! The head of an account's chain, as keys that check.

use wire_format::{
    AccountId, ErrorCode, KeysetNumber, Refusal,
    identity::{Chain, Pin, UnverifiedKeyset},
};

use crate::{
    command::errand::Errand,
    store::keys::{self, ReadChain},
};

/// Reads the head and checks its own signatures; what came before was checked when it was taken in.
pub(super) async fn run(errand: &Errand, account: AccountId) -> Result<Chain, Refusal> {
    let read = |after| ReadChain {
        account: account.into(),
        after,
        limit: 1,
    };
    let mut chain: keys::Chain = errand.read(read(0)).await?;
    if chain.head > 1 {
        chain = errand.read(read(chain.head - 1)).await?;
    }
    let record = chain.keysets.pop().ok_or(ErrorCode::NoSuchAccount)?;
    let number = KeysetNumber::new(chain.head);
    let opened = errand.accounts.work.run(move || {
        let keyset = UnverifiedKeyset::parse(record.into()).ok()?;
        let pin = Pin {
            account,
            number,
            head: keyset.hash(),
        };
        Chain::pinned(&pin, keyset.bytes().clone()).ok()
    });
    opened.await?.ok_or(ErrorCode::Internal.into())
}
