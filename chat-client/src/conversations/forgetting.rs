//! Forgetting what is due, on this device and in the vault, before anything is shown
//! (docs/protocol.md#1416-forgetting).

use wire_format::{
    EpochNumber, EpochSecret, Millis, RoomId,
    vault::{EpochSecretNote, ItemContent, ItemKind, ItemName},
};

use super::{ConversationError, Conversations, keeping::KeptSecret, now};
use crate::account::{NewItem, Span, is_conflict};

impl Conversations {
    /// Drops what is due of a room that was read: secrets here and in the vault, and the private halves
    /// of wrap keys that may still open one. A dropped future leaves some of it in the vault.
    pub(super) async fn forget(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let now = now();
        self.room(id)?.conversation.forget(now);
        for _ in 0..ATTEMPTS {
            let items = self.outdated(id, now)?;
            if items.is_empty() {
                break;
            }
            match self.account.put_items(&items).await {
                Ok(()) => self.vaulted.take_secrets(id, &items, now),
                // Another device does the same.
                Err(error) if is_conflict(&error) => {
                    let kind = ItemKind::EpochSecret;
                    self.vaulted.read_kind(&mut self.account, kind).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let spans = self.room(id)?.conversation.forgotten_spans(now);
        self.forget_wraps(&spans, now).await
    }

    /// The items of secrets that are due, written over, and of those whose time is another one by now.
    fn outdated(&mut self, id: RoomId, now: Millis) -> Result<Vec<NewItem>, ConversationError> {
        let room = self.rooms.get(&id);
        let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
        let chain = room.conversation.chain();
        let mut items = Vec::new();
        for (n, kept) in self.vaulted.secrets(id) {
            let due = chain.secret_due(n);
            let is_due = due.is_some_and(|due| due <= now);
            let (Some(entry), true) = (chain.entry(n), is_due || kept.forget_at != due) else {
                continue;
            };
            let note = match is_due {
                // What an item that is due holds is no epoch's secret.
                true => EpochSecretNote::of(&EpochSecret::from_bytes([0; 32]), entry.hash()),
                false => kept.note.clone(),
            };
            items.push(NewItem {
                name: ItemName::EpochSecret(id, n),
                number: kept.number.saturating_add(1),
                forget_at: if is_due { Some(now) } else { due },
                content: ItemContent::EpochSecret(note),
            });
        }
        Ok(items)
    }

    /// Drops what is due by now in every room that was read, and begins the next epoch where the room state
    /// would be forgotten else. A dropped future leaves some of it in the vault.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn forget_due(&mut self) -> Result<(), ConversationError> {
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for &id in &rooms {
            // Here at once, whatever becomes of the connection.
            self.room(id)?.conversation.forget(now());
        }
        for id in rooms {
            // Another one may have ended this room meanwhile.
            if self.rooms.contains_key(&id) {
                self.forget(id).await?;
                match self.keep_state(id).await {
                    // It is named where the room is read; the others forget all the same.
                    Err(error) if !error.is_lost() => {}
                    kept => kept?,
                }
            }
        }
        self.forget_left().await
    }

    /// Drops what is due of rooms in which this account is no more.
    pub(super) async fn forget_left(&mut self) -> Result<(), ConversationError> {
        self.forget_wraps(&[], now()).await
    }

    /// Rooms whose policy forgets, and the time before which nothing is to be shown of each any more.
    pub fn forgotten_before(&self) -> Vec<(RoomId, Millis)> {
        let rooms = self.rooms.iter();
        let before = rooms.filter_map(|(&id, room)| {
            let chain = room.conversation.chain();
            let keep = chain.keep(chain.head().n())?;
            let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
            Some((id, Millis::new(now().value().saturating_sub(keep))))
        });
        before.collect()
    }

    /// Drops wrap keys that may still open what was wrapped for epochs that are forgotten: in a room, and
    /// in those of which a head was kept. All rooms are read before: what was wrapped to these keys there
    /// is opened. As long as something of it was not, the keys stay, and it is tried again when a room is
    /// read again after a while.
    async fn forget_wraps(
        &mut self,
        in_room: &[Span],
        now: Millis,
    ) -> Result<(), ConversationError> {
        let mut spans = self.vaulted.forgotten_spans(now);
        spans.extend_from_slice(in_room);
        let waits = self.keys_stay_until.is_some_and(|until| now < until);
        if self.is_forgetting || waits || self.account.wraps_in(&spans).is_empty() {
            return Ok(());
        }
        self.is_forgetting = true;
        let read = Box::pin(self.read_all_rooms()).await;
        self.is_forgetting = false;
        if !read? {
            let until = now.value().saturating_add(READ_AGAIN_MS);
            self.keys_stay_until = Some(Millis::new(until));
            return Ok(());
        }
        self.keys_stay_until = None;
        // Another device may have dropped them meanwhile.
        self.account.refresh().await?;
        self.account.drop_wraps_in(&spans, now).await?;
        Ok(())
    }

    /// Reads all rooms, and takes the grants that wait; whether nothing that was wrapped to this account
    /// is left to be opened.
    async fn read_all_rooms(&mut self) -> Result<bool, ConversationError> {
        let mut is_settled = true;
        for own in self.mine().await? {
            // What does not hold is named, and its shares are asked for when it does.
            is_settled &= self.holds(own.room).await? && self.opens_all(own.room).await?;
        }
        Ok(is_settled)
    }

    /// Whether every share and grant of a room that was read is opened, but for shares that are bad.
    async fn opens_all(&mut self, id: RoomId) -> Result<bool, ConversationError> {
        match self.collect_grants(id).await {
            Err(error) if error.refusal().is_some() || error.is_of_one_room() => return Ok(false),
            collected => collected?,
        };
        let room = self.room(id)?;
        let missing = room.conversation.missing();
        Ok(missing.iter().all(|n| room.bad.contains(n)))
    }

    /// When an item with an epoch's secret is to be deleted, as far as that is known; `None` is never.
    pub(super) fn forget_at(&self, id: RoomId, n: EpochNumber) -> Option<Millis> {
        let room = self.rooms.get(&id)?;
        room.conversation.chain().secret_due(n)
    }
}

impl KeptSecret {
    /// What stands in the vault once an item was written.
    pub(super) fn of(item: &NewItem, note: EpochSecretNote) -> Self {
        Self {
            number: item.number,
            forget_at: item.forget_at,
            note,
        }
    }
}

/// How often items are written: more devices than change one at a time.
const ATTEMPTS: usize = 8;
/// After how long all rooms are read again for keys that are to go, in milliseconds: where one of them is
/// not to be read to its end that is likely to last, and all are much to read.
const READ_AGAIN_MS: u64 = 10 * 60 * 1_000;
