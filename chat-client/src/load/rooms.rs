//! Names and channels of the rooms that a load sits in.

use std::{cell::RefCell, collections::BTreeMap};

use wire_format::{ChannelId, RoomId};

use super::plan::Seat;

/// The rooms of a load: `name`, `name-1`, `name-2`, …
#[derive(Debug)]
pub(super) struct Rooms {
    name: String,
    /// As the server said when the first of a room entered.
    channels: RefCell<BTreeMap<usize, ChannelId>>,
}

impl Rooms {
    pub(super) const fn new(name: String) -> Self {
        Self {
            name,
            channels: RefCell::new(BTreeMap::new()),
        }
    }

    /// The name of a seat's room, as it is typed.
    pub(super) fn name_of(&self, seat: &Seat) -> String {
        match seat.room {
            0 => self.name.clone(),
            room => format!("{}-{room}", self.name),
        }
    }

    /// Learns what the server said of a seat's room.
    pub(super) fn entered(&self, seat: &Seat, channel: ChannelId) {
        self.channels.borrow_mut().insert(seat.room, channel);
    }

    /// Where a seat publishes.
    pub(super) fn channel_of(&self, seat: &Seat) -> ChannelId {
        let known = self.channels.borrow().get(&seat.room).copied();
        known.unwrap_or_else(|| ChannelId::main_of(RoomId::of_name(&self.name_of(seat))))
    }
}
