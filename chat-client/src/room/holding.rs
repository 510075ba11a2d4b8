//! What a session does for others: it tells that it holds a secret, and answers who asks for it.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, Refusal, UnverifiedAnnouncement,
    command::{epochs as command, rooms::Member},
};

use super::{Alarm, Command, SealedRoom};
use crate::clock::Now;

impl SealedRoom {
    /// Tells the server that the newest epoch's secret is held here.
    pub(super) fn offer_held(&mut self) {
        let Some(epoch) = self.epochs.current() else {
            return;
        };
        let hold = command::Hold {
            room: self.id,
            n: epoch.keys.n(),
        };
        self.command(Command::Hold(hold, epoch.bundle.encode()));
    }

    pub(super) fn hold_replied(&mut self, now: Now, refusal: Option<Refusal>) {
        let is_lost = refusal.is_some_and(|refusal| refusal.code == ErrorCode::EpochConflict);
        if is_lost && self.epochs.current().is_some() {
            // The winner's start has not been heard of, or this one is not the room's any more.
            self.look_again(now);
        }
    }

    /// Wraps the secret to somebody who asks for it, if the announcement holds.
    pub(super) fn epoch_asked(&mut self, now: Now, n: EpochNumber, asker: &Member, tail: Bytes) {
        let Some(epoch) = self.epochs.held_number(n) else {
            return;
        };
        if asker.id == self.me.member {
            return;
        }
        let alarm = |error| Alarm::Asker {
            asker: asker.id,
            error,
        };
        let announcement = match UnverifiedAnnouncement::parse(tail) {
            Ok(announcement) => announcement,
            Err(error) => return self.alarm(alarm(Some(error))),
        };
        let said = asker.fingerprint.unwrap_or(announcement.fingerprint());
        let is_other = announcement.member() != asker.id
            || announcement.name() != asker.name
            || announcement.fingerprint() != said;
        if is_other {
            return self.alarm(alarm(None));
        }
        let announcement = match announcement.verify() {
            Ok(announcement) => announcement,
            Err(error) => return self.alarm(alarm(Some(error))),
        };
        self.saw(now, asker.id, announcement.fingerprint());
        let epoch = Arc::clone(&epoch);
        match announcement.wrap(&epoch.secret, &mut self.rng()) {
            Ok(share) => {
                let answer = command::Answer {
                    room: self.id,
                    n,
                    to: asker.id,
                };
                self.command(Command::Answer(answer, share));
            }
            Err(error) => self.alarm(Alarm::OwnKeys(error)),
        }
    }
}
