//! A chat-server of one room in a few lines, without sockets and with a clock that the test moves.
//! It keeps to docs/protocol.md unless a test makes it lie.

mod epochs;
mod room;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use chat_client::{
    Keyring,
    clock::Now,
    connection::Frames,
    room::{Asked, Command, Happened, Identity, Input, Opening, Output, SealedRoom},
};
use wire_format::{
    ChannelId, Content, Deliver, ErrorCode, Event, MessageId, Millis, Refusal, RoomId, RunId,
    ServerFrame,
};

use self::epochs::Epoch;
use crate::common;

/// What a lying server does with what it sends to a peer.
pub(crate) type Lie = Box<dyn FnMut(usize, Input) -> Vec<Input>>;

pub(crate) struct Hub {
    pub(crate) now: Now,
    pub(crate) peers: Vec<Peer>,
    pub(crate) run: RunId,
    pub(crate) sequence: u64,
    pub(crate) ring: Vec<Deliver>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) holders: BTreeSet<usize>,
    /// Holders that do not answer.
    pub(crate) silent: BTreeSet<usize>,
    pub(crate) lie: Option<Lie>,
    /// Every command, as the server got it.
    pub(crate) log: Vec<(usize, &'static str)>,
    /// Whether acknowledgements of publishes reach their senders.
    pub(crate) acknowledges: bool,
    pub(crate) started_at: Duration,
    /// The time that brings one message; zero is no limit.
    pub(crate) message_every: Duration,
    next_message: Duration,
    /// Publishes refused for going too fast.
    pub(crate) too_fast: usize,
    /// Deliveries that were taken where they were read.
    pub(crate) skimmed: usize,
}

