//! A room's channels and what it is called (docs/protocol.md#147-rooms-roles-and-policy).

use std::{
    collections::{BTreeSet, HashMap},
    sync::PoisonError,
    time::Duration,
};

use tokio::time::Instant;
use wire_format::{
    AccountId, ChannelId, Deliver, ErrorCode, Event, MessageId, PolicyBytes, Refusal, RunId,
    Sequence, Storage,
    command::{
        conversations::FollowedChannel,
        directory::{Looked, NamedChannel},
    },
    room::{JoinPolicy, Role, RoomKind},
};

use super::{Conversation, State};
use crate::{
    rate::retry_after_ms,
    room::event_with,
    store::rooms::{ChannelFace, ChannelRow, Face, FaceStep},
};

/// A channel, how far it has come, and what holds in it.
pub(super) struct Channel {
    pub(super) run: RunId,
    /// The newest delivery that is kept.
    pub(super) sequence: Sequence,
    /// That of the newest commit.
    pub(super) committed: Sequence,
    pub(super) face: ChannelFace,
    /// What each member wrote last, and when, while the channel is slow.
    said: HashMap<AccountId, (MessageId, Instant)>,
}

impl From<ChannelRow> for Channel {
    fn from(row: ChannelRow) -> Self {
        Self {
            run: row.run,
            sequence: Sequence::new(row.sequence),
            committed: Sequence::new(row.committed),
            face: row.face,
            said: HashMap::new(),
        }
    }
}

impl Channel {
    /// Deliveries that are kept since the newest commit; where no commit stands any more, none count.
    pub(super) fn count(&self) -> u64 {
        if self.face.archived {
            return 0;
        }
        let (newest, committed) = (self.sequence.value(), self.committed.value());
        newest.saturating_sub(committed)
    }

    /// Counts a message of a member, or says after how long the next one may come. The last one may come
    /// again: whoever sends it has not heard that it stands.
    fn pace(&mut self, account: AccountId, message: MessageId) -> Result<(), Duration> {
        let (now, slow) = (
            Instant::now(),
            Duration::from_millis(self.face.slow_ms.into()),
        );
        match self.said.get(&account) {
            _ if slow.is_zero() => return Ok(()),
            Some((said, _)) if *said == message => return Ok(()),
            Some((_, at)) if now.duration_since(*at) < slow => {
                return Err(slow.saturating_sub(now.duration_since(*at)));
            }
            _ => {}
        }
        self.said.insert(account, (message, now));
        Ok(())
    }

    pub(super) fn forget_but(&mut self, is_in: impl Fn(&AccountId) -> bool) {
        self.said.retain(|account, _| is_in(account));
    }

    fn wears(&mut self, face: ChannelFace) {
        self.face = face;
        if self.face.slow_ms == 0 {
            self.said.clear();
        }
    }
}

impl Conversation {
    /// Whether a channel is one of the room's.
    pub(crate) fn has(&self, channel: ChannelId) -> bool {
        let others = || self.others.read().unwrap_or_else(PoisonError::into_inner);
        self.main == channel || others().contains(&channel)
    }

    /// Its channels.
    pub(crate) fn channels(&self) -> Vec<ChannelId> {
        self.lock().channels.keys().copied().collect()
    }

    /// What it is.
    pub(crate) fn kind(&self) -> RoomKind {
        self.lock().kind()
    }

    /// What it is called, and whether it is written in.
    pub(crate) fn face(&self) -> Face {
        self.lock().face.clone()
    }

    /// What its channels are called, and what holds in each.
    pub(crate) fn channel_faces(&self) -> Vec<(ChannelId, ChannelFace)> {
        let state = self.lock();
        let channels = state.channels.iter();
        channels.map(|(id, one)| (*id, one.face.clone())).collect()
    }

    /// Whether an account that is not in comes in by its own request alone.
    pub(crate) fn is_open_to(&self, account: AccountId) -> bool {
        let state = self.lock();
        let record = state.chain.record();
        let is_open = record.policy().join == JoinPolicy::Open;
        state.kind() == RoomKind::Public
            && is_open
            && !state.face.archived
            && !record.is_banned(account)
    }

    /// A public room as it is seen from outside; `None` for who is banned from it.
    pub(crate) fn looked_at_by(&self, account: AccountId) -> Option<Looked> {
        let state = self.lock();
        let record = state.chain.record();
        if state.kind() != RoomKind::Public || record.is_banned(account) {
            return None;
        }
        let live = state.channels.iter().filter(|(_, one)| !one.face.archived);
        let mut live: Vec<_> = live.collect();
        live.sort_by_key(|(id, one)| (one.face.position, **id));
        let named = live.into_iter().map(|(channel, one)| NamedChannel {
            channel: *channel,
            name: one.face.name.clone(),
            topic: one.face.topic.clone(),
        });
        Some(Looked {
            n: state.chain.head().n(),
            commit: state.chain.head().hash(),
            name: state.face.name.clone(),
            topic: state.face.topic.clone(),
            policy: PolicyBytes::from_bytes(record.policy().to_bytes()),
            channels: named.collect(),
        })
    }

