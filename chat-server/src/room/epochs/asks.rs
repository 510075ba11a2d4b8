//! Asking one holder after the other for the secret.

use std::time::Instant;

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, MemberId, Refusal,
    limits::{ASK_WITHIN, HOLDERS_ASKED},
};

use super::{Current, Epochs, Telling};

/// How far the search for an answer to one member has come.
#[derive(Default)]
pub(super) struct Ask {
    /// The holders asked so far, the latest last; at most [`HOLDERS_ASKED`].
    tried: Vec<MemberId>,
    phase: Phase,
}

#[derive(Default)]
enum Phase {
    /// The latest holder has until then.
    Waiting(Instant),
    /// A share was passed on; the asker may still refuse it.
    #[default]
    Answered,
}

impl Epochs {
    /// A member needs the secret; `refused` sent it a share that did not match.
    ///
    /// # Errors
    /// `epoch_conflict` if the room has another epoch.
    pub(in crate::room) fn ask(
        &mut self,
        now: Instant,
        asker: MemberId,
        n: EpochNumber,
        refused: Option<MemberId>,
    ) -> Result<Vec<Telling>, Refusal> {
        let current = self.at(n).ok_or(ErrorCode::EpochConflict)?;
        let ask = current.asks.entry(asker).or_default();
        let mut tellings = Vec::new();
        match (&ask.phase, refused) {
            // It is being asked for already.
            (Phase::Waiting(_), _) => return Ok(tellings),
            (Phase::Answered, Some(_)) => {
                current.holders.remove(&asker);
            }
            // A fresh search; it may have lost what it was sent.
            (Phase::Answered, None) => ask.tried.clear(),
        }
        current.ask_next(now, asker, &mut tellings);
        Ok(tellings)
    }

    /// A holder sends the secret, wrapped for the asker.
    ///
    /// # Errors
    /// `not_asked` unless the server asked this member for that one, in this epoch, and nobody
    /// else has answered since.
    pub(in crate::room) fn answer(
        &mut self,
        from: MemberId,
        n: EpochNumber,
        to: MemberId,
        share: Bytes,
    ) -> Result<Vec<Telling>, Refusal> {
        let current = self.at(n).ok_or(ErrorCode::NotAsked)?;
        let ask = current.asks.get_mut(&to).ok_or(ErrorCode::NotAsked)?;
        // A late answer is as good as one in time while the search goes on.
        if !matches!(ask.phase, Phase::Waiting(_)) || !ask.tried.contains(&from) {
            return Err(ErrorCode::NotAsked.into());
        }
        ask.phase = Phase::Answered;
        current.holders.insert(to);
        current.unanswered.remove(&to);
        Ok(vec![Telling::Share { n, to, from, share }])
    }

    fn at(&mut self, n: EpochNumber) -> Option<&mut Current> {
        self.current.as_mut().filter(|current| current.n == n)
    }
}

impl Current {
    /// Asks the holder with the fewest open questions, or tells the asker that there is none left.
    fn ask_next(&mut self, now: Instant, asker: MemberId, tellings: &mut Vec<Telling>) {
        let n = self.n;
        let holder = self.next_holder(asker);
        let Some(ask) = self.asks.get_mut(&asker) else {
            return;
        };
        if let Some(holder) = holder {
            ask.tried.push(holder);
            ask.phase = Phase::Waiting(now + ASK_WITHIN);
            tellings.push(Telling::Asked { n, holder, asker });
        } else {
            self.asks.remove(&asker);
            self.unanswered.insert(asker);
            tellings.push(Telling::Unanswered { n, to: asker });
        }
    }

    fn next_holder(&self, asker: MemberId) -> Option<MemberId> {
        let tried = &self.asks.get(&asker)?.tried;
        if tried.len() >= HOLDERS_ASKED {
            return None;
        }
        let open: Vec<MemberId> = self.asks.values().filter_map(Ask::waits_for).collect();
        self.holders
            .iter()
            .filter(|holder| **holder != asker && !tried.contains(holder))
            .min_by_key(|holder| open.iter().filter(|waited| waited == holder).count())
            .copied()
    }

    /// Asks others where the latest holder did not answer in time.
    pub(super) fn give_up_on_silent_holders(&mut self, now: Instant, tellings: &mut Vec<Telling>) {
        self.ask_again(now, tellings, |ask| {
            ask.until().is_some_and(|until| until <= now)
        });
    }

    /// Asks others where the latest holder was a member who left.
    pub(super) fn ask_others_than(
        &mut self,
        now: Instant,
        gone: MemberId,
        tellings: &mut Vec<Telling>,
    ) {
        self.ask_again(now, tellings, |ask| ask.waits_for() == Some(gone));
    }

    fn ask_again(
        &mut self,
        now: Instant,
        tellings: &mut Vec<Telling>,
        wanted: impl Fn(&Ask) -> bool,
    ) {
        let mut askers: Vec<MemberId> = self
            .asks
            .iter()
            .filter(|(_, ask)| wanted(ask))
            .map(|(asker, _)| *asker)
            .collect();
        askers.sort_unstable();
        for asker in askers {
            self.ask_next(now, asker, tellings);
        }
    }

    /// When the first holder that was asked has had its time.
    pub(super) fn next_silence(&self) -> Option<Instant> {
        self.asks.values().filter_map(Ask::until).min()
    }
}

impl Ask {
    fn until(&self) -> Option<Instant> {
        match self.phase {
            Phase::Waiting(until) => Some(until),
            Phase::Answered => None,
        }
    }

    fn waits_for(&self) -> Option<MemberId> {
        self.until().and_then(|_| self.tried.last().copied())
    }
}
