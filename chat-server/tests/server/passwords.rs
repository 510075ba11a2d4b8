//! Section 14.5: `auth.password` and `auth.recover`.

use bytes::Bytes;
use chat_server::Rate;
use wire_format::{
    ClientFrame, CloseCode, CommandFrame, ErrorCode, Event, LoginHalf, RecoveryLogin, RootNumber,
    ServerFrame,
    command::{
        auth::{Params, Password, Recover, Sessions, SignedInAccount},
        keys::{Accounts, Reset, Wraps},
        vault::Root,
    },
};

use crate::{
    owner::{AtServer as _, Folder, Owner},
    support::{House, Peer},
};

async fn change(peer: &mut Peer, (password, root): (Password, Bytes)) -> Result<(), ErrorCode> {
    let answer = peer.call(&password, root).await;
    answer.map(|_| ()).map_err(|refusal| refusal.code)
}

async fn recovers(owner: &Owner, peer: &mut Peer) -> Result<SignedInAccount, ErrorCode> {
    let answer = peer.call(&owner.recover(), Bytes::new()).await;
    let signed_in = answer.map(|(signed_in, _)| signed_in);
    signed_in.map_err(|refusal| refusal.code)
}

async fn root_number(peer: &mut Peer) -> u64 {
    let answer = peer.call(&Root {}, Bytes::new()).await;
    answer.expect("a root").0.number.value()
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_the_old_one() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut here, _) = ada.arrives(&house).await;
    let (mut there, other) = ada.comes_again(&house).await;
    let mut unproven = house.greeted().await;
    ada.signs_in(&mut unproven).await.expect("a session");
    let new = ada.renewed();
    change(&mut here, ada.password(Some(&ada.login), &new, 1))
        .await
        .expect("changed");
    for peer in [&mut there, &mut unproven] {
        assert_eq!(peer.event().await.0, Event::SessionRevoked {});
        assert_eq!(peer.closed().await, CloseCode::Revoked);
    }
    let gone = crate::owner::resume(&house, &other).await.err();
    assert_eq!(
        gone.map(|refusal| refusal.code),
        Some(ErrorCode::LoginFailed)
    );
    assert_eq!(root_number(&mut here).await, 2);
    let listed = here.call(&Sessions {}, Bytes::new()).await;
    assert_eq!(listed.expect("sessions").0.sessions.len(), 1);

    let mut peer = house.greeted().await;
    let name = "Ada".to_owned();
    let (params, _) = peer
        .call(&Params { name }, Bytes::new())
        .await
        .expect("parameters");
    assert_eq!((params.salt.as_bytes(), params.rounds), (&[7; 16], 600_001));
    let refused = ada.signs_in(&mut peer).await.expect_err("the old one");
    assert_eq!(refused.code, ErrorCode::LoginFailed);
    let refused = recovers(&ada, &mut peer).await;
    assert_eq!(refused.err(), Some(ErrorCode::LoginFailed));
    new.signs_in(&mut peer).await.expect("the new one");
    let mut peer = house.greeted().await;
    recovers(&new, &mut peer).await.expect("the new code");
    drop((here, there, unproven, peer));
    house.close().await;
}

#[tokio::test]
async fn what_does_not_fit_changes_nothing() {
    let folder = Folder::new();
    let house = folder.with_tries(Rate::UNLIMITED).await;
    let (ada, eve) = (Owner::named("Ada"), Owner::named("Eve"));
    let (mut peer, _) = ada.arrives(&house).await;
    let new = ada.renewed();
    let wrong = LoginHalf::from_bytes([0; 32]);
    let (right, next) = ada.password(Some(&ada.login), &new, 1);
    let few = Password {
        rounds: 599_999,
        ..right.clone()
    };
    let ahead = Password {
        expected: RootNumber::new(2),
        ..right.clone()
    };
    for (why, code, command) in [
        (
            "a wrong password",
            ErrorCode::LoginFailed,
            ada.password(Some(&wrong), &new, 1),
        ),
        (
            "no password",
            ErrorCode::Malformed,
            ada.password(None, &new, 1),
        ),
        (
            "a root ahead",
            ErrorCode::VaultConflict,
            ada.password(Some(&ada.login), &new, 2),
        ),
        (
            "another's root",
            ErrorCode::Malformed,
            (right.clone(), eve.root(2)),
        ),
        (
            "another number",
            ErrorCode::Malformed,
            (right.clone(), ada.root(3)),
        ),
        (
            "another expected",
            ErrorCode::Malformed,
            (ahead, next.clone()),
        ),
        ("few rounds", ErrorCode::Malformed, (few, next.clone())),
        (
            "no root",
            ErrorCode::Malformed,
            (right.clone(), Bytes::new()),
        ),
    ] {
        assert_eq!(change(&mut peer, command).await, Err(code), "{why}");
    }
    assert_eq!(root_number(&mut peer).await, 1);
    let mut other = house.greeted().await;
    ada.signs_in(&mut other).await.expect("the old password");
    let refused = change(&mut other, (right, next)).await;
    assert_eq!(refused, Err(ErrorCode::KeysUnproven));
    drop((peer, other));
    house.close().await;
}

