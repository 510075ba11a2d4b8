//! Section 14.6: the vault, over the wire.

use bytes::Bytes;
use wire_format::{
    ErrorCode, Event, Revision, RootNumber,
    command::vault::{Items, Put, Root, SetRoot},
    record_list,
};

use crate::{
    owner::{AtServer as _, Folder, Owner, list},
    support::Peer,
};

fn set(expected: u64) -> SetRoot {
    SetRoot {
        expected: RootNumber::new(expected),
    }
}

async fn root(peer: &mut Peer) -> (u64, Bytes) {
    let answer = peer.call(&Root {}, Bytes::new()).await;
    let (state, root) = answer.expect("a root");
    (state.number.value(), root)
}

async fn items(peer: &mut Peer, after: u64, kind: Option<u8>) -> (u64, Vec<Bytes>) {
    let after = Some(Revision::new(after));
    let answer = peer.call(&Items { after, kind }, Bytes::new()).await;
    let (page, tail) = answer.expect("a page");
    assert!(!page.more);
    let records = record_list::parse(tail, 100).expect("a list");
    (page.revision.value(), records)
}

#[tokio::test]
async fn a_root_is_replaced_by_the_next_one_only() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, eve) = (Owner::named("Ada"), Owner::named("Eve"));
    let (mut peer, _) = ada.arrives(&house).await;
    let next = ada.root(2);
    peer.call(&set(1), next.clone()).await.expect("replaced");
    assert_eq!(root(&mut peer).await, (2, next.clone()));
    let refused = peer.call(&set(1), ada.root(2)).await;
    assert_eq!(
        refused.expect_err("too late").code,
        ErrorCode::VaultConflict
    );
    let refused = peer.call(&set(3), ada.root(4)).await;
    assert_eq!(
        refused.expect_err("too early").code,
        ErrorCode::VaultConflict
    );
    for (why, tail) in [
        ("another number", ada.root(4)),
        ("another account", eve.root(3)),
        ("no root", Bytes::from_static(b"root")),
        ("nothing", Bytes::new()),
    ] {
        let refused = peer.call(&set(2), tail).await;
        assert_eq!(refused.expect_err(why).code, ErrorCode::Malformed, "{why}");
    }
    let huge = Bytes::from(vec![1; 192 * 1024 + 1]);
    let refused = peer.call(&set(2), huge).await;
    assert_eq!(refused.expect_err("huge").code, ErrorCode::TooLarge);
    assert_eq!(root(&mut peer).await, (2, next));
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn of_two_sessions_that_race_one_replaces_the_root() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut here, _) = ada.arrives(&house).await;
    let (mut there, _) = ada.comes_again(&house).await;
    for number in 1..20 {
        let (one, two) = (ada.root(number + 1), ada.root(number + 1));
        let set = set(number);
        let (a, b) = tokio::join!(here.call(&set, one.clone()), there.call(&set, two.clone()));
        let (won, lost) = if a.is_ok() { (one, b) } else { (two, a) };
        assert_eq!(lost.expect_err("one lost").code, ErrorCode::VaultConflict);
        assert_eq!(root(&mut here).await, (number + 1, won));
    }
    drop((here, there));
    house.close().await;
}

#[tokio::test]
async fn items_are_all_taken_or_none_and_read_by_revision() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, eve) = (Owner::named("Ada"), Owner::named("Eve"));
    let (mut peer, _) = ada.arrives(&house).await;
    let (one, two) = (ada.item(1, 1), ada.item(2, 1));
    let both = list(&[one.clone(), two.clone()]);
    let put = peer.call(&Put {}, both.clone()).await.expect("taken").0;
    assert_eq!(put.revision.value(), 2);
    // The same bytes again change nothing.
    let put = peer.call(&Put {}, both).await.expect("taken").0;
    assert_eq!(put.revision.value(), 2);
    let newer = ada.item(1, 2);
    let put = peer.call(&Put {}, list(std::slice::from_ref(&newer))).await;
    assert_eq!(put.expect("taken").0.revision.value(), 3);
    assert_eq!(
        items(&mut peer, 0, None).await,
        (3, vec![two, newer.clone()])
    );
    assert_eq!(items(&mut peer, 2, Some(2)).await, (3, vec![newer]));
    assert_eq!(items(&mut peer, 0, Some(5)).await, (3, Vec::new()));

    for (why, code, tail) in [
        (
            "older",
            ErrorCode::VaultConflict,
            list(&[ada.item(3, 1), one]),
        ),
        (
            "other bytes",
            ErrorCode::VaultConflict,
            list(&[ada.item(1, 2)]),
        ),
        (
            "foreign",
            ErrorCode::Malformed,
            list(&[ada.item(3, 1), eve.item(3, 1)]),
        ),
        (
            "no item",
            ErrorCode::Malformed,
            list(&[Bytes::from_static(b"item")]),
        ),
    ] {
        let refused = peer.call(&Put {}, tail).await;
        assert_eq!(refused.expect_err(why).code, code, "{why}");
    }
    let unknown = Items {
        after: None,
        kind: Some(6),
    };
    let refused = peer.call(&unknown, Bytes::new()).await;
    assert_eq!(refused.expect_err("no kind").code, ErrorCode::Malformed);
    assert_eq!(items(&mut peer, 3, None).await, (3, Vec::new()));
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn one_command_takes_1024_items_and_no_more() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut peer, _) = ada.arrives(&house).await;
    let item = ada.item(1, 1);
    for (count, code) in [
        (1_023, None),
        (1_024, None),
        (1_025, Some(ErrorCode::TooLarge)),
    ] {
        let tail = list(&vec![item.clone(); count]);
        let put = peer.call(&Put {}, tail).await;
        assert_eq!(put.err().map(|refusal| refusal.code), code, "{count}");
    }
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn the_other_sessions_of_the_account_are_told() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut here, _) = ada.arrives(&house).await;
    let (mut there, _) = ada.comes_again(&house).await;
    let (mut bob, _) = Owner::named("Bob").arrives(&house).await;
    let told = |root, revision| Event::VaultChanged {
        root: RootNumber::new(root),
        revision: Revision::new(revision),
    };
    here.call(&set(1), ada.root(2)).await.expect("replaced");
    assert_eq!(there.event().await.0, told(2, 0));
    there
        .call(&Put {}, list(&[ada.item(1, 1)]))
        .await
        .expect("taken");
    assert_eq!(here.event().await.0, told(2, 1));
    // Neither who changed it nor another account hears of it.
    for peer in [&mut there, &mut bob] {
        peer.send(wire_format::ClientFrame::Ping([7; 8])).await;
        let next = peer.next().await;
        assert_eq!(next, Some(wire_format::ServerFrame::Pong([7; 8])));
    }
    drop((here, there, bob));
    house.close().await;
}
