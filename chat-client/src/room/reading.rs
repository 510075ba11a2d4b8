//! Deliveries: their order, what is missing, what waits for a key, and opening them.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use wire_format::{
    Deliver, DeliverFlags, Envelope, InstanceId, MemberId, MessageId, Millis, RunId, Sequence,
    command::rooms::{Entered, Resume},
    envelope::{Header, Storage},
    event::{MissedReason, UnreadableCause},
    limits::{RING_BYTES, RING_FRAMES},
};

use super::{Happened, Message, SealedRoom, Unreadable};
use crate::{
    clock::Now,
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
    /// The newest counter of each instance.
    counters: HashMap<(MemberId, InstanceId), u64>,
    /// Messages shown last, to know a retry.
    shown: VecDeque<(MemberId, MessageId)>,
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
            counters: HashMap::new(),
            shown: VecDeque::new(),
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

    /// Nothing here waits for the clock: keys, and the epochs' own time, move what waits.
    pub(super) fn timeout(&self) -> Option<Duration> {
        None
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
    fn was_shown(&mut self, header: &Header, is_retry: bool) -> bool {
        let shown = (header.sender, header.message);
        if is_retry && self.shown.contains(&shown) {
            return true;
        }
        self.shown.push_back(shown);
        if self.shown.len() > SHOWN {
            self.shown.pop_front();
        }
        false
    }

    /// Whether counters are missing before this one.
    fn has_hole(&mut self, header: &Header) -> bool {
        if self.counters.len() >= INSTANCES {
            self.counters.clear();
        }
        let instance = (header.sender, header.instance);
        let before = self.counters.insert(instance, header.counter);
        before.is_some_and(|before| header.counter > before.saturating_add(1))
    }
}

impl SealedRoom {
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
            self.reading
                .counters
                .remove(&(header.sender, header.instance));
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
            live_at: waiting.live_at,
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
    fn epoch_of(&mut self, header: &Header) -> Option<std::sync::Arc<crate::keyring::Epoch>> {
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

    fn opened(&mut self, now: Now, waiting: &Waiting, opened: std::sync::Arc<OpenedFrame>) {
        let deliver = &waiting.deliver;
        let header = &opened.header;
        if self.reading.has_hole(header) {
            self.tell(Happened::Missed(MissedReason::Withheld));
        }
        let is_own = header.sender == self.me.member;
        if is_own {
            self.came_back(now, header.message, deliver.sequence);
        }
        if self.reading.was_shown(header, opened.is_retry) {
            return;
        }
        self.tell(Happened::Message(Message {
            room: self.id,
            channel: self.channel,
            run: waiting.run,
            sequence: deliver.sequence,
            time: deliver.time,
            sender: deliver.sender,
            name: deliver.name.clone(),
            is_own,
            keys_changed: self.reading.changed.contains_key(&deliver.sender),
            opened,
        }));
    }

    fn unreadable(&mut self, waiting: &Waiting, cause: UnreadableCause, fault: Option<Fault>) {
        let deliver = &waiting.deliver;
        self.tell(Happened::Unreadable(Unreadable {
            channel: self.channel,
            run: waiting.run,
            sequence: deliver.sequence,
            time: deliver.time,
            sender: deliver.sender,
            name: deliver.name.clone(),
            cause,
            fault,
        }));
    }
}

/// Messages whose ids a session remembers: more than a room says while somebody reconnects.
const SHOWN: usize = 1024;
/// Instances whose counters, and members whose changed keys, a session remembers.
const INSTANCES: usize = 1024;
