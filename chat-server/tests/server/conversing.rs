//! Members of end-to-end rooms: what they sign and send, and what they know of a room.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
};

use bytes::Bytes;
pub(crate) use sealwire_tests::conversation::{Conversation, Draft, founding, numbers};
use wire_format::{
    AccountId, EpochNumber, ErrorCode, Event, RoomId, ServerFrame, WrapNumber,
    command::{
        Operation,
        conversations::{Follow, Followed, Invite, Mine, OwnRoom, Request},
    },
    event::CommitDue,
    identity::{Chain, UnverifiedWrapKey, WrapKey},
    room::{Action, Change, RoomKind, UnverifiedInvitation, UnverifiedRequest},
};

use crate::{
    owner::{AtServer as _, Owner},
    support::{House, Peer},
};

/// Somebody with an account, on one connection.
pub(crate) struct Person {
    pub(crate) owner: Owner,
    pub(crate) peer: Peer,
}

impl Person {
    pub(crate) async fn arrives(house: &House, name: &str) -> Self {
        let owner = Owner::named(name);
        let (peer, _) = owner.arrives(house).await;
        Self { owner, peer }
    }

    pub(crate) fn account(&self) -> AccountId {
        self.owner.account
    }

    /// Does what must succeed.
    pub(crate) async fn does<O: Operation>(
        &mut self,
        operation: &O,
        tail: impl Into<Bytes>,
    ) -> (O::Ok, Bytes) {
        let answer = self.peer.call(operation, tail).await;
        answer.unwrap_or_else(|refusal| panic!("{}: {refusal}", O::NAME))
    }

    /// Tries what must not succeed.
    pub(crate) async fn may_not<O: Operation>(
        &mut self,
        operation: &O,
        tail: impl Into<Bytes>,
    ) -> ErrorCode {
        match self.peer.call(operation, tail).await {
            Ok(_) => panic!("{} was done", O::NAME),
            Err(refusal) => refusal.code,
        }
    }

    pub(crate) async fn follows(&mut self, room: RoomId) -> Followed {
        self.does(&Follow { room }, Bytes::new()).await.0
    }

    /// The next event is this one; gives its tail.
    pub(crate) async fn told(&mut self, event: &Event) -> Bytes {
        let (told, tail) = self.peer.event().await;
        assert_eq!(told, *event, "{}", self.owner.name);
        tail
    }

    /// The next frame is a commit; gives it.
    pub(crate) async fn gets_commit(&mut self) -> Bytes {
        match self.peer.next().await {
            Some(ServerFrame::Deliver(deliver)) => {
                assert_eq!(deliver.flags, wire_format::DeliverFlags::Commit);
                deliver.payload
            }
            other => panic!("{}: not a commit: {other:?}", self.owner.name),
        }
    }
}

/// The rooms of an account, if they fit a page.
pub(crate) async fn own_rooms(person: &mut Person) -> Vec<OwnRoom> {
    let (page, _) = person.does(&Mine { after: None }, Bytes::new()).await;
    assert!(!page.more);
    page.rooms
}

/// Everybody's keys, as the server gives them.
pub(crate) async fn keys_of(
    people: &mut [&mut Person],
) -> (BTreeMap<AccountId, Chain>, BTreeMap<AccountId, WrapKey>) {
    let (mut keysets, mut wraps) = (BTreeMap::new(), BTreeMap::new());
    for person in people {
        let chain = person.owner.chain(&mut person.peer).await;
        let wrap = UnverifiedWrapKey::parse(person.owner.wrap_key(1)).expect("a layout");
        let wrap = wrap.verify(chain.head(), WrapNumber::new(0));
        wraps.insert(person.account(), wrap.expect("a wrap key"));
        keysets.insert(person.account(), chain);
    }
    (keysets, wraps)
}

/// A room as its members know it, and what they do with it at a server.
pub(crate) struct Talk(Conversation);

impl Deref for Talk {
    type Target = Conversation;

    fn deref(&self) -> &Conversation {
        &self.0
    }
}

impl DerefMut for Talk {
    fn deref_mut(&mut self) -> &mut Conversation {
        &mut self.0
    }
}

impl Talk {
    /// A room that is there already.
    pub(crate) fn of(room: Conversation) -> Self {
        Self(room)
    }

    /// The founder places the others in a new conversation; all of them follow it.
    pub(crate) async fn begins(
        kind: RoomKind,
        founder: &mut Person,
        others: &mut [&mut Person],
    ) -> Self {
        let talk = Self::made(kind, founder, others).await;
        founder.follows(talk.room).await;
        for other in others {
            let added = Event::RoomAdded {
                room: talk.room,
                request: true,
            };
            other.told(&added).await;
            other.follows(talk.room).await;
        }
        talk
    }

