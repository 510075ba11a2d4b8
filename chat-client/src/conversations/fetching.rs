//! Fetching what was sent before.

use bytes::Bytes;
use wire_format::{
    ChannelId, Deliver, Kind, RawFrame, RoomId, Sequence, ServerFrame, command::messages::Fetch,
    limits::MESSAGES_PER_PAGE, record_list,
};

use super::{ConversationError, Conversations, News, Place, now};
use crate::{
    account::PeerFault,
    conversation::{Alarm, Arrived, Received, Unreadable, Wanted},
};

/// A page of what was sent before.
#[derive(Debug)]
pub struct Page {
    /// What came, in order.
    pub news: Vec<News>,
    /// Whether there is more.
    pub more: bool,
}

impl Conversations {
    /// Fetches what follows [`Conversation::reached`](crate::Conversation::reached) in a channel, a page
    /// of it.
    ///
    /// # Errors
    /// The typed cause; what came before it is for [`Conversations::take_news`].
    pub async fn fetch(&mut self, at: impl Into<Place>) -> Result<Page, ConversationError> {
        let more = self.fetch_on(at.into()).await?;
        let news = self.take_news();
        Ok(Page { news, more })
    }

    /// Fetches the next page; whether there is more.
    pub(super) async fn fetch_on(&mut self, at: Place) -> Result<bool, ConversationError> {
        let Place { room: id, channel } = at;
        let after = self.room(id)?.conversation.reached(channel);
        let fetch = Fetch {
            channel,
            after: Some(after),
            before: None,
            limit: MESSAGES_PER_PAGE,
        };
        let (page, tail) = self.account.call(&fetch, Bytes::new()).await?;
        // What was in front of the first that is left is gone by the room's policy, or before this
        // account's time; without a first one, all that there was.
        let gone = match page.first.value() {
            0 => page.last,
            first => Sequence::new(first - 1),
        };
        if gone > after {
            self.step_over(at, gone).await?;
        }
        let delivers = self.deliveries_of(at, tail)?;
        if page.more && delivers.is_empty() {
            return Err(PeerFault::Pages.into());
        }
        for deliver in delivers {
            let received = self.take_delivery(id, &deliver, Arrived::Fetched).await?;
            self.tell(at, received);
        }
        if self.room(id)?.conversation.is_forked() {
            self.keep_head(id).await?;
        }
        Ok(page.more)
    }

    /// Goes on behind what the server says is gone. Where the policies do not say so, it is a hole: the
    /// next delivery names it.
    async fn step_over(&mut self, at: Place, gone: Sequence) -> Result<(), ConversationError> {
        let Place { room: id, channel } = at;
        let conversation = &mut self.room(id)?.conversation;
        let is_begun = conversation.reached(channel).value() > 0;
        let mut is_gone = conversation.step_over(channel, gone, now());
        if !is_gone && !is_begun {
            conversation.begin_after(channel, gone);
        } else if !is_gone && self.holds(id).await? {
            // A shorter policy may be on its way.
            let conversation = &mut self.room(id)?.conversation;
            is_gone = conversation.step_over(channel, gone, now());
        }
        if is_gone && is_begun {
            let before = self.room(id)?.conversation.forgets_before(now());
            let told = before.map(|before| News::Forgot { room: id, before });
            self.news.extend(told);
        }
        Ok(())
    }

    /// The deliveries in the tail of a fetch; those of another channel than was asked for are named.
    pub(super) fn deliveries_of(
        &mut self,
        at: Place,
        tail: Bytes,
    ) -> Result<Vec<Deliver>, ConversationError> {
        let (delivers, mixed): (Vec<Deliver>, Vec<Deliver>) = deliveries(tail)?
            .into_iter()
            .partition(|deliver| deliver.channel == at.channel);
        if let Some(other) = mixed.first() {
            let alarm = Alarm::Channel(other.channel);
            self.alarms.push((Some(at.room), alarm));
        }
        Ok(delivers)
    }

