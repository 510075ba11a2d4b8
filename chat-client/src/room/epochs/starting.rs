//! Starting an epoch: the first, the next when one is due, or one of one's own when nobody answers.

use std::{sync::Arc, time::Duration};

use wire_format::{
    Bundle, EpochDraft, EpochSecret, ErrorCode, Refusal,
    command::epochs as command,
    event::EpochReason,
    limits::{EPOCH_AGE, EPOCH_GAP},
};

use super::{Head, patience};
use crate::{
    clock::Now,
    keyring::Epoch,
    room::{Alarm, Command, SealedRoom},
};

impl SealedRoom {
    /// Whether the next input may make this session start an epoch.
    pub(in crate::room) fn may_start(&self) -> bool {
        match &self.epochs.head {
            _ if self.epochs.refused.is_some() => true,
            Head::None => true,
            Head::Verified(newest) => newest.is_unanswered || newest.due.is_some(),
        }
    }

    /// Whether the next sender is to start another epoch first, and why.
    pub(in crate::room) fn overdue(&self, now: Now) -> Option<EpochReason> {
        let newest = self.epochs.newest()?;
        if now.at < self.epochs.start_after {
            return None;
        }
        let age = newest.age(now);
        match newest.due {
            Some(reason) => (age >= EPOCH_GAP).then_some(reason),
            None => (age >= EPOCH_AGE).then_some(EpochReason::Age),
        }
    }

    /// Whether an epoch was sent to the server, which has not answered.
    pub(in crate::room) fn is_starting(&self) -> bool {
        self.epochs.starting.is_some()
    }

    pub(in crate::room) fn start_epoch(&mut self, now: Now, reason: EpochReason) {
        let n = self.epochs.next_number();
        let mut rng = self.rng();
        let secret = EpochSecret::generate(&mut rng);
        let draft = EpochDraft {
            room: self.id,
            n,
            reason,
            starter: self.me.member,
            started_at: now.wall,
        };
        let start = self.me.keys.start_epoch(&draft, &secret, &mut rng);
        let (start, starter) = match start.and_then(|start| Ok((start, self.me.announced()?))) {
            Ok(made) => made,
            Err(error) => {
                self.epochs.start_after = now.at + EPOCH_GAP;
                self.alarm(Alarm::OwnKeys(error));
                return;
            }
        };
        let record = start.bytes().clone();
        let bundle = Arc::new(Bundle::new(start, starter));
        let shelf = self.seat.shelf();
        shelf.trust(bundle.encode(), &bundle);
        let epoch = Arc::new(Epoch::new(bundle, secret));
        // Before the server says yes, so that the other sessions of the process find it with the
        // event; nothing names its hash unless the server does.
        shelf.put(&epoch);
        self.epochs.starting = Some(epoch);
        // A server that refuses, or makes every epoch fail, does not keep the keys busy.
        self.epochs.start_after = now.at + BETWEEN_STARTS;
        let start = command::Start { room: self.id, n };
        self.command(Command::Start(start, record));
    }

    pub(in crate::room) fn start_replied(&mut self, now: Now, refusal: Option<Refusal>) {
        // Nothing is starting any more if the event came first.
        let Some(mine) = self.epochs.starting.take() else {
            return;
        };
        match refusal {
            None if self.epochs.newest_number() < mine.keys.n() => {
                let bundle = Arc::clone(&mine.bundle);
                self.epochs.starting = Some(mine);
                self.adopt(now, bundle, None);
            }
            None => {}
            Some(refusal) => {
                self.seat.shelf().take_back(mine.keys.commit_hash());
                self.epochs.start_after = now.at + patience(&refusal);
                if refusal.code == ErrorCode::EpochConflict {
                    // The winner's start is about to be heard of, if it was not already.
                    self.look_after = self.look_after.max(now.at + HEAR_OF_WINNER);
                    if let Some(newest) = self.epochs.newest_mut() {
                        newest.is_unanswered = false;
                    }
                }
            }
        }
    }
}

/// How long the winner's start may take after a lost compare-and-swap.
const HEAR_OF_WINNER: Duration = Duration::from_secs(1);
/// Least time between two starts by this session, however they end.
const BETWEEN_STARTS: Duration = Duration::from_secs(1);
