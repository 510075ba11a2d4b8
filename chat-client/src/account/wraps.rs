//! The own wrap key: compared with the vault, and replaced when it is old.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wire_format::{
    Millis, WrapNumber,
    command::keys::{Accounts, Wrap, Wraps},
    identity::{UnverifiedWrapKey, WrapKey},
    record_list,
    vault::{OpenedRoot, WrapEntry},
};

use super::{
    Account,
    blocking::blocking,
    entering::newest_wrap,
    error::{AccountError, OwnFault, PeerFault},
    records::wrap_key,
    root::{ATTEMPTS, is_conflict},
};

/// Age at which a wrap key is replaced at a sign-in (docs/protocol.md#144-wrap-keys).
pub const WRAP_KEY_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What became of a wrap key that was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// It is young enough.
    Kept,
    /// There is a new one.
    Renewed(WrapNumber),
}

impl Account {
    /// Compares the published wrap key with the vault, and replaces one that is [`WRAP_KEY_AGE`] old
    /// by `now`. The old private half stays in the vault.
    ///
    /// A dropped future leaves it replaced or not.
    ///
    /// # Errors
    /// [`PeerFault::OlderVault`] for a rolled-back vault; the typed cause otherwise.
    pub async fn renew_wrap_key(&mut self, now: Millis) -> Result<Renewal, AccountError> {
        let published = self.published_wrap_key().await?;
        let age = now.value().saturating_sub(published.made_at().value());
        if u128::from(age) < WRAP_KEY_AGE.as_millis() {
            return Ok(Renewal::Kept);
        }
        self.replace_wrap_key(published.number(), now).await
    }

    /// Replaces the wrap key whatever its age.
    pub(super) async fn new_wrap_key(&mut self, now: Millis) -> Result<Renewal, AccountError> {
        let published = self.published_wrap_key().await?;
        self.replace_wrap_key(published.number(), now).await
    }

    /// The published wrap key, which is the vault's newest.
    async fn published_wrap_key(&mut self) -> Result<WrapKey, AccountError> {
        let mut key = self.read_wrap_key().await?;
        if key.number() > newest_wrap(&self.root.content) {
            // Another device may have replaced it since the root was read, and again since.
            self.refresh().await?;
            let found = newest_wrap(&self.root.content);
            if key.number() > found {
                let published = key.number();
                return Err(PeerFault::OlderVault { found, published }.into());
            }
            key = self.read_wrap_key().await?;
        }
        self.seen.wrap = self.seen.wrap.max(key.number());
        Ok(key)
    }

    async fn read_wrap_key(&mut self) -> Result<WrapKey, AccountError> {
        let accounts = Accounts::try_from(vec![self.who.account]).map_err(|_| OwnFault::Kept)?;
        let (_, tail) = self.line.call(&Wraps { accounts }, Bytes::new()).await?;
        let [record] = record_list::parse_exactly(tail)?;
        let key = UnverifiedWrapKey::parse(record)?;
        let (head, seen) = (self.chain.head().clone(), self.seen.wrap);
        Ok(blocking(move || key.verify(&head, seen)).await??)
    }

    async fn replace_wrap_key(
        &mut self,
        old: WrapNumber,
        now: Millis,
    ) -> Result<Renewal, AccountError> {
        let (keys, account, number) = (Arc::clone(&self.keys), self.who.account, old.next());
        let made = blocking(move || wrap_key(&keys, account, number, now)).await?;
        let (key, record) = made?;
        let entry = WrapEntry::of(&key)?;
        for _ in 0..ATTEMPTS {
            let mut content = self.root.content.clone();
            for wrap in &mut content.wraps {
                wrap.superseded_at.get_or_insert(now);
            }
            content.wraps.push(entry.clone());
            let root = self.seal_next(&self.root.lock, &content)?;
            let tail = record_list::encode(&[record.clone(), root.bytes().clone()])?;
            match self.line.call(&Wrap {}, tail).await {
                Ok(_) => {
                    let (number, lock) = (root.number(), self.root.lock.clone());
                    self.take(OpenedRoot {
                        number,
                        content,
                        lock,
                    });
                    self.seen.wrap = key.number();
                    return Ok(Renewal::Renewed(key.number()));
                }
                Err(error) if is_conflict(&error) => self.refresh().await?,
                Err(error) => return Err(error),
            }
            if newest_wrap(&self.root.content) >= key.number() {
                // Another device was first: its key is as new as this one would have been.
                self.seen.wrap = newest_wrap(&self.root.content);
                return Ok(Renewal::Renewed(self.seen.wrap));
            }
        }
        Err(AccountError::Contended)
    }
}
