//! Asking one holder after the other for the secret.
//!
//! Right after a start there is one holder, and everybody else asks. Each holder is asked for some
//! of them at a time and the rest wait in a queue; as every answer makes another holder, the room
//! is served in a few rounds. Nothing here looks at all holders or all asks at once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, MemberId, Refusal,
    limits::{ASK_WITHIN, HOLDERS_ASKED},
};

use super::{
    Telling,
    holders::{Holders, Pick},
};

/// Who holds the secret of an epoch, who asked for it and who is being asked.
pub(super) struct Asks {
    n: EpochNumber,
    pub(super) holders: Holders,
    /// Who asked, until the epoch ends or the asker leaves.
    by_asker: HashMap<MemberId, Ask>,
    /// Until when those wait for whom a holder is being asked.
    silences: BTreeSet<(Instant, MemberId)>,
    /// Those for whom every holder is too busy, by the order in which they came.
    queue: BTreeMap<u64, MemberId>,
    tickets: u64,
    /// Who was told that nobody answered, and may therefore start the next one after
    /// [`ASK_WITHIN`]: at once, two members could do so in turns, several times a second.
    unanswered: BTreeSet<MemberId>,
}

/// How far the search for an answer to one member has come.
#[derive(Default)]
struct Ask {
    /// The holders asked so far, the latest last; at most [`HOLDERS_ASKED`].
    tried: Vec<MemberId>,
    phase: Phase,
}

#[derive(Default)]
enum Phase {
    /// The latest holder has until then.
    Waiting(Instant),
    /// It waits for a holder to be less busy, at this place of the queue.
    Queued(u64),
    /// A share was passed on; the asker may still refuse it.
    #[default]
    Answered,
}

impl Asks {
    /// Those of a new epoch, whose secret one member holds.
    pub(super) fn new(n: EpochNumber, holder: MemberId) -> Self {
        let mut holders = Holders::default();
        holders.insert(holder);
        Self {
            n,
            holders,
            by_asker: HashMap::new(),
            silences: BTreeSet::new(),
            queue: BTreeMap::new(),
            tickets: 0,
            unanswered: BTreeSet::new(),
        }
    }

    /// Whether this member was told that nobody answered.
    pub(super) fn is_unanswered(&self, asker: MemberId) -> bool {
        self.unanswered.contains(&asker)
    }

    /// A member holds the secret.
    pub(super) fn hold(&mut self, now: Instant, holder: MemberId) -> Vec<Telling> {
        let mut tellings = Vec::new();
        self.holders.insert(holder);
        self.serve_queue(now, &mut tellings);
        tellings
    }

