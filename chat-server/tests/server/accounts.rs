//! Sections 14.2 and 14.5: registering and signing in, and the name space that is shared with guests.

use bytes::Bytes;
use chat_server::{AccountLimits, Settings, store::server::Registration};
use wire_format::{
    AccountId, ErrorCode, LoginHalf,
    command::auth::{Login, Logout, Params},
};

use crate::{
    owner::{AtServer as _, Folder, Owner, list},
    support::{House, Peer, token},
};

async fn params(peer: &mut Peer, name: &str) -> (AccountId, [u8; 16], u32, String) {
    let name = name.to_owned();
    let answer = peer.call(&Params { name }, Bytes::new()).await;
    let params = answer.expect("parameters").0;
    let salt = *params.salt.as_bytes();
    (params.account, salt, params.rounds, params.server)
}

/// The name of an account is neither a guest's nor another account's, however it is spelled.
pub(crate) async fn ada_is_taken(other: &mut Peer) {
    for name in ["Ada", "ADA", "Аda"] {
        let refused = other.sign_in(name, token()).await;
        assert_eq!(refused, Err(ErrorCode::NameTaken), "{name}");
        let late = Owner::named(name);
        let refused = other.call(&late.register(), late.records()).await;
        assert_eq!(refused.expect_err(name).code, ErrorCode::NameTaken);
    }
}

#[tokio::test]
async fn who_registers_can_sign_in_again_after_a_restart() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let house = folder.house().await;
    let mut peer = house.greeted().await;
    let session = ada.registers(&mut peer).await;
    assert_eq!(
        (session.account, session.name.as_str()),
        (ada.account, "Ada")
    );
    assert!(session.token.is_some());
    drop(peer);
    house.close().await;

    let house = folder.house().await;
    let mut peer = house.greeted().await;
    let told = params(&mut peer, " ada ").await;
    assert_eq!(told, (ada.account, [9; 16], 600_000, "localhost".into()));
    let again = ada.signs_in(&mut peer).await.expect("a session");
    assert_eq!(again.account, session.account);
    assert_ne!(again.session, session.session);
    assert_ne!(again.challenge, session.challenge);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_name_is_an_accounts_or_a_guests_and_never_both() {
    let folder = Folder::new();
    let house = folder.house().await;
    let guest = house.guest("Grace").await;
    let mut peer = house.greeted().await;
    for name in ["Grace", "grace", "Grаce"] {
        let late = Owner::named(name);
        let refused = peer.call(&late.register(), late.records()).await;
        assert_eq!(refused.expect_err(name).code, ErrorCode::NameTaken);
    }
    let ada = Owner::named("Ada");
    ada.registers(&mut peer).await;
    let mut other = house.greeted().await;
    ada_is_taken(&mut other).await;
    // Signed out or not: a registered name is never free to a guest.
    peer.call(&Logout {}, Bytes::new()).await.expect("done");
    let refused = other.sign_in("Ada", token()).await;
    assert_eq!(refused, Err(ErrorCode::NameTaken));
    other.sign_in("Alan", token()).await.expect("a free name");
    drop((guest, peer, other));
    house.close().await;
}

#[tokio::test]
async fn of_two_that_register_a_name_at_once_one_gets_it() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (one, two) = (Owner::named("Ada"), Owner::named("ada"));
    let (mut first, mut second) = (house.greeted().await, house.greeted().await);
    let ((one, one_records), (two, two_records)) = (
        (one.register(), one.records()),
        (two.register(), two.records()),
    );
    let (a, b) = tokio::join!(
        first.call(&one, one_records),
        second.call(&two, two_records)
    );
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1);
    let refusal = a.err().or(b.err()).expect("one is refused");
    assert_eq!(refusal.code, ErrorCode::NameTaken);
    drop((first, second));
    house.close().await;
}

