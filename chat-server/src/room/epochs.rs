//! Who may start an epoch, who holds its secret and who is asked for it (docs/protocol.md#8).
//!
//! A state machine without socket or clock: every call gets the present instant and gives the
//! [`Telling`]s that follow from it. It sees neither secrets nor keys, only who said what.

mod asks;
mod holders;

use std::time::Instant;

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, MemberId, Refusal,
    command::rooms::EpochState,
    event::EpochReason,
    limits::{ASK_WITHIN, EPOCH_AGE, EPOCH_GAP, EPOCH_NUMBER, EPOCH_NUMBER_HELD, HOLD_WINDOW},
};

use self::asks::Asks;
use crate::rate::retry_after_ms;

/// The epoch of one room, if it has one.
#[derive(Default)]
pub(super) struct Epochs {
    current: Option<Current>,
}

struct Current {
    n: EpochNumber,
    bundle: Bytes,
    started_at: Instant,
    /// Why the next sender should start another one.
    due: Option<EpochReason>,
    /// Until when a higher epoch that somebody holds replaces this one; set while the room comes
    /// back after a restart.
    replaceable_until: Option<Instant>,
    asks: Asks,
}

/// An epoch that somebody starts or holds, its record read but not verified.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) n: EpochNumber,
    pub(super) starter: MemberId,
    pub(super) reason: EpochReason,
    /// The start and the announcement of its starter.
    pub(super) bundle: Bytes,
}

/// What is to be told to whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Telling {
    /// To all: the room has this epoch.
    Started {
        n: EpochNumber,
        starter: MemberId,
        reason: EpochReason,
        bundle: Bytes,
    },
    /// To all: the epoch is old.
    Due { n: EpochNumber, reason: EpochReason },
    /// To a holder: somebody needs the secret.
    Asked {
        n: EpochNumber,
        holder: MemberId,
        asker: MemberId,
    },
    /// To the asker: the secret, wrapped.
    Share {
        n: EpochNumber,
        to: MemberId,
        from: MemberId,
        share: Bytes,
    },
    /// To the asker: nobody answered.
    Unanswered { n: EpochNumber, to: MemberId },
}

impl Epochs {
    /// The epoch as members are told.
    pub(super) fn state(&self) -> Option<EpochState> {
        self.current.as_ref().map(|current| EpochState {
            n: current.n,
            due: current.due.is_some(),
        })
    }

    /// The bundle of the epoch; empty if there is none.
    pub(super) fn bundle(&self) -> Bytes {
        self.current
            .as_ref()
            .map_or_else(Bytes::new, |current| current.bundle.clone())
    }

    /// Whether a payload sealed for this epoch may pass; 0 is not compared.
    ///
    /// # Errors
    /// `stale_epoch`.
    pub(super) fn admits(&self, n: EpochNumber) -> Result<(), Refusal> {
        let current = self.current.as_ref().map(|current| current.n);
        if n.value() == 0 || current == Some(n) {
            Ok(())
        } else {
            Err(ErrorCode::StaleEpoch.into())
        }
    }

    /// A member starts the next epoch.
    ///
    /// # Errors
    /// `epoch_conflict` if `n` is not the next one, `epoch_too_soon` if it is but may not start yet.
    pub(super) fn start(&mut self, now: Instant, offer: Offer) -> Result<Vec<Telling>, Refusal> {
        let current = self.current.as_ref();
        let next = current.map_or(EpochNumber::new(1), |current| current.n.next());
        if offer.n != next || offer.n.value() > EPOCH_NUMBER {
            return Err(ErrorCode::EpochConflict.into());
        }
        if let Some(current) = current {
            current.may_be_followed(now, offer.starter, offer.reason)?;
        }
        let starter = offer.starter;
        Ok(vec![self.begin(now, offer, starter, None)])
    }

