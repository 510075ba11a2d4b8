//! Two things at once in a room: one is first, and what follows is judged by it.

use bytes::Bytes;
use wire_format::{
    ChannelId, DeliverFlags, ErrorCode, Event, PublishFlags, Storage,
    command::{channels::Create, directory::Archive},
    room::{Action, AfterRemoval, Change, Role, RoomKind},
};

use crate::{
    conversing::{Person, Talk},
    gathering::{fetched, newest, published},
    owner::{AtServer as _, Folder},
    support::House,
};

/// A public room with these in it, the first of whom owns it; nobody follows.
async fn room(house: &House, names: &[&str]) -> (Talk, Vec<Person>) {
    let mut people = Vec::new();
    for name in names {
        people.push(Person::arrives(house, name).await);
    }
    let mut talk = Talk::public(&mut people[0], "Ops").await;
    for newcomer in &mut people[1..] {
        talk.learns(newcomer).await;
        let join = talk.request(&newcomer.owner, Action::Join, None);
        let comes = vec![Change::Joined(Box::new(join))];
        talk.commits(newcomer, comes).await.expect("in");
    }
    (talk, people)
}

fn role(of: &Person, role: Role) -> Change {
    let account = of.account();
    Change::Role { account, role }
}

fn removed(of: &Person) -> Change {
    Change::Removed {
        account: of.account(),
        after: AfterRemoval::MayReturn,
    }
}

#[tokio::test]
async fn of_two_admins_who_remove_each_other_one_stays() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut talk, people) = room(&house, &["Ada", "Bob", "Cat"]).await;
    let [mut ada, mut bob, mut cat] = <[Person; 3]>::try_from(people).ok().expect("three");
    // Where an owner is, admins do not remove admins; when none is left, they do.
    let admins = vec![role(&bob, Role::Admin), role(&cat, Role::Admin)];
    talk.commits(&mut ada, admins).await.expect("admins");
    let (command, tail) = talk.usurped(&ada.owner, &bob.owner, vec![removed(&cat)]);
    let refused = bob.may_not(&command, tail).await;
    assert_eq!(refused, ErrorCode::CommitInvalid);
    let leave = talk.asks(&mut ada, Action::Leave, None).await;
    let leaves = vec![Change::Left(Box::new(leave))];
    talk.commits(&mut bob, leaves).await.expect("out");

    let bobs = talk.draft(&bob.owner, vec![removed(&cat)]);
    let cats = talk.draft(&cat.owner, vec![removed(&bob)]);
    let (by_bob, by_cat) = (bobs.command(talk.room), cats.command(talk.room));
    let (first, second) = tokio::join!(
        bob.peer.call(&by_bob, bobs.tail.clone()),
        cat.peer.call(&by_cat, cats.tail.clone()),
    );
    let codes = [first, second].map(|one| one.err().map(|refusal| refusal.code));
    let (winner, loser) = match codes {
        [None, Some(code)] => (&mut bob, (&mut cat, code)),
        [Some(code), None] => (&mut cat, (&mut bob, code)),
        other => panic!("{other:?}"),
    };
    let (loser, code) = loser;
    let out = [ErrorCode::CommitConflict, ErrorCode::NoSuchRoom];
    assert!(out.contains(&code), "{code}");
    let follow = wire_format::command::conversations::Follow { room: talk.room };
    let refused = loser.may_not(&follow, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);
    winner.follows(talk.room).await;
    drop((ada, bob, cat));
    house.close().await;
}