    /// Fetches once more what could not be read for lack of a key that is held now.
    ///
    /// # Errors
    /// As [`Conversations::fetch`].
    pub async fn fetch_again(&mut self, id: RoomId) -> Result<Vec<News>, ConversationError> {
        let channels: Vec<ChannelId> = self.room(id)?.conversation.channels().collect();
        for channel in channels {
            let at = Place { room: id, channel };
            for sequence in self.room(id)?.conversation.readable_again(channel) {
                let fetch = Fetch {
                    channel,
                    after: Some(Sequence::new(sequence.value() - 1)),
                    before: None,
                    limit: 1,
                };
                let (_, tail) = self.account.call(&fetch, Bytes::new()).await?;
                for deliver in self.deliveries_of(at, tail)? {
                    let received = self.take_delivery(id, &deliver, Arrived::Fetched).await?;
                    self.tell(at, received);
                }
            }
        }
        Ok(self.take_news())
    }

    /// Whether messages of a conversation could not be read for lack of a key.
    pub fn is_shut(&self, id: RoomId) -> bool {
        let room = self.rooms.get(&id);
        room.is_some_and(|room| room.conversation.is_shut())
    }

    /// Takes a delivery; reads what it wants read first.
    pub(super) async fn take_delivery(
        &mut self,
        id: RoomId,
        deliver: &Deliver,
        arrived: Arrived,
    ) -> Result<Received, ConversationError> {
        let mut tried: Vec<Wanted> = Vec::new();
        loop {
            let people = &self.people;
            let room = self.rooms.get_mut(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            let received = room
                .conversation
                .receive(deliver, arrived, people, now(), false);
            let Some(wanted) = wanted(&received) else {
                return Ok(received);
            };
            let is_new = !tried.contains(&wanted) && tried.len() < MOST_WANTED;
            tried.push(wanted);
            if !is_new || !self.look_for(id, wanted).await? {
                let people = &self.people;
                let room = self.rooms.get_mut(&id);
                let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
                return Ok(room
                    .conversation
                    .receive(deliver, arrived, people, now(), true));
            }
        }
    }

    /// Reads something; false if the server does not have it.
    pub(super) async fn look_for(
        &mut self,
        id: RoomId,
        wanted: Wanted,
    ) -> Result<bool, ConversationError> {
        let outcome = match wanted {
            Wanted::Keys(keys) => self.read_keys(keys).await,
            Wanted::Commits => self.sync(id).await.map(|()| true),
            Wanted::Share(_) => self.read_shares(id).await.map(|()| true),
        };
        match outcome {
            // What does not hold is named, and the delivery with it.
            Err(error) if error.is_unbelieved() || error.refusal().is_some() => Ok(false),
            Err(ConversationError::Account(crate::account::AccountError::Peer(
                PeerFault::Chain(_),
            ))) => Ok(false),
            outcome => outcome,
        }
    }

    /// Tells what a delivery came to, and what came to light with it.
    pub(super) fn tell(&mut self, at: Place, received: Received) {
        self.tell_alarms();
        if !matches!(received, Received::Known) {
            let Place { room, channel } = at;
            self.news.push(News::Received {
                room,
                channel,
                received,
            });
        }
    }
}

fn wanted(received: &Received) -> Option<Wanted> {
    match received {
        Received::Unreadable(Unreadable { cause, .. }) => cause.wanted(),
        _ => None,
    }
}

/// The deliveries in the tail of a fetch.
fn deliveries(tail: Bytes) -> Result<Vec<Deliver>, ConversationError> {
    let records = record_list::parse(tail, MESSAGES_PER_PAGE.into())?;
    let read = records.into_iter().map(|body| {
        let kind = Kind::Deliver;
        match ServerFrame::parse(RawFrame { kind, body }) {
            Ok(ServerFrame::Deliver(deliver)) => Ok(deliver),
            Ok(_) => Err(PeerFault::Pages.into()),
            Err(error) => Err(crate::error::Ended::Protocol(error).into()),
        }
    });
    read.collect()
}

/// Different things that one delivery may want read first.
const MOST_WANTED: usize = 8;
