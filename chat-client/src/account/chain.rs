//! Reading chains of keysets, page by page, and checking them.

use bytes::Bytes;
use wire_format::{
    AccountId, KeysetNumber,
    command::keys::{Chain as ReadChain, ChainPage},
    event::KeysetChange,
    identity::{Chain, ChainError, Pin},
    record_list,
};

use super::{
    blocking::blocking,
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
/// The typed cause; a chain that does not hold is [`PeerFault::Chain`] or [`PeerFault::Pages`].
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
            return Err(PeerFault::Pages.into());
        }
    }
    let checked = blocking(move || check(account, from, records)).await?;
    Ok(checked?)
}

/// Whether the head was reached; a page that brings nothing, or other keysets than it says, does not
/// follow.
fn is_whole(page: &ChainPage, before: u64, reached: u64) -> Result<bool, PeerFault> {
    let head = page.head.value();
    let follows = before < reached && reached <= head && page.more == (reached < head);
    if follows {
        Ok(!page.more)
    } else {
        Err(PeerFault::Pages)
    }
}

fn check(account: AccountId, from: Start, records: Vec<Bytes>) -> Result<Read, PeerFault> {
    let mut records = records.into_iter();
    let first = records.next().ok_or(PeerFault::Pages)?;
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

/// Keysets in one page (docs/protocol.md#143-identity-the-keyset-chain).
const KEYSETS_PER_PAGE: usize = 100;
/// Keysets of one account that a client reads: one a year is usual, and each costs milliseconds.
const MOST_KEYSETS: usize = 1_000;

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
            assert_eq!(whole, Err(PeerFault::Pages), "{page:?}");
        }
    }
}
