//! Keyset chains that were verified lately, so that a record costs its own signatures only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use wire_format::{AccountId, ErrorCode, Refusal, identity::Chain, room::Keysets};

use super::{Accounts, store_failed};
use crate::store::{
    Store as _,
    keys::{self, ReadChains},
};

/// Chains by account.
///
/// **Policy**: as long as they have no more than [`KEYSETS_MOST`] keysets they stay; when there would be
/// more, a quarter goes, whichever, and comes again as it is needed.
#[derive(Default)]
pub(crate) struct Chains {
    /// Held for a look-up or one change, never across an await.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    chains: HashMap<AccountId, Arc<Chain>>,
    keysets: u64,
}

/// The keys that a record is judged by.
#[derive(Clone, Default)]
pub(crate) struct Known(HashMap<AccountId, Arc<Chain>>);

impl Keysets for Known {
    fn chain(&self, account: AccountId) -> Option<&Chain> {
        self.0.get(&account).map(|chain| &**chain)
    }
}

impl Accounts {
    /// The chains of these accounts, as the store has them now; without those that it has not. A
    /// dropped future leaves nothing behind.
    ///
    /// # Errors
    /// `internal` and `busy`, as the store fails or as many wait for a core as may.
    pub(crate) async fn chains_of(
        &self,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> Result<Known, Refusal> {
        let mut wanted: Vec<AccountId> = accounts.into_iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let known: Vec<_> = {
            let kept = self.chains.lock();
            let kept = wanted.iter().map(|account| kept.chains.get(account));
            kept.map(|chain| chain.map(Arc::clone)).collect()
        };
        let read = wanted.iter().zip(&known).map(|(account, chain)| {
            let after = chain
                .as_ref()
                .map_or(0, |chain| chain.head().number().value());
            ((*account).into(), after)
        });
        let read = ReadChains {
            accounts: read.collect(),
        };
        let read = self.store.read(read).await.map_err(store_failed)?;
        let parts = wanted.into_iter().zip(known).zip(read);
        let parts: Vec<_> = parts
            .map(|((account, known), part)| (account, known, part))
            .collect();
        let is_known = |(_, known, part): &(_, Option<_>, keys::Chain)| {
            part.keysets.is_empty() && (known.is_some() || part.head == 0)
        };
        let chains = if parts.iter().all(is_known) {
            let chains = parts.into_iter();
            chains
                .filter_map(|(account, chain, _)| Some((account, chain?)))
                .collect()
        } else {
            let extended = self.work.run(move || extended(parts)).await?;
            extended.ok_or(ErrorCode::Internal)?
        };
        self.chains.keep(&chains);
        Ok(Known(chains))
    }
}

impl Chains {
    fn keep(&self, chains: &HashMap<AccountId, Arc<Chain>>) {
        let mut kept = self.lock();
        for (account, chain) in chains {
            kept.put(*account, Arc::clone(chain));
        }
        if kept.keysets > KEYSETS_MOST {
            kept.shrink_to(KEYSETS_MOST / 4 * 3);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, account: AccountId, chain: Arc<Chain>) {
        self.keysets += keysets_of(&chain);
        if let Some(before) = self.chains.insert(account, chain) {
            self.keysets -= keysets_of(&before);
        }
    }

    fn shrink_to(&mut self, most: u64) {
        let keysets = &mut self.keysets;
        self.chains.retain(|_, chain| {
            let stays = *keysets <= most;
            if !stays {
                *keysets -= keysets_of(chain);
            }
            stays
        });
    }
}

/// Chains are read from their beginning here.
fn keysets_of(chain: &Chain) -> u64 {
    chain.head().number().value()
}

/// Verifies what came of each chain; `None` if the store has one that does not hold.
fn extended(
    parts: Vec<(AccountId, Option<Arc<Chain>>, keys::Chain)>,
) -> Option<HashMap<AccountId, Arc<Chain>>> {
    let mut chains = HashMap::with_capacity(parts.len());
    for (account, known, part) in parts {
        let mut keysets = part.keysets.into_iter().map(Bytes::from);
        let mut chain = match known {
            Some(known) => known,
            None => match keysets.next() {
                Some(first) => Arc::new(Chain::first(account, None, first).ok()?),
                None => continue,
            },
        };
        for keyset in keysets {
            Arc::make_mut(&mut chain).extend(keyset).ok()?;
        }
        chains.insert(account, chain);
    }
    Some(chains)
}

/// Keysets in memory: some 4 KiB each.
const KEYSETS_MOST: u64 = 8_192;
