//! All rooms of a server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::{ErrorCode, RoomId, RunId, command::rooms::RoomSummary, limits::ROOMS_PER_PAGE};

use super::{Room, State};
use crate::{figures::Figures, names};

/// The rooms by their ids; each has a task for as long as it is here.
pub(crate) struct Rooms {
    /// Held for a look-up or one change, never across an await; taken before a room's lock.
    by_id: Mutex<HashMap<RoomId, Arc<Room>>>,
    rooms_most: usize,
    members_most: usize,
    figures: Arc<Figures>,
    tracker: TaskTracker,
    stopped: CancellationToken,
}

impl Rooms {
    /// The rooms of a new server: the lobby.
    pub(crate) fn with_lobby(
        rooms_most: usize,
        members_most: usize,
        figures: Arc<Figures>,
    ) -> Arc<Self> {
        let rooms = Arc::new(Self {
            by_id: Mutex::default(),
            // The lobby is not counted.
            rooms_most: rooms_most.saturating_add(1),
            members_most,
            figures,
            tracker: TaskTracker::new(),
            stopped: CancellationToken::new(),
        });
        rooms.add(&mut rooms.lock(), LOBBY.to_owned());
        rooms
    }

    /// The room with this name, made if it is not there.
    ///
    /// # Errors
    /// `room_invalid` and `too_many_rooms`.
    pub(crate) fn open(self: &Arc<Self>, name: &str) -> Result<Arc<Room>, ErrorCode> {
        let name = names::prepare_room(name).ok_or(ErrorCode::RoomInvalid)?;
        let mut by_id = self.lock();
        if let Some(room) = by_id.get(&RoomId::of_name(&name)) {
            return Ok(Arc::clone(room));
        }
        if by_id.len() >= self.rooms_most {
            return Err(ErrorCode::TooManyRooms);
        }
        Ok(self.add(&mut by_id, name))
    }

    /// The room with this name.
    ///
    /// # Errors
    /// `room_invalid` and `no_such_room`.
    pub(crate) fn named(&self, name: &str) -> Result<Arc<Room>, ErrorCode> {
        let name = names::prepare_room(name).ok_or(ErrorCode::RoomInvalid)?;
        let room = self.lock().get(&RoomId::of_name(&name)).map(Arc::clone);
        room.ok_or(ErrorCode::NoSuchRoom)
    }

    /// Whether there is a room with this id.
    pub(crate) fn has(&self, id: RoomId) -> bool {
        self.lock().contains_key(&id)
    }

    /// One page of rooms, the fullest first.
    pub(crate) fn list(&self) -> Vec<RoomSummary> {
        let mut rooms: Vec<RoomSummary> = self.lock().values().map(|room| room.summary()).collect();
        rooms.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.name.cmp(&b.name)));
        rooms.truncate(ROOMS_PER_PAGE);
        rooms
    }

    /// Forgets a room in which nobody has been for long; the lobby starts afresh instead. Whether
    /// the room is gone.
    pub(super) fn forget(&self, room: &Room) -> bool {
        let mut by_id = self.lock();
        let mut state = room.lock();
        let is_over = state
            .expires()
            .is_some_and(|expires| expires <= Instant::now());
        if !is_over {
            return false;
        }
        if room.name == LOBBY {
            *state = State::new(random_run());
            // It stays until somebody enters: nothing is due before.
            state.empty_since = None;
            return false;
        }
        state.forgotten = true;
        by_id.remove(&room.id);
        self.figures.rooms(by_id.len());
        true
    }

    /// Waits until every room has handed to the outboxes what was said in it.
    ///
    /// May be dropped.
    pub(crate) async fn until_flushed(&self) {
        let rooms: Vec<Arc<Room>> = self.lock().values().map(Arc::clone).collect();
        for room in rooms {
            room.until_flushed().await;
        }
    }

    /// Ends the rooms' tasks and waits for them.
    ///
    /// May be dropped; the tasks end all the same.
    pub(crate) async fn stop(&self) {
        self.stopped.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        // A task holds this registry and a room; emptying it lets go of both.
        self.lock().clear();
    }

    /// How many tasks of rooms are running.
    pub(crate) fn tasks(&self) -> usize {
        self.tracker.len()
    }

    fn add(self: &Arc<Self>, by_id: &mut HashMap<RoomId, Arc<Room>>, name: String) -> Arc<Room> {
        let room = Room::new(
            name,
            random_run(),
            self.members_most,
            Arc::clone(&self.figures),
        );
        by_id.insert(room.id, Arc::clone(&room));
        self.figures.rooms(by_id.len());
        let task = Arc::clone(&room).run(Arc::clone(self), self.stopped.clone());
        self.tracker.spawn(task);
        room
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Arc<Room>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_run() -> RunId {
    RunId::from_bytes(rand::random())
}

/// The room that always exists.
const LOBBY: &str = "lobby";
