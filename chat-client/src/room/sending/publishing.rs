//! When the next message goes out, and what its answer leads to.

use std::{sync::Arc, time::Duration};

use rand::RngExt;
use wire_format::{
    Draft, EpochNumber, ErrorCode, InstanceId, MessageId, Refusal, Sequence, envelope::Storage,
    event::EpochReason,
};

use crate::{
    clock::Now,
    keyring::Epoch,
    room::{Command, Happened, LOOK_EVERY, SealedRoom, SendFailure, epochs::patience},
};

impl SealedRoom {
    /// Counts as another instance from here on.
    fn count_anew(&mut self) {
        self.sending.instance = InstanceId::from_bytes(self.rng().random());
        self.sending.counter = 0;
    }

    /// The connection is over: what is under way was delivered or not.
    pub(in crate::room) fn forget_fate(&mut self) {
        if self.sending.forget_fate() {
            self.count_anew();
        }
    }

    /// Sends what may go out, if the room is connected and keyed.
    pub(in crate::room) fn send_next(&mut self, now: Now) {
        self.give_up_late(now);
        if self.sending.end_recall() {
            self.count_anew();
        }
        while let Some(epoch) = self.epoch_to_send(now) {
            self.publish(now, &epoch);
        }
    }

    /// The epoch to seal the next message for; `None` if nothing goes out now.
    fn epoch_to_send(&mut self, now: Now) -> Option<Arc<Epoch>> {
        let is_doubtful = self.sending.next()?.is_doubtful;
        if !self.is_connected || now.at < self.sending.send_after {
            return None;
        }
        self.sending.send_after = Duration::ZERO;
        if is_doubtful && self.is_catching_up(now) {
            return None;
        }
        if self.epochs.is_to_be_replaced(now) {
            self.start_epoch(now, EpochReason::Demand);
            return None;
        }
        let epoch = self.epochs.current()?;
        if self.is_starting() {
            return None;
        }
        if self.sending.is_stale {
            self.look_again(now);
            self.sending.send_after = now.at + LOOK_EVERY;
            return None;
        }
        if let Some(reason) = self.overdue(now) {
            self.start_epoch(now, reason);
            if self.is_starting() {
                return None;
            }
        }
        Some(epoch)
    }

    fn publish(&mut self, now: Now, epoch: &Epoch) {
        let iv = self.rng().random();
        let flags = self.sending.flags();
        let Some(next) = self.sending.next() else {
            return;
        };
        let message = next.message;
        let draft = Draft {
            channel: self.channel,
            sender: self.me.member,
            fingerprint: self.me.keys.fingerprint(),
            instance: self.sending.instance,
            counter: self.sending.counter,
            storage: Storage::Passing,
            sent_at: now.wall,
            message,
            content: &next.content,
        };
        match epoch.keys.seal(&draft, iv) {
            Ok(payload) => {
                self.sending.went();
                let epoch: EpochNumber = epoch.keys.n();
                self.command(Command::Publish {
                    message,
                    epoch,
                    flags,
                    payload,
                });
            }
            Err(_) => self.fail(message, SendFailure::TooLarge),
        }
    }

    pub(in crate::room) fn publish_replied(
        &mut self,
        now: Now,
        message: MessageId,
        outcome: Result<Option<Sequence>, Refusal>,
    ) {
        // It came back before its acknowledgement, or was given up.
        if !self.sending.is_under_way(message) {
            return;
        }
        match outcome {
            Ok(sequence) => self.sent(now, message, sequence.unwrap_or_default()),
            Err(refusal) => self.refused(now, message, refusal),
        }
    }

    fn refused(&mut self, now: Now, message: MessageId, refusal: Refusal) {
        // The first refusal has the reason; those behind it are refused because of it.
        let is_first = !self.sending.is_recalling();
        self.sending.refuse(message);
        if !is_first {
            return;
        }
        match refusal.code {
            ErrorCode::StaleEpoch => {
                // The newest start is about to be heard of; if not, the server is asked.
                self.sending.is_stale = true;
                self.sending.send_after = now.at + HEAR_OF_EPOCH;
                self.look_after = self.look_after.max(now.at + HEAR_OF_EPOCH);
            }
            ErrorCode::RateLimited
            | ErrorCode::Busy
            | ErrorCode::Internal
            | ErrorCode::OutOfTurn => {
                let wait = patience(&refusal);
                self.sending.send_after = now.at + wait;
                self.sending.slow_down(wait);
            }
            _ => self.fail(message, SendFailure::Refused(refusal)),
        }
    }

    /// One's own message was delivered; that acknowledges it, too.
    pub(in crate::room) fn came_back(&mut self, now: Now, message: MessageId, sequence: Sequence) {
        // Perhaps as it was sent before a cut: then what is under way may stand there, too, or not.
        let is_retried = self.sending.is_retried(message);
        self.sent(now, message, sequence);
        self.sending.is_instance_spent |= is_retried;
    }

    fn sent(&mut self, now: Now, message: MessageId, sequence: Sequence) {
        let was_under_way = self.sending.is_under_way(message);
        if self.sending.accept(message).is_none() {
            return;
        }
        if was_under_way {
            self.sending.keep_pace(now);
        }
        self.tell(Happened::Sent { message, sequence });
    }

    fn fail(&mut self, message: MessageId, failure: SendFailure) {
        if self.sending.take(message).is_some() {
            self.tell(Happened::Unsent { message, failure });
        }
    }

    fn give_up_late(&mut self, now: Now) {
        let late = |queued: &&super::Queued| queued.deadline <= now.at;
        let late: Vec<_> = self
            .sending
            .queue
            .iter()
            .filter(late)
            .map(|queued| queued.message)
            .collect();
        for message in late {
            let was_under_way = self.sending.is_under_way(message);
            let Some(queued) = self.sending.take(message) else {
                continue;
            };
            let is_unanswered = was_under_way && !queued.is_refused;
            let failure = if is_unanswered || queued.is_doubtful {
                SendFailure::Unacknowledged
            } else if !self.is_connected {
                SendFailure::NotConnected
            } else {
                SendFailure::NotKeyed
            };
            self.sending.is_instance_spent |= is_unanswered;
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

/// How long the start of a newer epoch may take after `stale_epoch`.
const HEAR_OF_EPOCH: Duration = Duration::from_secs(2);
