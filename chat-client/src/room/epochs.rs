//! The room's newest epoch and how this session comes to its secret.

mod starting;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use rand::RngExt;
use wire_format::{
    Bundle, CommitHash, EpochNumber, MemberId, Millis, Refusal, command::epochs as command,
    event::EpochReason, limits::EPOCH_GAP,
};

use super::{Alarm, Command, EpochFault, Happened, SealedRoom};
use crate::{
    clock::Now,
    keyring::{Boarding, Epoch, HELD_EPOCHS},
};

#[derive(Default)]
pub(super) struct Epochs {
    head: Head,
    /// A later word of the server about the newest epoch, which does not verify.
    refused: Option<Refused>,
    /// Epochs this session may read, the newest last.
    held: VecDeque<Arc<Epoch>>,
    /// Whether this session has come to a secret of this room by itself; only then it takes later
    /// ones from the keyring.
    is_proven: bool,
    want: Want,
    /// An epoch that was sent to the server, which has not answered.
    starting: Option<Arc<Epoch>>,
    /// Not to start an epoch before this time.
    start_after: Duration,
}

/// The newest epoch by the server's word.
#[derive(Default)]
enum Head {
    /// There is none: this session starts the first.
    #[default]
    None,
    /// There is this one.
    Verified(Newest),
}

/// An epoch that the server names and that does not verify. It is never used; the next one may be
/// started over it, so that nobody can leave a room without a key.
#[derive(Clone, Copy)]
struct Refused {
    n: EpochNumber,
    /// When whoever wants to send starts the next one.
    over_at: Duration,
}

struct Newest {
    bundle: Arc<Bundle>,
    due: Option<EpochReason>,
    since: Now,
    /// The server said that nobody answers: this session may start the next one.
    is_unanswered: bool,
    /// The user was told that the key has not come.
    is_waiting_told: bool,
    refusals: u32,
}

/// How this session gets the newest epoch's secret, when it does not hold it.
#[derive(Clone, Copy, Default)]
enum Want {
    #[default]
    Nothing,
    /// Asked; to be asked again at this time.
    Asked(Duration),
    /// Another session of the process asks, until this time at most.
    Passenger(Duration),
}

impl Newest {
    fn commit(&self) -> CommitHash {
        self.bundle.start.commit_hash()
    }

    fn n(&self) -> EpochNumber {
        self.bundle.start.n()
    }

    /// How long ago the epoch was started, as far as this session can tell: at least since it
    /// heard of it. A wrong clock of the starter costs one `epoch_too_soon`.
    fn age(&self, now: Now) -> Duration {
        let heard = now.at.saturating_sub(self.since.at);
        let started = self.bundle.start.started_at().value();
        heard.max(Duration::from_millis(
            now.wall.value().saturating_sub(started),
        ))
    }
}

impl Epochs {
    fn newest(&self) -> Option<&Newest> {
        match &self.head {
            Head::Verified(newest) => Some(newest),
            Head::None => None,
        }
    }

    fn newest_mut(&mut self) -> Option<&mut Newest> {
        match &mut self.head {
            Head::Verified(newest) => Some(newest),
            Head::None => None,
        }
    }

    /// The newest epoch, if its secret is held and the server does not name another one.
    pub(super) fn current(&self) -> Option<Arc<Epoch>> {
        let newest = self.newest().filter(|_| self.refused.is_none())?;
        self.held(newest.commit())
    }

    /// Whether [`Epochs::current`] is there.
    pub(super) fn is_current(&self) -> bool {
        let newest = self.newest().filter(|_| self.refused.is_none());
        newest.is_some_and(|newest| self.holds(newest.commit()))
    }

    /// Whether this session may read an epoch.
    pub(super) fn holds(&self, commit: CommitHash) -> bool {
        let mut newest_first = self.held.iter().rev();
        newest_first.any(|epoch| epoch.keys.commit_hash() == commit)
    }

    /// An epoch that this session may read.
    pub(super) fn held(&self, commit: CommitHash) -> Option<Arc<Epoch>> {
        let mut newest_first = self.held.iter().rev();
        newest_first
            .find(|epoch| epoch.keys.commit_hash() == commit)
            .cloned()
    }

    /// The newest epoch that this session holds under this number.
    pub(super) fn held_number(&self, n: EpochNumber) -> Option<Arc<Epoch>> {
        let current = self.current().filter(|epoch| epoch.keys.n() == n);
        let mut newest_first = self.held.iter().rev();
        current.or_else(|| newest_first.find(|epoch| epoch.keys.n() == n).cloned())
    }

    /// Whether the secret of this epoch is on its way.
    pub(super) fn is_awaited(&self, commit: CommitHash) -> bool {
        self.newest()
            .is_some_and(|newest| newest.commit() == commit)
            && !self.holds(commit)
    }

    /// The number of the newest epoch; 0 is none.
    pub(super) fn newest_number(&self) -> EpochNumber {
        self.newest().map_or_else(EpochNumber::default, Newest::n)
    }

