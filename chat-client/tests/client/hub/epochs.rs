//! The room's epoch and who holds it.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, Event, UnverifiedBundle, UnverifiedEpochStart, bundle_of,
    event::EpochReason,
};

use super::{Hub, room_id};

pub(crate) struct Epoch {
    pub(crate) n: EpochNumber,
    pub(crate) bundle: Bytes,
    pub(crate) due: bool,
}

impl Hub {
    pub(super) fn start(
        &mut self,
        index: usize,
        n: EpochNumber,
        record: Bytes,
    ) -> Result<(), ErrorCode> {
        let current = self.epoch.as_ref().map(|epoch| epoch.n).unwrap_or_default();
        if n != current.next() {
            return Err(ErrorCode::EpochConflict);
        }
        let start = UnverifiedEpochStart::parse(record).expect("an epoch start");
        let is_soon = self.now.at < self.started_at + Duration::from_secs(10);
        if self.epoch.is_some() && is_soon && start.reason() != EpochReason::Unanswered {
            return Err(ErrorCode::EpochTooSoon);
        }
        let announcement = &self.peers[index].me.announcement;
        let bundle = bundle_of(start.bytes(), announcement);
        self.begin(index, n, bundle, start.reason());
        Ok(())
    }

    fn begin(&mut self, index: usize, n: EpochNumber, bundle: Bytes, reason: EpochReason) {
        let parsed = UnverifiedBundle::parse(bundle.clone()).expect("a bundle");
        self.holders = BTreeSet::from([index]);
        self.started_at = self.now.at;
        self.epoch = Some(Epoch {
            n,
            bundle: bundle.clone(),
            due: false,
        });
        let starter = parsed.start().starter();
        let started = Event::EpochStarted {
            room: room_id(),
            n,
            starter,
            reason,
        };
        self.tell_all(started, bundle);
    }

    pub(super) fn hold(
        &mut self,
        index: usize,
        n: EpochNumber,
        bundle: Bytes,
    ) -> Result<(), ErrorCode> {
        match &self.epoch {
            Some(epoch) if epoch.bundle == bundle => {
                self.holders.insert(index);
                Ok(())
            }
            Some(epoch) if epoch.n >= n => Err(ErrorCode::EpochConflict),
            _ => {
                self.begin(index, n, bundle, EpochReason::First);
                Ok(())
            }
        }
    }

    pub(super) fn ask(&mut self, asker: usize, n: EpochNumber) {
        let holder = self.holders.iter().copied().find(|holder| {
            *holder != asker && !self.silent.contains(holder) && self.peers[*holder].is_online
        });
        match holder {
            Some(holder) => {
                let announcement = self.peers[asker].me.announcement.clone();
                let asker = self.member(asker);
                let asked = Event::EpochAsked {
                    room: room_id(),
                    n,
                    asker,
                };
                self.tell(holder, asked, announcement);
            }
            None => {
                let unanswered = Event::EpochUnanswered { room: room_id(), n };
                self.tell(asker, unanswered, Bytes::new());
            }
        }
    }
}