    /// A member needs the secret; `refused` sent it a share that did not match.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        asker: MemberId,
        refused: Option<MemberId>,
    ) -> Vec<Telling> {
        let mut tellings = Vec::new();
        let ask = self.by_asker.entry(asker).or_default();
        match (&ask.phase, refused) {
            // It is being asked for already.
            (Phase::Waiting(_) | Phase::Queued(_), _) => return tellings,
            (Phase::Answered, Some(_)) => self.drop_holder(now, asker, &mut tellings),
            // A fresh search; it may have lost what it was sent.
            (Phase::Answered, None) => ask.tried.clear(),
        }
        self.ask_next(now, asker, &mut tellings);
        self.serve_queue(now, &mut tellings);
        tellings
    }

    /// A holder sends the secret, wrapped for the asker.
    ///
    /// # Errors
    /// `not_asked` unless this member was asked for that one and nobody has answered since.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        from: MemberId,
        to: MemberId,
        share: Bytes,
    ) -> Result<Vec<Telling>, Refusal> {
        let ask = self.by_asker.get(&to).ok_or(ErrorCode::NotAsked)?;
        // A late answer is as good as one in time while the search goes on.
        if matches!(ask.phase, Phase::Answered) || !ask.tried.contains(&from) {
            return Err(ErrorCode::NotAsked.into());
        }
        self.release(to);
        self.holders.insert(to);
        self.unanswered.remove(&to);
        let n = self.n;
        let mut tellings = vec![Telling::Share { n, to, from, share }];
        self.serve_queue(now, &mut tellings);
        Ok(tellings)
    }

    /// A member left: nobody waits for it any more, and it waits for nobody.
    pub(super) fn left(&mut self, now: Instant, member: MemberId, tellings: &mut Vec<Telling>) {
        self.release(member);
        self.by_asker.remove(&member);
        self.unanswered.remove(&member);
        self.drop_holder(now, member, tellings);
        self.serve_queue(now, tellings);
    }

    /// Asks others where the latest holder did not answer in time.
    pub(super) fn tick(&mut self, now: Instant, tellings: &mut Vec<Telling>) {
        while let Some(&(until, asker)) = self.silences.first()
            && until <= now
        {
            self.release(asker);
            self.ask_next(now, asker, tellings);
        }
        self.serve_queue(now, tellings);
    }

    /// When the first holder that was asked has had its time.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        self.silences.first().map(|(until, _)| *until)
    }

    /// Asks others where this member was being asked.
    fn drop_holder(&mut self, now: Instant, member: MemberId, tellings: &mut Vec<Telling>) {
        for asker in self.holders.remove(member) {
            self.release(asker);
            self.ask_next(now, asker, tellings);
        }
    }

    /// Serves the queue in its order until somebody has to go on waiting. It does not stand still:
    /// whoever is too busy answers or is given up.
    fn serve_queue(&mut self, now: Instant, tellings: &mut Vec<Telling>) {
        while let Some(asker) = self.queue.values().next().copied() {
            let pick = self.pick(asker);
            if pick == Pick::Busy {
                return;
            }
            self.release(asker);
            self.carry_out(now, asker, pick, tellings);
        }
    }

    fn ask_next(&mut self, now: Instant, asker: MemberId, tellings: &mut Vec<Telling>) {
        let pick = self.pick(asker);
        self.carry_out(now, asker, pick, tellings);
    }

    fn pick(&mut self, asker: MemberId) -> Pick {
        match self.by_asker.get(&asker) {
            Some(Ask { tried, .. }) if tried.len() < HOLDERS_ASKED => self
                .holders
                .pick(|holder| holder == asker || tried.contains(&holder)),
            _ => Pick::Nobody,
        }
    }

    /// Asks the holder, queues the asker, or tells it that nobody is left.
    fn carry_out(
        &mut self,
        now: Instant,
        asker: MemberId,
        pick: Pick,
        tellings: &mut Vec<Telling>,
    ) {
        let n = self.n;
        let Some(ask) = self.by_asker.get_mut(&asker) else {
            return;
        };
        match pick {
            Pick::Free(holder) => {
                let until = now + ASK_WITHIN;
                ask.tried.push(holder);
                ask.phase = Phase::Waiting(until);
                self.silences.insert((until, asker));
                self.holders.ask(holder, asker);
                tellings.push(Telling::Asked { n, holder, asker });
            }
            Pick::Busy => {
                ask.phase = Phase::Queued(self.tickets);
                self.queue.insert(self.tickets, asker);
                self.tickets += 1;
            }
            Pick::Nobody => {
                self.by_asker.remove(&asker);
                self.unanswered.insert(asker);
                tellings.push(Telling::Unanswered { n, to: asker });
            }
        }
    }

    /// Ends what an ask waits for.
    fn release(&mut self, asker: MemberId) {
        let Some(ask) = self.by_asker.get_mut(&asker) else {
            return;
        };
        match std::mem::take(&mut ask.phase) {
            Phase::Waiting(until) => {
                self.silences.remove(&(until, asker));
                if let Some(holder) = ask.tried.last() {
                    self.holders.release(*holder, asker);
                }
            }
            Phase::Queued(ticket) => {
                self.queue.remove(&ticket);
            }
            Phase::Answered => {}
        }
    }
}
