//! Section 4 with accounts: their sessions in proxy-sealed rooms, beside guests.

use bytes::Bytes;
use chat_server::AccountLimits;
use rand::{SeedableRng, rngs::StdRng};
use wire_format::{
    ClientFrame, CloseCode, EpochDraft, EpochNumber, EpochSecret, ErrorCode, Event, MemberId,
    Millis, ServerFrame, SessionKeys,
    command::{
        auth::{Logout, Revoke, SignedInAccount},
        epochs::{Answer, Ask, Start},
        keys::{Announce, Of},
        rooms::{Enter, Exit, MemberKind, Members},
    },
    event::{EpochReason, LeaveReason},
    limits::PING_EVERY,
};

use crate::{
    accounts::ada_is_taken,
    owner::{AtServer as _, Folder, Owner, resume},
    support::{House, Peer, Stopwatch, lobby},
};

/// A session's first device, in the lobby.
async fn arrives(owner: &Owner, house: &House) -> (Peer, SignedInAccount) {
    let (peer, session) = owner.arrives(house).await;
    in_lobby(peer, session).await
}

/// Another one.
async fn comes_again(owner: &Owner, house: &House) -> (Peer, SignedInAccount) {
    let (peer, session) = owner.comes_again(house).await;
    in_lobby(peer, session).await
}

async fn in_lobby(mut peer: Peer, session: SignedInAccount) -> (Peer, SignedInAccount) {
    peer.member = session.session.into();
    peer.enter("lobby").await;
    (peer, session)
}

/// Announces new keys under a name.
async fn announces(peer: &mut Peer, name: &str, rng: &mut StdRng) -> (SessionKeys, Bytes) {
    let keys = SessionKeys::generate(rng).expect("keys");
    let announcement = keys.announce(peer.member, name, Millis::new(1), rng);
    let announcement = announcement.expect("an announcement").bytes().clone();
    let answer = peer.call(&Announce {}, announcement.clone()).await;
    answer.expect("announced");
    (keys, announcement)
}

/// Who left next, and why; who came and what was said are passed over.
async fn left(peer: &mut Peer) -> (MemberId, LeaveReason) {
    loop {
        let event = match peer.next().await.expect("the connection") {
            ServerFrame::Event(frame) => frame.event().expect("an event"),
            _ => continue,
        };
        if let Event::RoomLeft { member, reason, .. } = event {
            return (member, reason);
        }
    }
}

async fn members(peer: &mut Peer) -> Vec<MemberId> {
    let list = Members {
        room: lobby(),
        after: None,
    };
    let answer = peer.call(&list, Bytes::new()).await;
    let members = answer.expect("members").0.members.into_iter();
    members.map(|member| member.id).collect()
}

#[tokio::test]
async fn two_sessions_of_an_account_and_a_guest_talk() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut here, first) = arrives(&ada, &house).await;
    let (mut there, second) = comes_again(&ada, &house).await;
    let mut grace = house.guest("Grace").await;
    let entered = grace.enter("lobby").await;
    assert_eq!(entered.member_count, 3);
    for session in [&first, &second] {
        let id = MemberId::from(session.session);
        let member = entered.members.iter().find(|member| member.id == id);
        let member = member.expect("a member");
        assert_eq!(
            (member.name.as_str(), member.kind, member.account),
            ("Ada", MemberKind::Account, Some(ada.account))
        );
    }
    let guest = entered.members.iter().find(|one| one.id == grace.member);
    let guest = guest.expect("the guest");
    assert_eq!((guest.kind, guest.account), (MemberKind::Guest, None));

    for (said, sender) in [("from here", &first), ("from there", &second)] {
        let speaker = if sender.session == first.session {
            &mut here
        } else {
            &mut there
        };
        speaker.say(said).await;
        for peer in [&mut here, &mut there, &mut grace] {
            let deliver = peer.delivery().await;
            assert_eq!(&deliver.payload[..], said.as_bytes());
            assert_eq!(deliver.sender, sender.session.into());
            assert_eq!(deliver.name.as_str(), "Ada");
        }
    }
    grace.say("from a guest").await;
    for peer in [&mut here, &mut there] {
        peer.hears("from a guest").await;
    }
    here.call(&Exit { room: lobby() }, Bytes::new())
        .await
        .expect("out");
    let gone = left(&mut grace).await;
    assert_eq!(gone, (first.session.into(), LeaveReason::Exit));
    drop((here, there, grace));
    house.close().await;
}

