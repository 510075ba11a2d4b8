//! Somebody who has signed in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wire_format::{
    AccountId, ChannelId, ErrorCode, Fingerprint, MemberId, Millis, Name, Publish, RoomId,
    command::rooms::{Member, MemberKind, Resume},
    event::LeaveReason,
    limits::ROOMS_PER_SESSION,
};

use crate::{
    outbox::Outbox,
    room::{Published, Room, Seat, Unpublished},
};

/// One signed-in connection, a guest's or an account's: who it is, where it is and what keys it
/// announced.
pub(crate) struct Session {
    /// The later sign-in has the higher number.
    number: u64,
    member: MemberId,
    name: Name,
    /// `None` for a guest; boxed because most are.
    account: Option<Box<AccountId>>,
    outbox: Arc<Outbox>,
    /// `None` once the session has ended. Never held across an await; taken before a room's lock.
    rooms: Mutex<Option<Vec<Place>>>,
    /// Held to copy or replace it; taken after a room's lock.
    announcement: Mutex<Option<Box<Kept>>>,
}

/// A room that the session is in.
struct Place {
    room: Arc<Room>,
    seat: Arc<Seat>,
    /// What became of its last publish here; before the first, as if it had been refused.
    last_publish: LastPublish,
}

/// What a publish that follows another depends on.
#[derive(Clone, Copy, Eq, PartialEq)]
enum LastPublish {
    Accepted,
    Refused,
}

/// An announcement as the server keeps it: unverified, and passed on as it came.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) bytes: Bytes,
}

impl Session {
    /// A guest's session, or that of an account.
    pub(crate) fn new(
        number: u64,
        member: MemberId,
        name: Name,
        account: Option<AccountId>,
        outbox: Arc<Outbox>,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            member,
            name,
            account: account.map(Box::new),
            outbox,
            rooms: Mutex::new(Some(Vec::new())),
            announcement: Mutex::new(None),
        })
    }

    /// Whether it signed in after `other` did.
    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        self.number > other.number
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether it is an account's.
    pub(crate) fn is_of_account(&self) -> bool {
        self.account.is_some()
    }

    pub(crate) fn member(&self) -> MemberId {
        self.member
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// As others see it.
    pub(crate) fn as_member(&self) -> Member {
        Member {
            id: self.member,
            name: self.name.as_str().to_owned(),
            kind: match self.account {
                None => MemberKind::Guest,
                Some(_) => MemberKind::Account,
            },
            fingerprint: self
                .lock_announcement()
                .as_ref()
                .map(|kept| kept.fingerprint),
            account: self.account.as_deref().copied(),
        }
    }

    /// The keys it announced last.
    pub(crate) fn announcement(&self) -> Option<Kept> {
        self.lock_announcement().as_deref().cloned()
    }

    /// Keeps an announcement and has all its rooms told.
    pub(crate) fn announce(&self, kept: Kept) {
        *self.lock_announcement() = Some(Box::new(kept));
        for room in self.rooms() {
            room.announced(self);
        }
    }

    /// Enters a room and answers the request, see [`Room::enter`].
    ///
    /// # Errors
    /// `too_many_rooms`, those of the room, and `not_signed_in` if the session has just ended.
    pub(crate) fn enter(
        self: &Arc<Self>,
        room: &Arc<Room>,
        request: u32,
        resume: Option<Resume>,
    ) -> Result<(), ErrorCode> {
        let mut rooms = self.lock_rooms();
        let rooms = rooms.as_mut().ok_or(ErrorCode::NotSignedIn)?;
        let is_in = rooms.iter().any(|place| Arc::ptr_eq(&place.room, room));
        if !is_in && rooms.len() >= ROOMS_PER_SESSION {
            return Err(ErrorCode::TooManyRooms);
        }
        let seat = room.enter(self, request, resume)?;
        if !is_in {
            let room = Arc::clone(room);
            rooms.push(Place {
                room,
                seat,
                last_publish: LastPublish::Refused,
            });
        }
        Ok(())
    }

    /// Publishes in the room of a channel, see [`Room::publish`]; one lock and no counting of
    /// references a message.
    ///
    /// # Errors
    /// Those of the room, `not_in_room`, and `out_of_turn` for one that follows a refused one.
    pub(crate) fn publish(&self, publish: Publish, time: Millis) -> Result<Published, Unpublished> {
        let mut rooms = self.lock_rooms();
        let place = place_of(&mut rooms, publish.channel).ok_or(ErrorCode::NotInRoom)?;
        if publish.flags.is_following() && place.last_publish == LastPublish::Refused {
            return Err(ErrorCode::OutOfTurn.into());
        }
        let outcome = place.room.publish(self, &place.seat, publish, time);
        match outcome {
            Ok(_) => place.last_publish = LastPublish::Accepted,
            Err(Unpublished::Refused(_)) => place.last_publish = LastPublish::Refused,
            // It comes again, before any other.
            Err(Unpublished::Crowded(_)) => {}
        }
        outcome
    }

    /// Takes note that a publish was refused before it came to its room.
    pub(crate) fn refused_publish(&self, channel: ChannelId) {
        if let Some(place) = place_of(&mut self.lock_rooms(), channel) {
            place.last_publish = LastPublish::Refused;
        }
    }

    /// Leaves a room; whether it was in there.
    pub(crate) fn exit(&self, id: RoomId) -> bool {
        let mut rooms = self.lock_rooms();
        let Some(rooms) = rooms.as_mut() else {
            return false;
        };
        let Some(number) = rooms.iter().position(|place| place.room.id() == id) else {
            return false;
        };
        let place = rooms.swap_remove(number);
        place.room.exit(self, LeaveReason::Exit);
        true
    }

    /// The room with this id, if the session is in it.
    pub(crate) fn room(&self, id: RoomId) -> Option<Arc<Room>> {
        self.find(|room| room.id() == id)
    }

    /// The room of this channel, if the session is in it.
    pub(crate) fn room_of(&self, channel: ChannelId) -> Option<Arc<Room>> {
        self.find(|room| room.channel() == channel)
    }

    /// Leaves every room for good; what comes later changes nothing.
    pub(crate) fn end(&self, reason: LeaveReason) {
        let rooms = self.lock_rooms().take();
        for place in rooms.into_iter().flatten() {
            place.room.exit(self, reason);
        }
    }

    fn rooms(&self) -> Vec<Arc<Room>> {
        let rooms = self.lock_rooms();
        let places = rooms.iter().flatten();
        places.map(|place| Arc::clone(&place.room)).collect()
    }

    fn find(&self, wanted: impl Fn(&Room) -> bool) -> Option<Arc<Room>> {
        let rooms = self.lock_rooms();
        let mut entered = rooms.iter().flatten().map(|place| &place.room);
        entered.find(|room| wanted(room)).map(Arc::clone)
    }

    fn lock_rooms(&self) -> MutexGuard<'_, Option<Vec<Place>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_announcement(&self) -> MutexGuard<'_, Option<Box<Kept>>> {
        self.announcement
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(rooms: &mut Option<Vec<Place>>, channel: ChannelId) -> Option<&mut Place> {
    let mut places = rooms.iter_mut().flatten();
    places.find(|place| place.room.channel() == channel)
}
