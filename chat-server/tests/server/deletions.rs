//! Section 14.5: `auth.delete`.

use bytes::Bytes;
use chat_server::{
    Rate,
    store::{Store as _, accounts::FindAccount, tokens::Purpose},
};
use wire_format::{
    CloseCode, ErrorCode, Event, LoginHalf,
    command::{
        auth::{Delete, Register},
        friends::FriendState,
        keys::Chain,
    },
    event::LeaveReason,
};

use crate::{
    circle::{add, done, events, stands},
    owner::{AtServer as _, Folder, Owner, resume},
    support::{Peer, token},
};

async fn delete(peer: &mut Peer, login: &LoginHalf) -> Result<(), ErrorCode> {
    let login = login.clone();
    let answer = peer.call(&Delete { login }, Bytes::new()).await;
    answer.map(|_| ()).map_err(|refusal| refusal.code)
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_sessions_and_its_name_is_free() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let mut grace = house.in_lobby("Grace").await;
    let (mut here, session) = ada.arrives(&house).await;
    let (mut there, other) = ada.comes_again(&house).await;
    for (peer, session) in [(&mut here, &session), (&mut there, &other)] {
        peer.member = session.session.into();
        peer.enter("lobby").await;
    }
    delete(&mut here, &ada.login).await.expect("deleted");
    assert_eq!(here.closed().await, CloseCode::Done);
    assert_eq!(there.closed().await, CloseCode::Revoked);
    let mut left = Vec::new();
    while left.len() < 2 {
        if let (Event::RoomLeft { member, reason, .. }, _) = grace.event().await {
            assert_eq!(reason, LeaveReason::SignedOut);
            left.push(member);
        }
    }
    let mut peer = house.greeted().await;
    // As for a name that nobody ever had.
    let refused = ada.signs_in(&mut peer).await.expect_err("gone");
    assert_eq!(refused.code, ErrorCode::LoginFailed);
    for session in [&session, &other] {
        let refused = resume(&house, session).await.err().expect("gone");
        assert_eq!(refused.code, ErrorCode::LoginFailed);
    }
    let (mut bob, _) = Owner::named("Bob").arrives(&house).await;
    let chain = Chain {
        account: ada.account,
        after: None,
    };
    let refused = bob.call(&chain, Bytes::new()).await;
    assert_eq!(refused.expect_err("gone").code, ErrorCode::NoSuchAccount);
    let store = folder.store().await;
    let find = FindAccount::ById(ada.account.into());
    assert!(store.read(find).await.expect("read").is_none());
    store.close().await;
    peer.sign_in("Ada", token()).await.expect("a free name");
    drop((grace, here, there, peer, bob));
    house.close().await;
}

#[tokio::test]
async fn who_knew_a_deleted_account_is_told() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob, cleo) = (
        Owner::named("Ada"),
        Owner::named("Bob"),
        Owner::named("Cleo"),
    );
    let (mut ada_peer, _) = ada.arrives(&house).await;
    let (mut bob_peer, _) = bob.arrives(&house).await;
    let (mut cleo_peer, _) = cleo.arrives(&house).await;
    done(&mut ada_peer, &add(bob.account)).await;
    done(&mut bob_peer, &add(ada.account)).await;
    done(&mut cleo_peer, &add(ada.account)).await;
    for peer in [&mut bob_peer, &mut cleo_peer] {
        events(peer).await;
    }
    delete(&mut ada_peer, &ada.login).await.expect("deleted");
    for peer in [&mut bob_peer, &mut cleo_peer] {
        let told = events(peer).await;
        assert!(told.contains(&stands(&ada, FriendState::None)), "{told:?}");
    }
    drop((ada_peer, bob_peer, cleo_peer));
    house.close().await;
}

#[tokio::test]
async fn only_the_password_deletes_and_guesses_are_counted() {
    let folder = Folder::new();
    let house = folder.with_tries(Rate::per_minute(1, 3)).await;
    let ada = Owner::named("Ada");
    let (mut peer, _) = ada.arrives(&house).await;
    let mut unproven = house.greeted().await;
    ada.signs_in(&mut unproven).await.expect("a session");
    let refused = delete(&mut unproven, &ada.login).await;
    assert_eq!(refused, Err(ErrorCode::KeysUnproven));
    let wrong = LoginHalf::from_bytes([0; 32]);
    for expected in [
        ErrorCode::LoginFailed,
        ErrorCode::LoginFailed,
        ErrorCode::RateLimited,
    ] {
        assert_eq!(delete(&mut peer, &wrong).await, Err(expected));
    }
    let refused = delete(&mut peer, &ada.login).await;
    assert_eq!(refused, Err(ErrorCode::RateLimited), "the right one, too");
    assert_eq!(ada.chain(&mut peer).await.head().number().value(), 1);
    drop((peer, unproven));
    house.close().await;
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let setup = folder.issues(Purpose::Setup).await;
    let mut peer = house.greeted().await;
    let register = Register {
        invitation: Some(setup),
        ..ada.register()
    };
    let answer = peer.call(&register, ada.records()).await;
    let (session, _) = answer.expect("an administrator");
    ada.proves(&mut peer, &session).await;
    let refused = delete(&mut peer, &ada.login).await;
    assert_eq!(refused, Err(ErrorCode::NotAllowed));
    assert_eq!(ada.chain(&mut peer).await.head().number().value(), 1);
    drop(peer);
    house.close().await;
}