#[tokio::test]
async fn an_account_shares_epochs_with_a_guest_by_session_keys() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut rng = StdRng::seed_from_u64(7);
    let (mut ada, _) = arrives(&Owner::named("Ada"), &house).await;
    let (keys, announcement) = announces(&mut ada, "Ada", &mut rng).await;
    let mut grace = house.in_lobby("Grace").await;
    let (_, asking) = announces(&mut grace, "Grace", &mut rng).await;
    let of = Of { member: ada.member };
    let (_, told) = grace.call(&of, Bytes::new()).await.expect("announced");
    assert_eq!(told, announcement);

    let n = EpochNumber::new(1);
    let draft = EpochDraft {
        room: lobby(),
        n,
        reason: EpochReason::First,
        starter: ada.member,
        started_at: Millis::new(2),
    };
    let secret = EpochSecret::generate(&mut rng);
    let start = keys.start_epoch(&draft, &secret, &mut rng);
    let start = start.expect("an epoch").bytes().clone();
    let room = lobby();
    ada.call(&Start { room, n }, start).await.expect("epoch 1");
    let refused = None;
    grace
        .call(&Ask { room, n, refused }, Bytes::new())
        .await
        .expect("asked");
    loop {
        if let (Event::EpochAsked { asker, .. }, tail) = ada.event().await {
            assert_eq!((asker.id, tail), (grace.member, asking));
            break;
        }
    }
    let share = Bytes::from(vec![7; 256]);
    let to = grace.member;
    ada.call(&Answer { room, n, to }, share.clone())
        .await
        .expect("answered");
    loop {
        if let (Event::EpochShare { from, .. }, tail) = grace.event().await {
            assert_eq!((from, tail), (ada.member, share));
            break;
        }
    }
    drop((ada, grace));
    house.close().await;
}

#[tokio::test]
async fn a_session_that_ends_leaves_its_rooms_before_the_answer() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let mut grace = house.in_lobby("Grace").await;
    let (mut here, first) = arrives(&ada, &house).await;
    let (mut there, second) = comes_again(&ada, &house).await;
    let session = second.session;
    here.call(&Revoke { session }, Bytes::new())
        .await
        .expect("revoked");
    let mut expected = [grace.member, first.session.into()];
    expected.sort_unstable();
    assert_eq!(members(&mut here).await, expected);
    let gone = left(&mut grace).await;
    assert_eq!(gone, (second.session.into(), LeaveReason::SignedOut));
    // What it was sent before is there; what is said afterwards is not.
    grace.say("after the end").await;
    here.hears("after the end").await;
    loop {
        match there.next().await.expect("a close frame") {
            ServerFrame::Deliver(deliver) => panic!("heard {deliver:?}"),
            ServerFrame::Close(close) => break assert_eq!(close.code, CloseCode::Revoked),
            _ => {}
        }
    }

    here.call(&Logout {}, Bytes::new()).await.expect("done");
    let gone = left(&mut grace).await;
    assert_eq!(gone, (first.session.into(), LeaveReason::SignedOut));
    assert_eq!(members(&mut grace).await, [grace.member]);
    drop((here, there, grace));
    house.close().await;
}

#[tokio::test]
async fn a_cut_is_a_loss_and_a_resumed_session_enters_again() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let mut grace = house.in_lobby("Grace").await;
    let (mut here, session) = arrives(&ada, &house).await;
    let member = MemberId::from(session.session);
    let (mut again, resumed) = resume(&house, &session).await.expect("a session");
    // It is out before the new connection is answered, proven or not.
    assert_eq!(members(&mut grace).await, [grace.member]);
    assert_eq!(left(&mut grace).await, (member, LeaveReason::Lost));
    assert_eq!(here.closed().await, CloseCode::Replaced);
    let enter = Enter {
        room: "lobby".into(),
        resume: None,
    };
    let refused = again.call(&enter, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    ada.proves(&mut again, &resumed).await;
    let (again, _) = in_lobby(again, resumed).await;
    assert!(members(&mut grace).await.contains(&member));
    again.vanish();
    assert_eq!(left(&mut grace).await, (member, LeaveReason::Lost));
    drop((here, grace));
    house.close().await;
}

