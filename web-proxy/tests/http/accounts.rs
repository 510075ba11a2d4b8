//! Accounts at the page: docs/protocol.md#11-the-browsers-tier.

mod bodies;
mod devices;
mod ends;
mod person;
mod secrets;
mod tokens;

use bytes::Bytes;
use sealwire_tests::owner::Owner;
use wire_format::{
    CloseCode, ErrorCode, Event, ServerFrame,
    command::{
        Done,
        rooms::{Enter, Entered, MemberKind},
        vault,
    },
};

use self::person::{Page, Place, call, event, parts, parts_of, proves_by};
use crate::streams::{find, publish, send, text_of};

fn enter() -> Enter {
    Enter {
        room: "lobby".to_owned(),
        resume: None,
    }
}

fn challenge(event: Event) -> Option<wire_format::Challenge> {
    match event {
        Event::SessionChallenge { challenge } => Some(challenge),
        _ => None,
    }
}

#[tokio::test]
async fn an_account_signs_up_proves_its_keys_and_talks_with_a_guest() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let (ada, bob) = (Owner::named("Ada"), house.sign_in("bob").await);
    let params = house
        .post("/api/auth.params", "{\"name\":\"Ada\"}")
        .send()
        .await;
    assert_eq!(params.status, 200, "{}", params.text());
    assert!(params.text().contains("\"server\":\"localhost\""));

    let page = Page::registers(&house, &ada).await;
    let who = page.who(&house).await;
    assert_eq!(who["name"], "Ada");
    assert_eq!(who["account"], ada.account.to_string());
    assert_eq!(who["session"], page.session.session.to_string());
    assert_eq!(who["member"], who["session"]);
    assert_eq!(who["server"], "localhost");
    assert_eq!(who["challenge"], page.session.challenge.to_string());
    let early = page
        .posts(&house, "rooms.enter", "{\"room\":\"lobby\"}")
        .await;
    assert_eq!(
        (early.status, early.code().as_str()),
        (403, "keys_unproven")
    );

    page.proves(&house, &ada).await;
    assert!(page.who(&house).await["challenge"].is_null());
    let mut bob = crate::streams::in_lobby(&house, &bob).await;
    let mut ada = page.in_lobby(&house).await;
    let joined = event(&mut bob, |event| match event {
        Event::RoomJoined { member, .. } if member.fingerprint.is_some() => Some(member),
        _ => None,
    });
    let joined = joined.await;
    assert_eq!(joined.kind, MemberKind::Account);
    assert_eq!(joined.account, Some(page.session.account));
    send(&mut ada, publish(2, "from an account")).await;
    assert_eq!(find(&mut bob, text_of).await, "from an account");
    send(&mut bob, publish(2, "from a guest")).await;
    assert_eq!(find(&mut ada, text_of).await, "from an account");
    assert_eq!(find(&mut ada, text_of).await, "from a guest");
    drop((ada, bob));
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_again_needs_no_new_proof() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    drop(page.in_lobby(&house).await);
    let who = page.who(&house).await;
    assert!(who["challenge"].is_null());
    assert_eq!(who["rooms"].as_array().map(Vec::len), Some(1));
    let mut again = page.in_lobby(&house).await;
    send(&mut again, publish(2, "again")).await;
    assert_eq!(find(&mut again, text_of).await, "again");
    drop(again);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_proxy_that_was_started_again_takes_the_session_up() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let mut page = Page::arrives(&house, &ada).await;
    let before = page.session.challenge;
    house.close().await;

    let house = place.proxy().await;
    let who = page.looks(&house).await;
    assert_eq!(who["session"], page.session.session.to_string());
    assert_eq!(who["server"], "localhost");
    assert_ne!(page.session.challenge, before);
    let mut socket = page.socket(&house).await;
    // A stream that opens meanwhile is told, too.
    assert_eq!(event(&mut socket, challenge).await, page.session.challenge);
    let early = call(&mut socket, 1, &enter(), Bytes::new()).await;
    let refused = early
        .outcome::<Entered>()
        .expect("a reply")
        .expect_err("unproven");
    assert_eq!(refused.code, ErrorCode::KeysUnproven);
    send(&mut socket, publish(2, "too early")).await;
    let refused = find(&mut socket, |frame| match frame {
        ServerFrame::Reply(reply) => reply.outcome::<Done>().expect("a reply").err(),
        _ => None,
    });
    assert_eq!(refused.await.code, ErrorCode::KeysUnproven);
    // The own vault can be read, or there would be no keys to prove.
    let root = call(&mut socket, 3, &vault::Root {}, Bytes::new()).await;
    assert!(root.outcome::<vault::RootState>().expect("a reply").is_ok());
    assert!(!root.tail.is_empty());
    proves_by(&mut socket, &ada, &page.session).await;
    drop(socket);
    let mut socket = page.in_lobby(&house).await;
    send(&mut socket, publish(2, "back")).await;
    assert_eq!(find(&mut socket, text_of).await, "back");
    drop(socket);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_chat_server_that_was_started_again_asks_for_a_new_proof() {
    let mut place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let mut page = Page::arrives(&house, &ada).await;
    let mut socket = page.in_lobby(&house).await;
    place.stop().await;
    event(&mut socket, |event| {
        matches!(event, Event::BackendLost { .. }).then_some(())
    })
    .await;
    place.start_again().await;
    let asked = event(&mut socket, challenge).await;
    assert_ne!(asked, page.session.challenge);
    page.session.challenge = asked;
    assert_eq!(page.who(&house).await["challenge"], asked.to_string());
    proves_by(&mut socket, &ada, &page.session).await;
    event(&mut socket, |event| {
        matches!(event, Event::BackendBack {}).then_some(())
    })
    .await;
    send(&mut socket, publish(2, "after the restart")).await;
    assert_eq!(find(&mut socket, text_of).await, "after the restart");
    drop(socket);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_session_moves_from_proxy_to_proxy() {
    let place = Place::open().await;
    let (first, second) = (place.proxy().await, place.proxy().await);
    let ada = Owner::named("Ada");
    let mut page = Page::arrives(&first, &ada).await;
    let mut socket = page.in_lobby(&first).await;
    page.looks(&second).await;
    let closed = find(&mut socket, |frame| match frame {
        ServerFrame::Close(close) => Some(close.code),
        _ => None,
    });
    assert_eq!(closed.await, CloseCode::Replaced);
    page.proves(&second, &ada).await;
    let mut socket = page.in_lobby(&second).await;
    send(&mut socket, publish(2, "elsewhere")).await;
    assert_eq!(find(&mut socket, text_of).await, "elsewhere");
    drop(socket);
    for house in [first, second] {
        house.close().await;
    }
    place.close().await;
}

#[tokio::test]
async fn however_many_requests_come_a_session_is_taken_up_once() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    house.close().await;
    let house = place.proxy().await;
    let asking = (0..16).map(|_| page.who(&house));
    let answers = futures_util::future::join_all(asking).await;
    // Each auth.resume has a challenge of its own.
    for who in &answers {
        assert_eq!(who["challenge"], answers[0]["challenge"]);
        assert!(who["challenge"].is_string());
    }
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_guest_takes_the_name_along() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let guest = house.sign_in("Ada").await;
    let mut socket = crate::streams::in_lobby(&house, &guest).await;
    let ada = Owner::named("Ada");
    // Nobody else can: the name is the guest's.
    let stranger = person::registration(&house, &ada).send_patiently().await;
    assert_eq!(person::code_of(&stranger), "name_taken");
    let page = Page::registers_as(&house, &ada, Some(&guest)).await;
    let closed = find(&mut socket, |frame| match frame {
        ServerFrame::Close(close) => Some(close.code),
        _ => None,
    });
    assert_eq!(closed.await, CloseCode::Done);
    assert_eq!(house.session_status(&guest).await, 401);
    page.proves(&house, &ada).await;
    assert_eq!(page.who(&house).await["name"], "Ada");
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn the_vault_is_read_and_written_in_parts() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let root = ada.root(2);
    let set = parts(
        &house,
        "vault.set_root",
        "{\"expected\":\"1\"}",
        root.clone(),
    );
    assert_eq!(page.asks(set).await.status, 200);
    let read = page
        .asks(parts(&house, "vault.root", "{}", Bytes::new()))
        .await;
    let (header, tail) = parts_of(&read);
    assert_eq!((header["ok"]["number"].as_str(), tail), (Some("2"), root));
    let items = sealwire_tests::owner::list(&[ada.item(1, 1), ada.item(2, 1)]);
    let put = parts(&house, "vault.put", "{}", items.clone());
    let (header, _) = parts_of(&page.asks(put).await);
    assert_eq!(header["ok"]["revision"], "2");
    let read = page
        .asks(parts(&house, "vault.items", "{}", Bytes::new()))
        .await;
    assert_eq!(parts_of(&read).1, items);
    let sessions = page.posts(&house, "auth.sessions", "{}").await;
    assert!(
        sessions.text().contains("\"current\":true"),
        "{}",
        sessions.text()
    );
    let conflict = parts(
        &house,
        "vault.set_root",
        "{\"expected\":\"1\"}",
        ada.root(2),
    );
    let conflict = page.asks(conflict).await;
    assert_eq!(
        (conflict.status, person::code_of(&conflict).as_str()),
        (409, "vault_conflict")
    );
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn another_device_hears_of_the_vault() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let first = Page::arrives(&house, &ada).await;
    let mut socket = first.socket(&house).await;
    let second = Page::comes_again(&house, &ada).await;
    let set = parts(
        &house,
        "vault.set_root",
        "{\"expected\":\"1\"}",
        ada.root(2),
    );
    assert_eq!(second.asks(set).await.status, 200);
    let root = event(&mut socket, |event| match event {
        Event::VaultChanged { root, .. } => Some(root),
        _ => None,
    });
    assert_eq!(root.await.value(), 2);
    drop(socket);
    house.close().await;
    place.close().await;
}
