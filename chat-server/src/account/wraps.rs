//! Which wrap key of an account is the newest, so that a commit for a thousand members does not read
//! their keys.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use wire_format::{
    AccountId, ErrorCode, MemberId, Refusal, identity::UnverifiedWrapKey, room::PublishedWrap,
};

use super::{Accounts, store_failed};
use crate::store::{
    Store as _,
    keys::{ReadNewestWraps, ReadWrapKeys, WRAP_KEYS_AT_ONCE},
};

/// What was read of wrap keys. One that has a number never changes, and the number is asked for each
/// time.
///
/// **Policy**: as long as there are no more than [`WRAPS_MOST`] they stay; when there would be more, all
/// of them go, and come again as they are needed.
#[derive(Default)]
pub(crate) struct Wraps {
    /// Held for a look-up or one change, never across an await.
    kept: Mutex<HashMap<AccountId, PublishedWrap>>,
}

impl Accounts {
    /// The newest wrap keys of accounts; without those that have none. A dropped future leaves nothing
    /// behind.
    ///
    /// # Errors
    /// `internal` and `busy`, as the store fails.
    pub(crate) async fn newest_wraps(
        &self,
        accounts: &[AccountId],
    ) -> Result<HashMap<AccountId, PublishedWrap>, Refusal> {
        let mut newest = HashMap::with_capacity(accounts.len());
        for accounts in accounts.chunks(WRAP_KEYS_AT_ONCE) {
            let ids: Vec<MemberId> = accounts.iter().copied().map(MemberId::from).collect();
            let numbers = self.store.read(ReadNewestWraps { accounts: ids }).await;
            let numbers = numbers.map_err(store_failed)?;
            let wanted = accounts.iter().copied().zip(numbers);
            let (known, unknown) = self.wraps.look_up(wanted);
            newest.extend(known);
            if !unknown.is_empty() {
                let read = self.read_wraps(unknown).await?;
                self.wraps.keep(&read);
                newest.extend(read);
            }
        }
        Ok(newest)
    }

    async fn read_wraps(
        &self,
        accounts: Vec<MemberId>,
    ) -> Result<Vec<(AccountId, PublishedWrap)>, Refusal> {
        let keys = self.store.read(ReadWrapKeys { accounts }).await;
        let keys = keys.map_err(store_failed)?.into_iter();
        let read = keys.map(|key| {
            let parsed = UnverifiedWrapKey::parse(key.record.into());
            let parsed = parsed.map_err(|_| ErrorCode::Internal)?;
            Ok((parsed.account(), PublishedWrap::from(&parsed)))
        });
        read.collect()
    }
}

impl Wraps {
    /// Those of the accounts whose newest key is known, and the others; who has none is neither.
    fn look_up(
        &self,
        wanted: impl Iterator<Item = (AccountId, u64)>,
    ) -> (Vec<(AccountId, PublishedWrap)>, Vec<MemberId>) {
        let kept = self.lock();
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (account, number) in wanted.filter(|(_, number)| *number > 0) {
            match kept.get(&account) {
                Some(wrap) if wrap.number.value() == number => known.push((account, *wrap)),
                _ => unknown.push(account.into()),
            }
        }
        (known, unknown)
    }

    fn keep(&self, read: &[(AccountId, PublishedWrap)]) {
        let mut kept = self.lock();
        if kept.len() + read.len() > WRAPS_MOST {
            kept.clear();
        }
        kept.extend(read.iter().copied());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, PublishedWrap>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accounts whose newest wrap key is known: some 100 bytes each.
const WRAPS_MOST: usize = 65_536;

#[cfg(test)]
mod tests {
    use wire_format::{Fingerprint, WrapNumber};

    use super::*;

    fn account(byte: u8) -> AccountId {
        AccountId::from_bytes([byte; 16])
    }

    fn wrap(number: u64) -> PublishedWrap {
        PublishedWrap {
            number: WrapNumber::new(number),
            fingerprint: Fingerprint::from_bytes([7; 32]),
        }
    }

    #[test]
    fn a_newer_number_is_read_again_and_who_has_none_is_not() {
        let wraps = Wraps::default();
        wraps.keep(&[(account(1), wrap(1)), (account(2), wrap(2))]);
        let wanted = [
            (account(1), 1),
            (account(2), 3),
            (account(3), 1),
            (account(4), 0),
        ];
        let (known, unknown) = wraps.look_up(wanted.into_iter());
        assert_eq!(known, [(account(1), wrap(1))]);
        assert_eq!(unknown, [account(2), account(3)].map(MemberId::from));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let wraps = Wraps::default();
        let many = |from: u64| -> Vec<_> {
            let ids = (from..from + 1_000).map(|number| {
                let mut id = [0; 16];
                id[..8].copy_from_slice(&number.to_be_bytes());
                (AccountId::from_bytes(id), wrap(1))
            });
            ids.collect()
        };
        for page in 0..66 {
            wraps.keep(&many(page * 1_000));
            assert!(wraps.lock().len() <= WRAPS_MOST);
        }
    }
}
