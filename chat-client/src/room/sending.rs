//! One's own messages: sealed at sending, in order, kept until the server has them.
//!
//! Several are under way at a time, all but the first with the flag that they follow the one before
//! (docs/protocol.md#5-messages-on-the-wire). When the server refuses one it refuses those behind
//! it, and once all are answered they go again: the order is the user's, and a counter is used up
//! exactly when a message stands in the channel, so that nobody sees a hole. After a cut it is not
//! known which were delivered; then the session counts anew as another instance, and receivers know
//! a retry by its message id.

mod publishing;

use std::{collections::VecDeque, time::Duration};

use wire_format::{InstanceId, MessageId, PublishFlags, Sequence};
use zeroize::Zeroizing;

use super::LARGE_BYTES;
use crate::clock::Now;

pub(super) struct Sending {
    /// Those at the front were sent; the others wait.
    queue: VecDeque<Queued>,
    /// How many of the front were sent and do not stand in the channel yet.
    under_way: usize,
    /// How many of those were refused, to go again.
    refused: usize,
    /// Counters of refused messages, free again once all that are under way are answered.
    counters_back: u64,
    /// Counters of this instance may be used up by messages whose fate is unknown.
    is_instance_spent: bool,
    instance: InstanceId,
    /// Of the next message.
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
    /// Whether it was sent on a connection that is over, and its fate is unknown.
    is_doubtful: bool,
    /// Whether it is under way and was refused.
    is_refused: bool,
}

