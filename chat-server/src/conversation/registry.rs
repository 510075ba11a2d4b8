//! The conversations that are loaded.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Turns, MutexGuard as Turn};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::{AccountId, ChannelId, RoomId};

use super::Conversation;
use crate::{figures::Figures, wall_clock};

/// The conversations of one node that somebody needs or needed lately, each once.
///
/// **Policy**: as many as [`LOADED_MOST`] stay; above that those go that nobody holds or follows.
pub(crate) struct Conversations {
    /// Held for a look-up or one change, never across an await.
    loaded: Mutex<Loaded>,
    /// Each is held while a room is loaded, so that a room is loaded once. Some rooms share one, and
    /// wait for each other now and then.
    turns: [Turns<()>; TURNS],
    /// Which do is of chance: who chooses a room's id does not choose whom it waits for.
    spread: RandomState,
    figures: Arc<Figures>,
    tracker: TaskTracker,
    stopped: CancellationToken,
}

#[derive(Default)]
struct Loaded {
    by_id: HashMap<RoomId, Arc<Conversation>>,
    by_channel: HashMap<ChannelId, RoomId>,
}

impl Conversations {
    pub(crate) fn new(figures: Arc<Figures>) -> Self {
        Self {
            loaded: Mutex::default(),
            turns: Default::default(),
            spread: RandomState::new(),
            figures,
            tracker: TaskTracker::new(),
            stopped: CancellationToken::new(),
        }
    }

    /// The room, if it is loaded.
    pub(crate) fn loaded(&self, room: RoomId) -> Option<Arc<Conversation>> {
        self.lock().by_id.get(&room).map(Arc::clone)
    }

    /// The room of a channel, if it is loaded.
    pub(crate) fn loaded_with(&self, channel: ChannelId) -> Option<Arc<Conversation>> {
        let loaded = self.lock();
        let room = loaded.by_channel.get(&channel)?;
        loaded.by_id.get(room).map(Arc::clone)
    }

    /// Those of the rooms that are loaded.
    pub(crate) fn those_loaded(&self, rooms: &[RoomId]) -> Vec<Arc<Conversation>> {
        let loaded = self.lock();
        let rooms = rooms.iter().filter_map(|room| loaded.by_id.get(room));
        rooms.map(Arc::clone).collect()
    }

    /// The turn of who loads a room. May be dropped.
    pub(super) async fn turn(&self, room: RoomId) -> Turn<'_, ()> {
        let place = self.spread.hash_one(room) % TURNS as u64;
        let place = usize::try_from(place).unwrap_or_default();
        self.turns[place].lock().await
    }

    /// Adds a room that was loaded; its turn is held, so that it is not there yet.
    pub(crate) fn add(&self, conversation: Conversation) -> Arc<Conversation> {
        let conversation = Arc::new(conversation);
        let mut loaded = self.lock();
        if loaded.by_id.len() >= LOADED_MOST {
            loaded.unload();
        }
        let room = conversation.id;
        for channel in conversation.channels() {
            loaded.by_channel.insert(channel, room);
        }
        loaded.by_id.insert(room, Arc::clone(&conversation));
        conversation
    }

    /// A room that is loaded has another channel.
    pub(crate) fn add_channel(&self, room: &Conversation, channel: ChannelId) {
        let mut loaded = self.lock();
        let is_this = |one: &Arc<Conversation>| std::ptr::eq(Arc::as_ptr(one), room);
        if loaded.by_id.get(&room.id).is_some_and(is_this) {
            loaded.by_channel.insert(channel, room.id);
        }
    }

    /// Gives a room up of which a change ended so that nobody knows whether it stands: it is loaded anew,
    /// and who follows it connects again. The turn is held.
    pub(crate) fn give_up(&self, room: &Conversation) {
        {
            let mut loaded = self.lock();
            let is_this = |one: &Arc<Conversation>| std::ptr::eq(Arc::as_ptr(one), room);
            if loaded.by_id.get(&room.id).is_some_and(is_this) {
                loaded.by_id.remove(&room.id);
                for channel in room.channels() {
                    loaded.by_channel.remove(&channel);
                }
            }
        }
        room.cut();
    }

    /// Tells the followers of rooms whose epochs have reached their age.
    pub(crate) fn sweep(&self) {
        let rooms: Vec<_> = self.lock().by_id.values().map(Arc::clone).collect();
        let now = wall_clock::now();
        for room in rooms {
            room.tell_age(now);
        }
    }

    /// The sessions' numbers and accounts that follow one of these rooms, each once.
    pub(crate) fn followers(&self, rooms: &[RoomId]) -> HashMap<u64, AccountId> {
        let rooms = self.those_loaded(rooms);
        rooms.iter().flat_map(|room| room.followers()).collect()
    }

    /// Starts the task of a room that is followed now.
    pub(super) fn spawn(&self, room: &Arc<Conversation>) {
        let task = Arc::clone(room).run(Arc::clone(&self.figures), self.stopped.clone());
        self.tracker.spawn(task);
    }

    /// Waits until every room has handed to the outboxes what was told in it.
    ///
    /// May be dropped.
    pub(crate) async fn until_flushed(&self) {
        let rooms: Vec<_> = self.lock().by_id.values().map(Arc::clone).collect();
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
    }

    /// How many tasks of rooms are running.
    pub(crate) fn tasks(&self) -> usize {
        self.tracker.len()
    }

    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    /// Forgets the rooms that nobody holds: commands, sessions that follow, or their task.
    fn unload(&mut self) {
        self.by_id.retain(|_, room| Arc::strong_count(room) > 1);
        let by_id = &self.by_id;
        self.by_channel.retain(|_, room| by_id.contains_key(room));
    }
}

/// Rooms in memory before those go that nobody needs: with ten members and a commit a week, some
/// 10 KiB each.
const LOADED_MOST: usize = 4_096;
/// Rooms that are loaded at the same time.
const TURNS: usize = 32;
