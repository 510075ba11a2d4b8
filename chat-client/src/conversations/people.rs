//! Whose keys are whose, as far as it was read.

use std::collections::{BTreeMap, BTreeSet};

use wire_format::{
    AccountId, WrapNumber,
    identity::{Chain, ChainError, Keyset, UnverifiedWrapKey, WrapKey},
    room::{Keysets, UnknownKeys},
};

use super::{ConversationError, Conversations};
use crate::{
    account::{AccountError, Known, PeerFault, blocking_each},
    conversation::Alarm,
};

/// The chains of keysets that were read, each from its beginning.
#[derive(Debug, Default)]
pub(super) struct People {
    chains: BTreeMap<AccountId, Chain>,
    /// Whose chain was read over the present connection.
    read: BTreeSet<AccountId>,
    /// Whose keys were reset after they were verified, and nobody has taken note; and whose numbers
    /// differed when they were compared.
    blocked: BTreeSet<AccountId>,
    /// The newest wrap key that was seen of each, verified.
    wraps: BTreeMap<AccountId, WrapKey>,
}

impl Keysets for People {
    fn chain(&self, account: AccountId) -> Option<&Chain> {
        self.chains.get(&account)
    }
}

impl People {
    /// The user name of an account, as its keys sign it.
    pub(super) fn name(&self, account: AccountId) -> Option<&str> {
        self.chains.get(&account).map(|chain| chain.head().name())
    }

    /// Whether these keys are known of their account.
    pub(super) fn has(&self, keys: UnknownKeys) -> bool {
        let chain = self.chains.get(&keys.account);
        chain.is_some_and(|chain| chain.with_fingerprint(keys.fingerprint).is_some())
    }

    /// Whether an account's chain was read over the present connection.
    pub(super) fn is_read(&self, account: AccountId) -> bool {
        self.read.contains(&account)
    }

    /// What was read may be older than what the server has by now.
    pub(super) fn read_anew(&mut self) {
        self.read.clear();
    }

    fn take(&mut self, chain: Chain, known: Known) {
        let account = chain.head().account();
        match known {
            Known::Blocked => self.blocked.insert(account),
            Known::Free => self.blocked.remove(&account),
        };
        self.chains.insert(account, chain);
        self.read.insert(account);
    }

    /// Whether the newest keys that are known of the account of a wrap key signed it.
    fn has_signed(&self, wrap: &UnverifiedWrapKey) -> bool {
        let head = self.chains.get(&wrap.account()).map(Chain::head);
        head.is_some_and(|head| head.fingerprint() == wrap.fingerprint())
    }

    pub(super) fn is_blocked(&self, account: AccountId) -> bool {
        self.blocked.contains(&account)
    }
}

impl Conversations {
    /// The user name of an account whose keys were read.
    pub fn name_of(&self, account: AccountId) -> Option<&str> {
        self.people.name(account)
    }

    /// Reads somebody's chain of keys anew. One that does not continue what was seen of it is an
    /// alarm, and is not used.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn read_chain(&mut self, account: AccountId) -> Result<(), ConversationError> {
        match self.account.whole_chain(account).await {
            Ok((chain, known)) => {
                self.people.take(chain, known);
                Ok(())
            }
            Err(error) => {
                match error {
                    AccountError::Peer(PeerFault::Chain(error)) if is_swap(error) => {
                        self.people.chains.remove(&account);
                        self.people.read.remove(&account);
                        self.people.blocked.insert(account);
                        self.alarms.push((None, Alarm::Swapped { account, error }));
                    }
                    AccountError::Peer(PeerFault::ChainPages) => {
                        self.people.read.remove(&account);
                        self.alarms.push((None, Alarm::Unread(account)));
                    }
                    _ => {}
                }
                Err(error.into())
            }
        }
    }

    /// Reads the chains of many accounts anew, many at once; gives those of which there is more to say,
    /// which [`Conversations::read_chain`] does.
    pub(super) async fn read_chains(
        &mut self,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>, ConversationError> {
        let read = self.account.whole_chains(accounts).await?;
        let mut left: BTreeSet<AccountId> = accounts.iter().copied().collect();
        for (chain, known) in read {
            left.remove(&chain.head().account());
            self.people.take(chain, known);
        }
        Ok(left.into_iter().collect())
    }

    /// Takes note of somebody's new keys; false where they are none that can be used, which is among the
    /// alarms, or their account is gone.
    pub(super) async fn follow_keys(
        &mut self,
        account: AccountId,
    ) -> Result<bool, ConversationError> {
        match self.read_chain(account).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_of_one_room() || error.is_gone() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads the keys that a record names, if they may have come since they were last read; false if
    /// the account does not have them.
    pub(super) async fn read_keys(&mut self, keys: UnknownKeys) -> Result<bool, ConversationError> {
        // What is known already is not what was missing: reading it again would never end.
        let had = self.people.has(keys);
        self.read_chain(keys.account).await?;
        Ok(!had && self.people.has(keys))
    }

    /// The newest published wrap keys of accounts, by whose keys they were signed; none of those that
    /// have none. One that was verified is not verified again: in a large room that takes longer than all
    /// else.
    pub(super) async fn wraps(
        &mut self,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, WrapKey>, ConversationError> {
        let found = self.account.wraps_of(accounts.to_vec()).await?;
        let people = &self.people;
        let behind = accounts.iter().filter_map(|account| found.get(account));
        let behind = behind.filter(|wrap| !people.has_signed(wrap));
        let behind: Vec<AccountId> = behind.map(UnverifiedWrapKey::account).collect();
        for account in self.read_chains(&behind).await? {
            self.read_chain(account).await?;
        }
        let (mut wraps, mut unverified) = (BTreeMap::new(), Vec::new());
        for account in accounts {
            let Some(wrap) = found.get(account) else {
                continue;
            };
            let chain = self.people.chain(*account);
            let head = chain
                .map(Chain::head)
                .ok_or(ConversationError::NotInRoom(*account))?;
            let known = self.people.wraps.get(account);
            let same = known.filter(|known| {
                known.bytes() == wrap.bytes() && known.fingerprint() == head.fingerprint()
            });
            if let Some(same) = same {
                wraps.insert(*account, same.clone());
                continue;
            }
            let seen = known.map_or_else(WrapNumber::default, WrapKey::number);
            unverified.push((wrap.clone(), head.clone(), seen));
        }
        let verify =
            |(wrap, head, seen): (UnverifiedWrapKey, Keyset, WrapNumber)| wrap.verify(&head, seen);
        for wrap in blocking_each(unverified, verify).await? {
            let wrap = wrap.map_err(AccountError::from)?;
            self.people.wraps.insert(wrap.account(), wrap.clone());
            wraps.insert(wrap.account(), wrap);
        }
        Ok(wraps)
    }
}

/// Whether another history of an account's keys was shown.
fn is_swap(error: ChainError) -> bool {
    error.is_alarm() || matches!(error, ChainError::Record(_) | ChainError::OtherAccount(_))
}