pub(crate) struct Peer {
    pub(crate) me: Arc<Identity>,
    pub(crate) keyring: Keyring,
    pub(crate) seed: [u8; 32],
    pub(crate) room: Option<SealedRoom>,
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) seen: Vec<Happened>,
    pub(crate) is_online: bool,
    /// Whether its last publish was accepted.
    pub(crate) is_accepted: bool,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            now: Now {
                at: Duration::from_secs(1_000),
                wall: Millis::new(1_800_000_000_000),
            },
            peers: Vec::new(),
            run: RunId::from_bytes([1; 16]),
            sequence: 0,
            ring: Vec::new(),
            epoch: None,
            holders: BTreeSet::new(),
            silent: BTreeSet::new(),
            lie: None,
            log: Vec::new(),
            acknowledges: true,
            started_at: Duration::ZERO,
            message_every: Duration::ZERO,
            next_message: Duration::ZERO,
            too_fast: 0,
            skimmed: 0,
        }
    }

    pub(crate) fn say(&mut self, index: usize, text: &str) -> MessageId {
        let message = common::message_id();
        self.queue(index, message, text);
        self.settle();
        message
    }

    /// Queues a text without letting anything happen.
    pub(crate) fn queue(&mut self, index: usize, message: MessageId, text: &str) {
        let content = Content::encode_text(text).expect("a text").into();
        let deadline = self.now.at + Duration::from_secs(60);
        let input = Input::Send {
            message,
            content,
            deadline,
        };
        self.peers[index].inbox.push_back(input);
    }

    /// Lets everything happen that follows without time passing.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut is_quiet = true;
            for index in 0..self.peers.len() {
                if let Some(input) = self.peers[index].inbox.pop_front() {
                    self.give(index, input);
                    is_quiet = false;
                }
            }
            // The keyring may have woken somebody; being woken for nothing is harmless.
            if is_quiet && !self.wake_all() {
                return;
            }
        }
    }

    /// Wakes everyone; true if somebody had something to do.
    fn wake_all(&mut self) -> bool {
        let before = (self.log.len(), self.seen_count());
        for index in 0..self.peers.len() {
            self.give(index, Input::Woken);
        }
        (self.log.len(), self.seen_count()) != before
    }

    fn seen_count(&self) -> usize {
        self.peers.iter().map(|peer| peer.seen.len()).sum()
    }

    /// Moves the clock, waking everyone in time.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now.at + time;
        self.settle();
        loop {
            let rooms = self.peers.iter().filter_map(|peer| peer.room.as_ref());
            let next = rooms.filter_map(SealedRoom::timeout).min();
            let next = next.filter(|&next| next < until).unwrap_or(until);
            let step = next.saturating_sub(self.now.at);
            let wall = u64::try_from(step.as_millis()).expect("a short time");
            self.now.wall = Millis::new(self.now.wall.value() + wall);
            self.now.at += step;
            self.settle();
            if self.now.at >= until {
                return;
            }
            assert!(
                !step.is_zero(),
                "a room wants to be woken at once, and again"
            );
        }
    }

    fn give(&mut self, index: usize, input: Input) {
        let (now, peer) = (self.now, &mut self.peers[index]);
        match (&mut peer.room, input) {
            (Some(room), Input::Deliver(deliver)) => {
                // As a driver does: what others have opened is taken where it was read.
                let bytes = ServerFrame::Deliver(deliver.clone()).encode().stream();
                let mut frames = Frames::new(&bytes);
                let seen = &mut peer.seen;
                room.skim(now, &mut frames, 1, |message| {
                    seen.push(Happened::Message(message))
                });
                if frames.taken() > 0 {
                    self.skimmed += 1;
                } else {
                    room.handle(now, Input::Deliver(deliver));
                }
            }
            (Some(room), input) => room.handle(now, input),
            (
                None,
                Input::Entered {
                    entered, bundle, ..
                },
            ) => {
                let opening = Opening {
                    me: Arc::clone(&peer.me),
                    keyring: &peer.keyring,
                    wake: Waker::noop().clone(),
                    seed: peer.seed,
                };
                let room = SealedRoom::enter(now, opening, entered, bundle);
                peer.room = Some(room.expect("true ids"));
            }
            (None, _) => return,
        }
        while let Some(output) = self.peers[index]
            .room
            .as_mut()
            .and_then(SealedRoom::poll_output)
        {
            match output {
                Output::Happened(happened) => self.peers[index].seen.push(happened),
                Output::Command(command) => self.carry_out(index, command),
            }
        }
    }

    fn carry_out(&mut self, index: usize, command: Command) {
        if !self.peers[index].is_online {
            return;
        }
        match command {
            Command::Start(start, record) => {
                self.log.push((index, "start"));
                let outcome = self.start(index, start.n, record);
                self.reply(index, Asked::Start, outcome);
            }
            Command::Hold(hold, bundle) => {
                self.log.push((index, "hold"));
                let outcome = self.hold(index, hold.n, bundle);
                self.reply(index, Asked::Hold, outcome);
            }
            Command::Ask(ask) => {
                let refuses = ask.refused.is_some();
                self.log
                    .push((index, if refuses { "ask another" } else { "ask" }));
                if let Some(refused) = ask.refused {
                    self.holders
                        .retain(|&holder| self.peers[holder].me.member != refused);
                }
                self.reply(index, Asked::Ask, Ok(()));
                self.ask(index, ask.n);
            }
            Command::Answer(answer, share) => {
                self.log.push((index, "answer"));
                let is_asker = |peer: &Peer| peer.me.member == answer.to;
                let Some(to) = self.peers.iter().position(is_asker) else {
                    return;
                };
                self.holders.insert(to);
                let from = self.peers[index].me.member;
                let share_came = Event::EpochShare {
                    room: room_id(),
                    n: answer.n,
                    from,
                };
                self.tell(to, share_came, share);
            }
            Command::Publish {
                message,
                epoch,
                flags,
                payload,
            } => {
                self.log.push((index, "publish"));
                let outcome = self.publish(index, epoch, flags, payload);
                if outcome.is_err() || self.acknowledges {
                    let outcome = outcome.map(Some);
                    self.push(index, Input::Replied(Asked::Publish(message), outcome));
                }
            }
            Command::Enter => {
                self.log.push((index, "enter"));
                self.enter(index);
            }
        }
    }

    fn reply(&mut self, index: usize, asked: Asked, outcome: Result<(), ErrorCode>) {
        let outcome = outcome.map(|()| None).map_err(Refusal::new);
        self.push(index, Input::Replied(asked, outcome));
    }

    pub(crate) fn tell(&mut self, index: usize, event: Event, tail: Bytes) {
        self.push(index, Input::Event(event, tail));
    }

    fn tell_all(&mut self, event: Event, tail: Bytes) {
        for index in 0..self.peers.len() {
            self.tell(index, event.clone(), tail.clone());
        }
    }

    fn push(&mut self, index: usize, input: Input) {
        if !self.peers[index].is_online {
            return;
        }
        let inputs = match &mut self.lie {
            Some(lie) => lie(index, input),
            None => vec![input],
        };
        self.peers[index].inbox.extend(inputs);
    }

    /// What a peer has seen since this was last asked, as short lines.
    pub(crate) fn seen(&mut self, index: usize) -> Vec<String> {
        let seen = std::mem::take(&mut self.peers[index].seen);
        let lines = seen.iter().filter_map(line);
        lines.collect()
    }

    /// The commands that arrived since this was last asked.
    pub(crate) fn commands(&mut self) -> Vec<(usize, &'static str)> {
        std::mem::take(&mut self.log)
    }
}

fn line(happened: &Happened) -> Option<String> {
    Some(match happened {
        Happened::Message(message) => {
            let mut line = format!("{}: {}", message.name, common::text(message));
            if message.clock_off {
                line.push_str(" [clock]");
            }
            if message.keys_changed {
                line.push_str(" [keys]");
            }
            line
        }
        Happened::Unreadable(unreadable) => {
            format!(
                "unreadable {}: {:?} {:?}",
                unreadable.sequence, unreadable.cause, unreadable.fault
            )
        }
        Happened::Missed(reason) => format!("missed: {reason:?}"),
        Happened::MemberChanged(_) => "member changed".to_owned(),
        Happened::Keyed { n, reason } => format!("keyed {n} {reason:?}"),
        Happened::Waiting { n, .. } => format!("waiting {n}"),
        Happened::Sent { sequence, .. } => format!("sent {sequence}"),
        Happened::Unsent { failure, .. } => format!("unsent {failure:?}"),
        Happened::Alarm(alarm) => format!("alarm: {alarm:?}"),
        Happened::Joined(_) | Happened::Left { .. } => return None,
    })
}

pub(crate) fn room_id() -> RoomId {
    RoomId::of_name("lobby")
}

pub(crate) fn channel() -> ChannelId {
    ChannelId::main_of(room_id())
}
