//! What arrives, what handles ask, and what rooms want.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use rand::RngExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until};
use wire_format::{
    Deliver, ErrorCode, Event, FrameCodec, Kind, Refusal, ReplyFrame, RoomId, Sequence,
    command::{
        Done, Operation,
        rooms::{Entered, OpenedRoom, Resume},
    },
};

use super::{
    SessionEnd, SessionEvent,
    driver::{Driver, Waiting},
    link::News,
    requests::{Pending, Reply},
};
use crate::{
    clock::{Clock, Now},
    connection::{Arrival, Frames},
    error::{CallError, Ended},
    room::{Asked, Command, Happened, Input, Opening, Output, SealedRoom, SendFailure},
};

impl Driver {
    /// Waits for news of the link. Deliveries that another session of the process has opened are
    /// taken where they were read, as many as the consumer has room for.
    pub(super) fn poll_news(&mut self, cx: &mut Context<'_>, room_left: usize) -> Poll<News> {
        let Self {
            link, rooms, told, ..
        } = self;
        let clock = self.clock;
        link.poll_news(cx, &mut |frames| {
            skim(clock, rooms, frames, told, room_left)
        })
    }

    pub(super) async fn arrived(&mut self, arrival: Arrival) -> Result<(), SessionEnd> {
        match arrival {
            Arrival::Reply(reply) => self.replied(reply).await,
            Arrival::Event(event, tail) => self.event(event, tail).await,
            Arrival::Deliver(deliver) => self.delivered(deliver).await,
        }
    }

