//! One proxy-sealed room as its member sees it: docs/protocol.md sections 8 and 9, carried out.
//!
//! [`SealedRoom`] has no socket, no clock and no task. A driver hands it [`Input`]s together with
//! the present moment, takes [`Output`]s until there are none, and calls again at
//! [`SealedRoom::timeout`]. Randomness comes from a seed given at the start.
//!
//! ```text
//!  Entered, Event, Deliver, Replied ──▶ ┌────────────┐ ──▶ Command: start, hold, ask, answer, publish
//!  Send, Woken, Disconnected        ──▶ │ SealedRoom │ ──▶ Happened: message, unreadable, missed, …
//!                                       └────────────┘
//! ```
//!
//! Some inputs take a private-key operation or verify signatures, one to ten milliseconds:
//! [`SealedRoom::is_heavy`] names them, so that a driver can move the room to a thread for that
//! input and back. All others take microseconds.

mod entering;
mod epochs;
mod failure;
mod happened;
mod holding;
mod ports;
mod reading;
mod sending;
mod shown;

use std::{collections::VecDeque, fmt, sync::Arc, task::Waker, time::Duration};

use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use wire_format::{
    Announcement, ChannelId, Event, InstanceId, MemberId, Refusal, RoomId, SealError, Sequence,
    SessionKeys, UnverifiedAnnouncement,
    command::rooms::{Entered, Resume},
};

use self::{epochs::Epochs, reading::Reading, sending::Sending};
pub use self::{
    failure::SendFailure,
    happened::{Alarm, EpochFault, Happened, Message, Unreadable},
    ports::{Asked, Command, Input, Output},
};
use crate::{
    clock::Now,
    keyring::{Keyring, Seat},
};

/// Who a session is: the same in all its rooms.
#[derive(Debug)]
pub struct Identity {
    /// Derived from the session's token.
    pub member: MemberId,
    /// The name as the server prepared it.
    pub name: String,
    /// The private halves.
    pub keys: Arc<SessionKeys>,
    /// The public halves as the others get them: the record alone, since the keys read from it
    /// would take three times the memory and are rarely wanted.
    pub announcement: Bytes,
}

impl Identity {
    /// The announcement as others verify it; takes a millisecond.
    fn announced(&self) -> Result<Announcement, SealError> {
        UnverifiedAnnouncement::parse(self.announcement.clone())
            .and_then(UnverifiedAnnouncement::verify)
            .map_err(|_| SealError::KeyOperation)
    }
}

/// A room that was entered.
pub struct SealedRoom {
    me: Arc<Identity>,
    id: RoomId,
    channel: ChannelId,
    name: String,
    seat: Seat,
    /// What the next randomness is drawn from: a generator itself is ten times as large.
    seed: [u8; 32],
    /// Between a cut and the next `rooms.enter`, nothing is sent.
    is_connected: bool,
    entered_at: Duration,
    /// Not to look again before this time.
    look_after: Duration,
    epochs: Epochs,
    reading: Reading,
    sending: Sending,
    outputs: VecDeque<Output>,
}

/// What a room is made with, beside the server's reply.
pub struct Opening<'a> {
    /// Who enters.
    pub me: Arc<Identity>,
    /// What the process knows.
    pub keyring: &'a Keyring,
    /// Is woken when the keyring has a key that this room waits for; then give [`Input::Woken`].
    pub wake: Waker,
    /// 32 bytes from a cryptographic random source.
    pub seed: [u8; 32],
}

/// A reply to `rooms.enter` whose ids are not those of its name (docs/protocol.md#4-rooms).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the server says about a room what cannot be true")]
pub struct UntrueIds;

impl SealedRoom {
    /// Starts from the reply to the first `rooms.enter`. Heavy.
    ///
    /// # Errors
    /// [`UntrueIds`].
    pub fn enter(
        now: Now,
        opening: Opening<'_>,
        entered: Entered,
        bundle: Bytes,
    ) -> Result<Self, UntrueIds> {
        let id = RoomId::of_name(&entered.name);
        if entered.id != id || entered.channel != ChannelId::main_of(id) {
            return Err(UntrueIds);
        }
        let mut rng = StdRng::from_seed(opening.seed);
        let mut room = Self {
            me: opening.me,
            id,
            channel: entered.channel,
            name: entered.name.clone(),
            seat: opening.keyring.shelf(id).seat(opening.wake),
            is_connected: false,
            entered_at: now.at,
            look_after: Duration::ZERO,
            epochs: Epochs::default(),
            reading: Reading::new(entered.run),
            sending: Sending::new(InstanceId::from_bytes(rng.random())),
            outputs: VecDeque::new(),
            seed: rng.random(),
        };
        let input = Input::Entered {
            entered,
            bundle,
            resumed: None,
        };
        room.handle(now, input);
        Ok(room)
    }

    /// The room's id.
    pub fn id(&self) -> RoomId {
        self.id
    }

