//! Following conversations: what happens in them, as it happens, after what was missed.

use bytes::Bytes;
use wire_format::{
    AccountId, ChannelId, Deliver, EpochNumber, Event, RoomId, RunId, Sequence,
    command::conversations::{Follow, Mine, OwnRoom},
    limits::ROOMS_PER_ACCOUNT,
    room::{RoomKind, UnverifiedKeyRequest},
};

use super::{ConversationError, Conversations, News, Place, now};
use crate::{
    account::PeerFault,
    connection::Arrival,
    conversation::{Arrived, Received},
};

/// Where the numbers of a channel stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stands {
    /// The channel.
    pub channel: ChannelId,
    /// The numbering.
    pub run: RunId,
    /// The newest delivery; 0 if there is none.
    pub sequence: Sequence,
}

impl Conversations {
    /// The conversations that this account is in, by the server's word. Of those in which it is no more
    /// it is noted when their keys are to go, and what is due is dropped.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn mine(&mut self) -> Result<Vec<OwnRoom>, ConversationError> {
        let mine = self.read_mine().await?;
        let rooms = mine.iter().map(|own| own.room).collect();
        let left = self.vaulted.rooms_beside(&rooms);
        for room in left {
            match self.keep_leaving(room).await {
                // It is tried again when this is read again.
                Err(error) if !error.is_lost() => {}
                kept => kept?,
            }
        }
        match self.forget_left().await {
            Err(error) if !error.is_lost() => {}
            forgot => forgot?,
        }
        Ok(mine)
    }

    async fn read_mine(&mut self) -> Result<Vec<OwnRoom>, ConversationError> {
        let mut rooms: Vec<OwnRoom> = Vec::new();
        loop {
            let after = rooms.last().map(|last| last.room);
            let (page, _) = self.account.call(&Mine { after }, Bytes::new()).await?;
            let ids = page.rooms.iter().map(|room| Some(room.room));
            let ascends = std::iter::once(after).chain(ids).is_sorted_by(|a, b| a < b);
            let is_empty = page.more && page.rooms.is_empty();
            if !ascends || is_empty || rooms.len() > ROOMS_PER_ACCOUNT {
                return Err(PeerFault::Pages.into());
            }
            rooms.extend(page.rooms);
            if !page.more {
                return Ok(rooms);
            }
        }
    }

    /// Follows a conversation that was read: the deliveries of its channels come from now on. Gives
    /// where the numbers of each stand, in the order of the channels.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn follow(&mut self, id: RoomId) -> Result<Vec<Stands>, ConversationError> {
        let (followed, _) = self
            .account
            .call(&Follow { room: id }, Bytes::new())
            .await?;
        let (due, n) = (followed.due, followed.n);
        let stands = self.take_face(id, followed)?;
        let room = self.room(id)?;
        room.is_followed = true;
        room.due = due;
        if room.conversation.chain().head().n() < n {
            self.sync(id).await?;
        }
        let conversation = &mut self.room(id)?.conversation;
        let head = conversation.chain().head().n();
        conversation.follows(n.min(head));
        Ok(stands)
    }

    /// Reads a conversation and follows it; gives where the numbers of its channels stand. Where to
    /// begin is for [`Conversations::begin_after`] to say, and what was sent since for
    /// [`Conversations::fetch`].
    ///
    /// # Errors
    /// The typed cause.
    pub async fn enter(&mut self, id: RoomId) -> Result<Vec<Stands>, ConversationError> {
        self.sync(id).await?;
        let stands = self.follow(id).await?;
        let head = *self.room(id)?.conversation.chain().head();
        self.seal_for_newcomer(id, head.n(), head.author()).await?;
        if self.room(id)?.conversation.kind() == RoomKind::Private {
            // Its settings name the channels that the server has to show.
            self.read_state(id).await?;
        }
        Ok(stands)
    }

    /// Begins behind a delivery, unless what follows it was taken already.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchRoom`].
    pub fn begin_after(
        &mut self,
        at: impl Into<Place>,
        after: Sequence,
    ) -> Result<(), ConversationError> {
        let Place { room, channel } = at.into();
        let conversation = &mut self.room(room)?.conversation;
        if conversation.reached(channel) < after {
            conversation.begin_after(channel, after);
        }
        Ok(())
    }

    /// The next thing that arrives, for [`Conversations::handle`]. Safe to drop while waiting.
    ///
    /// # Errors
    /// Why the connection is over: sign in again, and [`Conversations::resume`].
    pub async fn arrival(&mut self) -> Result<Arrival, ConversationError> {
        Ok(self.account.arrival().await?)
    }

    /// Takes what arrived: gives what happened, in order. What this account is to do for others at
    /// once (hand over keys that the policy gives) is done. Its future is to be run to its end.
    ///
    /// # Errors
    /// The typed cause; what came before it is for [`Conversations::take_news`].
    pub async fn handle(&mut self, arrival: Arrival) -> Result<Vec<News>, ConversationError> {
        match arrival {
            Arrival::Reply(_) => {}
            Arrival::Deliver(deliver) => self.delivered(&deliver).await?,
            Arrival::Event(event, tail) => self.event(event, tail).await?,
        }
        Ok(self.take_news())
    }

    async fn delivered(&mut self, deliver: &Deliver) -> Result<(), ConversationError> {
        let channel = deliver.channel;
        let mut rooms = self.rooms.iter();
        let meant = rooms.find(|(_, room)| room.conversation.has(channel));
        let Some(id) = meant.map(|(id, _)| *id) else {
            return Ok(());
        };
        let place = Place { room: id, channel };
        while self.room(id)?.conversation.is_gap(deliver) {
            let before = self.room(id)?.conversation.reached(channel);
            self.fetch_on(place).await?;
            if self.room(id)?.conversation.reached(channel) == before {
                // The server does not have what it left out: named as the delivery is taken.
                break;
            }
        }
        let before = self.room(id)?.conversation.chain().head().n();
        let received = self.take_delivery(id, deliver, Arrived::Live).await?;
        let head = *self.room(id)?.conversation.chain().head();
        let committed = match &received {
            Received::Committed(committed) => Some((committed.n, committed.author)),
            // It came in another channel first.
            _ if head.n() > before => Some((head.n(), head.author())),
            _ => None,
        };
        self.tell(place, received);
        if self.room(id)?.conversation.is_forked() {
            self.keep_head(id).await?;
        }
        match committed {
            Some((n, author)) => self.after_commit(id, n, author).await,
            None => Ok(()),
        }
    }

    /// What follows from a commit: its share, the head for the vault, and the state for who came in by
    /// a commit of its own and could not seal it, or where settings need another one to stand in for them.
    async fn after_commit(
        &mut self,
        id: RoomId,
        n: EpochNumber,
        author: AccountId,
    ) -> Result<(), ConversationError> {
        self.room(id)?.due = None;
        self.read_shares(id).await?;
        self.keep_head(id).await?;
        let may_seal = self.room(id)?.conversation.check_sending().is_ok();
        if may_seal && self.is_to_confirm(id).await? {
            return self.reseal(id).await;
        }
        if self.begins_sealing(id, author)? {
            return self.seal_for_newcomer(id, n, author).await;
        }
        self.room(id)?.unsealed = Some(n);
        Ok(())
    }

    /// Whether this account is to seal the state for a newcomer as soon as it is in: everybody where
    /// there are few, else the member whose id is the next one. Where that one is not there, whoever
    /// writes or comes next does.
    fn begins_sealing(
        &mut self,
        id: RoomId,
        newcomer: AccountId,
    ) -> Result<bool, ConversationError> {
        let me = self.account.id();
        let members = self.room(id)?.conversation.record().members();
        if members.len() <= FEW {
            return Ok(true);
        }
        let members: Vec<AccountId> = members.map(|(account, _)| account).collect();
        let next = members.iter().find(|account| **account > newcomer);
        Ok(next.or(members.first()) == Some(&me))
    }

    /// Seals what nobody has sealed since a newcomer began an epoch.
    pub(super) async fn seal_what_waits(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let room = self.room(id)?;
        if room.unsealed.take().is_some() && room.conversation.check_sending().is_ok() {
            self.reseal(id).await?;
        }
        Ok(())
    }

    /// Seals the room state anew for who came in by a commit of its own and could not: the first member
    /// who is there does.
    async fn seal_for_newcomer(
        &mut self,
        id: RoomId,
        n: EpochNumber,
        author: AccountId,
    ) -> Result<(), ConversationError> {
        let me = self.account.id();
        let conversation = &self.room(id)?.conversation;
        let before = EpochNumber::new(n.value().saturating_sub(1));
        let is_new = before.value() > 0
            && author != me
            && conversation.chain().member_in(before, author).is_none();
        if is_new && conversation.check_sending().is_ok() {
            self.reseal(id).await?;
        }
        Ok(())
    }

    async fn event(&mut self, event: Event, tail: Bytes) -> Result<(), ConversationError> {
        match event {
            Event::RoomAdded { room, request } => self.news.push(News::Added {
                room,
                is_request: request,
            }),
            Event::RoomRemoved { room } => {
                self.rooms.remove(&room);
                self.news.push(News::Removed(room));
            }
            Event::RoomInvited { .. } => {
                if let Some(invitation) = self.invitation(tail).await? {
                    self.news.push(News::Invited(Box::new(invitation)));
                }
            }
            Event::RoomState { room, .. } if self.rooms.contains_key(&room) => {
                let is_new = self.read_state(room).await?;
                self.news.extend(is_new.then_some(News::Renamed(room)));
            }
            Event::EpochCommitted { room, n, wrap } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.shares.insert(n, (wrap, tail));
                }
            }
            Event::CommitDue { room, reason, .. } => {
                if let Some(known) = self.rooms.get_mut(&room) {
                    known.due = Some(reason);
                    self.news.push(News::Due { room, reason });
                }
            }
            Event::EpochKeysRequested { room } if self.rooms.contains_key(&room) => {
                let request = UnverifiedKeyRequest::parse(tail)?;
                let asked = self.answer(room, request).await?;
                self.news.extend(asked);
            }
            Event::EpochGranted { room } if self.rooms.contains_key(&room) => {
                let epochs = self.take_grant(room, tail).await?;
                if !epochs.is_empty() {
                    self.news.push(News::KeysGranted { room, epochs });
                }
            }
            Event::RoomForgot { room, before } if self.rooms.contains_key(&room) => {
                self.forget(room).await?;
                // By the policies that were signed, and not by the server's word alone.
                let latest = self.room(room)?.conversation.forgets_before(now());
                let told = latest.map(|latest| before.min(latest));
                self.news
                    .extend(told.map(|before| News::Forgot { room, before }));
            }
            Event::EpochRefused { room, reason, .. } => {
                self.news.push(News::KeysRefused { room, reason });
            }
            Event::RoomUpdated { .. } | Event::ChannelUpdated { .. } => {
                self.updated(event).await?;
            }
            Event::KeysChanged { account, link, .. } => {
                let change = link;
                let is_read = self.follow_keys(account).await?;
                self.news
                    .extend(is_read.then_some(News::KeysChanged { account, change }));
            }
            Event::PresenceChanged { account, online } => self.news.push(News::Presence {
                account,
                is_online: online,
            }),
            _ => {}
        }
        Ok(())
    }
}

/// Members among whom each seals at once for who comes in: one of them is first, and the others' are
/// refused.
const FEW: usize = 16;