    /// Whether a member may write in a channel now; what is stored counts as written then. The turn is
    /// held.
    ///
    /// # Errors
    /// `archived`; `rate_limited` where the channel is slow; `not_in_room` for another room's channel.
    pub(crate) fn may_write(
        &self,
        channel: ChannelId,
        (account, role): (AccountId, Role),
        (message, storage): (MessageId, Storage),
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        let is_archived = state.face.archived;
        let channel = state.channels.get_mut(&channel);
        let channel = channel.ok_or(ErrorCode::NotInRoom)?;
        if is_archived || channel.face.archived {
            return Err(ErrorCode::Archived.into());
        }
        if storage == Storage::Passing || role.is_over_members() {
            return Ok(());
        }
        let paced = channel.pace(account, message);
        paced.map_err(|wait| Refusal::retry_after(ErrorCode::RateLimited, retry_after_ms(wait)))
    }

    /// What a member was let write was not kept after all.
    pub(crate) fn has_not_written(
        &self,
        channel: ChannelId,
        account: AccountId,
        message: MessageId,
    ) {
        let mut state = self.lock();
        let Some(channel) = state.channels.get_mut(&channel) else {
            return;
        };
        let said = channel.said.get(&account);
        if said.is_some_and(|(said, _)| *said == message) {
            channel.said.remove(&account);
        }
    }

    /// Takes a change up that the store has by now, and tells it; then the commit with which a channel
    /// begins again. The turn is held.
    pub(crate) fn revised(&self, step: FaceStep, revision: u32, commit: Option<&Deliver>) {
        let mut state = self.lock();
        state.face.revision = revision;
        let channel = match step {
            FaceStep::Channel { channel, .. } => {
                let others = self.others.write();
                let mut others = others.unwrap_or_else(PoisonError::into_inner);
                others.insert(channel);
                Some(channel)
            }
            FaceStep::Faced { channel, .. } | FaceStep::Back { channel, .. } => Some(channel),
            FaceStep::Named { .. } | FaceStep::Archived(_) => None,
        };
        let is_opened = matches!(step, FaceStep::Archived(false));
        state.takes(step);
        let event = match channel {
            Some(channel) => self.channel_updated(&state, channel),
            None => self.room_updated(&state),
        };
        self.tell_locked(&mut state, &event_with(&event, bytes::Bytes::new()), None);
        if let (true, Some(due)) = (is_opened, state.due()) {
            self.tell_due_locked(&mut state, due, None);
        }
        if let Some(commit) = commit {
            state.committed(commit.channel, commit.sequence);
            if !state.followers.is_empty() {
                state.stream.append_as_it_is(commit);
            }
            self.rings(&state);
        }
    }

    fn room_updated(&self, state: &State) -> Event {
        let face = state.face.clone();
        let is_public = state.kind() == RoomKind::Public;
        Event::RoomUpdated {
            room: self.id,
            revision: face.revision,
            name: is_public.then_some(face.name),
            topic: is_public.then_some(face.topic),
            archived: face.archived,
        }
    }

    fn channel_updated(&self, state: &State, channel: ChannelId) -> Event {
        let face = state.channels.get(&channel).map(|one| one.face.clone());
        let face = face.unwrap_or_default();
        let is_public = state.kind() == RoomKind::Public;
        Event::ChannelUpdated {
            room: self.id,
            channel,
            revision: state.face.revision,
            name: is_public.then_some(face.name),
            topic: is_public.then_some(face.topic),
            position: face.position,
            slow_ms: face.slow_ms,
            archived: face.archived,
        }
    }
}

impl State {
    pub(super) fn kind(&self) -> RoomKind {
        self.chain.record().policy().kind
    }

    /// Takes note of the place of the newest commit in a channel.
    pub(super) fn committed(&mut self, channel: ChannelId, place: Sequence) {
        if let Some(channel) = self.channels.get_mut(&channel) {
            (channel.sequence, channel.committed) = (place, place);
        }
    }

    fn takes(&mut self, step: FaceStep) {
        match step {
            FaceStep::Named { name, topic } => (self.face.name, self.face.topic) = (name, topic),
            FaceStep::Archived(archived) => self.face.archived = archived,
            FaceStep::Channel { channel, run, face } => {
                let row = ChannelRow {
                    channel,
                    run,
                    sequence: 0,
                    committed: 0,
                    face,
                };
                self.channels.insert(channel, row.into());
            }
            FaceStep::Faced { channel, face } => {
                if let Some(channel) = self.channels.get_mut(&channel) {
                    channel.wears(face);
                }
            }
            FaceStep::Back { channel, .. } => {
                if let Some(channel) = self.channels.get_mut(&channel) {
                    channel.face.archived = false;
                }
            }
        }
    }

    /// The channels as who follows is told of them.
    pub(super) fn followed_channels(&self) -> Vec<FollowedChannel> {
        let is_public = self.kind() == RoomKind::Public;
        let channels = self.channels.iter().map(|(channel, one)| FollowedChannel {
            channel: *channel,
            run: one.run,
            sequence: one.sequence,
            position: one.face.position,
            archived: one.face.archived,
            slow_ms: one.face.slow_ms,
            name: is_public.then(|| one.face.name.clone()),
            topic: is_public.then(|| one.face.topic.clone()),
        });
        channels.collect()
    }
}

/// All channels but the main one.
pub(super) fn others<'c>(
    main: ChannelId,
    channels: impl Iterator<Item = &'c ChannelId>,
) -> BTreeSet<ChannelId> {
    channels
        .copied()
        .filter(|channel| *channel != main)
        .collect()
}