    /// A member says that it holds this epoch's secret.
    ///
    /// # Errors
    /// `epoch_conflict` if the room has another epoch and this one comes too late or too low, and
    /// for an `n` above [`EPOCH_NUMBER_HELD`]: there must always be a next one.
    pub(super) fn hold(
        &mut self,
        now: Instant,
        holder: MemberId,
        offer: Offer,
    ) -> Result<Vec<Telling>, Refusal> {
        if offer.n.value() > EPOCH_NUMBER_HELD {
            return Err(ErrorCode::EpochConflict.into());
        }
        let Some(current) = &mut self.current else {
            let until = Some(now + HOLD_WINDOW);
            return Ok(vec![self.begin(now, offer, holder, until)]);
        };
        if offer.n == current.n && offer.bundle == current.bundle {
            return Ok(current.asks.hold(now, holder));
        }
        let until = current.replaceable_until.filter(|until| now <= *until);
        if offer.n > current.n && until.is_some() {
            return Ok(vec![self.begin(now, offer, holder, until)]);
        }
        Err(ErrorCode::EpochConflict.into())
    }

    /// A member needs the secret; `refused` sent it a share that did not match.
    ///
    /// # Errors
    /// `epoch_conflict` if the room has another epoch.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        asker: MemberId,
        n: EpochNumber,
        refused: Option<MemberId>,
    ) -> Result<Vec<Telling>, Refusal> {
        let current = self.at(n).ok_or(ErrorCode::EpochConflict)?;
        Ok(current.asks.ask(now, asker, refused))
    }

    /// A holder sends the secret, wrapped for the asker.
    ///
    /// # Errors
    /// `not_asked` unless the server asked this member for that one, in this epoch, and nobody
    /// else has answered since.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        from: MemberId,
        n: EpochNumber,
        to: MemberId,
        share: Bytes,
    ) -> Result<Vec<Telling>, Refusal> {
        let current = self.at(n).ok_or(ErrorCode::NotAsked)?;
        current.asks.answer(now, from, to, share)
    }

    /// A member left: the epoch is due, and nobody waits for that member any more.
    pub(super) fn left(&mut self, now: Instant, member: MemberId) -> Vec<Telling> {
        let Some(current) = &mut self.current else {
            return Vec::new();
        };
        let mut tellings = Vec::new();
        current.asks.left(now, member, &mut tellings);
        tellings.extend(current.fall_due(EpochReason::Left));
        tellings
    }

    /// Carries out what has become due by `now`.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<Telling> {
        let Some(current) = &mut self.current else {
            return Vec::new();
        };
        let mut tellings = Vec::new();
        current.asks.tick(now, &mut tellings);
        if now >= current.started_at + EPOCH_AGE {
            tellings.extend(current.fall_due(EpochReason::Age));
        }
        tellings
    }

    /// When [`Epochs::tick`] is to be called next.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        let current = self.current.as_ref()?;
        let age = current
            .due
            .is_none()
            .then(|| current.started_at + EPOCH_AGE);
        current.asks.next_tick().into_iter().chain(age).min()
    }

    fn at(&mut self, n: EpochNumber) -> Option<&mut Current> {
        self.current.as_mut().filter(|current| current.n == n)
    }

    fn begin(
        &mut self,
        now: Instant,
        offer: Offer,
        holder: MemberId,
        replaceable_until: Option<Instant>,
    ) -> Telling {
        let Offer {
            n,
            starter,
            reason,
            bundle,
        } = offer;
        self.current = Some(Current {
            n,
            bundle: bundle.clone(),
            started_at: now,
            due: None,
            replaceable_until,
            asks: Asks::new(n, holder),
        });
        Telling::Started {
            n,
            starter,
            reason,
            bundle,
        }
    }
}

impl Current {
    /// Whether `starter` may start the next epoch now.
    fn may_be_followed(
        &self,
        now: Instant,
        starter: MemberId,
        reason: EpochReason,
    ) -> Result<(), Refusal> {
        let age = now.saturating_duration_since(self.started_at);
        if age >= EPOCH_AGE {
            return Ok(());
        }
        let gap = if self.asks.is_unanswered(starter) {
            ASK_WITHIN
        } else if self.due.is_some() || reason == EpochReason::Demand {
            EPOCH_GAP
        } else {
            return Err(ErrorCode::EpochTooSoon.into());
        };
        let wait = gap.saturating_sub(age);
        if wait.is_zero() {
            return Ok(());
        }
        Err(Refusal::retry_after(
            ErrorCode::EpochTooSoon,
            retry_after_ms(wait),
        ))
    }

    fn fall_due(&mut self, reason: EpochReason) -> Option<Telling> {
        if self.due.is_some() {
            return None;
        }
        self.due = Some(reason);
        Some(Telling::Due { n: self.n, reason })
    }
}

#[cfg(test)]
mod tests;