#[tokio::test]
async fn nothing_of_a_muted_member_stands_behind_the_commit() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut talk, mut people) = room(&house, &["Ada", "Bob"]).await;
    let mut bob = people.pop().expect("Bob");
    let mut ada = people.pop().expect("Ada");
    for muted in [Role::Muted, Role::Member, Role::Muted, Role::Member] {
        let draft = talk.draft(&ada.owner, vec![role(&bob, muted)]);
        let command = draft.command(talk.room);
        let mut frames = Vec::new();
        for request in 1..=20_u32 {
            let sealed = talk.sealed(&bob.owner, Storage::Stored, "quickly");
            frames.push(talk.publish(request << 20, PublishFlags::STORED, sealed));
        }
        let says = async {
            for frame in &frames {
                bob.peer.send(frame.clone()).await;
            }
        };
        let (committed, ()) = tokio::join!(ada.peer.call(&command, draft.tail.clone()), says);
        committed.expect("taken");
        talk.takes(&draft);
        for request in 1..=20_u32 {
            let answer = bob.peer.reply_to::<serde::de::IgnoredAny>(request << 20);
            let code = answer.await.err().map(|refusal| refusal.code);
            let expected = [
                None,
                Some(ErrorCode::StaleEpoch),
                Some(ErrorCode::NotAllowed),
            ];
            assert!(expected.contains(&code), "{code:?}");
        }
        let (_, page) = fetched(&mut ada.peer, &newest(&talk, 500))
            .await
            .expect("read");
        let commits = page
            .iter()
            .rposition(|one| one.flags == DeliverFlags::Commit);
        let behind = &page[commits.expect("the commit") + 1..];
        assert!(behind.is_empty(), "{} behind the commit", behind.len());
    }
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn what_is_published_while_a_room_is_archived_is_in_front_or_refused() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut talk, mut people) = room(&house, &["Ada", "Bob"]).await;
    let mut bob = people.pop().expect("Bob");
    let mut ada = people.pop().expect("Ada");
    for _ in 0..5 {
        let archive = |archived| Archive {
            room: talk.room,
            archived,
        };
        let (closes, opens) = (archive(true), archive(false));
        let sealed = talk.sealed(&bob.owner, Storage::Stored, "just now");
        let frame = talk.publish(1 << 29, PublishFlags::STORED, sealed);
        let (archived, said) = tokio::join!(
            ada.peer.call(&closes, Bytes::new()),
            published(&mut bob.peer, frame),
        );
        archived.expect("archived");
        assert!(said.is_ok() || said == Err(ErrorCode::Archived), "{said:?}");
        let sealed = talk.sealed(&bob.owner, Storage::Stored, "too late");
        let frame = talk.publish(1 << 29, PublishFlags::STORED, sealed);
        let late = published(&mut bob.peer, frame).await;
        assert_eq!(late, Err(ErrorCode::Archived));
        ada.does(&opens, Bytes::new()).await;
    }
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_channel_that_is_made_during_a_commit_has_it_or_begins_behind_it() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut talk, mut people) = room(&house, &["Ada", "Bob"]).await;
    let mut bob = people.pop().expect("Bob");
    let mut ada = people.pop().expect("Ada");
    for byte in 1..=5_u8 {
        let draft = talk.draft(&bob.owner, vec![]);
        let command = draft.command(talk.room);
        let create = Create {
            room: talk.room,
            channel: ChannelId::from_bytes([byte; 16]),
            name: Some(format!("channel {byte}")),
            topic: None,
        };
        let (made, committed) = tokio::join!(
            ada.peer.call(&create, Bytes::new()),
            bob.peer.call(&command, draft.tail.clone()),
        );
        made.expect("made");
        committed.expect("taken");
        talk.takes(&draft);
    }
    let before = bob.follows(talk.room).await;
    assert_eq!(before.channels.len(), 6);
    drop((ada.peer, bob.peer));
    house.close().await;
    // What is in memory is what is kept.
    let house = folder.house().await;
    let (peer, _) = bob.owner.comes_again(&house).await;
    bob.peer = peer;
    assert_eq!(bob.follows(talk.room).await, before);
    drop(bob);
    house.close().await;
}

#[tokio::test]
async fn an_invitation_by_who_is_lowered_meanwhile_lets_nobody_in() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut talk = Talk::made(RoomKind::Private, &mut ada, &mut []).await;
    talk.learns(&mut bob).await;
    talk.learns(&mut eve).await;
    let (invitation, _) = talk.invites(&mut ada, bob.account()).await;
    bob.told(&Event::RoomInvited { room: talk.room }).await;
    let join = talk.request(&bob.owner, Action::Join, Some(&invitation));
    let comes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut bob, comes).await.expect("in");
    let (invitation, _) = talk.invites(&mut bob, eve.account()).await;
    eve.told(&Event::RoomInvited { room: talk.room }).await;
    let out = vec![removed(&bob)];
    talk.commits(&mut ada, out).await.expect("out");
    let join = talk.request(&eve.owner, Action::Join, Some(&invitation));
    let request = wire_format::command::conversations::Request {};
    let refused = eve.may_not(&request, join.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom, "it waits no more");
    drop((ada, bob, eve));
    house.close().await;
}
