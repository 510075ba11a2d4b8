//! Reading an account's end-to-end conversations from where each was left, over one connection after
//! another, and marking what was read.
//!
//! ```text
//!  catch_up: enter each room, fetch ──▶ Ear ◀── next, take: what arrives
//!  lost ──▶ what came before it ──▶ come_back ──▶ catch_up
//! ```

use std::{collections::BTreeMap, time::Duration};

use chat_client::{
    connection::Arrival,
    conversation::Received,
    conversations::{ConversationError, News, Place, Stands},
};
use tokio::time::{Instant, sleep_until};
use wire_format::{ChannelId, MessageId, Millis, RoomId, RunId, Sequence};

mod marks;

use super::talker::Talker;
use crate::exit::Failure;

/// Whoever is told what happens.
pub(super) trait Ear {
    /// Takes something that happened. What follows from it comes later, and may be cut off.
    fn hear(&mut self, news: &News, talker: &Talker) -> Result<(), Failure>;

    /// Takes note that nothing of a room is to be shown any more that was said before this time.
    fn forgets(&mut self, _room: RoomId, _before: Millis) {}

    /// Takes note that a channel is numbered anew: what was told of it comes again.
    fn begins_anew(&mut self, _at: Place) {}

    /// Whether a message counts as read as soon as it was heard.
    fn reads_at_once(&self) -> bool;
}

/// Where reading begins, in a conversation that was not read before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Begin {
    /// Behind what was read on any device.
    Unread,
    /// There too, or so many deliveries before the newest, if that is earlier.
    Recent(u64),
    /// Behind this delivery.
    After(Sequence),
}

/// Reads what comes.
pub(super) struct Reader {
    pub(super) talker: Talker,
    begin: Begin,
    /// The one conversation, if it was said.
    only: Option<RoomId>,
    /// The one channel of it, if it was said.
    channel: Option<ChannelId>,
    /// The numbering of each channel that is read.
    stands: BTreeMap<Place, RunId>,
    /// The newest message of each channel that was read and not marked yet.
    unmarked: BTreeMap<Place, (Sequence, MessageId)>,
    /// The newest one behind a message whose key has not come yet: that one is not read.
    held: BTreeMap<Place, (Sequence, MessageId)>,
    mark_at: Option<Instant>,
    /// When to look for what is due to be forgotten.
    forget_at: Instant,
    /// Why a conversation among others could not be read.
    unbelieved: Option<ConversationError>,
    give_up_after: Duration,
}

/// What is to be done next.
pub(super) enum Step {
    Arrived(Box<Arrival>),
    Mark,
    Forget,
}

impl Reader {
    pub(super) fn new(talker: Talker, begin: Begin, give_up_after: Duration) -> Self {
        Self {
            talker,
            begin,
            only: None,
            channel: None,
            stands: BTreeMap::new(),
            unmarked: BTreeMap::new(),
            held: BTreeMap::new(),
            mark_at: None,
            forget_at: Instant::now() + FORGETS_EVERY,
            unbelieved: None,
            give_up_after,
        }
    }

    /// Reads only the conversation that a word means, or only one channel of a room.
    pub(super) async fn only(&mut self, word: &str, channel: Option<&str>) -> Result<(), Failure> {
        let room = self.talker.room(word).await?;
        self.only = Some(room);
        if let Some(channel) = channel {
            let meant = self.talker.conversations.find_channel(room, channel);
            self.channel = Some(meant.await?);
        }
        Ok(())
    }

    /// Whether a channel is read.
    fn is_read(&self, at: Place) -> bool {
        self.channel.is_none_or(|channel| channel == at.channel)
    }

    /// Reads everything that is there; what arrives is for [`Reader::next`]. A conversation among
    /// others that does not hold is named, and the others go on.
    pub(super) async fn catch_up(&mut self, ear: &mut impl Ear) -> Result<(), Failure> {
        self.unbelieved = None;
        let rooms = match self.only {
            Some(room) => vec![room],
            None => {
                let own = self.talker.conversations.mine().await?;
                own.into_iter().map(|own| own.room).collect()
            }
        };
        for room in rooms {
            self.enter(room, ear).await?;
        }
        if self.only.is_none() {
            for invitation in self.talker.conversations.invitations().await? {
                ear.hear(&News::Invited(Box::new(invitation)), &self.talker)?;
            }
        }
        self.mark().await?;
        self.talker.keep()
    }

