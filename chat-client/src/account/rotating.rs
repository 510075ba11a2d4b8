//! New identity keys that the present ones sign (docs/protocol.md#143-identity-the-keyset-chain).

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    KeysetNumber, Millis, SealError, WrapNumber,
    command::keys::Rotate,
    identity::{Chain, IdentityKeys},
    record_list,
    vault::{IdentityEntry, OpenedRoot, WrapEntry},
};

use super::{
    Account,
    blocking::blocking,
    entering::{newest_wrap, own_chain, own_keys},
    error::AccountError,
    kept::Seen,
    records::wrap_key,
    root::{ATTEMPTS, is_conflict},
    wraps::supersede,
};
use crate::clock::Clock;

impl Account {
    /// Makes new identity keys that the present ones sign, and a wrap key to match: whoever verified
    /// this account goes on to. The old private halves stay in the vault, where a root holds some
    /// thirty of both kinds ([`VAULT_ROOT_BYTES`](wire_format::limits::VAULT_ROOT_BYTES)).
    ///
    /// A dropped future leaves the keys replaced or not.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] for a root that holds no more keys; [`AccountError::Contended`]; the
    /// typed cause otherwise.
    pub async fn rotate_keys(&mut self) -> Result<KeysetNumber, AccountError> {
        let next = blocking(|| IdentityKeys::generate(&mut rand::rng())).await??;
        let next = Arc::new(next);
        for _ in 0..ATTEMPTS {
            let now = Clock::start().now().wall;
            let draft = Draft {
                next: Arc::clone(&next),
                before: Arc::clone(&self.keys),
                chain: self.chain.clone(),
                wrap: newest_wrap(&self.root.content).next(),
                now,
            };
            let made = blocking(move || draft.make()).await??;
            let mut content = self.root.content.clone();
            content.identity.push(made.identity);
            supersede(&mut content, made.wrap, now);
            let root = self.seal_next(&self.root.lock, &content)?;
            let tail = record_list::encode(&[made.keyset, made.wrap_record, root.bytes().clone()])?;
            let rotate = Rotate {
                expected: self.chain.head().number(),
            };
            match self.line.call(&rotate, tail).await {
                Ok(_) => {
                    let (number, lock) = (root.number(), self.root.lock.clone());
                    self.take(OpenedRoot {
                        number,
                        content,
                        lock,
                    });
                    self.take_keys(made.chain, next);
                    return Ok(self.chain.head().number());
                }
                Err(error) if is_conflict(&error) => self.catch_up().await?,
                Err(error) => return Err(error),
            }
        }
        Err(AccountError::Contended)
    }

    /// Reads the own chain and the root again, as another device may have replaced keys.
    pub(super) async fn catch_up(&mut self) -> Result<(), AccountError> {
        let chain = own_chain(&mut self.line, &self.who, Some(self.seen)).await?;
        self.refresh().await?;
        let keys = own_keys(&self.root.content, &chain).await?;
        self.take_keys(chain, keys);
        Ok(())
    }

    /// Takes note of a chain that the server has, and of the keys of its head.
    fn take_keys(&mut self, chain: Chain, keys: Arc<IdentityKeys>) {
        let now = Seen::of(&chain, self.root.number, newest_wrap(&self.root.content));
        self.seen = self.seen.or_later(now);
        (self.chain, self.keys) = (chain, keys);
    }
}

/// What new keys are to follow.
struct Draft {
    next: Arc<IdentityKeys>,
    before: Arc<IdentityKeys>,
    chain: Chain,
    wrap: WrapNumber,
    now: Millis,
}

/// The records that publish new keys, and what the vault keeps of them.
struct Made {
    chain: Chain,
    keyset: Bytes,
    wrap_record: Bytes,
    identity: IdentityEntry,
    wrap: WrapEntry,
}

impl Draft {
    /// Makes all of it; takes seconds.
    fn make(mut self) -> Result<Made, SealError> {
        let rng = &mut rand::rng();
        let head = self.chain.head();
        let account = head.account();
        let keyset = self
            .next
            .rotated_keyset(head, &self.before, self.now, rng)?;
        let (wrap, wrap_record) = wrap_key(&self.next, account, self.wrap, self.now)?;
        let identity = IdentityEntry::of(keyset.number(), &self.next)?;
        let keyset = keyset.bytes().clone();
        let extended = self.chain.extend(keyset.clone());
        extended.map_err(|_| SealError::KeyOperation)?;
        Ok(Made {
            chain: self.chain,
            keyset,
            wrap_record,
            identity,
            wrap: WrapEntry::of(&wrap)?,
        })
    }
}
