//! Section 14.5: registering as a guest, with an invitation, and the rehearsed recovery code.

use bytes::Bytes;
use chat_server::{
    AccountLimits, Settings,
    store::{
        Store as _,
        accounts::{Account, FindAccount, Recovery, Role},
        server::Registration,
        tokens::Purpose,
    },
};
use wire_format::{
    ClientFrame, CloseCode, CommandFrame, ErrorCode, Event, GuestToken, OneTimeToken,
    command::auth::{Register, Rehearsed, SignedInAccount},
    event::LeaveReason,
};

use crate::{
    owner::{AtServer as _, Folder, Owner},
    support::{House, Peer, token},
};

/// A live guest in the lobby, and its token.
async fn guest(house: &House, name: &str) -> (Peer, GuestToken) {
    let token = token();
    let mut peer = house.greeted().await;
    let signed_in = peer.sign_in(name, token.clone()).await;
    signed_in.expect("a free name");
    peer.enter("lobby").await;
    (peer, token)
}

fn by_guest(owner: &Owner, token: &GuestToken) -> Register {
    Register {
        guest: Some(token.clone()),
        ..owner.register()
    }
}

fn invited(owner: &Owner, token: &OneTimeToken) -> Register {
    Register {
        invitation: Some(token.clone()),
        ..owner.register()
    }
}

async fn register(
    peer: &mut Peer,
    owner: &Owner,
    register: Register,
) -> Result<SignedInAccount, ErrorCode> {
    let answer = peer.call(&register, owner.records()).await;
    let signed_in = answer.map(|(signed_in, _)| signed_in);
    signed_in.map_err(|refusal| refusal.code)
}

/// What the data have of an account.
async fn kept(folder: &Folder, owner: &Owner) -> Option<Account> {
    let store = folder.store().await;
    let find = FindAccount::ById(owner.account.into());
    let found = store.read(find).await.expect("read");
    store.close().await;
    found
}

#[tokio::test]
async fn a_guest_who_registers_keeps_the_name_and_ends_as_a_guest() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut witness = house.in_lobby("Witness").await;
    let (mut grace, token) = guest(&house, "Grace").await;
    assert!(matches!(witness.event().await.0, Event::RoomJoined { .. }));
    let owner = Owner::named("Grace");
    let mut peer = house.greeted().await;
    let session = register(&mut peer, &owner, by_guest(&owner, &token)).await;
    let session = session.expect("an account");
    assert_eq!(grace.closed().await, CloseCode::Replaced);
    match witness.event().await.0 {
        Event::RoomLeft { member, reason, .. } => {
            assert_eq!((member, reason), (grace.member, LeaveReason::Lost));
        }
        other => panic!("{other:?}"),
    }
    // The name is the account's, and the guest's token is worth nothing for it.
    let mut again = house.greeted().await;
    let refused = again.sign_in("Grace", token).await;
    assert_eq!(refused, Err(ErrorCode::NameTaken));
    owner.proves(&mut peer, &session).await;
    let entered = peer.enter("lobby").await;
    assert_eq!(entered.member_count, 2);
    drop((witness, grace, peer, again));
    house.close().await;
}

#[tokio::test]
async fn only_the_token_of_the_guest_with_this_name_takes_it() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut grace, own) = guest(&house, "Grace").await;
    let (mut alan, other) = guest(&house, "Alan").await;
    let mut peer = house.greeted().await;
    for (why, name, token) in [
        ("unknown", "Grace", token()),
        ("another guest's", "Grace", other.clone()),
        ("a twin in case", "GRACE", own.clone()),
        ("a free name", "Ada", own.clone()),
    ] {
        let owner = Owner::named(name);
        let refused = register(&mut peer, &owner, by_guest(&owner, &token)).await;
        assert_eq!(refused.err(), Some(ErrorCode::NameTaken), "{why}");
    }
    // One who makes no account stays a guest.
    let owner = Owner::named("Grace");
    let refused = peer.call(&by_guest(&owner, &own), Bytes::new()).await;
    assert_eq!(refused.expect_err("no records").code, ErrorCode::Malformed);
    grace.say("still here").await;
    alan.hears("still here").await;
    // The token of an account's session is no guest's; that of one who left is nobody's.
    grace.vanish();
    house.has_sessions(1).await;
    let refused = register(&mut peer, &owner, by_guest(&owner, &own)).await;
    assert_eq!(refused.err(), Some(ErrorCode::NameTaken));
    register(&mut peer, &owner, owner.register())
        .await
        .expect("a free name");
    drop((alan, peer));
    house.close().await;
}

#[tokio::test]
async fn nobody_gets_between_a_guest_and_its_account() {
    let folder = Folder::new();
    let house = folder.limited(AccountLimits::default()).await;
    for name in ["Ada", "Bob", "Cem"] {
        let (mut guest, token) = guest(&house, name).await;
        let (owner, rival) = (Owner::named(name), Owner::named(name));
        let mut peer = house.greeted().await;
        let (mut second, mut third) = (house.greeted().await, house.greeted().await);
        let rivals = async {
            let mut codes = Vec::new();
            for _ in 0..20 {
                let other = crate::support::token();
                codes.push(third.sign_in(name, other).await.err());
            }
            codes
        };
        let (made, taken, codes) = tokio::join!(
            register(&mut peer, &owner, by_guest(&owner, &token)),
            register(&mut second, &rival, rival.register()),
            rivals,
        );
        made.expect("an account");
        assert_eq!(taken.err(), Some(ErrorCode::NameTaken));
        assert!(codes.iter().all(|code| *code == Some(ErrorCode::NameTaken)));
        assert_eq!(guest.closed().await, CloseCode::Replaced);
        drop((guest, peer, second, third));
    }
    house.close().await;
}