impl Sending {
    pub(super) fn new(instance: InstanceId) -> Self {
        Self {
            queue: VecDeque::new(),
            under_way: 0,
            refused: 0,
            counters_back: 0,
            is_instance_spent: false,
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
            is_refused: false,
        });
    }

    /// Whether what goes out next takes long to seal.
    pub(super) fn is_large(&self) -> bool {
        let mut waiting = self.queue.iter().skip(self.under_way).take(WINDOW);
        waiting.any(|queued| queued.content.len() > LARGE_BYTES)
    }

    /// From when the next message may go out, if it may before something else happens.
    pub(super) fn acts_at(&self) -> Option<Duration> {
        let next = self.next()?;
        let catch_up = self.catch_up.filter(|_| next.is_doubtful);
        let caught_up = catch_up.map_or(Duration::ZERO, |(_, until)| until);
        Some(self.send_after.max(caught_up))
    }

    /// Whether something may go out because of what is delivered.
    pub(super) fn waits_for_deliveries(&self) -> bool {
        // Those in doubt are in front of the others.
        let first = self.queue.front();
        self.catch_up.is_some() && first.is_some_and(|first| first.is_doubtful)
    }

    /// Before a doubtful message goes again, what was delivered meanwhile is read.
    pub(super) fn catch_up_to(&mut self, now: Now, sequence: Sequence) {
        self.catch_up = Some((sequence, now.at + CATCH_UP));
        self.send_after = Duration::ZERO;
    }

    pub(super) fn timeout(&self, is_connected: bool) -> Option<Duration> {
        let deadline = self.queue.iter().map(|queued| queued.deadline).min();
        let Some(next) = self.next().filter(|_| is_connected) else {
            return deadline;
        };
        let catch_up = self.catch_up.filter(|_| next.is_doubtful);
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

    /// The next message to go out; `None` while as many are under way as may be, or answers are
    /// missing without which nothing can follow.
    fn next(&self) -> Option<&Queued> {
        let next = self.queue.get(self.under_way)?;
        let most = if self.pace.is_zero() { WINDOW } else { 1 };
        let sent = self.queue.iter().take(self.under_way);
        let bytes = sent.map(|queued| queued.content.len()).sum::<usize>();
        let has_place = self.under_way == 0
            || self.under_way < most && bytes + next.content.len() <= WINDOW_BYTES;
        (has_place && !self.is_recalling()).then_some(next)
    }

    /// What to ask of the server for the next message.
    fn flags(&self) -> PublishFlags {
        if self.under_way == 0 {
            PublishFlags::UNSTORED
        } else {
            PublishFlags::UNSTORED.following()
        }
    }

    /// The next message was sent.
    fn went(&mut self) {
        self.under_way += 1;
        self.counter += 1;
    }

    /// Whether nothing is sent until all that is under way is answered.
    fn is_recalling(&self) -> bool {
        self.counters_back > 0 || self.is_instance_spent
    }

    /// Takes note that a message that is under way was refused.
    fn refuse(&mut self, message: MessageId) {
        let mut sent = self.queue.iter_mut().take(self.under_way);
        if let Some(queued) = sent.find(|queued| queued.message == message)
            && !queued.is_refused
        {
            queued.is_refused = true;
            self.refused += 1;
            self.counters_back += 1;
        }
    }

    /// Takes out a message that stands in the channel.
    fn accept(&mut self, message: MessageId) -> Option<Queued> {
        let index = self.place_of(message)?;
        // No honest server accepts what follows a refused one: some counter is a hole now.
        let mut before = self.queue.iter().take(index + 1);
        if index < self.under_way && before.any(|queued| queued.is_refused) {
            self.is_instance_spent = true;
        }
        self.remove(index)
    }

    /// Takes a message out that stands in the channel, or will not.
    fn take(&mut self, message: MessageId) -> Option<Queued> {
        self.remove(self.place_of(message)?)
    }

    fn remove(&mut self, index: usize) -> Option<Queued> {
        let removed = self.queue.remove(index)?;
        if index < self.under_way {
            self.under_way -= 1;
            self.refused -= usize::from(removed.is_refused);
        }
        Some(removed)
    }

    fn place_of(&self, message: MessageId) -> Option<usize> {
        self.queue
            .iter()
            .position(|queued| queued.message == message)
    }

    fn is_under_way(&self, message: MessageId) -> bool {
        self.place_of(message)
            .is_some_and(|index| index < self.under_way)
    }

    /// Whether a message is under way that was sent before a cut, too.
    fn is_retried(&self, message: MessageId) -> bool {
        let mut sent = self.queue.iter().take(self.under_way);
        sent.any(|queued| queued.message == message && queued.is_doubtful)
    }

    /// Once all that was under way is answered, the refused wait again. Gives whether to count anew.
    fn end_recall(&mut self) -> bool {
        if !self.is_recalling() || self.under_way > self.refused {
            return false;
        }
        self.counter -= std::mem::take(&mut self.counters_back);
        self.wait_again();
        std::mem::take(&mut self.is_instance_spent)
    }

    /// The connection is over. Gives whether to count anew: whether counters may be used up or not.
    fn forget_fate(&mut self) -> bool {
        let is_spent = self.under_way > 0 || self.is_instance_spent;
        for queued in self.queue.iter_mut().take(self.under_way) {
            queued.is_doubtful |= !queued.is_refused;
        }
        self.wait_again();
        (self.counters_back, self.is_instance_spent) = (0, false);
        is_spent
    }

    fn wait_again(&mut self) {
        for queued in self.queue.iter_mut().take(self.under_way) {
            queued.is_refused = false;
        }
        (self.under_way, self.refused) = (0, 0);
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
}

/// Messages that may be under way: as many as a page gives its session at a time, and fewer than a
/// server's ring holds.
const WINDOW: usize = 32;
/// Content that may be under way in more than one message, in bytes: a connection does not hold many
/// of the largest.
const WINDOW_BYTES: usize = 256 * 1024;
/// How long what was delivered meanwhile may take to arrive.
const CATCH_UP: Duration = Duration::from_secs(2);
/// However often a server refuses, the least time between two messages does not grow above this.
const SLOWEST: Duration = Duration::from_secs(2);
/// Below this, messages follow each other without a pause again.
const FASTEST: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests;
