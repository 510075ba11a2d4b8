//! Deliveries: their order, what is missing, what waits for a key, and opening them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use wire_format::{
    Deliver, DeliverFlags, Envelope, Kind, MemberId, Millis, Name, RunId, Sequence,
    command::rooms::{Entered, Resume},
    envelope::{Header, Storage},
    event::{MissedReason, UnreadableCause},
    limits::{CLOCK_SKEW, RING_BYTES, RING_FRAMES},
};

use super::{Happened, Message, SealedRoom, Unreadable, shown::Shown};
use crate::{
    clock::Now,
    connection::Frames,
    keyring::{Fault, Frame, OpenedFrame, Outcome, Place},
};

pub(super) struct Reading {
    run: RunId,
    /// The last delivery, or where it is certain that there was none; `None`: any may be next.
    last: Option<Sequence>,
    /// Deliveries up to here were made before this session entered.
    ring_until: Sequence,
    /// Deliveries that wait for a key, and those behind them.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// The newest counter of each instance, by its number on the shelf and in its order.
    counters: Vec<(u64, u64)>,
    /// What was shown, to know a retry.
    shown: Shown,
    /// The slot on the shelf in which the next delivery probably is.
    next_slot: u64,
    /// Members of whose changed keys the user was told, and when they changed.
    changed: HashMap<MemberId, Duration>,
}

/// A delivery that was not read yet.
struct Waiting {
    deliver: Deliver,
    run: RunId,
    /// The clock when it arrived, if it was live.
    live_at: Option<Millis>,
    is_told: bool,
    is_kept: bool,
}

impl Waiting {
    /// Copies what may wait for long, so that it does not keep the memory of all that was read
    /// together with it.
    fn keep(&mut self) {
        if !self.is_kept {
            self.is_kept = true;
            self.deliver.payload = Bytes::copy_from_slice(&self.deliver.payload);
            self.deliver.name = copy(&self.deliver.name);
        }
    }
}

/// Why a delivery is not shown now.
enum NotNow {
    /// Its key is on its way.
    Awaited,
    /// It will not be.
    Never(UnreadableCause, Option<Fault>),
}

impl From<Fault> for NotNow {
    fn from(fault: Fault) -> Self {
        Self::Never(UnreadableCause::NotOpened, Some(fault))
    }
}

impl Reading {
    pub(super) fn new(run: RunId) -> Self {
        Self {
            run,
            last: None,
            ring_until: Sequence::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            counters: Vec::new(),
            shown: Shown::default(),
            next_slot: 0,
            changed: HashMap::new(),
        }
    }

    pub(super) fn resume(&self) -> Option<Resume> {
        let run = self.run;
        self.last.map(|after| Resume { run, after })
    }

    /// The last delivery that arrived.
    pub(super) fn last(&self) -> Sequence {
        self.last.unwrap_or_default()
    }

    /// Takes over where the channel stands; says what was missed.
    pub(super) fn entered(
        &mut self,
        entered: &Entered,
        resumed: Option<Resume>,
    ) -> Option<MissedReason> {
        let is_new = self.last.is_none();
        let missed = if !is_new && entered.run != self.run {
            Some(MissedReason::Restart)
        } else {
            (resumed.is_some() && entered.missed).then_some(MissedReason::TooOld)
        };
        self.run = entered.run;
        self.ring_until = entered.sequence;
        if is_new || missed.is_some() {
            // Where nothing was said yet, the first delivery cannot be missed.
            self.last = (entered.sequence.value() == 0).then_some(entered.sequence);
        }
        if missed.is_some() {
            self.counters.clear();
        }
        missed
    }

    /// Takes note that the user is told of changed keys; false if that was done.
    pub(super) fn changed(&mut self, member: MemberId, at: Duration) -> bool {
        if self.changed.len() >= INSTANCES {
            self.changed.clear();
        }
        self.changed.insert(member, at) != Some(at)
    }

    fn push(&mut self, waiting: Waiting) {
        self.waiting_bytes += waiting.deliver.payload.len();
        self.waiting.push_back(waiting);
    }

    fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.waiting_bytes -= waiting.deliver.payload.len();
        Some(waiting)
    }

    fn is_full(&self) -> bool {
        self.waiting.len() > RING_FRAMES || self.waiting_bytes > 2 * RING_BYTES
    }

    /// Whether a retry was shown to this user, which the process cannot know for each session.
    fn was_shown(&mut self, opened: &OpenedFrame) -> bool {
        if opened.is_retry && self.shown.contains(opened.number) {
            return true;
        }
        self.shown.insert(opened.number);
        false
    }

    /// Whether counters are missing before this one.
    fn has_hole(&self, opened: &OpenedFrame) -> bool {
        let before = self.place_of(opened.series).map(|at| self.counters[at].1);
        before.is_ok_and(|before| opened.header.counter > before.saturating_add(1))
    }

    fn count(&mut self, opened: &OpenedFrame) {
        let counter = opened.header.counter;
        match self.place_of(opened.series) {
            Ok(at) => self.counters[at].1 = counter,
            Err(_) if self.counters.len() >= INSTANCES => {
                self.counters = vec![(opened.series, counter)];
            }
            Err(at) => self.counters.insert(at, (opened.series, counter)),
        }
    }

    fn stop_counting(&mut self, series: u64) {
        if let Ok(at) = self.place_of(series) {
            self.counters.remove(at);
        }
    }

    fn place_of(&self, series: u64) -> Result<usize, usize> {
        self.counters
            .binary_search_by_key(&series, |(series, _)| *series)
    }

    /// Whether a delivery in this place is the next one.
    fn is_next(&self, sequence: Sequence) -> bool {
        self.last.is_none_or(|last| last.next() == sequence)
    }
}

impl SealedRoom {
    /// Takes deliveries that need nothing but to be shown, at most so many: those at the front that
    /// other sessions of the process have opened, byte for byte the same, and that are all this
    /// session could read next. Everything else is for [`SealedRoom::handle`], which would do the
    /// same with these.
    pub fn skim(
        &mut self,
        now: Now,
        frames: &mut Frames<'_>,
        most: usize,
        mut show: impl FnMut(Message),
    ) {
        let is_settled = self.is_connected && self.epochs.is_current();
        if !is_settled || !self.reading.waiting.is_empty() || self.sending.waits_for_deliveries() {
            return;
        }
        let reading = &mut self.reading;
        let known = self.seat.shelf().known();
        for _ in 0..most {
            let Some((Kind::Deliver, body)) = frames.front() else {
                return;
            };
            let opened = known.opened(&mut reading.next_slot, reading.run, body);
            let Some(opened) = opened.filter(|opened| {
                opened.sender != self.me.member
                    && !opened.is_retry
                    && reading.is_next(opened.sequence)
                    && self.epochs.holds(opened.header.commit)
                    && !reading.has_hole(opened)
            }) else {
                return;
            };
            frames.take(body.len());
            reading.last = Some(opened.sequence);
            reading.count(opened);
            reading.shown.insert(opened.number);
            show(Message {
                is_own: false,
                keys_changed: reading.changed.contains_key(&opened.sender),
                clock_off: opened.sequence > reading.ring_until
                    && is_off(opened.header.sent_at, now.wall),
                opened: Arc::clone(opened),
            });
        }
    }

    pub(super) fn deliver(&mut self, now: Now, deliver: Deliver) {
        let reading = &mut self.reading;
        let sequence = deliver.sequence;
        if let Some(last) = reading.last {
            if sequence <= last {
                return;
            }
            if sequence > last.next() {
                reading.counters.clear();
                self.tell(Happened::Missed(MissedReason::Withheld));
            }
        }
        let reading = &mut self.reading;
        reading.last = Some(sequence);
        let waiting = Waiting {
            deliver,
            run: reading.run,
            live_at: (sequence > reading.ring_until).then_some(now.wall),
            is_told: false,
            is_kept: false,
        };
        reading.push(waiting);
        if reading.is_full()
            && let Some(oldest) = reading.pop()
        {
            self.unreadable(&oldest, UnreadableCause::WaitingForKey, None);
            self.tell(Happened::Missed(MissedReason::TooOld));
        }
    }

    /// Reads what has arrived, in order, up to the first that waits for a key.
    pub(super) fn read_waiting(&mut self, now: Now) {
        while let Some(first) = self.reading.pop() {
            match self.read(&first) {
                Ok(outcome) => self.read_outcome(now, &first, outcome),
                Err(NotNow::Never(cause, fault)) => self.unreadable(&first, cause, fault),
                Err(NotNow::Awaited) => {
                    self.reading.waiting_bytes += first.deliver.payload.len();
                    self.reading.waiting.push_front(first);
                    if let Some(newest) = self.reading.waiting.back_mut() {
                        newest.keep();
                    }
                    break;
                }
            }
        }
        if self.epochs.is_waiting_told() {
            self.tell_unread();
        }
    }

