//! Which channel of which room.

use wire_format::{ChannelId, RoomId};

/// A channel of a room. A room alone means its main channel, the only one that conversations have.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The room.
    pub room: RoomId,
    /// One of its channels.
    pub channel: ChannelId,
}

impl Place {
    /// Whether it is the channel that every room has.
    pub fn is_main(self) -> bool {
        self == Self::from(self.room)
    }
}

impl From<RoomId> for Place {
    fn from(room: RoomId) -> Self {
        Self {
            room,
            channel: ChannelId::main_of(room),
        }
    }
}
