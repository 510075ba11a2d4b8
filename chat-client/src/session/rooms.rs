//! What arrives, what handles ask, and what rooms want.

use bytes::Bytes;
use rand::RngExt;
use serde::de::DeserializeOwned;
use wire_format::{
    Deliver, ErrorCode, Event, Refusal, ReplyFrame, RoomId, Sequence,
    command::{
        Done, Operation,
        rooms::{Entered, OpenedRoom, Resume},
    },
};

use super::{
    SessionEnd, SessionEvent,
    driver::Driver,
    requests::{Pending, Reply},
};
use crate::{
    connection::Arrival,
    error::{CallError, Ended},
    room::{Asked, Command, Happened, Input, Opening, Output, SealedRoom, SendFailure},
};

impl Driver {
    pub(super) async fn arrived(&mut self, arrival: Arrival) -> Result<(), SessionEnd> {
        match arrival {
            Arrival::Reply(reply) => self.replied(reply).await,
            Arrival::Event(event, tail) => self.event(event, tail).await,
            Arrival::Deliver(deliver) => self.delivered(deliver).await,
            Arrival::Ended(ended) => self.lost(ended).await,
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
            _ => return Ok(()),
        };
        self.feed(room, Input::Event(event, tail)).await
    }

    async fn delivered(&mut self, deliver: Deliver) -> Result<(), SessionEnd> {
        match self.channels.get(&deliver.channel) {
            Some(&room) => self.feed(room, Input::Deliver(deliver)).await,
            None => Ok(()),
        }
    }

    async fn replied(&mut self, reply: ReplyFrame) -> Result<(), SessionEnd> {
        let Some(pending) = self.pending.remove(&reply.request) else {
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
                    Ok(Ok(_)) => self.enter_again(room).await,
                    Ok(Err(refusal)) => self.again_refused(room, refusal).await,
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
                    (None, Some(room)) => self.again_refused(room, refusal).await,
                    (None, None) => {}
                }
                return Ok(());
            }
            Err(ended) => return self.lost(ended).await,
        };
        if again.is_some_and(|room| room != entered.id) {
            return self.lost(Ended::Untrue).await;
        }
        self.tell(SessionEvent::Entered(entered.clone()));
        if self.rooms.contains_key(&entered.id) {
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
            Some(asked) => drop(asked.send(Ok(entered))),
            None => self.entered_one(),
        }
        Ok(())
    }

    /// Makes the room; false if the server's reply cannot be true.
    async fn make_room(&mut self, entered: Entered, bundle: Bytes) -> Result<bool, SessionEnd> {
        let now = self.clock.now();
        let keyring = self.settings.keyring.clone();
        let (me, wake) = (self.identity.clone(), self.wake.clone());
        let turn = self.settings.keyring.turn().await;
        let made = tokio::task::spawn_blocking(move || {
            let opening = Opening {
                me,
                keyring: &keyring,
                wake,
                seed: rand::rng().random(),
            };
            SealedRoom::enter(now, opening, entered, bundle)
        });
        let made = made.await.map_err(|_| SessionEnd::Internal)?;
        drop(turn);
        let Ok(room) = made else {
            return Ok(false);
        };
        let id = room.id();
        self.channels.insert(room.channel(), id);
        self.rooms.insert(id, room);
        self.carry_out(id).await;
        Ok(true)
    }

    /// Gives a room an input, on a thread of its own if it takes long, and does what it wants.
    pub(super) async fn feed(&mut self, id: RoomId, input: Input) -> Result<(), SessionEnd> {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(&id) else {
            return Ok(());
        };
        if room.is_heavy(&input) {
            let _turn = self.settings.keyring.turn().await;
            let Some(mut room) = self.rooms.remove(&id) else {
                return Ok(());
            };
            let done = tokio::task::spawn_blocking(move || {
                room.handle(now, input);
                room
            });
            let room = done.await.map_err(|_| SessionEnd::Internal)?;
            self.rooms.insert(id, room);
        } else {
            room.handle(now, input);
        }
        self.carry_out(id).await;
        Ok(())
    }

    async fn carry_out(&mut self, id: RoomId) {
        while let Some(output) = self.rooms.get_mut(&id).and_then(SealedRoom::poll_output) {
            match output {
                Output::Command(command) => self.command(id, command).await,
                Output::Happened(happened) => self.happened(id, happened),
            }
        }
    }

    async fn command(&mut self, id: RoomId, command: Command) {
        let room = |asked| Pending::Room(id, asked);
        match command {
            Command::Start(start, tail) => self.post(&start, tail, room(Asked::Start)).await,
            Command::Hold(hold, tail) => self.post(&hold, tail, room(Asked::Hold)).await,
            Command::Ask(ask) => self.post(&ask, Bytes::new(), room(Asked::Ask)).await,
            Command::Answer(answer, tail) => self.post(&answer, tail, room(Asked::Answer)).await,
            Command::Enter => self.enter_again(id).await,
            Command::Publish {
                message,
                epoch,
                payload,
            } => {
                let Some(connection) = self.link.connection() else {
                    return;
                };
                let Some(channel) = self.rooms.get(&id).map(SealedRoom::channel) else {
                    return;
                };
                // A connection that has ended says so among the arrivals.
                if let Ok(request) = connection.publish(channel, epoch, payload).await {
                    self.pending.insert(request, room(Asked::Publish(message)));
                }
            }
        }
    }

    /// Sends a command and remembers who waits for its reply.
    pub(super) async fn post<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
        pending: Pending,
    ) {
        let Some(connection) = self.link.connection() else {
            return pending.fail(CallError::NotConnected);
        };
        match connection.post(operation, tail).await {
            Ok(request) => drop(self.pending.insert(request, pending)),
            Err(ended) => pending.fail(CallError::Ended(ended)),
        }
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
        if let Some(waiting) = self.sends.remove(&(room, message)) {
            self.sends_bytes -= waiting.bytes;
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

fn read<T: DeserializeOwned>(reply: &ReplyFrame) -> Result<Result<T, Refusal>, Ended> {
    reply.outcome::<T>().map_err(Ended::Protocol)
}

/// However long a server asks to stay away.
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(60);