#[tokio::test]
async fn nobody_else_has_an_accounts_name_while_it_is_in_a_room() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut here, _) = arrives(&ada, &house).await;
    let (there, _) = comes_again(&ada, &house).await;
    // One of its sessions ends, the other keeps the name.
    there.vanish();
    house.has_sessions(1).await;
    let mut other = house.greeted().await;
    ada_is_taken(&mut other).await;
    // An announcement is by the name that the account has.
    let mut rng = StdRng::seed_from_u64(8);
    let keys = SessionKeys::generate(&mut rng).expect("keys");
    let foreign = keys.announce(here.member, "Eve", Millis::new(1), &mut rng);
    let foreign = foreign.expect("an announcement").bytes().clone();
    let refused = here.call(&Announce {}, foreign).await;
    assert_eq!(refused.expect_err("Eve").code, ErrorCode::NotAllowed);
    drop((here, other));
    house.close().await;
}

/// Lets a minute pass in which everybody answers pings; at its end the server sweeps.
async fn a_minute_passes(stopwatch: &Stopwatch, [one, two]: [&mut Peer; 2]) {
    // A little more: timers go by whole milliseconds.
    let seconds = PING_EVERY.as_secs_f64() + 0.1;
    for _ in 0..3 {
        stopwatch.advance(seconds).await;
        for peer in [&mut *one, &mut *two] {
            peer.answers_ping().await;
            // The server has read the answer before the clock moves on.
            peer.send(ClientFrame::Ping([7; 8])).await;
            assert_eq!(peer.next().await, Some(ServerFrame::Pong([7; 8])));
        }
    }
    stopwatch.advance(seconds).await;
}

/// Lets the server sweep, whereupon the session leaves the room of the other one.
async fn leaves_with_the_next_sweep(
    (peer, session): (&mut Peer, &SignedInAccount),
    other: &mut Peer,
) {
    let stopwatch = Stopwatch::stop();
    a_minute_passes(&stopwatch, [peer, other]).await;
    let gone = left(other).await;
    assert_eq!(gone, (session.session.into(), LeaveReason::SignedOut));
    assert_eq!(peer.closed().await, CloseCode::Revoked);
    tokio::time::resume();
}

#[tokio::test]
async fn a_session_that_is_old_leaves_with_the_next_sweep() {
    let folder = Folder::new();
    let limits = AccountLimits {
        session_most: std::time::Duration::ZERO,
        ..AccountLimits::default()
    };
    let house = folder.limited(limits).await;
    let mut grace = house.in_lobby("Grace").await;
    let (mut ada, session) = arrives(&Owner::named("Ada"), &house).await;
    assert!(matches!(grace.event().await.0, Event::RoomJoined { .. }));
    leaves_with_the_next_sweep((&mut ada, &session), &mut grace).await;
    drop((ada, grace));
    house.close().await;
}

#[tokio::test]
async fn an_account_that_is_disabled_from_elsewhere_leaves_with_the_next_sweep() {
    let folder = Folder::new();
    let house = folder.house().await;
    let owner = Owner::named("Ada");
    let mut grace = house.in_lobby("Grace").await;
    let (mut ada, session) = arrives(&owner, &house).await;
    assert!(matches!(grace.event().await.0, Event::RoomJoined { .. }));
    assert_eq!(folder.disables(owner.account).await, 1);
    leaves_with_the_next_sweep((&mut ada, &session), &mut grace).await;
    drop((ada, grace));
    let mut again = house.greeted().await;
    let refused = owner.signs_in(&mut again).await.expect_err("disabled");
    assert_eq!(refused.code, ErrorCode::LoginFailed);
    drop(again);
    house.close().await;
}