    /// The number of the first epoch that this session held.
    pub(super) fn first_number(&self) -> Option<EpochNumber> {
        self.held.front().map(|epoch| epoch.keys.n())
    }

    /// The number that an epoch started now has.
    fn next_number(&self) -> EpochNumber {
        let refused = self.refused.map(|refused| refused.n);
        self.newest_number().max(refused.unwrap_or_default()).next()
    }

    /// Whether the next epoch is to be started over one that does not verify: not before its time,
    /// which the server asks for, too.
    pub(super) fn is_to_be_replaced(&self, now: Now) -> bool {
        let is_time = |refused: Refused| refused.over_at.max(self.start_after) <= now.at;
        self.refused.is_some_and(is_time) && self.starting.is_none()
    }

    pub(super) fn is_proven(&self) -> bool {
        self.is_proven
    }

    pub(super) fn is_waiting_told(&self) -> bool {
        self.newest().is_some_and(|newest| newest.is_waiting_told)
    }

    /// The server has no epoch: what it named before is of no account.
    pub(super) fn forget_refused(&mut self) {
        self.refused = None;
    }

    pub(super) fn forget_head(&mut self) {
        self.head = Head::None;
        self.want = Want::Nothing;
    }

    pub(super) fn fall_due(&mut self, n: EpochNumber, reason: EpochReason) {
        if let Some(newest) = self.newest_mut().filter(|newest| newest.n() == n) {
            newest.due = Some(reason);
        }
    }

    pub(super) fn unanswered(&mut self, n: EpochNumber) {
        if let Some(newest) = self.newest_mut().filter(|newest| newest.n() == n) {
            newest.is_unanswered = true;
            self.want = Want::Nothing;
        }
    }

    pub(super) fn disconnected(&mut self) {
        self.want = Want::Nothing;
        self.refused = None;
        self.starting = None;
        self.start_after = Duration::ZERO;
        if let Some(newest) = self.newest_mut() {
            newest.is_unanswered = false;
        }
    }

    pub(super) fn ask_replied(&mut self, now: Now, refusal: Option<Refusal>) {
        if let (Some(refusal), Want::Asked(_)) = (refusal, self.want) {
            // A conflict means that a newer epoch is about to be heard of.
            self.want = Want::Asked(now.at + patience(&refusal));
        }
    }

    /// When the room's way to its key wants the clock; `sends_at` is from when the next message may
    /// go out, if one waits that is not under way.
    pub(super) fn timeout(
        &self,
        is_connected: bool,
        sends_at: Option<Duration>,
    ) -> Option<Duration> {
        if !is_connected || self.is_current() {
            return None;
        }
        if let Some(refused) = self.refused {
            let sends_at = sends_at.filter(|_| self.starting.is_none())?;
            return Some(refused.over_at.max(self.start_after).max(sends_at));
        }
        let told = self.newest().filter(|newest| !newest.is_waiting_told);
        let tell = told.map(|newest| newest.since.at + TELL_AFTER);
        let act = match (&self.head, self.want) {
            (_, Want::Asked(at) | Want::Passenger(at)) => Some(at),
            _ if self.starting.is_some() => None,
            (Head::None, Want::Nothing) => Some(self.start_after),
            _ => None,
        };
        let may_start = |newest: &&Newest| newest.is_unanswered && self.starting.is_none();
        let start = self.newest().filter(may_start).map(|_| self.start_after);
        [tell, act, start].into_iter().flatten().min()
    }

    fn hold(&mut self, epoch: Arc<Epoch>) {
        if !self.holds(epoch.keys.commit_hash()) {
            if self.held.len() >= HELD_EPOCHS {
                self.held.pop_front();
            }
            self.held.push_back(epoch);
        }
    }
}

impl SealedRoom {
    pub(super) fn epoch_started(
        &mut self,
        now: Now,
        n: EpochNumber,
        starter: MemberId,
        bytes: &Bytes,
    ) {
        match self.verified(bytes, n, Some(starter)) {
            Ok(bundle) => self.adopt(now, bundle, None),
            Err(fault) => self.refuse(now, n, fault),
        }
    }

    /// The room's epoch, by the server's word, is one that does not verify.
    pub(super) fn refuse(&mut self, now: Now, n: EpochNumber, fault: EpochFault) {
        let is_new = self.epochs.refused.is_none_or(|refused| refused.n != n);
        if is_new {
            // Everybody in the room has seen it; not all of them start at the same moment.
            let spread = Duration::from_millis(self.rng().random_range(0..1_000));
            let over_at = now.at + EPOCH_GAP + spread;
            self.epochs.refused = Some(Refused { n, over_at });
        }
        self.alarm(Alarm::EpochStart(fault));
    }

