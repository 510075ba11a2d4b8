//! What the vault keeps of conversations: secrets, heads, read marks.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};
use wire_format::{
    ChannelId, EpochNumber, EpochSecret, MessageId, Millis, Revision, RoomId, RunId, Sequence,
    room::RoomRecord,
    vault::{EpochSecretNote, ItemContent, ItemKind, ItemName, ReadMarkNote, Rest, RoomHeadNote},
};

use super::{ConversationError, Conversations, Place, now};
use crate::{
    account::{Account, AccountError, NewItem, PeerFault, StoredItem, is_conflict},
    conversation::Fork,
};

mod fork;
mod spans;

/// Items that were read, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Vaulted {
    secrets: BTreeMap<(RoomId, EpochNumber), KeptSecret>,
    /// Numbers of secrets that do not open: another is put above them.
    shut: BTreeMap<(RoomId, EpochNumber), u64>,
    heads: BTreeMap<RoomId, Kept<RoomHeadNote>>,
    marks: BTreeMap<ChannelId, Kept<ReadMarkNote>>,
    read: BTreeMap<ItemKind, Revision>,
}

/// An item and its number.
#[derive(Clone, Debug)]
struct Kept<T> {
    number: u64,
    /// `None` for one that does not open.
    note: Option<T>,
}

/// An epoch's secret as the vault has it.
#[derive(Clone, Debug)]
pub(super) struct KeptSecret {
    pub(super) number: u64,
    /// When it is to be deleted.
    pub(super) forget_at: Option<Millis>,
    pub(super) note: EpochSecretNote,
}

const KINDS: [ItemKind; 3] = [
    ItemKind::EpochSecret,
    ItemKind::RoomHead,
    ItemKind::ReadMark,
];

impl Vaulted {
    pub(super) async fn read(account: &mut Account) -> Result<Self, AccountError> {
        let mut vaulted = Self::default();
        vaulted.read_on(account).await?;
        Ok(vaulted)
    }

    /// Reads what other devices put there since.
    pub(super) async fn read_on(&mut self, account: &mut Account) -> Result<(), AccountError> {
        for kind in KINDS {
            self.read_kind(account, kind).await?;
        }
        Ok(())
    }

    pub(super) async fn read_kind(
        &mut self,
        account: &mut Account,
        kind: ItemKind,
    ) -> Result<(), AccountError> {
        let after = self.read.get(&kind).copied().unwrap_or_default();
        let (items, reached) = account.items(Some(kind), after).await?;
        for item in items {
            self.take(item)?;
        }
        self.read.insert(kind, reached);
        Ok(())
    }