#[tokio::test]
async fn records_that_do_not_hold_together_make_no_account() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut peer = house.greeted().await;
    let (ada, eve) = (Owner::named("Ada"), Owner::named("Ada"));
    let (keyset, wrap, root) = (ada.keyset("Ada"), ada.wrap_key(1), ada.root(1));
    let mut bent = keyset.to_vec();
    *bent.last_mut().expect("a byte") ^= 1;
    for (why, tail) in [
        ("nothing", Bytes::new()),
        ("no root", list(&[keyset.clone(), wrap.clone()])),
        (
            "a bent signature",
            list(&[bent.into(), wrap.clone(), root.clone()]),
        ),
        (
            "another name",
            list(&[ada.keyset("Adi"), wrap.clone(), root.clone()]),
        ),
        (
            "another account",
            list(&[eve.keyset("Ada"), wrap.clone(), root.clone()]),
        ),
        (
            "a foreign wrap key",
            list(&[keyset.clone(), ada.foreign_wrap_key(1), root.clone()]),
        ),
        (
            "wrap key 2",
            list(&[keyset.clone(), ada.wrap_key(2), root.clone()]),
        ),
        ("root 2", list(&[keyset.clone(), wrap.clone(), ada.root(2)])),
        (
            "a foreign root",
            list(&[keyset.clone(), wrap.clone(), eve.root(1)]),
        ),
    ] {
        let refused = peer.call(&ada.register(), tail).await;
        assert_eq!(refused.expect_err(why).code, ErrorCode::Malformed, "{why}");
    }
    let more = list(&[keyset.clone(), wrap.clone(), root.clone(), wrap.clone()]);
    let refused = peer.call(&ada.register(), more).await;
    let refused = refused.expect_err("a fourth record");
    assert_eq!(refused.code, ErrorCode::TooLarge);
    let mut few = ada.register();
    few.rounds = 599_999;
    let refused = peer
        .call(&few, ada.records())
        .await
        .expect_err("few rounds");
    assert_eq!(refused.code, ErrorCode::Malformed);
    // Nothing of all that is left.
    ada.registers(&mut peer).await;
    let mut other = house.greeted().await;
    let mut twin = Owner::named("Twin").register();
    twin.account = ada.account;
    let tail = list(&[ada.keyset("Twin"), wrap, root]);
    let refused = other.call(&twin, tail).await;
    assert_eq!(
        refused.expect_err("a second name").code,
        ErrorCode::NotAllowed
    );
    drop((peer, other));
    house.close().await;
}

#[tokio::test]
async fn a_name_that_nobody_has_is_answered_like_one_that_is_there() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut peer = house.greeted().await;
    let decoy = params(&mut peer, "Nobody").await;
    assert_eq!(params(&mut peer, "nobody").await, decoy);
    let other = params(&mut peer, "Nobody else").await;
    assert!(other.0 != decoy.0 && other.1 != decoy.1);
    assert_eq!((decoy.2, decoy.3.as_str()), (600_000, "localhost"));

    let ada = Owner::named("Ada");
    drop(ada.arrives(&house).await);
    for name in ["Ada", "Nobody", "x"] {
        let login = Login {
            name: name.into(),
            login: LoginHalf::from_bytes([0; 32]),
        };
        let refused = peer.call(&login, Bytes::new()).await.expect_err(name);
        assert_eq!(
            (refused.code, refused.retry_after_ms),
            (ErrorCode::LoginFailed, None)
        );
    }
    drop(peer);
    house.close().await;
    // The same after a restart: what decoys come from is kept.
    let house = folder.house().await;
    let mut peer = house.greeted().await;
    assert_eq!(params(&mut peer, "Nobody").await, decoy);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_closed_server_lets_nobody_register() {
    let folder = Folder::new();
    let house = House::with(Settings {
        registration: Registration::Closed,
        ..folder.settings(AccountLimits::default())
    })
    .await;
    let mut peer = house.greeted().await;
    let ada = Owner::named("Ada");
    let refused = peer.call(&ada.register(), ada.records()).await;
    assert_eq!(refused.expect_err("closed").code, ErrorCode::NotAllowed);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn without_a_place_for_data_there_are_no_accounts() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let ada = Owner::named("Ada");
    let refused = peer.call(&ada.login(), Bytes::new()).await;
    assert_eq!(
        refused.expect_err("no data").code,
        ErrorCode::UnknownCommand
    );
    let refused = peer.call(&ada.register(), ada.records()).await;
    assert_eq!(
        refused.expect_err("no data").code,
        ErrorCode::UnknownCommand
    );
    drop(peer);
    house.close().await;
}
