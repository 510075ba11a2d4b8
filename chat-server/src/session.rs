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
    conversation::{Conversation, Conversations},
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
    account: Option<Box<OfAccount>>,
    outbox: Arc<Outbox>,
    /// `None` once the session has ended. Never held across an await; taken before a room's lock.
    rooms: Mutex<Option<Vec<Place>>>,
    /// Held to copy or replace it; taken after a room's lock.
    announcement: Mutex<Option<Box<Kept>>>,
}

/// What only an account's session has.
struct OfAccount {
    account: AccountId,
    /// The end-to-end rooms that it follows; `None` once the session has ended. Never held across an
    /// await; taken before a room's lock.
    follows: Mutex<Option<Vec<Followed>>>,
}

/// An end-to-end room that the session follows; it has left if its seat has.
struct Followed {
    room: Arc<Conversation>,
    seat: Arc<Seat>,
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
            account: account.map(|account| {
                Box::new(OfAccount {
                    account,
                    follows: Mutex::new(Some(Vec::new())),
                })
            }),
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
            account: self.account.as_deref().map(|of| of.account),
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
    /// Those of the room, [`Unpublished::Elsewhere`], and `out_of_turn` for one that follows a refused one.
    pub(crate) fn publish(&self, publish: Publish, time: Millis) -> Result<Published, Unpublished> {
        let mut rooms = self.lock_rooms();
        let Some(place) = place_of(&mut rooms, publish.channel) else {
            return Err(Unpublished::Elsewhere(publish));
        };
        if publish.flags.is_following() && place.last_publish == LastPublish::Refused {
            return Err(ErrorCode::OutOfTurn.into());
        }
        let outcome = place.room.publish(self, &place.seat, publish, time);
        match outcome {
            Ok(_) => place.last_publish = LastPublish::Accepted,
            Err(Unpublished::Refused(_)) => place.last_publish = LastPublish::Refused,
            // It comes again, before any other.
            Err(Unpublished::Crowded(_) | Unpublished::Elsewhere(_)) => {}
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
        let follows = self.account.as_ref().and_then(|of| of.lock().take());
        for followed in follows.into_iter().flatten() {
            followed.room.unfollow(self);
        }
    }

    /// Follows an end-to-end room and answers the request, see [`Conversation::follow`].
    ///
    /// # Errors
    /// Those of the room, and `not_signed_in` if the session has just ended.
    pub(crate) fn follow(
        &self,
        room: &Arc<Conversation>,
        rooms: &Conversations,
        request: u32,
    ) -> Result<(), ErrorCode> {
        let of = self.account.as_ref().ok_or(ErrorCode::NotAllowed)?;
        let mut follows = of.lock();
        let follows = follows.as_mut().ok_or(ErrorCode::NotSignedIn)?;
        let seat = room.follow(rooms, self, of.account, request)?;
        follows.retain(|followed| !followed.seat.is_left() && !Arc::ptr_eq(&followed.room, room));
        let room = Arc::clone(room);
        follows.push(Followed { room, seat });
        Ok(())
    }

    /// Follows an end-to-end room no more; whether it did.
    pub(crate) fn unfollow(&self, room: RoomId) -> bool {
        let Some(mut follows) = self.account.as_ref().map(|of| of.lock()) else {
            return false;
        };
        let Some(follows) = follows.as_mut() else {
            return false;
        };
        let Some(place) = follows.iter().position(|one| one.room.id() == room) else {
            return false;
        };
        let followed = follows.swap_remove(place);
        let did = !followed.seat.is_left();
        followed.room.unfollow(self);
        did
    }

    /// The end-to-end room of a channel, and the session's seat in it, if it follows.
    pub(crate) fn followed(&self, channel: ChannelId) -> Option<(Arc<Conversation>, Arc<Seat>)> {
        let follows = self.account.as_ref()?.lock();
        let mut follows = follows.iter().flatten();
        let followed = follows.find(|one| one.room.has(channel) && !one.seat.is_left())?;
        Some((Arc::clone(&followed.room), Arc::clone(&followed.seat)))
    }

    /// The end-to-end rooms that it follows.
    pub(crate) fn all_followed(&self) -> Vec<Arc<Conversation>> {
        let follows = self.account.as_ref().map(|of| of.lock());
        let follows = follows.iter().flat_map(|follows| follows.iter().flatten());
        let follows = follows.filter(|one| !one.seat.is_left());
        follows.map(|one| Arc::clone(&one.room)).collect()
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

impl OfAccount {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Followed>>> {
        self.follows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(rooms: &mut Option<Vec<Place>>, channel: ChannelId) -> Option<&mut Place> {
    let mut places = rooms.iter_mut().flatten();
    places.find(|place| place.room.channel() == channel)
}