#[tokio::test]
async fn a_recovery_code_gives_a_new_password_before_the_proof() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut before, _) = ada.arrives(&house).await;
    let mut peer = house.greeted().await;
    let session = recovers(&ada, &mut peer).await.expect("a session");
    assert_eq!(session.account, ada.account);
    // What it may read, and nothing else.
    assert_eq!(root_number(&mut peer).await, 1);
    let chain = ada.chain(&mut peer).await;
    let own = Accounts::try_from(vec![ada.account]).expect("one");
    let wraps = Wraps { accounts: own };
    peer.call(&wraps, Bytes::new()).await.expect("its own");
    let refused = peer.call(&Sessions {}, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    let expected = chain.head().number();
    let reset = ada.reset(chain.head(), 2, 2);
    let refused = peer.call(&Reset { expected }, reset).await;
    assert_eq!(refused.expect_err("a code").code, ErrorCode::NotAllowed);

    let new = ada.renewed();
    let refused = change(&mut peer, ada.password(Some(&ada.login), &new, 1)).await;
    assert_eq!(refused, Err(ErrorCode::Malformed), "no password is asked");
    change(&mut peer, ada.password(None, &new, 1))
        .await
        .expect("changed");
    assert_eq!(before.event().await.0, Event::SessionRevoked {});
    ada.proves(&mut peer, &session).await;
    peer.call(&Sessions {}, Bytes::new()).await.expect("proven");
    // The session is still one that needs no password for it.
    change(&mut peer, ada.password(None, &ada, 2))
        .await
        .expect("changed again");
    let mut again = house.greeted().await;
    ada.signs_in(&mut again).await.expect("a session");
    drop((before, peer, again));
    house.close().await;
}

#[tokio::test]
async fn a_wrong_code_and_an_unknown_name_are_answered_alike_and_counted() {
    let folder = Folder::new();
    let house = folder.with_tries(Rate::per_minute(1, 2)).await;
    let ada = Owner::named("Ada");
    drop(ada.arrives(&house).await);
    let mut peer = house.greeted().await;
    for name in ["Ada", "Nobody"] {
        for expected in [
            ErrorCode::LoginFailed,
            ErrorCode::LoginFailed,
            ErrorCode::RateLimited,
        ] {
            let recover = Recover {
                name: name.into(),
                recovery: RecoveryLogin::from_bytes([0; 32]),
            };
            let refused = peer.call(&recover, Bytes::new()).await.expect_err(name);
            assert_eq!(refused.code, expected, "{name}");
        }
    }
    // Codes and passwords are tries at the same name.
    let refused = ada.signs_in(&mut peer).await.expect_err("too many");
    assert_eq!(refused.code, ErrorCode::RateLimited);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn guesses_at_the_old_password_are_counted_like_sign_ins() {
    let folder = Folder::new();
    let house = folder.with_tries(Rate::per_minute(1, 2)).await;
    let ada = Owner::named("Ada");
    let (mut peer, _) = ada.arrives(&house).await;
    let wrong = LoginHalf::from_bytes([0; 32]);
    for expected in [
        ErrorCode::LoginFailed,
        ErrorCode::LoginFailed,
        ErrorCode::RateLimited,
    ] {
        let guess = ada.password(Some(&wrong), &ada, 1);
        assert_eq!(change(&mut peer, guess).await, Err(expected));
    }
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn of_two_that_change_the_password_at_once_one_does() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut here, _) = ada.arrives(&house).await;
    let (mut there, _) = ada.comes_again(&house).await;
    let (one, two) = (ada.renewed(), ada.renewed());
    for (peer, new) in [(&mut here, &one), (&mut there, &two)] {
        let (password, root) = ada.password(Some(&ada.login), new, 1);
        let command = CommandFrame::new(9, &password, root);
        peer.send(ClientFrame::Command(command)).await;
    }
    // Who is too late is told so, or that its session is over.
    let mut changed = 0;
    for peer in [&mut here, &mut there] {
        loop {
            match peer.next().await.expect("an answer") {
                ServerFrame::Reply(reply) if reply.request == 9 => {
                    let outcome = reply.outcome::<serde::de::IgnoredAny>().expect("a reply");
                    changed += u8::from(outcome.is_ok());
                    break;
                }
                ServerFrame::Close(close) => break assert_eq!(close.code, CloseCode::Revoked),
                _ => {}
            }
        }
    }
    assert_eq!(changed, 1);
    let mut in_force = 0;
    for owner in [&ada, &one, &two] {
        let mut peer = house.greeted().await;
        in_force += u8::from(owner.signs_in(&mut peer).await.is_ok());
    }
    assert_eq!(in_force, 1);
    drop((here, there));
    house.close().await;
}

#[tokio::test]
async fn who_hangs_up_has_one_whole_password() {
    for yields in [0, 100, 10_000, 100_000] {
        let folder = Folder::new();
        let house = folder.house().await;
        let ada = Owner::named("Ada");
        let (mut peer, _) = ada.arrives(&house).await;
        let new = ada.renewed();
        let (password, root) = ada.password(Some(&ada.login), &new, 1);
        let command = CommandFrame::new(9, &password, root);
        peer.send(ClientFrame::Command(command)).await;
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        peer.vanish();
        house.empties().await;
        house.close().await;

        let house = folder.house().await;
        let mut in_force = Vec::new();
        for (owner, root) in [(&ada, 1), (&new, 2)] {
            let mut peer = house.greeted().await;
            if owner.signs_in(&mut peer).await.is_ok() {
                assert_eq!(root_number(&mut peer).await, root);
                in_force.push(root);
            }
        }
        assert_eq!(in_force.len(), 1, "{in_force:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_server_without_accounts_knows_none_of_it() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let refused = recovers(&Owner::named("Ada"), &mut peer).await;
    assert_eq!(refused.err(), Some(ErrorCode::UnknownCommand));
    drop(peer);
    house.close().await;
}
