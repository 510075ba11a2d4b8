//! One's own messages: sealed at sending, one under way at a time, kept until the server has them.
//!
//! With one message under way the order is the user's, and a counter is used up exactly when a
//! message stands in the channel: a refused one goes again under the same counter, so that nobody
//! sees a hole. After a cut it is not known whether the last message was delivered; then the
//! session counts anew as another instance, and receivers know the retry by its message id.

use std::{collections::VecDeque, time::Duration};

use rand::RngExt;
use wire_format::{
    Draft, EpochNumber, ErrorCode, InstanceId, MessageId, Refusal, Sequence, envelope::Storage,
    event::EpochReason,
};
use zeroize::Zeroizing;

use super::{
    Command, Happened, LARGE_BYTES, LOOK_EVERY, SealedRoom, SendFailure, epochs::patience,
};
use crate::clock::Now;

pub(super) struct Sending {
    queue: VecDeque<Queued>,
    /// Whether the first of the queue is under way.
    is_under_way: bool,
    instance: InstanceId,
    counter: u64,
    /// Not to send before this time.
    send_after: Duration,
    /// Least time between two messages; grows when the server says that it is too fast, so that a
    /// long pipe is not refused at every line, and shrinks again.
    pace: Duration,
    /// After a cut: not to send before this delivery was seen, or this time has come.
    catch_up: Option<(Sequence, Duration)>,
    /// The server refused the newest epoch that is known here.
    is_stale: bool,
}

struct Queued {
    message: MessageId,
    /// Erased when dropped.
    content: Zeroizing<Vec<u8>>,
    deadline: Duration,
    /// Whether it was sent and its fate is unknown.
    is_doubtful: bool,
}

impl Sending {
    pub(super) fn new(instance: InstanceId) -> Self {
        Self {
            queue: VecDeque::new(),
            is_under_way: false,
            instance,
            counter: 0,
            send_after: Duration::ZERO,
            pace: Duration::ZERO,
            catch_up: None,
            is_stale: false,
        }
    }

    /// The session bounds how many there are.
    pub(super) fn push(
        &mut self,
        message: MessageId,
        content: Zeroizing<Vec<u8>>,
        deadline: Duration,
    ) {
        self.queue.push_back(Queued {
            message,
            content,
            deadline,
            is_doubtful: false,
        });
    }

    pub(super) fn is_large(&self) -> bool {
        let first = self.queue.front();
        first.is_some_and(|first| first.content.len() > LARGE_BYTES)
    }

    pub(super) fn has_something(&self) -> bool {
        !self.queue.is_empty()
    }

    /// From when the first of the queue may go out, if it is not under way.
    pub(super) fn acts_at(&self) -> Option<Duration> {
        let first = self.queue.front().filter(|_| !self.is_under_way)?;
        let catch_up = self.catch_up.filter(|_| first.is_doubtful);
        let caught_up = catch_up.map_or(Duration::ZERO, |(_, until)| until);
        Some(self.send_after.max(caught_up))
    }

    /// Whether something may go out because of what is delivered.
    pub(super) fn waits_for_deliveries(&self) -> bool {
        self.has_something() && self.catch_up.is_some()
    }

    /// Before a doubtful message goes again, what was delivered meanwhile is read.
    pub(super) fn catch_up_to(&mut self, now: Now, sequence: Sequence) {
        self.catch_up = Some((sequence, now.at + CATCH_UP));
        self.send_after = Duration::ZERO;
    }

    pub(super) fn timeout(&self, is_connected: bool) -> Option<Duration> {
        let first = self.queue.front()?;
        let deadline = self.queue.iter().map(|queued| queued.deadline).min();
        if !is_connected || self.is_under_way {
            return deadline;
        }
        let catch_up = self.catch_up.filter(|_| first.is_doubtful);
        let wait = (self.send_after > Duration::ZERO).then_some(self.send_after);
        [deadline, wait, catch_up.map(|(_, until)| until)]
            .into_iter()
            .flatten()
            .min()
    }

    /// The newest epoch is another one, or known to be the server's.
    pub(super) fn know_epoch(&mut self) {
        if std::mem::take(&mut self.is_stale) {
            self.send_after = Duration::ZERO;
        }
    }

    fn slow_down(&mut self, wait: Duration) {
        self.pace = (self.pace * 5 / 4).max(wait).min(SLOWEST);
    }

    fn keep_pace(&mut self, now: Now) {
        if !self.pace.is_zero() {
            self.send_after = now.at + self.pace;
            let slower = self.pace - self.pace / 32;
            self.pace = if slower < FASTEST {
                Duration::ZERO
            } else {
                slower
            };
        }
    }

    /// Takes a message out that stands in the channel, or will not.
    fn take(&mut self, message: MessageId) -> Option<Queued> {
        let index = self
            .queue
            .iter()
            .position(|queued| queued.message == message)?;
        self.queue.remove(index)
    }

    fn is_first(&self, message: MessageId) -> bool {
        self.is_under_way
            && self
                .queue
                .front()
                .is_some_and(|first| first.message == message)
    }
}

impl SealedRoom {
    /// Counts as another instance from here on.
    pub(super) fn count_anew(&mut self) {
        self.sending.instance = InstanceId::from_bytes(self.rng().random());
        self.sending.counter = 0;
    }

    /// The connection is over: if a message is under way its counter may be used up or not.
    pub(super) fn forget_fate(&mut self) {
        if std::mem::take(&mut self.sending.is_under_way) {
            self.count_anew();
            if let Some(first) = self.sending.queue.front_mut() {
                first.is_doubtful = true;
            }
        }
    }