    async fn event(&mut self, event: Event, tail: Bytes) -> Result<(), SessionEnd> {
        let room = match &event {
            Event::SessionResume { after_ms } => {
                let wait = std::time::Duration::from_millis((*after_ms).into());
                self.losses.asked_to_wait(wait.min(LONGEST_WAIT));
                return Ok(());
            }
            Event::RoomJoined { room, .. }
            | Event::RoomLeft { room, .. }
            | Event::EpochStarted { room, .. }
            | Event::EpochDue { room, .. }
            | Event::EpochAsked { room, .. }
            | Event::EpochShare { room, .. }
            | Event::EpochUnanswered { room, .. } => *room,
            Event::FriendsChanged { .. }
            | Event::PresenceChanged { .. }
            | Event::KeysChanged { .. }
            | Event::VaultChanged { .. }
            | Event::ReportMade { .. }
            | Event::SessionRevoked {} => {
                self.tell(SessionEvent::Account(Box::new(event)));
                return Ok(());
            }
            Event::RoomAdded { .. }
            | Event::RoomRemoved { .. }
            | Event::RoomInvited { .. }
            | Event::RoomRequested { .. }
            | Event::RoomState { .. }
            | Event::EpochCommitted { .. }
            | Event::CommitDue { .. }
            | Event::EpochKeysRequested { .. }
            | Event::EpochGranted { .. }
            | Event::EpochRefused { .. }
            | Event::RoomForgot { .. }
            | Event::RoomUpdated { .. }
            | Event::ChannelUpdated { .. }
            | Event::FileWhole { .. }
                if self.settings.who.is_account() =>
            {
                let event = Box::new(event);
                self.tell(SessionEvent::Conversation { event, tail });
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.feed(room, Input::Event(event, tail)).await
    }

    async fn delivered(&mut self, deliver: Deliver) -> Result<(), SessionEnd> {
        let mut rooms = self.rooms.iter();
        match rooms.find(|room| room.channel() == deliver.channel) {
            Some(room) => self.feed(room.id(), Input::Deliver(deliver)).await,
            None => {
                // Guests are in no other rooms.
                if self.settings.who.is_account() {
                    self.tell(SessionEvent::Deliver(Box::new(deliver)));
                }
                Ok(())
            }
        }
    }

    async fn replied(&mut self, reply: ReplyFrame) -> Result<(), SessionEnd> {
        let Some(pending) = self.take_pending(reply.request) else {
            return Ok(());
        };
        match pending {
            Pending::Room(room, asked) => {
                let outcome = match asked {
                    Asked::Publish(_) => read::<Published>(&reply)
                        .map(|read| read.map(|published| Some(published.sequence))),
                    _ => read::<Done>(&reply).map(|read| read.map(|Done {}| None)),
                };
                match outcome {
                    Ok(outcome) => self.feed(room, Input::Replied(asked, outcome)).await,
                    Err(ended) => self.lost(ended).await,
                }
            }
            Pending::Enter {
                resumed,
                reply: asked,
            } => self.entered(reply, resumed, Some(asked), None).await,
            Pending::Again { room, resumed } => {
                self.entered(reply, resumed, None, Some(room)).await
            }
            Pending::Reopen(room) => {
                match read::<OpenedRoom>(&reply) {
                    Ok(Ok(_)) => self.enter_again(room),
                    Ok(Err(refusal)) => self.again_refused(room, refusal),
                    Err(ended) => return self.lost(ended).await,
                }
                Ok(())
            }
            Pending::Exit(room, asked) => {
                // Who is refused is a member still, for the others as well.
                let is_refused = |refusal: Refusal| refusal.code != ErrorCode::NotInRoom;
                if !matches!(read::<Done>(&reply), Ok(Err(refusal)) if is_refused(refusal)) {
                    self.forget(room);
                }
                self.answer(&reply, asked, |Done {}| ()).await
            }
            Pending::Members(asked) => self.answer(&reply, asked, |page| page).await,
            Pending::Rooms(asked) => self.answer(&reply, asked, |rooms| rooms).await,
            Pending::Open(asked) => self.answer(&reply, asked, |opened| opened).await,
            Pending::Account(asked) => self.pass_on(reply, asked).await,
            Pending::Publish(asked) => {
                self.answer(&reply, asked, |published: Published| published.sequence)
                    .await
            }
            Pending::Prove(asked) => self.proven(reply, asked).await,
            Pending::Announce(proven, asked) => self.announced(&reply, *proven, asked).await,
        }
    }

    /// Hands a reply to who asked.
    async fn answer<T: DeserializeOwned, U>(
        &mut self,
        reply: &ReplyFrame,
        asked: Reply<U>,
        of: impl FnOnce(T) -> U,
    ) -> Result<(), SessionEnd> {
        match read::<T>(reply) {
            Ok(outcome) => {
                self.hand_over();
                // Who asked may have gone.
                let _ = asked.send(outcome.map(of).map_err(CallError::Refused));
                Ok(())
            }
            Err(ended) => self.lost(ended).await,
        }
    }

    async fn entered(
        &mut self,
        reply: ReplyFrame,
        resumed: Option<Resume>,
        asked: Option<Reply<Entered>>,
        again: Option<RoomId>,
    ) -> Result<(), SessionEnd> {
        let entered = match read::<Entered>(&reply) {
            Ok(Ok(entered)) => entered,
            Ok(Err(refusal)) => {
                match (asked, again) {
                    (Some(asked), _) => drop(asked.send(Err(refusal.into()))),
                    (None, Some(room)) => self.again_refused(room, refusal),
                    (None, None) => {}
                }
                return Ok(());
            }
            Err(ended) => return self.lost(ended).await,
        };
        if again.is_some_and(|room| room != entered.id) {
            return self.lost(Ended::Untrue).await;
        }
        self.tell(SessionEvent::Entered(Box::new(entered.clone())));
        if self.room(entered.id).is_some() {
            let input = Input::Entered {
                entered: entered.clone(),
                bundle: reply.tail,
                resumed,
            };
            self.feed(entered.id, input).await?;
        } else if again.is_none() {
            let made = self.make_room(entered.clone(), reply.tail).await?;
            if !made {
                return self.lost(Ended::Untrue).await;
            }
        }
        match asked {
            Some(asked) => {
                self.hand_over();
                // Who asked may have gone.
                let _ = asked.send(Ok(entered));
            }
            None => self.entered_one(),
        }
        Ok(())
    }

    /// Makes the room; false if the server's reply cannot be true.
    async fn make_room(&mut self, entered: Entered, bundle: Bytes) -> Result<bool, SessionEnd> {
        let now = self.clock.now();
        let keyring = self.settings.keyring.clone();
        let (me, wake) = (self.identity.clone(), self.waker());
        let made = self.elsewhere(move || {
            let opening = Opening {
                me,
                keyring: &keyring,
                wake,
                seed: rand::rng().random(),
            };
            SealedRoom::enter(now, opening, entered, bundle).map(Box::new)
        });
        let Ok(room) = made.await? else {
            return Ok(false);
        };
        let id = room.id();
        self.rooms.push(room);
        self.carry_out(id);
        Ok(true)
    }

    /// Gives a room an input, on a thread of its own if it takes long, and does what it wants.
    pub(super) async fn feed(&mut self, id: RoomId, input: Input) -> Result<(), SessionEnd> {
        let now = self.clock.now();
        let Some(room) = self.room(id) else {
            return Ok(());
        };
        if room.is_heavy(&input) {
            Box::pin(self.feed_elsewhere(id, now, input)).await?;
        } else {
            room.handle(now, input);
        }
        self.carry_out(id);
        Ok(())
    }

    async fn feed_elsewhere(
        &mut self,
        id: RoomId,
        now: Now,
        input: Input,
    ) -> Result<(), SessionEnd> {
        let Some(index) = self.rooms.iter().position(|room| room.id() == id) else {
            return Ok(());
        };
        let mut room = self.rooms.swap_remove(index);
        let done = self.elsewhere(move || {
            room.handle(now, input);
            room
        });
        let room = done.await?;
        self.rooms.push(room);
        Ok(())
    }

    /// Does something on a thread of its own, when it is this session's turn. Meanwhile nothing is
    /// read; a long wait does not let the server think that nobody is here.
    async fn elsewhere<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SessionEnd> {
        self.hand_over();
        let keyring = self.settings.keyring.clone();
        let mut work = pin!(async move {
            let _turn = keyring.turn().await;
            tokio::task::spawn_blocking(work).await
        });
        let mut life_due = pin!(sleep_until(Instant::now()));
        let done = poll_fn(|cx| {
            if let Some(connection) = self.link.any_connection() {
                while life_due.as_mut().poll(cx).is_ready() {
                    if connection.life_due() <= Instant::now() {
                        connection.show_life();
                    }
                    life_due.as_mut().reset(connection.life_due());
                }
                connection.write_now(cx);
            }
            work.as_mut().poll(cx)
        });
        done.await.map_err(|_| SessionEnd::Internal)
    }

    fn carry_out(&mut self, id: RoomId) {
        while let Some(output) = self.room(id).and_then(SealedRoom::poll_output) {
            match output {
                Output::Command(command) => self.command(id, command),
                Output::Happened(happened) => self.happened(id, happened),
            }
        }
    }

    fn command(&mut self, id: RoomId, command: Command) {
        let room = |asked| Pending::Room(id, asked);
        match command {
            Command::Start(start, tail) => self.post(&start, tail, room(Asked::Start)),
            Command::Hold(hold, tail) => self.post(&hold, tail, room(Asked::Hold)),
            Command::Ask(ask) => self.post(&ask, Bytes::new(), room(Asked::Ask)),
            Command::Answer(answer, tail) => self.post(&answer, tail, room(Asked::Answer)),
            Command::Enter => self.enter_again(id),
            Command::Publish {
                message,
                epoch,
                flags,
                payload,
            } => {
                let Some(channel) = self.room(id).map(|room| room.channel()) else {
                    return;
                };
                let Some(connection) = self.link.connection() else {
                    return;
                };
                // A connection that has ended says so when it is next waited for.
                if let Ok(request) = connection.publish(channel, epoch, flags, payload) {
                    self.expect(request, room(Asked::Publish(message)));
                }
            }
        }
    }

    /// Sends a command and remembers who waits for its reply.
    pub(super) fn post<O: Operation>(&mut self, operation: &O, tail: Bytes, pending: Pending) {
        let Some(connection) = self.link.connection() else {
            return pending.fail(CallError::NotConnected);
        };
        match connection.post(operation, tail) {
            Ok(request) => self.expect(request, pending),
            Err(ended) => pending.fail(CallError::Ended(ended)),
        }
    }

    pub(super) fn expect(&mut self, request: u32, pending: Pending) {
        self.pending.push((request, pending));
        if self.pending.len() > MOST_PENDING
            && let Some(connection) = self.link.any_connection()
        {
            // It makes the session ask, and does not answer.
            connection.end(Ended::Unasked);
        }
    }

    fn take_pending(&mut self, request: u32) -> Option<Pending> {
        let mut pending = self.pending.iter();
        let index = pending.position(|(other, _)| *other == request)?;
        let (_, pending) = self.pending.swap_remove(index);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        Some(pending)
    }

    fn happened(&mut self, room: RoomId, happened: Happened) {
        match happened {
            Happened::Sent { message, sequence } => {
                self.settle(room, message, Ok(sequence));
            }
            Happened::Unsent { message, failure } => {
                self.settle(room, message, Err(failure));
            }
            happened => self.tell(SessionEvent::Room { room, happened }),
        }
    }

    pub(super) fn settle(
        &mut self,
        room: RoomId,
        message: wire_format::MessageId,
        outcome: Result<Sequence, SendFailure>,
    ) {
        let is_it = |waiting: &Waiting| waiting.room == room && waiting.message == message;
        if let Some(index) = self.sends.iter().position(is_it) {
            let waiting = self.sends.swap_remove(index);
            self.sends_bytes -= waiting.bytes;
            if self.sends.is_empty() {
                self.sends = Vec::new();
            }
            // Who sent it may have gone.
            let _ = waiting.reply.send(outcome);
        }
    }
}

/// The `ok` fields of a publish's reply.
#[derive(serde::Deserialize)]
struct Published {
    sequence: Sequence,
}

/// Takes deliveries that need nothing but to be shown.
fn skim(
    clock: Clock,
    rooms: &mut [Box<SealedRoom>],
    frames: &mut Frames<'_>,
    told: &mut VecDeque<SessionEvent>,
    room_left: usize,
) {
    let mut now = None;
    while let Some((Kind::Deliver, body)) = frames.front() {
        let mut rooms = rooms.iter_mut();
        let channel = |room: &&mut Box<SealedRoom>| body.starts_with(room.channel().as_bytes());
        let Some(room) = rooms.find(channel) else {
            return;
        };
        let id = room.id();
        let most = room_left.saturating_sub(told.len());
        let before = frames.taken();
        let now = *now.get_or_insert_with(|| clock.now());
        if told.is_empty() {
            // As many as the read holds of such frames.
            let alike = frames.left() / (FrameCodec::HEAD_BYTES + body.len());
            told.reserve(alike.min(most));
        }
        room.skim(now, frames, most, |message| {
            let happened = Happened::Message(message);
            told.push_back(SessionEvent::Room { room: id, happened });
        });
        if frames.taken() == before {
            return;
        }
    }
}

pub(super) fn read<T: DeserializeOwned>(reply: &ReplyFrame) -> Result<Result<T, Refusal>, Ended> {
    reply.outcome::<T>().map_err(Ended::Protocol)
}

/// Replies that may be waited for: those of handles, and more of the rooms' own than an honest
/// server leaves open.
const MOST_PENDING: usize = 1024;
/// However long a server asks to stay away.
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(60);
