//! What several people do with each other, and what each of them is told.

use bytes::Bytes;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
use wire_format::{
    AccountId, ClientFrame, CloseCode, ErrorCode, Event, ServerFrame,
    command::{
        Operation,
        auth::SignedInAccount,
        friends::{Accept, Add, Friend, FriendState, List, Presence},
        keys::Accounts,
    },
};

use crate::{
    owner::{AtServer as _, Folder, Owner, resume},
    support::{House, Peer},
};

pub(crate) const fn add(account: AccountId) -> Add {
    Add {
        account,
        room: None,
    }
}

/// Does what must succeed.
pub(crate) async fn done<O: Operation>(peer: &mut Peer, operation: &O) -> O::Ok {
    let answer = peer.call(operation, Bytes::new()).await;
    answer
        .unwrap_or_else(|refusal| panic!("{}: {refusal}", O::NAME))
        .0
}

/// Tries what must not succeed.
pub(crate) async fn refused<O: Operation>(peer: &mut Peer, operation: &O) -> ErrorCode {
    match peer.call(operation, Bytes::new()).await {
        Ok(_) => panic!("{} was done", O::NAME),
        Err(refusal) => refusal.code,
    }
}

/// How one account stands to another, as it is told.
pub(crate) fn stands(other: &Owner, state: FriendState) -> Event {
    Event::FriendsChanged {
        account: other.account,
        name: other.name.clone(),
        state,
    }
}

/// Whether somebody is there, as it is told.
pub(crate) fn presence(of: &Owner, online: bool) -> Event {
    Event::PresenceChanged {
        account: of.account,
        online,
    }
}

/// The next events of each peer are these.
pub(crate) async fn told<const N: usize>(peers: [&mut Peer; N], events: &[Event]) {
    for (place, peer) in peers.into_iter().enumerate() {
        for event in events {
            assert_eq!(peer.event().await.0, *event, "peer {place}");
        }
    }
}

/// Everything that is on its way to a peer before what it asks now.
pub(crate) async fn events(peer: &mut Peer) -> Vec<Event> {
    peer.send(ClientFrame::Ping([7; 8])).await;
    let mut events = Vec::new();
    loop {
        match peer.next().await {
            Some(ServerFrame::Pong(_)) => return events,
            Some(ServerFrame::Event(frame)) => events.push(frame.event().expect("an event")),
            other => panic!("not an event: {other:?}"),
        }
    }
}

/// Nothing is on its way to these peers.
pub(crate) async fn quiet<const N: usize>(peers: [&mut Peer; N]) {
    for (place, peer) in peers.into_iter().enumerate() {
        assert_eq!(events(peer).await, [], "peer {place}");
    }
}

/// Waits for these events of one who may be told once more, meanwhile, that the other is there: friends
/// are told of who has come after that has happened, and may have become friends in between.
async fn hears(peer: &mut Peer, events: &[Event], other: &Owner) {
    let is_there = presence(other, true);
    for event in events {
        let mut told = peer.event().await.0;
        while told != *event && told == is_there {
            told = peer.event().await.0;
        }
        assert_eq!(told, *event);
    }
}

/// Makes two who are there friends. Who has only just come may be told of once more after it.
pub(crate) async fn befriend(one: (&Owner, &mut Peer), other: (&Owner, &mut Peer)) {
    done(one.1, &add(other.0.account)).await;
    let account = one.0.account;
    done(other.1, &Accept { account }).await;
    let asked = stands(other.0, FriendState::Asked);
    let friend = |of: &Owner| [stands(of, FriendState::Friend), presence(of, true)];
    let [is_friend, is_there] = friend(other.0);
    hears(one.1, &[asked, is_friend, is_there], other.0).await;
    let asking = stands(one.0, FriendState::Asking);
    let [is_friend, is_there] = friend(one.0);
    hears(other.1, &[asking, is_friend, is_there], one.0).await;
}

/// The people that an account knows, if they fit a page.
pub(crate) async fn list(peer: &mut Peer) -> Vec<Friend> {
    let list = done(peer, &List::default()).await;
    assert!(!list.more);
    list.friends
}

/// An entry of a list.
pub(crate) fn entry(of: &Owner, state: FriendState, online: bool) -> Friend {
    Friend {
        account: of.account,
        name: of.name.clone(),
        display: String::new(),
        state,
        online,
    }
}

/// Changes the data behind the server's back.
pub(crate) async fn tamper(folder: &Folder, sql: &str) {
    let file = folder.path().join("sealwire.db");
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("connected");
    let done = connection.execute(AssertSqlSafe(sql)).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
}

/// Which of these are told to be there.
pub(crate) async fn there(peer: &mut Peer, accounts: &[AccountId]) -> Vec<AccountId> {
    let accounts = Accounts::try_from(accounts.to_vec()).expect("few enough");
    done(peer, &Presence { accounts }).await.online
}

/// Ends a connection with a close frame.
pub(crate) async fn closes(mut peer: Peer) {
    peer.send(ClientFrame::Close(CloseCode::Done.into())).await;
    assert_eq!(peer.closed().await, CloseCode::Done);
}

/// A session goes on over another connection.
pub(crate) async fn takes_up(house: &House, owner: &Owner, session: &SignedInAccount) -> Peer {
    let (mut peer, resumed) = resume(house, session).await.expect("a session");
    owner.proves(&mut peer, &resumed).await;
    peer
}

/// Ada, who is told, with two friends: Bob, and Cat, who shows with her coming that nothing else was
/// to be told before.
pub(crate) struct Circle {
    pub(crate) ada: Owner,
    pub(crate) bob: Owner,
    pub(crate) cat: Owner,
    pub(crate) adas: Peer,
    pub(crate) bobs: Peer,
    pub(crate) session: SignedInAccount,
}

impl Circle {
    pub(crate) async fn in_house(house: &House) -> Self {
        let (ada, bob, cat) = (
            Owner::named("Ada"),
            Owner::named("Bob"),
            Owner::named("Cat"),
        );
        let (mut adas, _) = ada.arrives(house).await;
        let (mut bobs, session) = bob.arrives(house).await;
        let (mut cats, _) = cat.arrives(house).await;
        befriend((&ada, &mut adas), (&cat, &mut cats)).await;
        closes(cats).await;
        // Who came before is told by then.
        hears(&mut adas, &[presence(&cat, false)], &cat).await;
        befriend((&ada, &mut adas), (&bob, &mut bobs)).await;
        Self {
            ada,
            bob,
            cat,
            adas,
            bobs,
            session,
        }
    }

    /// Cat comes and goes, and nothing of anybody else is told before.
    pub(crate) async fn nothing_else(&mut self, house: &House) {
        let (cats, _) = self.cat.comes_again(house).await;
        told([&mut self.adas], &[presence(&self.cat, true)]).await;
        closes(cats).await;
        told([&mut self.adas], &[presence(&self.cat, false)]).await;
    }

    pub(crate) async fn is_bob_there(&mut self) -> bool {
        let asked = [self.bob.account, self.cat.account];
        let there = there(&mut self.adas, &asked).await;
        let bobs = &list(&mut self.adas).await;
        let bob = bobs.iter().find(|one| one.account == self.bob.account);
        assert_eq!(bob.is_some_and(|bob| bob.online), !there.is_empty());
        there == [self.bob.account]
    }
}