    fn take(&mut self, item: StoredItem) -> Result<(), PeerFault> {
        let StoredItem {
            name,
            number,
            forget_at,
            content,
        } = item;
        match (name, content.ok()) {
            // It is due: nobody is to have it any more.
            (ItemName::EpochSecret(room, n), _) if forget_at.is_some_and(|at| at <= now()) => {
                self.secrets.remove(&(room, n));
            }
            (ItemName::EpochSecret(room, n), Some(ItemContent::EpochSecret(note))) => {
                let kept = KeptSecret {
                    number,
                    forget_at,
                    note,
                };
                self.secrets.insert((room, n), kept);
            }
            (ItemName::EpochSecret(room, n), _) => {
                self.shut.insert((room, n), number);
            }
            (ItemName::RoomHead(room), content) => {
                let note = match content {
                    Some(ItemContent::RoomHead(note)) => Some(note),
                    _ => None,
                };
                newer(&mut self.heads, room, Kept { number, note })?;
            }
            (ItemName::ReadMark(channel), content) => {
                let note = match content {
                    Some(ItemContent::ReadMark(note)) => Some(note),
                    _ => None,
                };
                newer(&mut self.marks, channel, Kept { number, note })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The newest verified commit that was kept.
    pub(super) fn head(&self, room: RoomId) -> Option<&RoomHeadNote> {
        self.heads.get(&room)?.note.as_ref()
    }

    /// The rooms of which something was verified once.
    pub(super) fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.heads.keys().copied()
    }

    /// Whether a head was kept that does not open: nothing is compared with it, and only the user's
    /// decision puts another in its place.
    pub(super) fn is_head_lost(&self, room: RoomId) -> bool {
        self.heads
            .get(&room)
            .is_some_and(|kept| kept.note.is_none())
    }

    /// What is kept of another history of a room, on whichever device it was shown.
    pub(super) fn fork(&self, room: RoomId) -> Fork {
        self.head(room)
            .map_or_else(Fork::default, |note| fork::read(note.rest.as_map()))
    }

    /// The secrets of a room that were kept, with the commits that they are of.
    pub(super) fn secrets(&self, room: RoomId) -> impl Iterator<Item = (EpochNumber, &KeptSecret)> {
        let range = (room, EpochNumber::default())..=(room, EpochNumber::new(u64::MAX));
        self.secrets.range(range).map(|((_, n), kept)| (*n, kept))
    }

    /// Takes note of items that were written anew; those that are due are gone.
    pub(super) fn take_secrets(&mut self, room: RoomId, items: &[NewItem], now: Millis) {
        for item in items {
            let (ItemName::EpochSecret(_, n), ItemContent::EpochSecret(note)) =
                (&item.name, &item.content)
            else {
                continue;
            };
            if item.forget_at.is_some_and(|at| at <= now) {
                self.secrets.remove(&(room, *n));
            } else {
                let kept = KeptSecret::of(item, note.clone());
                self.secrets.insert((room, *n), kept);
            }
        }
    }
}

/// Takes an item unless an older one was seen: a vault that was rolled back is an alarm.
fn newer<K: Ord, T>(
    known: &mut BTreeMap<K, Kept<T>>,
    key: K,
    item: Kept<T>,
) -> Result<(), PeerFault> {
    if let Some(seen) = known.get(&key).map(|known| known.number)
        && seen > item.number
    {
        let found = item.number;
        return Err(PeerFault::OlderItem { found, seen });
    }
    known.insert(key, item);
    Ok(())
}

/// The head to keep: the newer one, with what other programs wrote.
fn next_head(
    known: Option<&RoomHeadNote>,
    newest: &RoomHeadNote,
    change: impl FnOnce(&mut Map<String, Value>, Option<&RoomHeadNote>),
) -> RoomHeadNote {
    let rest = known.map(|known| known.rest.as_map().clone());
    let mut rest = rest.unwrap_or_default();
    change(&mut rest, known);
    let note = known.filter(|known| known.n >= newest.n).unwrap_or(newest);
    RoomHeadNote {
        rest: Rest::from(rest),
        ..note.clone()
    }
}

impl Conversations {
    /// Who was in a room at the commit that the vault kept.
    pub(super) fn kept_record(&self, room: RoomId) -> Option<RoomRecord> {
        let note = self.vaulted.head(room)?;
        RoomRecord::parse(Bytes::copy_from_slice(note.state.as_bytes())).ok()
    }

    /// Keeps the secret of an epoch in the vault, for every device of the account.
    pub(super) async fn keep_secret(
        &mut self,
        room: RoomId,
        n: EpochNumber,
        secret: &EpochSecret,
    ) -> Result<(), ConversationError> {
        let forget_at = self.forget_at(room, n);
        let is_due = forget_at.is_some_and(|at| at <= now());
        if is_due || self.vaulted.secrets.contains_key(&(room, n)) {
            return Ok(());
        }
        let entry = self.room(room)?.conversation.chain().entry(n);
        let commit = entry.ok_or(ConversationError::NoSuchRoom(room))?.hash();
        let note = EpochSecretNote::of(secret, commit);
        let shut = self.vaulted.shut.get(&(room, n)).copied();
        let number = shut.unwrap_or_default().saturating_add(1);
        let item = NewItem {
            name: ItemName::EpochSecret(room, n),
            number,
            forget_at,
            content: ItemContent::EpochSecret(note.clone()),
        };
        let kept = KeptSecret::of(&item, note);
        match self.account.put_items(&[item]).await {
            Ok(()) => {}
            // Another device of the account was first; its item holds the same secret.
            Err(error) if is_conflict(&error) => {}
            Err(error) => return Err(error.into()),
        }
        self.vaulted.secrets.insert((room, n), kept);
        Ok(())
    }

    /// Keeps the newest verified commit in the vault, if it is newer than what is there, with what the
    /// room is to forget, and the stop after a fork.
    pub(super) async fn keep_head(&mut self, room: RoomId) -> Result<(), ConversationError> {
        let is_lost = self.vaulted.is_head_lost(room);
        let known = self.room(room)?;
        if is_lost && known.conversation.is_forked() {
            return Ok(());
        }
        let newest = known.conversation.chain().to_note();
        let fork = known.conversation.fork();
        let is_kept = known.kept_fork.as_ref() == Some(fork);
        let stop = (fork.is_stopped() && !is_kept).then(|| fork.clone());
        let (spans, now) = (known.conversation.spans_to_forget(), now());
        let change = |rest: &mut Map<String, Value>, kept: Option<&RoomHeadNote>| {
            if kept.is_none_or(|kept| kept.n <= newest.n) {
                let is_newer = kept.is_none_or(|kept| kept.n < newest.n);
                spans::take(rest, is_newer, &spans, now);
            }
            if let Some(stop) = &stop {
                fork::stop(rest, stop);
            }
        };
        self.put_head(room, &newest, change).await?;
        if stop.is_some() {
            self.room(room)?.kept_fork = stop;
        }
        Ok(())
    }

    /// Keeps that the user goes on with what is known here; `decided` are the other histories.
    pub(super) async fn keep_decision(
        &mut self,
        room: RoomId,
        decided: &Fork,
    ) -> Result<(), ConversationError> {
        let newest = match self.rooms.get(&room) {
            Some(known) => known.conversation.chain().to_note(),
            None => match self.vaulted.head(room) {
                Some(kept) => kept.clone(),
                None => return Ok(()),
            },
        };
        self.put_head(room, &newest, |rest, _| fork::decide(rest, decided))
            .await
    }

    async fn put_head(
        &mut self,
        room: RoomId,
        newest: &RoomHeadNote,
        change: impl Fn(&mut Map<String, Value>, Option<&RoomHeadNote>),
    ) -> Result<(), ConversationError> {
        for _ in 0..ATTEMPTS {
            let kept = self.vaulted.heads.get(&room);
            let known = kept.and_then(|kept| kept.note.as_ref());
            let note = next_head(known, newest, &change);
            if known == Some(&note) {
                return Ok(());
            }
            let number = kept.map_or(1, |kept| kept.number.saturating_add(1));
            let item = NewItem {
                name: ItemName::RoomHead(room),
                number,
                forget_at: None,
                content: ItemContent::RoomHead(note.clone()),
            };
            match self.account.put_items(&[item]).await {
                Ok(()) => {
                    let note = Some(note);
                    self.vaulted.heads.insert(room, Kept { number, note });
                    return Ok(());
                }
                Err(error) if is_conflict(&error) => {
                    let kind = ItemKind::RoomHead;
                    self.vaulted.read_kind(&mut self.account, kind).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ConversationError::Contended)
    }

    /// How far a channel was read, on any device, in the present run of its numbers.
    pub fn read_mark(&self, at: impl Into<Place>, run: RunId) -> Sequence {
        let mark = self.vaulted.marks.get(&at.into().channel);
        let note = mark.and_then(|mark| mark.note.as_ref());
        note.filter(|note| note.run == run)
            .map_or_else(Sequence::default, |note| note.sequence)
    }

    /// Notes that a channel was read up to a delivery; the highest mark of all devices counts.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn mark_read(
        &mut self,
        at: impl Into<Place>,
        run: RunId,
        sequence: Sequence,
        message: MessageId,
    ) -> Result<(), ConversationError> {
        let at = at.into();
        let channel = at.channel;
        for _ in 0..ATTEMPTS {
            if self.read_mark(at, run) >= sequence {
                return Ok(());
            }
            let kept = self.vaulted.marks.get(&channel);
            let number = kept.map_or(1, |kept| kept.number.saturating_add(1));
            let note = ReadMarkNote {
                run,
                sequence,
                message,
                rest: Rest::default(),
            };
            let item = NewItem {
                name: ItemName::ReadMark(channel),
                number,
                forget_at: None,
                content: ItemContent::ReadMark(note.clone()),
            };
            match self.account.put_items(&[item]).await {
                Ok(()) => {
                    let note = Some(note);
                    self.vaulted.marks.insert(channel, Kept { number, note });
                    return Ok(());
                }
                Err(error) if is_conflict(&error) => {
                    let kind = ItemKind::ReadMark;
                    self.vaulted.read_kind(&mut self.account, kind).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ConversationError::Contended)
    }
}

/// How often an item is tried: more devices than change one at a time.
const ATTEMPTS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wire_format::{CommitHash, vault::StoredBytes};
    use zeroize::Zeroizing;

    fn note(n: u64, rest: Value) -> RoomHeadNote {
        let Value::Object(rest) = rest else {
            panic!("an object");
        };
        RoomHeadNote {
            n: EpochNumber::new(n),
            commit: CommitHash::from_bytes([7; 32]),
            state: StoredBytes::from_bytes(Zeroizing::new(vec![1])),
            rest: Rest::from(rest),
        }
    }

    #[test]
    fn the_newer_head_is_kept_with_whatever_else_is_kept() {
        let newest = note(3, json!({}));
        let nothing = |_: &mut Map<String, Value>, _: Option<&RoomHeadNote>| {};
        let stop = |rest: &mut Map<String, Value>, _: Option<&RoomHeadNote>| {
            rest.insert("forked".to_owned(), Value::Bool(true));
        };
        assert_eq!(next_head(None, &newest, nothing), newest);
        let stopped = next_head(None, &newest, stop);
        assert_eq!(stopped, note(3, json!({ "forked": true })));
        let later = note(4, json!({}));
        let kept = next_head(Some(&stopped), &later, nothing);
        assert_eq!(kept, note(4, json!({ "forked": true })));
        let of_others = note(5, json!({ "else": 1 }));
        let kept = next_head(Some(&of_others), &later, stop);
        assert_eq!(kept, note(5, json!({ "else": 1, "forked": true })));
        assert_eq!(next_head(Some(&kept), &later, nothing), kept);
    }
}
