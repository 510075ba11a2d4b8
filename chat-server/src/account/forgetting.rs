//! Forgetting while the server runs: what is due goes, and who follows is told.

use std::sync::atomic::Ordering;

use wire_format::{Millis, RoomId};

use super::Accounts;
use crate::{
    store::{
        Store as _, StoreError,
        forgetting::{self, ForgettingRooms},
    },
    wall_clock,
};

impl Accounts {
    /// Deletes what is due in rooms that forget. A failure is logged: it is tried again in a minute, and
    /// the next room does not wait for that.
    pub(super) async fn forget(&self) {
        let mut after = None;
        loop {
            let limit = ROOMS_AT_ONCE;
            let rooms = self.store.read(ForgettingRooms { after, limit }).await;
            let Some(rooms) = self.tidy(rooms.map(Ok)) else {
                return;
            };
            for &room in &rooms {
                match self.forget_in(room).await {
                    Err(StoreError::Closed) => return,
                    forgotten => self.tidy(forgotten.map(Ok)),
                };
            }
            after = rooms.last().copied();
            if rooms.len() < ROOMS_AT_ONCE as usize {
                return;
            }
        }
    }

    /// Deletes what is due in one room, and tells its followers.
    async fn forget_in(&self, room: RoomId) -> Result<(), StoreError> {
        let loaded = self.conversations.loaded(room);
        let _turn = match &loaded {
            Some(conversation) => conversation.turn().await.ok(),
            None => None,
        };
        let mut before = None::<Millis>;
        loop {
            let now = wall_clock::now();
            let forgotten = forgetting::forget_in(&self.store, room, now).await?;
            if forgotten.is_any {
                self.deleted();
                // Where only keys are due no time is told.
                let told = forgotten.before.unwrap_or(Millis::new(0));
                before = before.max(Some(told));
            }
            if !forgotten.more {
                break;
            }
        }
        if let (Some(conversation), Some(before)) = (&loaded, before) {
            conversation.forgot(before);
        }
        Ok(())
    }

    /// Something was deleted that is not to be found again.
    pub(super) fn deleted(&self) {
        self.is_log_full.store(true, Ordering::Relaxed);
    }

    /// Empties the store's log of what was deleted; where somebody is in its way, it is tried again in a
    /// minute.
    pub(super) async fn empty_log(&self) {
        if !self.is_log_full.swap(false, Ordering::Relaxed) {
            return;
        }
        let emptied = self.store.empty_log().await;
        if self.tidy(emptied.map(Ok)) != Some(true) {
            self.deleted();
        }
    }
}

/// Rooms that are looked for at once.
const ROOMS_AT_ONCE: u32 = 500;
