//! Section 3: hello, carry, names, tokens, signing out.

use bytes::Bytes;
use chat_server::Settings;
use wire_format::{
    ClientFrame, CloseCode, ErrorCode, Event, GuestToken, ProxyKey, Refusal, ServerFrame,
    command::{
        auth::{Guest, Logout},
        keys::Of,
        rooms::List,
        session::{Carry, Hello},
    },
    event::LeaveReason,
};

use crate::support::{House, lobby, publish, token};

#[tokio::test]
async fn hello_tells_what_is_spoken() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    let greeting = peer.hello().await;
    assert_eq!(greeting.version, 1);
    assert_eq!(greeting.server, "sealwire/0.1.0");
    assert_eq!(
        (greeting.ping_ms, greeting.frame_bytes),
        (15_000, 1_114_112)
    );
    let other = house.connect().await.hello().await;
    assert_ne!(greeting.challenge, other.challenge);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn another_version_is_refused_and_closed() {
    let house = House::open().await;
    for version in [0, 2, u32::MAX] {
        let mut peer = house.connect().await;
        let hello = Hello {
            version,
            client: "test/2".into(),
        };
        let refusal = peer.call(&hello, Bytes::new()).await;
        let refusal = refusal.expect_err("another version");
        assert_eq!(refusal, Refusal::new(ErrorCode::UnsupportedVersion));
        assert_eq!(peer.closed().await, CloseCode::Version);
    }
    house.close().await;
}

#[tokio::test]
async fn a_client_text_has_at_most_64_bytes() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    for (length, allowed) in [(65, false), (64, true)] {
        let hello = Hello {
            version: 1,
            client: "x".repeat(length),
        };
        assert_eq!(peer.call(&hello, Bytes::new()).await.is_ok(), allowed);
    }
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn commands_have_their_phase() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    let guest = Guest {
        name: "early".into(),
        token: Some(token()),
    };
    let code = |refusal: Refusal| refusal.code;
    let early = peer.call(&guest, Bytes::new()).await.map_err(code);
    assert_eq!(early.expect_err("no hello"), ErrorCode::NotAllowed);
    let early = peer.call(&List {}, Bytes::new()).await.map_err(code);
    assert_eq!(early.expect_err("no sign-in"), ErrorCode::NotSignedIn);
    peer.hello().await;
    let early = peer.call(&List {}, Bytes::new()).await.map_err(code);
    assert_eq!(early.expect_err("no sign-in"), ErrorCode::NotSignedIn);
    let hello = Hello {
        version: 1,
        client: String::new(),
    };
    let again = peer.call(&hello, Bytes::new()).await.map_err(code);
    assert_eq!(again.expect_err("twice"), ErrorCode::NotAllowed);
    peer.send(publish(9, b"early")).await;
    let early = peer.reply_to::<serde::de::IgnoredAny>(9).await;
    assert_eq!(early.map_err(code).err(), Some(ErrorCode::NotSignedIn));
    peer.call(&guest, Bytes::new()).await.expect("a session");
    let again = peer.call(&guest, Bytes::new()).await.map_err(code);
    assert_eq!(again.expect_err("twice"), ErrorCode::AlreadySignedIn);
    let again = peer.call(&hello, Bytes::new()).await.map_err(code);
    assert_eq!(again.expect_err("twice"), ErrorCode::NotAllowed);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn names_of_every_unpleasant_kind_are_refused() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let long = "x".repeat(32);
    for name in [
        "",
        "a",
        "  ",
        " a ",
        &long,
        "a\0b",
        "a\nb",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{2066}b",
        "\u{3164}\u{3164}",
        "a\u{e000}b",
        "a\u{300}\u{301}\u{302}\u{303}\u{304}b",
        "a\u{fffe}b",
    ] {
        let refused = peer.sign_in(name, token()).await;
        assert_eq!(refused, Err(ErrorCode::NameInvalid), "{name:?}");
    }
    let prepared = peer
        .sign_in("  Zoe\u{308}   Ｗ ", token())
        .await
        .expect("a name");
    assert_eq!(prepared.name, "Zoë W");
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_name_is_taken_with_all_that_look_like_it_until_its_session_ends() {
    let house = House::open().await;
    let owner = house.guest("Alice").await;
    let mut other = house.greeted().await;
    for twin in ["Alice", "alice", "ALICE", "AIice", "Аlice", "Ａlice"] {
        let refused = other.sign_in(twin, token()).await;
        assert_eq!(refused, Err(ErrorCode::NameTaken), "{twin}");
    }
    owner.vanish();
    house.has_sessions(0).await;
    assert!(other.sign_in("alice", token()).await.is_ok());
    drop(other);
    house.close().await;
}

#[tokio::test]
async fn a_token_makes_the_member_and_takes_its_session_over() {
    let house = House::open().await;
    let token = GuestToken::from_bytes([7; 32]);
    let mut first = house.greeted().await;
    let first_in = first.sign_in("Nomad", token.clone()).await.expect("a name");
    assert_eq!(first_in.member, token.member());
    first.enter("lobby").await;
    let mut witness = house.in_lobby("witness").await;

    let mut second = house.greeted().await;
    let second_in = second.sign_in("nomad", token).await.expect("its own name");
    assert_eq!(second_in.member, first_in.member);
    assert_eq!(first.closed().await, CloseCode::Replaced);
    let (left, _) = witness.event().await;
    let reason = LeaveReason::Lost;
    let (room, member) = (lobby(), first_in.member);
    assert_eq!(
        left,
        Event::RoomLeft {
            room,
            member,
            reason
        }
    );
    second.enter("lobby").await;
    assert!(matches!(witness.event().await.0, Event::RoomJoined { .. }));
    second.say("still me").await;
    witness.hears("still me").await;
    drop((first, second, witness));
    house.close().await;
}

