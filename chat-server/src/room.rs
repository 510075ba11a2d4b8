//! Rooms: who is in them, and how what is said reaches everyone.
//!
//! ```text
//!  publish ─┐                  ┌─ seat ─▶ outbox
//!  events  ─┼─▶ stream ─flush──┼─ seat ─▶ outbox
//!  enter   ─┘   (pending,ring) └─ seat ─▶ outbox
//! ```
//!
//! Publishers append to the room's pending bytes. The room's one task takes them as one shared
//! chunk and hands it to every seat; an event goes the same way, so that all members see one order.

mod enter;
mod epochs;
mod flush;
mod keys;
mod publish;
mod registry;
mod ring;
mod seat;
mod stream;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use wire_format::{
    ChannelId, Event, EventFrame, MemberId, RoomId, RunId, ServerFrame,
    command::rooms::{Member, MemberPage, OpenedRoom, RoomSummary},
    limits::{EMPTY_ROOM, MEMBERS_PER_PAGE},
};

use self::epochs::Epochs;
pub(crate) use self::{
    flush::deliver,
    publish::{Published, Unpublished},
    registry::Rooms,
    seat::Seat,
    stream::{Chunk, Stream},
};
use crate::{figures::Figures, session::Session};

/// A proxy-sealed room.
pub(crate) struct Room {
    id: RoomId,
    channel: ChannelId,
    name: String,
    members_most: usize,
    figures: Arc<Figures>,
    /// Held for one change at a time and never across an await; publishers, members who come and
    /// go and the room's task share it, so that everything has one order.
    state: Mutex<State>,
    /// Tells the room's task that there is something to do.
    work: Notify,
    /// Tells publishers and the shutdown that the pending bytes were taken.
    taken: Notify,
    member_count: AtomicU32,
}

struct State {
    stream: Stream,
    occupants: BTreeMap<MemberId, Occupant>,
    /// The seats as the next flush meets them; made again after somebody came or went.
    seats: Option<Arc<[Arc<Seat>]>>,
    /// A chunk is on its way through the seats.
    flushing: bool,
    epochs: Epochs,
    /// Since when nobody is here.
    empty_since: Option<Instant>,
    /// How long the room is kept while nobody is here.
    kept_empty: Duration,
    /// The registry has forgotten this room; it must not be entered any more.
    forgotten: bool,
}

struct Occupant {
    session: Arc<Session>,
    seat: Arc<Seat>,
}

impl Room {
    /// An empty room; `name` is prepared.
    fn new(name: String, run: RunId, members_most: usize, figures: Arc<Figures>) -> Arc<Self> {
        let id = RoomId::of_name(&name);
        Arc::new(Self {
            id,
            channel: ChannelId::main_of(id),
            name,
            members_most,
            figures,
            state: Mutex::new(State::new(run)),
            work: Notify::new(),
            taken: Notify::new(),
            member_count: AtomicU32::new(0),
        })
    }

    pub(crate) fn id(&self) -> RoomId {
        self.id
    }

    pub(crate) fn channel(&self) -> ChannelId {
        self.channel
    }

    /// What `rooms.open` answers.
    pub(crate) fn opened(&self) -> OpenedRoom {
        OpenedRoom {
            id: self.id,
            channel: self.channel,
            name: self.name.clone(),
        }
    }

    /// What `rooms.list` says.
    pub(crate) fn summary(&self) -> RoomSummary {
        RoomSummary {
            name: self.name.clone(),
            id: self.id,
            channel: self.channel,
            members: self.member_count.load(Ordering::Relaxed),
        }
    }

    /// One page of the members after `after`, in the order of their ids.
    pub(crate) fn members(&self, after: Option<MemberId>) -> MemberPage {
        self.lock().members(after)
    }

    /// Tells everyone else that a member announced keys.
    pub(crate) fn announced(&self, session: &Session) {
        let mut state = self.lock();
        let State {
            stream, occupants, ..
        } = &mut *state;
        let Some(occupant) = occupants.get(&session.member()) else {
            return;
        };
        let place = stream.append_event(&self.joined(occupant.session.as_member()));
        occupant.seat.skip(place);
        self.work.notify_one();
    }

    fn joined(&self, member: Member) -> bytes::Bytes {
        event(&Event::RoomJoined {
            room: self.id,
            member,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(run: RunId) -> Self {
        Self {
            stream: Stream::new(run),
            occupants: BTreeMap::new(),
            seats: None,
            flushing: false,
            epochs: Epochs::default(),
            empty_since: Some(Instant::now()),
            kept_empty: NEVER_ENTERED,
            forgotten: false,
        }
    }

    /// Whether this very session is here, not one that took it over.
    fn is_here(&self, session: &Session) -> bool {
        self.occupants
            .get(&session.member())
            .is_some_and(|occupant| std::ptr::eq(&raw const *occupant.session, session))
    }

    fn members(&self, after: Option<MemberId>) -> MemberPage {
        use std::ops::Bound::{Excluded, Unbounded};

        let from = after.map_or(Unbounded, Excluded);
        let mut following = self.occupants.range((from, Unbounded));
        let members = following
            .by_ref()
            .take(MEMBERS_PER_PAGE)
            .map(|(_, occupant)| occupant.session.as_member())
            .collect();
        MemberPage {
            members,
            more: following.next().is_some(),
        }
    }

    /// When the room may be forgotten, if nobody comes.
    fn expires(&self) -> Option<Instant> {
        self.empty_since.map(|since| since + self.kept_empty)
    }

    /// Takes note that somebody came or went.
    fn occupants_changed(&mut self, count: &AtomicU32) {
        self.seats = None;
        let members = u32::try_from(self.occupants.len()).unwrap_or(u32::MAX);
        count.store(members, Ordering::Relaxed);
        if members > 0 {
            self.empty_since = None;
            self.kept_empty = EMPTY_ROOM;
        } else {
            self.empty_since.get_or_insert(Instant::now());
        }
    }
}

/// An event without a tail, as it goes into a stream.
fn event(event: &Event) -> bytes::Bytes {
    event_with(event, bytes::Bytes::new())
}

/// An event with a tail, as it goes into a stream.
pub(crate) fn event_with(event: &Event, tail: bytes::Bytes) -> bytes::Bytes {
    ServerFrame::Event(EventFrame::new(event, tail))
        .encode()
        .stream()
}

/// How long a room is kept that nobody has entered: whoever opens rooms only to use them up has to
/// go on paying for them.
const NEVER_ENTERED: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
