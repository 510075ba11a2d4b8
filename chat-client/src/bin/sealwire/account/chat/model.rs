//! What is on the screen, and how keys and news change it. No socket, no terminal and no clock is here.
//!
//! ```text
//!  News ──▶ Update ─┐
//!                   ├▶ Model ──▶ view
//!  keys, pastes ────┘    └──▶ Ask ──▶ whoever has the connection
//! ```

mod keys;
mod room;
mod updates;

use chat_client::conversations::Place;
use wire_format::{AccountId, MessageId, Millis, RoomId, Sequence, room::RoomContent};

pub(super) use self::{
    keys::KEYS,
    room::{
        Alarms, Anchor, Belief, Believed, Glance, Kind, Pending, Room, Row, Said, Trust, What,
        Which,
    },
};
use super::shown::Shown;

/// What somebody at the terminal wants done.
#[derive(Clone)]
pub(super) enum Ask {
    /// To say something in a channel of a conversation, under this id.
    Say {
        at: Place,
        message: MessageId,
        content: Box<RoomContent>,
    },
    /// To have it noted that a channel was read.
    Read {
        at: Place,
        sequence: Sequence,
        message: MessageId,
    },
    /// To see whom and what to trust in a conversation.
    Trust(RoomId),
    /// To have a command carried out, as it was typed; `.` is that conversation.
    Command { words: String, room: Option<RoomId> },
    /// To go.
    Quit,
}

/// What is new.
#[derive(Clone)]
pub(super) enum Update {
    /// Something stands in a channel.
    Row(Place, Row),
    /// What stood in a channel is numbered anew, and comes again.
    Anew(Place),
    /// What was said in a room before this time is forgotten.
    Forgot(RoomId, Millis),
    /// Something became of a message.
    Changed {
        at: Place,
        of: Which,
        change: Change,
    },
    /// Something that an honest server or member does not do, and what to do about it.
    Alarm {
        room: Option<RoomId>,
        what: Shown,
        next: Shown,
    },
    /// What a conversation is called, and how it stands.
    Room(Glance),
    /// This account is out of it.
    Gone(RoomId),
    /// Whom and what to trust.
    Trust(RoomId, Trust),
    /// A message stands in its conversation.
    Sent(MessageId),
    /// One does not, why, and the next step.
    Unsent {
        message: MessageId,
        why: Shown,
        next: Shown,
    },
    /// Whether there is a connection.
    Link(Link),
    /// Something to know at once.
    Notice(Shown),
    /// What a command said.
    Page(Vec<Shown>),
    /// A conversation is to be shown.
    Open(Place),
}

/// What became of a message.
#[derive(Clone)]
pub(super) enum Change {
    /// It says something else now.
    Edited { text: String, revision: u32 },
    /// It was deleted, by somebody.
    Deleted(Shown),
    /// Somebody put a sign on it, or took it back.
    Reacted {
        by: AccountId,
        sign: Shown,
        on: bool,
    },
}

/// Whether there is a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Link {
    /// What was said before is being read.
    CatchingUp,
    There,
    Lost,
}

/// What is in front of the conversation.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) enum Front {
    #[default]
    Nothing,
    Keys,
    Trust,
    /// What a command said.
    Page(Vec<Shown>),
}

/// How much of it was seen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Seen {
    /// Lines of the timeline.
    pub(super) page: usize,
    /// Lines below the bottom of the timeline.
    pub(super) scrolled: usize,
    /// What stands at its bottom.
    pub(super) anchor: Option<Anchor>,
    /// Lines that can be above what is in front.
    pub(super) most_above: usize,
}

/// What the composer's text will be.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Purpose {
    #[default]
    Message,
    Reply(Which),
    Edit(Which),
    Reaction(Which),
}

/// All that is seen.
pub(super) struct Model {
    pub(super) name: Shown,
    pub(super) me: AccountId,
    /// Each channel of a conversation by itself.
    pub(super) rooms: Vec<Room>,
    /// Which of them is open.
    pub(super) open: Option<Place>,
    pub(super) link: Link,
    pub(super) front: Front,
    /// Lines of that which are above the screen.
    pub(super) above: usize,
    pub(super) purpose: Purpose,
    pub(super) notice: Option<Shown>,
    /// Alarms that are about no one conversation.
    pub(super) alarms: Alarms,
    /// Whether somebody looks, as far as the terminal says.
    pub(super) is_looked_at: bool,
    /// Lines of the timeline that are seen at once.
    pub(super) page: usize,
    /// Quitting was asked for while something is on its way.
    is_leaving: bool,
    asks: Vec<Ask>,
}

impl Model {
    pub(super) fn new(name: &str, me: AccountId) -> Self {
        Self {
            name: Shown::line(name),
            me,
            rooms: Vec::new(),
            open: None,
            link: Link::CatchingUp,
            front: Front::Nothing,
            above: 0,
            purpose: Purpose::Message,
            notice: None,
            alarms: Alarms::default(),
            is_looked_at: true,
            page: 10,
            is_leaving: false,
            asks: Vec::new(),
        }
    }

    /// What is wanted since this was last asked.
    pub(super) fn take_asks(&mut self) -> Vec<Ask> {
        self.note_reading();
        std::mem::take(&mut self.asks)
    }

    /// The conversation that is open.
    pub(super) fn room(&self) -> Option<&Room> {
        self.rooms.iter().find(|room| Some(room.id) == self.open)
    }

    fn room_mut(&mut self) -> Option<&mut Room> {
        let open = self.open;
        self.rooms.iter_mut().find(|room| Some(room.id) == open)
    }

    /// The channel, made if it was not seen.
    fn of(&mut self, at: impl Into<Place>) -> &mut Room {
        let id = at.into();
        let at = match self.rooms.iter().position(|room| room.id == id) {
            Some(at) => at,
            None => {
                self.rooms.push(Room::new(id));
                self.rooms.len() - 1
            }
        };
        &mut self.rooms[at]
    }

    /// Takes note of how much of it was seen.
    pub(super) fn was_drawn(&mut self, seen: Seen) {
        self.page = seen.page;
        self.above = self.above.min(seen.most_above);
        if let Some(room) = self.room_mut() {
            (room.scrolled, room.anchor) = (seen.scrolled, seen.anchor);
        }
    }

    fn put_in_front(&mut self, front: Front) {
        self.front = front;
        self.above = 0;
    }

    /// Shows a conversation.
    fn show(&mut self, id: Place) {
        if self.open != Some(id) {
            self.purpose = Purpose::Message;
            if let Some(before) = self.room_mut() {
                before.chosen = None;
            }
        }
        self.open = Some(id);
        self.front = Front::Nothing;
        self.asks.push(Ask::Trust(id.room));
    }

    /// What stands at the bottom of the open conversation is read, while somebody looks.
    fn note_reading(&mut self) {
        let is_seen = self.is_looked_at && self.front == Front::Nothing;
        let Some(room) = self.room_mut().filter(|room| is_seen && room.scrolled == 0) else {
            return;
        };
        if let Some((sequence, message)) = room.newest().filter(|(newest, _)| *newest > room.mark) {
            room.mark = sequence;
            let at = room.id;
            self.asks.push(Ask::Read {
                at,
                sequence,
                message,
            });
        }
    }
}

#[cfg(test)]
mod tests;