    /// Reads conversations that this account came into since, by its own doing.
    pub(super) async fn enter_new(&mut self, ear: &mut impl Ear) -> Result<(), Failure> {
        for own in self.talker.conversations.mine().await? {
            if self.only.is_none() && !self.stands.contains_key(&own.room.into()) {
                self.enter(own.room, ear).await?;
            }
        }
        Ok(())
    }

    /// Reads a conversation from where it was left.
    async fn enter(&mut self, room: RoomId, ear: &mut impl Ear) -> Result<(), Failure> {
        let read = self.read(room, ear).await;
        self.go_on(read, ear)
    }

    /// Goes on with the others where a conversation among others does not hold, which is named, or
    /// somebody or something of it is gone meanwhile.
    fn go_on(&mut self, outcome: Result<(), Failure>, ear: &mut impl Ear) -> Result<(), Failure> {
        let error = match outcome {
            Ok(()) => return Ok(()),
            Err(Failure::Conversation(error)) => error,
            Err(Failure::Account(error)) => error.into(),
            Err(failure) => return Err(failure),
        };
        if self.only.is_some() || !(error.is_of_one_room() || error.is_gone()) {
            return Err(error.into());
        }
        if error.is_of_one_room() {
            self.unbelieved.get_or_insert(error);
        }
        for alarm in self.talker.alarms() {
            self.hear(&alarm, ear)?;
        }
        Ok(())
    }

    async fn read(&mut self, room: RoomId, ear: &mut impl Ear) -> Result<(), Failure> {
        for stands in self.talker.conversations.enter(room).await? {
            let channel = stands.channel;
            let at = Place { room, channel };
            if self.is_read(at) {
                self.read_channel(at, stands, ear).await?;
            }
        }
        let conversations = &mut self.talker.conversations;
        let mut waiting = conversations.answer_pending(room).await?;
        if conversations.is_shut(room) {
            let epochs = conversations.take_grants(room).await?.epochs;
            waiting.push(News::KeysGranted { room, epochs });
        }
        self.tell(waiting, ear).await?;
        let alarms = self.talker.alarms();
        self.tell(alarms, ear).await
    }

    async fn read_channel(
        &mut self,
        at: Place,
        stands: Stands,
        ear: &mut impl Ear,
    ) -> Result<(), Failure> {
        let after = self.begins_after(at, stands);
        self.talker.conversations.begin_after(at, after)?;
        let before = self.stands.insert(at, stands.run);
        if before.is_some_and(|before| before != stands.run) {
            ear.begins_anew(at);
        }
        loop {
            let page = self.talker.conversations.fetch(at).await?;
            self.tell(page.news, ear).await?;
            if !page.more {
                return Ok(());
            }
        }
    }

    fn begins_after(&self, at: Place, stands: Stands) -> Sequence {
        let marked = self.talker.conversations.read_mark(at, stands.run);
        match self.begin {
            Begin::Unread => marked,
            Begin::Recent(many) => {
                let recent = stands.sequence.value().saturating_sub(many);
                marked.min(Sequence::new(recent))
            }
            Begin::After(sequence) => sequence,
        }
    }