    /// As [`Talk::begins`], and nobody follows it.
    pub(crate) async fn made(
        kind: RoomKind,
        founder: &mut Person,
        others: &mut [&mut Person],
    ) -> Self {
        let mut everybody: Vec<&mut Person> = vec![founder];
        everybody.extend(others.iter_mut().map(|other| &mut **other));
        let (keysets, wraps) = keys_of(&mut everybody).await;
        let placed: Vec<_> = everybody[1..].iter().map(|one| one.account()).collect();
        let founder = &mut everybody[0];
        let (room, draft) = founding(kind, &founder.owner, &placed, &keysets, &wraps);
        founder.does(&draft.create(room), draft.tail.clone()).await;
        Self(Conversation::founded(room, &draft, keysets, wraps))
    }

    /// A public room, called so, that its founder follows.
    pub(crate) async fn public(founder: &mut Person, name: &str) -> Self {
        let (keysets, wraps) = keys_of(&mut [&mut *founder]).await;
        let kind = RoomKind::Public;
        let (room, draft) = founding(kind, &founder.owner, &[], &keysets, &wraps);
        let create = draft.create_public(room, name, "");
        founder.does(&create, draft.tail.clone()).await;
        founder.follows(room).await;
        Self(Conversation::founded(room, &draft, keysets, wraps))
    }

    /// Somebody comes into a room that is open, or to which they are invited, by a commit of their own, and
    /// follows it; who follows it is told.
    pub(crate) async fn lets_in(
        &mut self,
        newcomer: &mut Person,
        invitation: Option<&UnverifiedInvitation>,
        others: &mut [&mut Person],
    ) {
        self.learns(newcomer).await;
        let join = self.request(&newcomer.owner, Action::Join, invitation);
        let changes = vec![Change::Joined(Box::new(join))];
        self.commits(newcomer, changes).await.expect("in");
        let added = Event::RoomAdded {
            room: self.room,
            request: false,
        };
        newcomer.told(&added).await;
        for other in others {
            self.reaches(other).await;
        }
        newcomer.follows(self.room).await;
    }

    /// Somebody else's keys are known from now on.
    pub(crate) async fn learns(&mut self, person: &mut Person) {
        let (keysets, wraps) = keys_of(&mut [person]).await;
        self.keysets.extend(keysets);
        self.wraps.extend(wraps);
    }

    /// Sends a commit; whoever hears of it knows it then.
    pub(crate) async fn commits(
        &mut self,
        by: &mut Person,
        changes: Vec<Change>,
    ) -> Result<(), ErrorCode> {
        let draft = self.draft(&by.owner, changes);
        self.sends(by, draft).await
    }

    pub(crate) async fn sends(&mut self, by: &mut Person, draft: Draft) -> Result<(), ErrorCode> {
        let command = draft.command(self.room);
        let sent = by.peer.call(&command, draft.tail.clone());
        sent.await.map_err(|refusal| refusal.code)?;
        self.takes(&draft);
        Ok(())
    }

    /// Sends a request; gives it.
    pub(crate) async fn asks(
        &self,
        by: &mut Person,
        action: Action,
        invitation: Option<&UnverifiedInvitation>,
    ) -> UnverifiedRequest {
        let request = self.request(&by.owner, action, invitation);
        by.does(&Request {}, request.bytes().clone()).await;
        request
    }

    /// Invites somebody; gives the invitation, and whether they were told at once.
    pub(crate) async fn invites(
        &self,
        by: &mut Person,
        to: AccountId,
    ) -> (UnverifiedInvitation, bool) {
        let invitation = self.invitation(&by.owner, to);
        let (invited, _) = by.does(&Invite {}, invitation.bytes().clone()).await;
        (invitation, invited.online)
    }

    /// A commit is due, as it is told.
    pub(crate) fn due(&self, reason: CommitDue) -> Event {
        self.was_due(self.chain.head().n(), reason)
    }

    /// A commit was due after this one, as it was told.
    pub(crate) fn was_due(&self, n: EpochNumber, reason: CommitDue) -> Event {
        let room = self.room;
        Event::CommitDue { room, n, reason }
    }

    /// A follower is told of the newest commit: first its share, which opens, then the commit.
    pub(crate) async fn reaches(&self, member: &mut Person) {
        let head = self.chain.head();
        let committed = Event::EpochCommitted {
            room: self.room,
            n: head.n(),
            wrap: WrapNumber::new(1),
        };
        let share = member.told(&committed).await;
        let opened = head.open_share(&share, &member.owner.wrap(1), &mut rand::rng());
        opened.expect("a share that opens");
        member.gets_commit().await;
    }
}