#[tokio::test]
async fn a_guest_without_a_token_is_malformed() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let guest = Guest {
        name: "nobody".into(),
        token: None,
    };
    let refusal = peer.call(&guest, Bytes::new()).await.expect_err("no token");
    assert_eq!(refusal.code, ErrorCode::Malformed);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn logging_out_frees_everything_before_the_reply() {
    let house = House::open().await;
    let mut witness = house.in_lobby("witness").await;
    let mut peer = house.in_lobby("leaver").await;
    witness.event().await;
    peer.call(&Logout {}, Bytes::new()).await.expect("done");
    let mut heir = house.greeted().await;
    assert!(heir.sign_in("leaver", token()).await.is_ok());
    let (room, member, reason) = (lobby(), peer.member, LeaveReason::SignedOut);
    let left = Event::RoomLeft {
        room,
        member,
        reason,
    };
    assert_eq!(witness.event().await.0, left);
    assert_eq!(peer.closed().await, CloseCode::Done);
    drop((witness, peer, heir));
    house.close().await;
}

#[tokio::test]
async fn a_clean_close_is_a_sign_out_and_a_cut_is_a_loss() {
    let house = House::open().await;
    let mut witness = house.in_lobby("witness").await;
    for (clean, reason) in [(true, LeaveReason::SignedOut), (false, LeaveReason::Lost)] {
        let mut peer = house.in_lobby("leaver").await;
        witness.event().await;
        let member = peer.member;
        if clean {
            peer.send(ClientFrame::Close(CloseCode::Done.into())).await;
            assert_eq!(peer.closed().await, CloseCode::Done);
        }
        peer.vanish();
        let room = lobby();
        assert_eq!(
            witness.event().await.0,
            Event::RoomLeft {
                room,
                member,
                reason
            }
        );
        house.has_sessions(1).await;
    }
    drop(witness);
    house.close().await;
}

#[tokio::test]
async fn a_proxy_is_believed_with_its_key_only() {
    let key = ProxyKey::from_bytes([9; 32]);
    let house = House::with(Settings {
        proxy_key: Some(key.clone()),
        ..Settings::default()
    })
    .await;
    let mut peer = house.connect().await;
    let challenge = peer.hello().await.challenge;
    let carry = |key: &ProxyKey, proved: &str, said: &str| Carry {
        address: said.into(),
        proof: key.prove(&challenge, proved),
    };
    let stranger = ProxyKey::from_bytes([8; 32]);
    for (wrong, code) in [
        (
            carry(&stranger, "192.0.2.7", "192.0.2.7"),
            ErrorCode::NotAllowed,
        ),
        (carry(&key, "192.0.2.7", "192.0.2.8"), ErrorCode::NotAllowed),
        (carry(&key, "nowhere", "nowhere"), ErrorCode::Malformed),
    ] {
        let refusal = peer.call(&wrong, Bytes::new()).await.expect_err("wrong");
        assert_eq!(refusal.code, code);
    }
    let right = carry(&key, "192.0.2.7", "192.0.2.7");
    peer.call(&right, Bytes::new()).await.expect("believed");
    peer.sign_in("carried", token()).await.expect("a session");
    // The proof is for one connection.
    let mut replay = house.greeted().await;
    let refusal = replay
        .call(&right, Bytes::new())
        .await
        .expect_err("replayed");
    assert_eq!(refusal.code, ErrorCode::NotAllowed);
    drop((peer, replay));
    house.close().await;
}

#[tokio::test]
async fn a_server_without_a_proxy_key_believes_no_proxy() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    let challenge = peer.hello().await.challenge;
    let carry = Carry {
        address: "192.0.2.7".into(),
        proof: ProxyKey::from_bytes([0; 32]).prove(&challenge, "192.0.2.7"),
    };
    let refusal = peer.call(&carry, Bytes::new()).await.expect_err("no key");
    assert_eq!(refusal.code, ErrorCode::NotAllowed);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn keys_of_nobody_are_not_there() {
    let house = House::open().await;
    let mut peer = house.guest("keyless").await;
    let member = peer.member;
    let refusal = peer.call(&Of { member }, Bytes::new()).await;
    assert_eq!(refusal.expect_err("no keys").code, ErrorCode::NoSuchMember);
    assert!(!matches!(
        peer.call(&List {}, Bytes::new()).await,
        Err(Refusal { .. })
    ));
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_late_carry_is_refused() {
    let house = House::open().await;
    let mut peer = house.guest("late").await;
    let carry = Carry {
        address: "192.0.2.7".into(),
        proof: wire_format::Proof::from_bytes([0; 32]),
    };
    let refusal = peer.call(&carry, Bytes::new()).await.expect_err("late");
    assert_eq!(refusal.code, ErrorCode::NotAllowed);
    peer.send(ClientFrame::Ping([1; 8])).await;
    assert_eq!(peer.next().await, Some(ServerFrame::Pong([1; 8])));
    drop(peer);
    house.close().await;
}