    /// The user knows that a key is missing: what waits for it gets its place.
    fn tell_unread(&mut self) {
        let mut waiting = std::mem::take(&mut self.reading.waiting);
        for unread in waiting.iter_mut().filter(|unread| !unread.is_told) {
            unread.is_told = true;
            self.unreadable(unread, UnreadableCause::WaitingForKey, None);
        }
        self.reading.waiting = waiting;
    }

    fn read(&mut self, waiting: &Waiting) -> Result<Outcome, NotNow> {
        let deliver = &waiting.deliver;
        if deliver.flags != DeliverFlags::Unstored {
            return Err(Fault::Flags.into());
        }
        let envelope = Envelope::parse(deliver.payload.clone()).map_err(Fault::from)?;
        let header = envelope.header();
        self.check_header(header, deliver)?;
        let Some(epoch) = self.epoch_of(header) else {
            if let Some(series) = self.seat.shelf().series(header) {
                self.reading.stop_counting(series);
            }
            return Err(self.why_without_key(header, waiting));
        };
        let frame = Frame {
            place: Place {
                channel: deliver.channel,
                run: waiting.run,
                sequence: deliver.sequence,
            },
            deliver,
            envelope: &envelope,
        };
        Ok(self.seat.shelf().open(&frame, &epoch))
    }

    /// The header must agree with where the envelope came from.
    fn check_header(&self, header: &Header, deliver: &Deliver) -> Result<(), Fault> {
        if header.room != self.id || header.channel != self.channel {
            return Err(Fault::OtherChannel);
        }
        if header.sender != deliver.sender {
            return Err(Fault::OtherSender);
        }
        if header.storage != Storage::Passing {
            return Err(Fault::Flags);
        }
        Ok(())
    }

    /// The epoch of an envelope, if this session may read it. One that came and went while this
    /// session was cut off is on the shelf if others of the process stayed.
    fn epoch_of(&mut self, header: &Header) -> Option<Arc<crate::keyring::Epoch>> {
        self.epochs.held(header.commit).or_else(|| {
            let is_later = header.epoch > self.epochs.first_number()?;
            let may = self.epochs.is_proven() && is_later;
            may.then(|| self.seat.shelf().held(header.commit))?
        })
    }

    fn why_without_key(&self, header: &Header, waiting: &Waiting) -> NotNow {
        if self.epochs.is_awaited(header.commit) {
            return NotNow::Awaited;
        }
        let is_older = header.epoch < self.epochs.newest_number();
        if is_older || waiting.live_at.is_none() {
            NotNow::Never(UnreadableCause::BeforeYouJoined, None)
        } else {
            Fault::UnknownEpoch.into()
        }
    }

    fn read_outcome(&mut self, now: Now, waiting: &Waiting, outcome: Outcome) {
        match outcome {
            Outcome::Opened(opened) => self.opened(now, waiting, opened),
            Outcome::Repeated => {}
            Outcome::Failed(fault) => {
                self.unreadable(waiting, UnreadableCause::NotOpened, Some(fault));
            }
        }
    }

    fn opened(&mut self, now: Now, waiting: &Waiting, opened: Arc<OpenedFrame>) {
        let header = &opened.header;
        if self.reading.has_hole(&opened) {
            self.tell(Happened::Missed(MissedReason::Withheld));
        }
        self.reading.count(&opened);
        let is_own = header.sender == self.me.member;
        if is_own {
            self.came_back(now, header.message, waiting.deliver.sequence);
        }
        if self.reading.was_shown(&opened) {
            return;
        }
        self.tell(Happened::Message(Message {
            is_own,
            keys_changed: self.reading.changed.contains_key(&header.sender),
            clock_off: waiting
                .live_at
                .is_some_and(|now| is_off(header.sent_at, now)),
            opened,
        }));
    }

    fn unreadable(&mut self, waiting: &Waiting, cause: UnreadableCause, fault: Option<Fault>) {
        let deliver = &waiting.deliver;
        self.tell(Happened::Unreadable(Box::new(Unreadable {
            channel: self.channel,
            run: waiting.run,
            sequence: deliver.sequence,
            time: deliver.time,
            sender: deliver.sender,
            name: copy(&deliver.name),
            cause,
            fault,
        })));
    }
}

/// A name that does not keep the memory of what was read together with it.
fn copy(name: &Name) -> Name {
    Name::try_from(name.as_str()).unwrap_or_else(|_| name.clone())
}

fn is_off(sent_at: Millis, now: Millis) -> bool {
    u128::from(sent_at.value().abs_diff(now.value())) > CLOCK_SKEW.as_millis()
}

/// Instances whose counters, and members whose changed keys, a session remembers.
const INSTANCES: usize = 1024;