    /// The id of its channel.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// The prepared name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `rooms.enter` is to say after a cut.
    pub fn resume(&self) -> Option<Resume> {
        self.reading.resume()
    }

    /// Whether the newest epoch's secret is held: messages can be sent and read.
    pub fn is_keyed(&self) -> bool {
        self.epochs.is_current()
    }

    /// Takes an input. Outputs follow from it, in order.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Entered {
                entered,
                bundle,
                resumed,
            } => self.entered(now, &entered, &bundle, resumed),
            Input::Event(event, tail) => self.event(now, event, tail),
            Input::Deliver(deliver) => self.deliver(now, deliver),
            Input::Replied(asked, outcome) => self.replied(now, asked, outcome),
            Input::Send {
                message,
                content,
                deadline,
            } => self.sending.push(message, content, deadline),
            Input::Disconnected => self.disconnected(),
            Input::Woken => {}
        }
        self.pursue_key(now);
        self.read_waiting(now);
        self.send_next(now);
    }

    /// The next thing the room wants, until there is nothing.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to give [`Input::Woken`], on the clock of [`Now::at`].
    pub fn timeout(&self) -> Option<Duration> {
        let times = [
            self.epochs
                .timeout(self.is_connected, self.sending.acts_at()),
            self.sending.timeout(self.is_connected),
        ];
        times.into_iter().flatten().min()
    }

    /// Whether this input takes milliseconds: a private key, a verification, a large text.
    pub fn is_heavy(&self, input: &Input) -> bool {
        match input {
            Input::Entered { bundle, .. } => !bundle.is_empty() || !self.is_keyed(),
            Input::Event(event, _) => matches!(
                event,
                Event::EpochStarted { .. }
                    | Event::EpochAsked { .. }
                    | Event::EpochShare { .. }
                    | Event::EpochUnanswered { .. }
            ),
            Input::Deliver(deliver) => deliver.payload.len() > LARGE_BYTES,
            Input::Send { content, .. } => content.len() > LARGE_BYTES || self.may_start(),
            Input::Replied(..) | Input::Woken => self.may_start() || self.sending.is_large(),
            Input::Disconnected => false,
        }
    }

    fn event(&mut self, now: Now, event: Event, tail: Bytes) {
        match event {
            Event::EpochStarted { n, starter, .. } => self.epoch_started(now, n, starter, &tail),
            Event::EpochDue { n, reason, .. } => self.epochs.fall_due(n, reason),
            Event::EpochAsked { n, asker, .. } => self.epoch_asked(now, n, &asker, tail),
            Event::EpochShare { n, from, .. } => self.epoch_share(now, n, from, &tail),
            Event::EpochUnanswered { n, .. } => self.epochs.unanswered(n),
            Event::RoomJoined { member, .. } => {
                if let Some(fingerprint) = member.fingerprint {
                    self.saw(now, member.id, fingerprint);
                }
                self.tell(Happened::Joined(Box::new(member)));
            }
            Event::RoomLeft { member, reason, .. } => self.tell(Happened::Left { member, reason }),
            _ => {}
        }
    }

    fn replied(&mut self, now: Now, asked: Asked, outcome: Result<Option<Sequence>, Refusal>) {
        match asked {
            Asked::Start => self.start_replied(now, outcome.err()),
            Asked::Hold => self.hold_replied(now, outcome.err()),
            Asked::Ask => self.epochs.ask_replied(now, outcome.err()),
            // Who asked will ask somebody else.
            Asked::Answer => {}
            Asked::Publish(message) => self.publish_replied(now, message, outcome),
        }
    }

    fn disconnected(&mut self) {
        self.is_connected = false;
        self.epochs.disconnected();
        self.seat.abandon();
        self.forget_fate();
    }

    /// A generator that nothing else has drawn from, nor can be found from what comes after it.
    fn rng(&mut self) -> StdRng {
        let mut rng = StdRng::from_seed(self.seed);
        self.seed = rng.random();
        rng
    }

    /// Asks the server how things stand, not more often than every few seconds.
    fn look_again(&mut self, now: Now) {
        if self.is_connected && now.at >= self.look_after {
            self.look_after = now.at + LOOK_EVERY;
            self.command(Command::Enter);
        }
    }

    fn command(&mut self, command: Command) {
        self.outputs.push_back(Output::Command(command));
    }

    fn alarm(&mut self, alarm: Alarm) {
        self.tell(Happened::Alarm(Box::new(alarm)));
    }

    fn tell(&mut self, happened: Happened) {
        self.outputs.push_back(Output::Happened(happened));
    }
}

impl fmt::Debug for SealedRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedRoom({})", self.id)
    }
}

/// Texts above this take longer than a look into another thread costs, in bytes.
const LARGE_BYTES: usize = 32 * 1024;
/// Least time between two looks at how things stand.
const LOOK_EVERY: Duration = Duration::from_secs(5);