    /// What is to be done next, for [`Reader::take`]. Safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Result<Step, Failure> {
        tokio::select! {
            arrival = self.talker.conversations.arrival() => Ok(Step::Arrived(Box::new(arrival?))),
            () = until(self.mark_at) => Ok(Step::Mark),
            () = sleep_until(self.forget_at) => Ok(Step::Forget),
        }
    }

    /// Does it; its future is to be run to its end.
    pub(super) async fn take(&mut self, step: Step, ear: &mut impl Ear) -> Result<(), Failure> {
        match step {
            Step::Mark => self.mark().await,
            Step::Forget => {
                let outcome = self.forget(ear).await;
                self.go_on(outcome, ear)
            }
            Step::Arrived(arrival) => {
                let outcome = self.arrived(*arrival, ear).await;
                self.go_on(outcome, ear)
            }
        }
    }

    /// Forgets what fell due meanwhile: on the screen first, then the keys.
    async fn forget(&mut self, ear: &mut impl Ear) -> Result<(), Failure> {
        self.forget_at = Instant::now() + FORGETS_EVERY;
        for (room, before) in self.talker.conversations.forgotten_before() {
            ear.forgets(room, before);
        }
        Ok(self.talker.conversations.forget_due().await?)
    }

    /// Takes what arrived, and what of it had happened by the time something of it did not hold.
    async fn arrived(&mut self, arrival: Arrival, ear: &mut impl Ear) -> Result<(), Failure> {
        match self.talker.conversations.handle(arrival).await {
            Ok(news) => self.tell(news, ear).await,
            Err(error) => {
                let news = self.talker.conversations.take_news();
                self.tell(news, ear).await?;
                Err(error.into())
            }
        }
    }

    /// Tells what a call brought to light beside its result.
    pub(super) async fn tell_rest(&mut self, ear: &mut impl Ear) -> Result<(), Failure> {
        let news = self.talker.conversations.take_news();
        self.tell(news, ear).await
    }

    /// Tells what happened, and does what follows from it. All of it is told first: what follows may
    /// be cut off.
    async fn tell(&mut self, news: Vec<News>, ear: &mut impl Ear) -> Result<(), Failure> {
        for news in &news {
            self.hear(news, ear)?;
        }
        for news in news {
            match news {
                News::Added { room, .. } if self.only.is_none() => {
                    Box::pin(self.enter(room, ear)).await?;
                }
                News::ChannelChanged { room, channel } => {
                    let at = Place { room, channel };
                    if self.is_read(at) && !self.stands.contains_key(&at) {
                        Box::pin(self.enter(room, ear)).await?;
                    }
                }
                News::KeysGranted { room, .. } => {
                    let readable = self.talker.conversations.fetch_again(room).await?;
                    Box::pin(self.tell(readable, ear)).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Tells one thing, and notes what is to be marked read.
    fn hear(&mut self, news: &News, ear: &mut impl Ear) -> Result<(), Failure> {
        if matches!(news, News::KeysGranted { epochs, .. } if epochs.is_empty()) {
            return Ok(());
        }
        if let News::Received { room, channel, .. } = news {
            let (room, channel) = (*room, *channel);
            if !self.is_read(Place { room, channel }) {
                return Ok(());
            }
        }
        ear.hear(news, &self.talker)?;
        match news {
            News::Received {
                room,
                channel,
                received: Received::Message(message),
            } if message.sequence.value() > 0 && ear.reads_at_once() => {
                let (room, channel) = (*room, *channel);
                let at = Place { room, channel };
                self.was_read(at, message.sequence, message.message);
            }
            News::Removed(room) => {
                self.stands.retain(|at, _| at.room != *room);
                self.unmarked.retain(|at, _| at.room != *room);
                self.held.retain(|at, _| at.room != *room);
            }
            _ => {}
        }
        Ok(())
    }

    /// What ended the connection, after telling what came before it, which does not come again; any
    /// other failure as it is.
    pub(super) fn lost(
        &mut self,
        failure: Failure,
        ear: &mut impl Ear,
    ) -> Result<ConversationError, Failure> {
        for news in self.talker.conversations.take_news() {
            self.hear(&news, ear)?;
        }
        match failure {
            Failure::Account(error) => Ok(ConversationError::from(error)),
            failure => Err(failure),
        }
    }

    /// Connects again; [`Reader::catch_up`] goes on.
    pub(super) async fn come_back(&mut self, lost: ConversationError) -> Result<(), Failure> {
        let until = Instant::now() + self.give_up_after;
        self.talker.come_back(lost, until).await
    }

    /// Why a conversation among others could not be read, if one could not.
    pub(super) fn take_unbelieved(&mut self) -> Option<ConversationError> {
        self.unbelieved.take()
    }

    /// Says goodbye; the session stays.
    pub(super) async fn close(self) -> Result<(), Failure> {
        self.talker.close().await
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// How often what is due is looked for, as servers do.
const FORGETS_EVERY: Duration = Duration::from_secs(60);
