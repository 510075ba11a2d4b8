//! The own wrap key: compared with the vault, and replaced when it is old.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wire_format::{
    Millis, SealError, WrapNumber,
    command::keys::{Accounts, Wrap, Wraps},
    identity::{UnverifiedWrapKey, WrapKey, WrapKeyError},
    record_list,
    vault::{OpenedRoot, RootContent, WrapEntry},
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

/// How far apart clocks are when a wrap key and what is wrapped to it are dated, in milliseconds: twice
/// what a server allows.
pub(crate) const SLACK_MS: u64 = 10 * 60 * 1_000;

/// From then until then, in which something was wrapped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    pub(crate) from: Millis,
    pub(crate) until: Millis,
}

/// What became of a wrap key that was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// It is young enough, or the root holds no more of them.
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
        match self.replace_wrap_key(published.number(), now).await {
            Ok(number) => Ok(Renewal::Renewed(number)),
            // Old private halves stay in the root, and it holds no more of them.
            Err(AccountError::Own(OwnFault::Seal(SealError::TooLarge { .. }))) => Ok(Renewal::Kept),
            Err(error) => Err(error),
        }
    }

    /// Replaces the wrap key whatever its age. The old private half stays in the vault. A dropped
    /// future leaves it replaced or not.
    ///
    /// # Errors
    /// As [`Account::renew_wrap_key`].
    pub async fn new_wrap_key(&mut self, now: Millis) -> Result<WrapNumber, AccountError> {
        let published = self.published_wrap_key().await?;
        self.replace_wrap_key(published.number(), now).await
    }

    /// The wrap keys in the root that may open what was wrapped in one of these times.
    pub(crate) fn wraps_in(&self, spans: &[Span]) -> Vec<WrapNumber> {
        wraps_in(&self.root.content, spans)
    }

    /// Drops the private halves of the wrap keys that may open what was wrapped in one of these times;
    /// where the newest is among them, a new one is published first. A dropped future leaves them
    /// dropped or not.
    ///
    /// # Errors
    /// The typed cause.
    pub(crate) async fn drop_wraps_in(
        &mut self,
        spans: &[Span],
        now: Millis,
    ) -> Result<(), AccountError> {
        let old = self.wraps_in(spans);
        if old.contains(&newest_wrap(&self.root.content)) {
            self.new_wrap_key(now).await?;
        }
        let newest = newest_wrap(&self.root.content);
        let goes = |entry: &WrapEntry| old.contains(&entry.number) && entry.number != newest;
        if !self.root.content.wraps.iter().any(goes) {
            return Ok(());
        }
        self.set_root(|content| content.wraps.retain(|entry| !goes(entry)))
            .await
    }

    /// The published wrap key, which is the vault's newest.
    async fn published_wrap_key(&mut self) -> Result<WrapKey, AccountError> {
        let mut key = match self.read_wrap_key().await {
            Err(AccountError::Peer(PeerFault::WrapKey(WrapKeyError::OtherKeys(_)))) => {
                // Another device may have replaced the identity keys since the own chain was read.
                self.catch_up().await?;
                self.read_wrap_key().await?
            }
            read => read?,
        };
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
    ) -> Result<WrapNumber, AccountError> {
        let (keys, account, number) = (Arc::clone(&self.keys), self.who.account, old.next());
        let made = blocking(move || wrap_key(&keys, account, number, now)).await?;
        let (key, record) = made?;
        let entry = WrapEntry {
            made_at: Some(now),
            ..WrapEntry::of(&key)?
        };
        for _ in 0..ATTEMPTS {
            let mut content = self.root.content.clone();
            supersede(&mut content, entry.clone(), now);
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
                    return Ok(key.number());
                }
                Err(error) if is_conflict(&error) => self.catch_up().await?,
                Err(error) => return Err(error),
            }
            if newest_wrap(&self.root.content) >= key.number() {
                // Another device was first: its key is as new as this one would have been.
                self.seen.wrap = newest_wrap(&self.root.content);
                return Ok(self.seen.wrap);
            }
        }
        Err(AccountError::Contended)
    }
}

