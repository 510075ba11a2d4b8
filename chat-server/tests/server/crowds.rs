//! A hundred who come into a conversation at once.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;
use wire_format::{
    ErrorCode,
    command::{
        commits::{Chain, Pending},
        conversations::Request,
    },
    limits::JOINS_TAKEN,
    record_list,
    room::{Action, Change, CommitReason, RoomChain, RoomKind, UnverifiedRequest},
};

use crate::{
    conversing::{Person, Talk},
    owner::{AtServer as _, Folder, Owner, now},
    presence::goes_on,
    support::{House, Stopwatch},
};

/// Who come in.
const NEWCOMERS: usize = 100;
/// Those of them who commit as fast as they can; the others wait to be taken in.
const RACERS: usize = 8;

/// People with accounts, each at a connection of their own, whose keys are known in the room.
async fn newcomers(house: &House, talk: &mut Talk) -> Vec<Person> {
    let mut newcomers = Vec::new();
    for number in 0..NEWCOMERS {
        let owner = Owner::named(&format!("Newcomer {number}"));
        let (peer, _) = owner.arrives(house).await;
        let chain = owner.own_chain();
        talk.wraps
            .insert(owner.account, owner.verified_wrap_key(&chain));
        talk.keysets.insert(owner.account, chain);
        newcomers.push(Person { owner, peer });
    }
    newcomers
}

/// The room's chain, as somebody reads it who may come in, or is in.
async fn chain(person: &mut Person, talk: &Talk) -> RoomChain {
    let room = talk.room;
    let asked = Chain { room, after: None };
    let (page, tail) = person.does(&asked, Bytes::new()).await;
    assert!(!page.more);
    let commits = record_list::parse(tail, 1_000).expect("a list");
    let mut commits = commits.into_iter();
    let first = commits.next().expect("a first commit");
    let mut chain = RoomChain::first(room, first, &talk.keysets).expect("a chain");
    for commit in commits {
        chain.extend(commit, &talk.keysets).expect("it follows");
    }
    chain
}

/// Asks to come in, as often as the server has more to verify than may wait.
async fn asks(person: &mut Person, join: &UnverifiedRequest) {
    loop {
        let asked = person.peer.call(&Request {}, join.bytes().clone()).await;
        match asked {
            Ok(_) => return,
            Err(refusal) => assert_eq!(refusal.code, ErrorCode::Busy),
        }
    }
}

/// Commits all that is pending, the own join with it, until one is in; gives how often that was tried,
/// and how often the own commit was first.
async fn races(person: &mut Person, talk: &Talk, join: &UnverifiedRequest) -> (usize, usize) {
    let (mut tries, mut own) = (0, 0);
    loop {
        let chain = chain(person, talk).await;
        if chain.record().member(person.account()).is_some() {
            return (tries, own);
        }
        let pending = Pending { room: talk.room };
        let (_, tail) = person.does(&pending, Bytes::new()).await;
        let requests = record_list::parse(tail, 1_000).expect("a list").into_iter();
        let requests = requests.map(|one| UnverifiedRequest::parse(one).expect("a request"));
        let mut joins: BTreeMap<_, _> = requests.map(|one| (one.account(), one)).collect();
        joins.insert(person.account(), join.clone());
        let changes = joins.into_values().map(|one| Change::Joined(Box::new(one)));
        let draft = (CommitReason::Membership, changes.collect(), now());
        let draft = talk.draft_on(&chain, &person.owner, draft);
        tries += 1;
        let command = draft.command(talk.room);
        use ErrorCode::{CommitConflict, CommitInvalid, RequestsPending};
        match person.peer.call(&command, draft.tail).await {
            Ok(_) => own += 1,
            Err(refusal) if refusal.code == ErrorCode::Busy => tries -= 1,
            Err(refusal) => {
                // The last is what the requests say that were read after another's commit.
                let lost = [CommitConflict, RequestsPending, CommitInvalid];
                assert!(lost.contains(&refusal.code), "{refusal}");
            }
        }
    }
}

#[tokio::test]
async fn a_hundred_joins_at_once_take_two_commits() {
    let folder = Folder::new();
    let house = folder.house().await;
    // However long a busy machine takes for their keys, nobody is silent for too long.
    let stopwatch = Stopwatch::stop();
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut talk = Talk::made(RoomKind::Group, &mut ada, &mut []).await;
    let mut people = newcomers(&house, &mut talk).await;
    let mut joins = Vec::new();
    for person in &people {
        let (invitation, _) = talk.invites(&mut ada, person.account()).await;
        joins.push(talk.request(&person.owner, Action::Join, Some(&invitation)));
    }
    let all = people.iter_mut().zip(&joins);
    let asking = all.map(|(person, join)| asks(person, join));
    join_all(asking.collect::<Vec<_>>()).await;

    // Some of the first that are taken in, and some of the last.
    let racing = people.iter_mut().zip(&joins).step_by(NEWCOMERS / RACERS);
    let racing = racing.map(|(person, join)| races(person, &talk, join));
    let outcomes = join_all(racing.collect::<Vec<_>>()).await;
    let chain = chain(&mut ada, &talk).await;
    assert_eq!(chain.record().members().count(), 1 + NEWCOMERS);
    let own: usize = outcomes.iter().map(|(_, own)| own).sum();
    let commits = usize::try_from(chain.head().n().value()).expect("few");
    assert_eq!(commits, 1 + own, "theirs, and the first");
    assert_eq!(own, NEWCOMERS.div_ceil(JOINS_TAKEN));
    // Each loses to each commit of another at most once.
    for (tries, _) in outcomes {
        assert!(tries <= own + 1, "{tries} tries");
    }
    drop((ada, people));
    goes_on(stopwatch);
    house.close().await;
}
