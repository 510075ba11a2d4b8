//! Reading chains of keysets, page by page, and checking them.

use bytes::Bytes;
use wire_format::{
    AccountId, KeysetNumber,
    command::keys::{Chain as ReadChain, ChainPage},
    event::KeysetChange,
    identity::{Chain, ChainError, Pin},
    limits::KEYSETS_PER_ACCOUNT,
    record_list,
};

use super::{
    blocking::{blocking, blocking_each},
    error::{AccountError, PeerFault},
    line::Line,
};

/// Where a chain is taken up.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// At keyset 1, of this user name if one is known.
    First(Option<String>),
    /// At a keyset that was seen.
    Pinned(Pin),
}

/// A chain that was read up to its head, and how each keyset after the first one read followed.
pub(super) struct Read {
    pub(super) chain: Chain,
    pub(super) changes: Vec<KeysetChange>,
}

/// Reads a chain up to its head. A dropped future leaves nothing behind.
///
/// # Errors
/// The typed cause; a chain that does not hold is [`PeerFault::Chain`] or [`PeerFault::ChainPages`].
pub(super) async fn read(
    line: &mut Line,
    account: AccountId,
    from: Start,
) -> Result<Read, AccountError> {
    let before = match &from {
        Start::First(_) => 0,
        Start::Pinned(pin) => pin.number.value().saturating_sub(1),
    };
    let mut records = Vec::new();
    loop {
        let reached = before.saturating_add(len(&records));
        let ask = ReadChain {
            account,
            after: (reached > 0).then(|| KeysetNumber::new(reached)),
        };
        let (page, tail) = line.call(&ask, Bytes::new()).await?;
        if let Start::Pinned(pin) = &from {
            pin.check(page.head)?;
        }
        records.extend(record_list::parse(tail, KEYSETS_PER_PAGE)?);
        if is_whole(&page, reached, before.saturating_add(len(&records)))? {
            break;
        }
        if records.len() >= MOST_KEYSETS {
            return Err(PeerFault::ChainPages.into());
        }
    }
    let checked = blocking(move || check(account, from, records)).await?;
    Ok(checked?)
}

/// Reads the chains of many accounts from their beginning, many at once. One that is refused, or longer
/// than a page, or does not hold is left out: [`read`] says of it what there is to say. A dropped future
/// leaves nothing behind.
///
/// # Errors
/// Those of the connection.
pub(super) async fn read_many(
    line: &mut Line,
    accounts: &[AccountId],
) -> Result<Vec<Read>, AccountError> {
    let mut all = Vec::with_capacity(accounts.len());
    for some in accounts.chunks(CHAINS_AT_ONCE) {
        let asked: Vec<ReadChain> = some.iter().copied().map(from_its_beginning).collect();
        let answers = line.call_many(&asked).await?;
        let answers = some.iter().zip(answers);
        let whole = answers.filter_map(|(account, answer)| {
            let (page, tail) = answer.ok()?;
            let records = record_list::parse(tail, KEYSETS_PER_PAGE).ok()?;
            let is_whole = is_whole(&page, 0, len(&records)).ok()?;
            is_whole.then_some((*account, records))
        });
        let from = Start::First(None);
        let read = move |(account, records)| check(account, from.clone(), records);
        let read = blocking_each(whole.collect(), read).await?;
        all.extend(read.into_iter().flatten());
    }
    Ok(all)
}

fn from_its_beginning(account: AccountId) -> ReadChain {
    ReadChain {
        account,
        after: None,
    }
}

/// Whether the head was reached; a page that brings nothing, or other keysets than it says, does not
/// follow.
fn is_whole(page: &ChainPage, before: u64, reached: u64) -> Result<bool, PeerFault> {
    let head = page.head.value();
    let follows = before < reached && reached <= head && page.more == (reached < head);
    if follows {
        Ok(!page.more)
    } else {
        Err(PeerFault::ChainPages)
    }
}

fn check(account: AccountId, from: Start, records: Vec<Bytes>) -> Result<Read, PeerFault> {
    let mut records = records.into_iter();
    let first = records.next().ok_or(PeerFault::ChainPages)?;
    let mut chain = match from {
        Start::First(name) => Chain::first(account, name.as_deref(), first)?,
        Start::Pinned(pin) => Chain::pinned(&pin, first)?,
    };
    let changes = records.map(|record| chain.extend(record));
    let changes = changes.collect::<Result<_, ChainError>>()?;
    Ok(Read { chain, changes })
}

fn len(records: &[Bytes]) -> u64 {
    u64::try_from(records.len()).unwrap_or(u64::MAX)
}

/// Chains that are asked for before the first one is verified: each is some kilobytes, and a round trip to
/// the server is as long as verifying a few of them.
const CHAINS_AT_ONCE: usize = 64;
/// Keysets in one page (docs/protocol.md#143-identity-the-keyset-chain).
const KEYSETS_PER_PAGE: usize = 100;
/// Keysets of one account that a client reads: more than a server keeps, and each costs milliseconds.
const MOST_KEYSETS: usize = 2 * KEYSETS_PER_ACCOUNT;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(head: u64, more: bool) -> ChainPage {
        ChainPage {
            head: KeysetNumber::new(head),
            more,
        }
    }

    #[test]
    fn pages_go_on_until_the_head_and_no_further() {
        assert_eq!(is_whole(&page(1, false), 0, 1), Ok(true));
        assert_eq!(is_whole(&page(101, true), 0, 100), Ok(false));
        assert_eq!(is_whole(&page(101, false), 100, 101), Ok(true));
        for (page, before, reached) in [
            (page(1, true), 0, 1),
            (page(2, false), 0, 1),
            (page(1, false), 0, 2),
            (page(5, true), 3, 3),
            (page(0, false), 0, 0),
        ] {
            let whole = is_whole(&page, before, reached);
            assert_eq!(whole, Err(PeerFault::ChainPages), "{page:?}");
        }
    }
}