    /// Takes a verified epoch for the newest one.
    pub(super) fn adopt(&mut self, now: Now, bundle: Arc<Bundle>, due: Option<EpochReason>) {
        let commit = bundle.start.commit_hash();
        self.saw(now, bundle.starter.member(), bundle.starter.fingerprint());
        self.epochs.refused = None;
        if let Some(newest) = self
            .epochs
            .newest_mut()
            .filter(|old| old.commit() == commit)
        {
            newest.due = due.or(newest.due);
            return;
        }
        self.seat.abandon();
        self.epochs.want = Want::Nothing;
        self.epochs.head = Head::Verified(Newest {
            bundle,
            due,
            since: now,
            is_unanswered: false,
            is_waiting_told: false,
            refusals: 0,
        });
        self.sending.know_epoch();
        let starting = &mut self.epochs.starting;
        if let Some(mine) = starting.take_if(|mine| mine.keys.commit_hash() == commit) {
            self.epochs.is_proven = true;
            self.keyed(mine);
        } else if let Some(held) = self.epochs.current() {
            // Held before, lost to another one and back again.
            self.keyed(held);
        }
    }

    /// The newest epoch's secret is held.
    fn keyed(&mut self, epoch: Arc<Epoch>) {
        let start = &epoch.bundle.start;
        let (n, reason) = (start.n(), start.reason());
        self.seat.shelf().put(&epoch);
        self.epochs.hold(epoch);
        self.epochs.want = Want::Nothing;
        self.tell(Happened::Keyed { n, reason });
    }

    /// Does what comes next on the way to the newest epoch's secret.
    pub(super) fn pursue_key(&mut self, now: Now) {
        let has_nothing_to_pursue = self.epochs.refused.is_some() || self.epochs.is_current();
        if !self.is_connected || has_nothing_to_pursue {
            return;
        }
        self.tell_waiting(now);
        let may_start = self.epochs.starting.is_none() && now.at >= self.epochs.start_after;
        match &self.epochs.head {
            Head::None if may_start => self.start_epoch(now, EpochReason::First),
            Head::Verified(newest) if newest.is_unanswered => {
                if may_start {
                    self.start_epoch(now, EpochReason::Unanswered);
                }
            }
            Head::Verified(newest) => self.fetch(now, newest.commit(), newest.n()),
            Head::None => {}
        }
    }

    fn fetch(&mut self, now: Now, commit: CommitHash, n: EpochNumber) {
        if self.epochs.is_proven {
            match self.seat.board(commit, now.at) {
                Boarding::Held(epoch) => return self.keyed(epoch),
                Boarding::Passenger(until) => {
                    self.epochs.want = Want::Passenger(until);
                    return;
                }
                Boarding::Pilot => {}
            }
        }
        if let Want::Asked(again) = self.epochs.want
            && now.at < again
        {
            return;
        }
        self.ask(now, n, None);
    }

    fn ask(&mut self, now: Now, n: EpochNumber, refused: Option<MemberId>) {
        self.epochs.want = Want::Asked(now.at + ASK_AGAIN);
        let ask = command::Ask {
            room: self.id,
            n,
            refused,
        };
        self.command(Command::Ask(ask));
    }

    fn tell_waiting(&mut self, now: Now) {
        let Some(newest) = self.epochs.newest_mut() else {
            return;
        };
        if newest.is_waiting_told || now.at < newest.since.at + TELL_AFTER {
            return;
        }
        newest.is_waiting_told = true;
        let (n, since): (_, Millis) = (newest.n(), newest.since.wall);
        self.tell(Happened::Waiting { n, since });
    }

    pub(super) fn epoch_share(&mut self, now: Now, n: EpochNumber, from: MemberId, share: &[u8]) {
        let Some(newest) = self.epochs.newest_mut().filter(|newest| newest.n() == n) else {
            return;
        };
        let bundle = Arc::clone(&newest.bundle);
        if self.epochs.current().is_some() {
            return;
        }
        let mut rng = self.rng();
        match self.me.keys.open_share(share, &bundle.start, &mut rng) {
            Ok(secret) => {
                self.epochs.is_proven = true;
                self.keyed(Arc::new(Epoch::new(bundle, secret)));
            }
            Err(error) => {
                self.alarm(Alarm::Share { from, error });
                self.ask_another(now, n, from);
            }
        }
    }

    /// Asks again, naming whose share was wrong; a server that brings nothing else is asked later.
    fn ask_another(&mut self, now: Now, n: EpochNumber, refused: MemberId) {
        let Some(newest) = self.epochs.newest_mut() else {
            return;
        };
        newest.refusals += 1;
        if newest.refusals.is_multiple_of(REFUSALS) {
            self.epochs.want = Want::Asked(now.at + ASK_AGAIN);
        } else {
            self.ask(now, n, Some(refused));
        }
    }
}

/// How long a refusal asks to wait; where it says nothing, a moment.
pub(super) fn patience(refusal: &Refusal) -> Duration {
    let asked = refusal.retry_after_ms.map(u64::from);
    Duration::from_millis(asked.unwrap_or(1_000)).max(Duration::from_millis(50))
}

/// When to ask again if nothing came: what three holders may take, and some slack.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// After how long the user is told that a key has not come.
const TELL_AFTER: Duration = Duration::from_secs(1);
/// Shares that may be wrong before the server is left alone for a while.
const REFUSALS: u32 = 4;