fn wraps_in(content: &RootContent, spans: &[Span]) -> Vec<WrapNumber> {
    let mut published_at = 0;
    let mut found = Vec::new();
    for entry in &content.wraps {
        let from = entry.made_at.map_or(published_at, Millis::value);
        let until = entry.superseded_at.map_or(u64::MAX, Millis::value);
        let overlaps = |span: &Span| {
            // A key of the very moment is the one that was made for what comes.
            span.until.value().saturating_add(SLACK_MS) > from
                && span.from.value() <= until.saturating_add(SLACK_MS)
        };
        if spans.iter().any(overlaps) {
            found.push(entry.number);
        }
        published_at = until;
    }
    found
}

/// Puts a wrap key behind the others, which are superseded from now on.
pub(super) fn supersede(content: &mut RootContent, next: WrapEntry, now: Millis) {
    for wrap in &mut content.wraps {
        wrap.superseded_at.get_or_insert(now);
    }
    content.wraps.push(next);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire_format::vault::{ItemKeyEntry, Rest, StoredBytes};
    use zeroize::Zeroizing;

    fn entry(number: u64, made_at: Option<u64>, superseded_at: Option<u64>) -> WrapEntry {
        WrapEntry {
            number: WrapNumber::new(number),
            key: StoredBytes::from_bytes(Zeroizing::new(vec![1])),
            superseded_at: superseded_at.map(Millis::new),
            made_at: made_at.map(Millis::new),
            rest: Rest::default(),
        }
    }

    fn found(wraps: Vec<WrapEntry>, times: &[u64]) -> Vec<u64> {
        let content = RootContent {
            identity: Vec::new(),
            wraps,
            item_keys: vec![ItemKeyEntry::generate(&mut rand::rng())],
            rest: Rest::default(),
        };
        let spans: Vec<Span> = times.iter().map(|&at| span(at, at)).collect();
        let found = wraps_in(&content, &spans).into_iter();
        found.map(WrapNumber::value).collect()
    }

    fn span(from: u64, until: u64) -> Span {
        Span {
            from: Millis::new(from),
            until: Millis::new(until),
        }
    }

    #[test]
    fn a_wrap_key_may_open_what_was_wrapped_while_it_was_the_newest() {
        let hour = 3_600_000;
        let wraps = || {
            vec![
                entry(1, None, Some(10 * hour)),
                entry(2, Some(10 * hour), Some(20 * hour)),
                entry(3, None, None),
            ]
        };
        assert_eq!(found(wraps(), &[]), [0; 0]);
        assert_eq!(found(wraps(), &[5 * hour]), [1]);
        assert_eq!(found(wraps(), &[15 * hour]), [2]);
        assert_eq!(found(wraps(), &[25 * hour, 5 * hour]), [1, 3]);
        // Clocks differ: at the seam it may be either.
        assert_eq!(found(wraps(), &[10 * hour - SLACK_MS + 1]), [1, 2]);
        assert_eq!(found(wraps(), &[10 * hour - SLACK_MS]), [1]);
        assert_eq!(found(wraps(), &[10 * hour + SLACK_MS]), [1, 2]);
        assert_eq!(found(wraps(), &[10 * hour + SLACK_MS + 1]), [2]);
        // Once the others are dropped it is known since when the newest is there.
        let newest = || vec![entry(4, Some(30 * hour), None)];
        assert_eq!(found(newest(), &[5 * hour]), [0; 0]);
        assert_eq!(found(newest(), &[31 * hour]), [4]);
        assert_eq!(found(vec![entry(4, None, None)], &[5 * hour]), [4]);
    }

    #[test]
    fn a_grant_is_wrapped_to_any_key_of_the_time_before_the_secret_is_due() {
        let hour = 3_600_000;
        let content = RootContent {
            identity: Vec::new(),
            wraps: vec![
                entry(1, None, Some(10 * hour)),
                entry(2, Some(10 * hour), Some(20 * hour)),
                entry(3, Some(20 * hour), None),
            ],
            item_keys: vec![ItemKeyEntry::generate(&mut rand::rng())],
            rest: Rest::default(),
        };
        let in_span = |from, until| {
            let found = wraps_in(&content, &[span(from, until)]).into_iter();
            found.map(WrapNumber::value).collect::<Vec<_>>()
        };
        assert_eq!(in_span(5 * hour, 15 * hour), [1, 2]);
        assert_eq!(in_span(12 * hour, 25 * hour), [2, 3]);
        // The one that is published when all of it is over is not among them.
        assert_eq!(in_span(5 * hour, 20 * hour - SLACK_MS), [1, 2]);
    }
}