#[tokio::test]
async fn who_hangs_up_leaves_a_guest_or_a_whole_account() {
    for yields in [0, 100, 10_000, 100_000] {
        let folder = Folder::new();
        let house = folder.house().await;
        let (mut grace, token) = guest(&house, "Grace").await;
        let owner = Owner::named("Grace");
        let mut peer = house.greeted().await;
        let command = CommandFrame::new(9, &by_guest(&owner, &token), owner.records());
        peer.send(ClientFrame::Command(command)).await;
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        peer.vanish();
        house.has_connections(1).await;
        let closed = async move { grace.closed().await };
        let ((), ended) = tokio::join!(house.close(), closed);

        let house = folder.house().await;
        let mut peer = house.greeted().await;
        match owner.signs_in(&mut peer).await {
            Ok(session) => owner.proves(&mut peer, &session).await,
            Err(refusal) => {
                assert_eq!(refusal.code, ErrorCode::LoginFailed);
                assert_eq!(ended, CloseCode::Resume, "no account, and no guest");
                peer.sign_in("Grace", token).await.expect("still free");
            }
        }
        drop(peer);
        house.close().await;
    }
}

#[tokio::test]
async fn an_invitation_lets_one_account_in() {
    let folder = Folder::new();
    let house = House::with(Settings {
        registration: Registration::Invitation,
        ..folder.settings(AccountLimits::default())
    })
    .await;
    let mut peer = house.greeted().await;
    let ada = Owner::named("Ada");
    let refused = register(&mut peer, &ada, ada.register()).await;
    assert_eq!(refused.err(), Some(ErrorCode::NotAllowed));
    let unknown = OneTimeToken::from_bytes([7; 32]);
    let refused = register(&mut peer, &ada, invited(&ada, &unknown)).await;
    assert_eq!(refused.err(), Some(ErrorCode::LoginFailed));
    let token = folder.issues(Purpose::Invitation).await;
    // What makes no account does not use it up.
    let refused = peer.call(&invited(&ada, &token), Bytes::new()).await;
    assert_eq!(refused.expect_err("no records").code, ErrorCode::Malformed);
    register(&mut peer, &ada, invited(&ada, &token))
        .await
        .expect("an account");
    assert_eq!(
        kept(&folder, &ada).await.map(|account| account.role),
        Some(Role::Member)
    );
    let mut other = house.greeted().await;
    let bob = Owner::named("Bob");
    let refused = register(&mut other, &bob, invited(&bob, &token)).await;
    assert_eq!(refused.err(), Some(ErrorCode::LoginFailed), "replayed");
    drop((peer, other));
    house.close().await;
}

#[tokio::test]
async fn the_setup_token_makes_one_administrator_whatever_the_mode() {
    let folder = Folder::new();
    let house = House::with(Settings {
        registration: Registration::Closed,
        ..folder.settings(AccountLimits::default())
    })
    .await;
    let (setup, invitation) = (
        folder.issues(Purpose::Setup).await,
        folder.issues(Purpose::Invitation).await,
    );
    let (mut first, mut second) = (house.greeted().await, house.greeted().await);
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let refused = register(&mut first, &ada, invited(&ada, &invitation)).await;
    assert_eq!(refused.err(), Some(ErrorCode::NotAllowed), "closed");
    let (a, b) = tokio::join!(
        register(&mut first, &ada, invited(&ada, &setup)),
        register(&mut second, &bob, invited(&bob, &setup)),
    );
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1);
    let refused = a.err().or(b.err());
    assert!(matches!(
        refused,
        Some(ErrorCode::LoginFailed | ErrorCode::NotAllowed)
    ));
    let made = match kept(&folder, &ada).await {
        Some(account) => account,
        None => kept(&folder, &bob).await.expect("one of them"),
    };
    assert_eq!(made.role, Role::Admin);
    drop((first, second));
    house.close().await;
}

#[tokio::test]
async fn a_recovery_code_is_rehearsed_at_once_or_later() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut peer = house.greeted().await;
    let ada = Owner::named("Ada");
    register(&mut peer, &ada, ada.register())
        .await
        .expect("an account");
    let recovery = kept(&folder, &ada).await.map(|account| account.recovery);
    assert_eq!(recovery, Some(Recovery::Rehearsed));

    let bob = Owner::named("Bob");
    let later = Register {
        rehearsed: false,
        ..bob.register()
    };
    let mut peer = house.greeted().await;
    let session = register(&mut peer, &bob, later).await.expect("an account");
    let recovery = kept(&folder, &bob).await.map(|account| account.recovery);
    assert_eq!(recovery, Some(Recovery::Unrehearsed));
    let refused = peer.call(&Rehearsed {}, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    bob.proves(&mut peer, &session).await;
    peer.call(&Rehearsed {}, Bytes::new()).await.expect("noted");
    let recovery = kept(&folder, &bob).await.map(|account| account.recovery);
    assert_eq!(recovery, Some(Recovery::Rehearsed));
    drop(peer);
    house.close().await;
}