    /// Sends the next message if the room is connected and keyed and none is under way.
    pub(super) fn send_next(&mut self, now: Now) {
        self.give_up_late(now);
        let Some(first) = self.sending.queue.front() else {
            return;
        };
        if !self.is_connected || self.sending.is_under_way || now.at < self.sending.send_after {
            return;
        }
        let is_doubtful = first.is_doubtful;
        self.sending.send_after = Duration::ZERO;
        if is_doubtful && self.is_catching_up(now) {
            return;
        }
        if self.epochs.is_to_be_replaced(now) {
            return self.start_epoch(now, EpochReason::Demand);
        }
        let Some(epoch) = self.epochs.current() else {
            return;
        };
        if self.is_starting() {
            return;
        }
        if self.sending.is_stale {
            self.look_again(now);
            self.sending.send_after = now.at + LOOK_EVERY;
            return;
        }
        if let Some(reason) = self.overdue(now) {
            self.start_epoch(now, reason);
            if self.is_starting() {
                return;
            }
        }
        self.publish(now, &epoch);
    }

    fn publish(&mut self, now: Now, epoch: &crate::keyring::Epoch) {
        let iv = self.rng().random();
        let Some(first) = self.sending.queue.front() else {
            return;
        };
        let message = first.message;
        let draft = Draft {
            channel: self.channel,
            sender: self.me.member,
            fingerprint: self.me.keys.fingerprint(),
            instance: self.sending.instance,
            counter: self.sending.counter,
            storage: Storage::Passing,
            sent_at: now.wall,
            message,
            content: &first.content,
        };
        match epoch.keys.seal(&draft, iv) {
            Ok(payload) => {
                self.sending.is_under_way = true;
                let epoch: EpochNumber = epoch.keys.n();
                self.command(Command::Publish {
                    message,
                    epoch,
                    payload,
                });
            }
            Err(_) => self.fail(message, SendFailure::TooLarge),
        }
    }

    pub(super) fn publish_replied(
        &mut self,
        now: Now,
        message: MessageId,
        outcome: Result<Option<Sequence>, Refusal>,
    ) {
        // It came back before its acknowledgement, or was given up.
        if !self.sending.is_first(message) {
            return;
        }
        match outcome {
            Ok(sequence) => self.sent(now, message, sequence.unwrap_or_default()),
            Err(refusal) => self.refused(now, message, refusal),
        }
    }

    fn refused(&mut self, now: Now, message: MessageId, refusal: Refusal) {
        self.sending.is_under_way = false;
        match refusal.code {
            ErrorCode::StaleEpoch => {
                // The newest start is about to be heard of; if not, the server is asked.
                self.sending.is_stale = true;
                self.sending.send_after = now.at + HEAR_OF_EPOCH;
                self.look_after = self.look_after.max(now.at + HEAR_OF_EPOCH);
            }
            ErrorCode::RateLimited | ErrorCode::Busy | ErrorCode::Internal => {
                let wait = patience(&refusal);
                self.sending.send_after = now.at + wait;
                self.sending.slow_down(wait);
            }
            _ => self.fail(message, SendFailure::Refused(refusal)),
        }
    }

    /// One's own message was delivered; that acknowledges it, too.
    pub(super) fn came_back(&mut self, now: Now, message: MessageId, sequence: Sequence) {
        if self.sending.is_first(message) {
            self.sent(now, message, sequence);
        } else if self.sending.take(message).is_some() {
            self.tell(Happened::Sent { message, sequence });
        }
    }

    fn sent(&mut self, now: Now, message: MessageId, sequence: Sequence) {
        self.sending.is_under_way = false;
        self.sending.keep_pace(now);
        self.sending.counter += 1;
        self.sending.queue.pop_front();
        self.tell(Happened::Sent { message, sequence });
    }

    fn fail(&mut self, message: MessageId, failure: SendFailure) {
        if self.sending.take(message).is_some() {
            self.tell(Happened::Unsent { message, failure });
        }
    }

    fn give_up_late(&mut self, now: Now) {
        let late = |queued: &&Queued| queued.deadline <= now.at;
        let late: Vec<_> = self
            .sending
            .queue
            .iter()
            .filter(late)
            .map(|queued| queued.message)
            .collect();
        for message in late {
            let was_under_way = self.sending.is_first(message);
            let Some(queued) = self.sending.take(message) else {
                continue;
            };
            let failure = if was_under_way || queued.is_doubtful {
                SendFailure::Unacknowledged
            } else if !self.is_connected {
                SendFailure::NotConnected
            } else {
                SendFailure::NotKeyed
            };
            if was_under_way {
                self.sending.is_under_way = false;
                self.count_anew();
            }
            self.tell(Happened::Unsent { message, failure });
        }
    }

    fn is_catching_up(&mut self, now: Now) -> bool {
        match self.sending.catch_up {
            Some((sequence, until)) if self.reading.last() < sequence && now.at < until => true,
            _ => {
                self.sending.catch_up = None;
                false
            }
        }
    }
}

/// How long what was delivered meanwhile may take to arrive.
const CATCH_UP: Duration = Duration::from_secs(2);
/// How long the start of a newer epoch may take after `stale_epoch`.
const HEAR_OF_EPOCH: Duration = Duration::from_secs(2);
/// However often a server refuses, the least time between two messages does not grow above this.
const SLOWEST: Duration = Duration::from_secs(2);
/// Below this, messages follow each other without a pause again.
const FASTEST: Duration = Duration::from_millis(5);
