//! Who follows a conversation: sessions of its members, each with a seat in its stream.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    AccountId, CloseCode, ErrorCode, ReplyFrame, ServerFrame, command::conversations::Followed,
    room::RoomKind,
};

use super::{Conversation, Conversations, Standing, State};
use crate::{room::Seat, session::Session};

/// A session that is told what happens in a room.
pub(crate) struct Follower {
    pub(super) account: AccountId,
    pub(super) seat: Arc<Seat>,
}

impl Conversation {
    /// Lets a session follow and answers its request: everything new reaches its outbox behind the
    /// reply. Who follows already goes on.
    ///
    /// # Errors
    /// `no_such_room` unless the account is in the room and may be told of it; `busy` if the room was given
    /// up meanwhile.
    pub(crate) fn follow(
        self: &Arc<Self>,
        rooms: &Conversations,
        session: &Session,
        account: AccountId,
        request: u32,
    ) -> Result<Arc<Seat>, ErrorCode> {
        let mut state = self.lock();
        if state.is_given_up {
            return Err(ErrorCode::Busy);
        }
        let is_in = matches!(state.standing(account), Standing::Member(_));
        if !is_in || state.deaf.contains(&account) {
            return Err(ErrorCode::NoSuchRoom);
        }
        let reply = ReplyFrame::ok(request, &Self::followed(&state), Bytes::new());
        let reply = ServerFrame::Reply(reply).encode().stream();
        if let Some(follower) = state.followers.get(&session.number()) {
            // What is on its way to the seat may be in what is fetched, too.
            session.outbox().send_chunk(&reply);
            return Ok(Arc::clone(&follower.seat));
        }
        let seat = Arc::new(Seat::new(Arc::clone(session.outbox())));
        seat.catch_up(state.stream.end(), [reply]);
        let follower = Follower {
            account,
            seat: Arc::clone(&seat),
        };
        state.followers.insert(session.number(), follower);
        state.seats = None;
        if !state.has_task {
            state.has_task = true;
            rooms.spawn(self);
        }
        Ok(seat)
    }

    /// The session follows no more; nothing of the room reaches it afterwards.
    pub(crate) fn unfollow(&self, session: &Session) {
        let mut state = self.lock();
        let gone = state.followers.remove(&session.number());
        self.leave(&mut state, gone);
    }

    /// Takes the seats of an account's sessions away.
    pub(super) fn lets_out(&self, state: &mut State, account: AccountId) {
        let theirs = |_: &u64, follower: &mut Follower| follower.account == account;
        let gone: Vec<_> = state.followers.extract_if(.., theirs).collect();
        self.leave(state, gone.into_iter().map(|(_, follower)| follower));
    }

    /// Ends the connections of all who follow: what they were told may lack what the store has.
    pub(super) fn cut(&self) {
        let mut state = self.lock();
        state.is_given_up = true;
        let gone = std::mem::take(&mut state.followers);
        for follower in gone.values() {
            follower.seat.outbox().close(CloseCode::Resume);
        }
        self.leave(&mut state, gone.into_values());
    }

    fn leave(&self, state: &mut State, gone: impl IntoIterator<Item = Follower>) {
        for follower in gone {
            follower.seat.leave();
            state.seats = None;
        }
        self.rings(state);
    }

    /// From now on, nothing of the room is told to who has blocked the other one, or everything again.
    pub(crate) fn hears(&self, account: AccountId, hears: bool) {
        let mut state = self.lock();
        if hears {
            state.deaf.remove(&account);
        } else if state.deaf.insert(account) {
            self.lets_out(&mut state, account);
        }
    }

    /// Whether an account may be told of the room.
    pub(crate) fn is_deaf(&self, account: AccountId) -> bool {
        self.lock().deaf.contains(&account)
    }

    /// The sessions' numbers and accounts that follow.
    pub(crate) fn followers(&self) -> Vec<(u64, AccountId)> {
        let state = self.lock();
        let followers = state.followers.iter();
        followers
            .map(|(number, follower)| (*number, follower.account))
            .collect()
    }

    /// Tells an event, encoded, to all followers but one.
    pub(crate) fn tell(&self, event: &Bytes, but: Option<u64>) {
        let mut state = self.lock();
        self.tell_locked(&mut state, event, but);
    }

    pub(super) fn tell_locked(&self, state: &mut State, event: &Bytes, but: Option<u64>) {
        if state.followers.is_empty() {
            return;
        }
        let place = state.stream.append_event(event);
        let own = but.and_then(|number| state.followers.get(&number));
        if let Some(own) = own {
            own.seat.skip(place);
        }
        self.rings(state);
    }

    fn followed(state: &State) -> Followed {
        let head = state.chain.head();
        let is_public = state.kind() == RoomKind::Public;
        Followed {
            n: head.n(),
            commit: head.hash(),
            due: state.due(),
            archived: state.face.archived,
            revision: state.face.revision,
            name: is_public.then(|| state.face.name.clone()),
            topic: is_public.then(|| state.face.topic.clone()),
            channels: state.followed_channels(),
        }
    }
}
