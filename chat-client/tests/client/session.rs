//! Sessions on a real chat-server.

use std::time::Duration;

use chat_client::{
    ConnectError, Keyring, Session, SessionEvent,
    room::{Happened, SendFailure},
    session::{Carry, SessionEnd},
};
use chat_server::Rate;
use wire_format::{ErrorCode, ProxyKey, RoomId, event::MissedReason};

use crate::common::{House, PATIENCE, message_id, relay::Relay, text};

#[tokio::test(flavor = "multi_thread")]
async fn two_guests_talk_and_see_each_other_come_and_go() {
    let mut house = House::start().await;
    let mut alice = house.guest("alice").await;
    let mut bob = house.guest("bob").await;
    alice.say("12:30").await;
    bob.say("exit").await;
    for guest in [&mut alice, &mut bob] {
        assert_eq!(guest.hear_text().await, "alice: 12:30");
        assert_eq!(guest.hear_text().await, "bob: exit");
    }
    bob.session.logout().await;
    assert_eq!(house.sessions(), 1);
    alice
        .until(|event| {
            matches!(
                event,
                SessionEvent::Room {
                    happened: Happened::Left { .. },
                    ..
                }
            )
        })
        .await;
    alice.session.logout().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_every_kind_arrive_unchanged() {
    let mut house = House::start().await;
    let alice = house.guest("alice").await;
    let mut bob = house.guest("bob").await;
    let long = "\u{1F409}".repeat(wire_format::limits::TEXT_BYTES / 4);
    for said in [
        "<script>alert(1)</script>",
        "\u{202e}evil\u{0}\r\n\t",
        "שלום",
        " ",
        &long,
    ] {
        alice.say(said).await;
        assert_eq!(text(&bob.hear().await), said);
    }
    let room = RoomId::of_name("lobby");
    let above = format!("{long}x");
    let failures = [
        ("", SendFailure::Malformed),
        (&above, SendFailure::TooLarge),
    ];
    for (said, failure) in failures {
        let sent = alice.session.send_text(room, message_id(), said).await;
        assert_eq!(sent, Err(failure));
    }
    let elsewhere = RoomId::of_name("elsewhere");
    let sent = alice.session.send_text(elsewhere, message_id(), "x").await;
    assert_eq!(sent, Err(SendFailure::NotInRoom));
    drop((alice, bob));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_is_met_again_without_a_message_shown_twice() {
    let mut house = House::start().await;
    let mut alice = house.guest("alice").await;
    let mut bob = house.guest("bob").await;
    alice.say("before").await;
    assert_eq!(bob.hear_text().await, "alice: before");
    assert_eq!(alice.hear_text().await, "alice: before");

    house.stop().await;
    bob.until(|event| matches!(event, SessionEvent::Lost { .. }))
        .await;
    let said = {
        let session = bob.session.clone();
        let room = RoomId::of_name("lobby");
        tokio::spawn(async move { session.send_text(room, message_id(), "meanwhile").await })
    };
    house.start_again().await;
    for guest in [&mut alice, &mut bob] {
        let restart = |event: &SessionEvent| {
            let missed = Happened::Missed(MissedReason::Restart);
            matches!(event, SessionEvent::Room { happened, .. }
                if std::mem::discriminant(happened) == std::mem::discriminant(&missed))
        };
        guest.until(restart).await;
        assert_eq!(guest.hear_text().await, "bob: meanwhile");
    }
    let said = tokio::time::timeout(PATIENCE, said).await;
    said.expect("in time").expect("a task").expect("sent");
    alice.say("after").await;
    assert_eq!(alice.hear_text().await, "alice: after");
    assert_eq!(bob.hear_text().await, "alice: after");
    drop((alice, bob));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_is_refused_and_free_after_sign_out() {
    let mut house = House::start().await;
    let alice = house.guest("alice").await;
    let refused = Session::connect(house.settings("Alice")).await;
    match refused {
        Err(ConnectError::Refused { command, refusal }) => {
            assert_eq!(
                (command, refusal.code),
                ("auth.guest", ErrorCode::NameTaken)
            );
        }
        other => panic!("{other:?}"),
    }
    alice.session.logout().await;
    let again = house.guest("Alice").await;
    assert_eq!(again.session.name(), "Alice");
    drop(again);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_token_elsewhere_ends_the_older_session() {
    let mut house = House::start().await;
    let settings = house.settings("alice");
    let mut older = house.guest_with(settings.clone()).await;
    let newer = house.guest_with(settings).await;
    let end = loop {
        if let SessionEvent::Ended(end) = older.next().await {
            break end;
        }
    };
    assert!(matches!(end, SessionEnd::Lost(_)), "{end:?}");
    newer.say("still here").await;
    drop(newer);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_one_process_share_keys_and_frames() {
    let mut house = House::start().await;
    let keyring = Keyring::new();
    let mut sharing = Vec::new();
    for name in ["anna", "bernd", "carla"] {
        sharing.push(house.guest_on(name, &keyring).await);
    }
    let mut alone = house.guest("dora").await;
    alone.say("hello").await;
    assert_eq!(alone.hear_text().await, "dora: hello");
    let mut opened = Vec::new();
    for guest in &mut sharing {
        let message = guest.hear().await;
        assert_eq!(text(&message), "hello");
        opened.push((message.opened.clone(), message.page_frame().message()));
    }
    let (first, frame) = &opened[0];
    for (other, other_frame) in &opened {
        assert!(std::sync::Arc::ptr_eq(first, other));
        assert_eq!(frame.as_ptr(), other_frame.as_ptr());
    }
    sharing[1].say("and back").await;
    assert_eq!(alone.hear_text().await, "bernd: and back");
    drop((sharing, alone, opened));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_drip_are_the_same_messages_for_all_sessions_of_a_process() {
    let mut house = House::start().await;
    let relay = Relay::dripping_to(house.address).await;
    let keyring = Keyring::new();
    let mut first = house.guest_on("anna", &keyring).await;
    let mut settings = house.settings("bernd");
    settings.endpoint = relay.address.to_string().parse().expect("an address");
    settings.keyring = keyring;
    let mut dripped = house.guest_with(settings).await;
    let alone = house.guest("dora").await;
    for number in 0..5 {
        alone.say(&number.to_string()).await;
        let said = format!("dora: {number}");
        assert_eq!(first.hear_text().await, said);
        assert_eq!(dripped.hear_text().await, said);
    }
    drop((first, dripped, alone));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_behind_stops_the_reading_and_misses_nothing() {
    let mut house = House::start().await;
    let mut settings = house.settings("bob");
    settings.event_queue = 8;
    let mut bob = house.guest_with(settings).await;
    let mut alice = house.guest("alice").await;
    for number in 0..200 {
        alice.say(&number.to_string()).await;
    }
    for number in 0..200 {
        assert_eq!(alice.hear_text().await, format!("alice: {number}"));
    }
    let mut heard = 0;
    while heard < 200 {
        let events = tokio::time::timeout(PATIENCE, bob.events.take()).await;
        let events = events.expect("events in time").expect("a session");
        assert!(events.len() <= 8, "{} events at once", events.len());
        for event in events {
            if let SessionEvent::Room {
                happened: Happened::Message(message),
                ..
            } = event
            {
                assert_eq!(text(&message), heard.to_string());
                heard += 1;
            }
        }
    }
    drop((alice, bob));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_opened_listed_entered_and_left() {
    let mut house = House::start().await;
    let alice = house.guest("alice").await;
    let refused = alice
        .session
        .enter("ops")
        .await
        .map_err(|error| error.code());
    assert_eq!(
        refused.map(|entered| entered.name),
        Err(ErrorCode::NoSuchRoom)
    );
    let opened = alice.session.open("ops").await.expect("a room");
    let entered = alice.session.enter("ops").await.expect("entered");
    assert_eq!((opened.id, opened.channel), (entered.id, entered.channel));
    let members = alice
        .session
        .members(entered.id, None)
        .await
        .expect("members");
    assert_eq!(members.members.len(), 1);
    let rooms = alice.session.rooms().await.expect("rooms").rooms;
    let mut names: Vec<_> = rooms.iter().map(|room| room.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["lobby", "ops"]);
    alice.session.exit(entered.id).await.expect("left");
    let sent = alice.session.send_text(entered.id, message_id(), "x").await;
    assert_eq!(sent, Err(SendFailure::NotInRoom));
    drop(alice);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_to_leave_is_still_there() {
    let few = Rate {
        every: Duration::from_secs(3_600),
        burst: 40,
    };
    let mut house = House::start_with(few).await;
    let mut alice = house.guest("alice").await;
    let leave = async |room| {
        let left = alice.session.exit(room).await;
        left.map_err(|error| error.code())
    };
    let elsewhere = RoomId::of_name("elsewhere");
    while leave(elsewhere).await != Err(ErrorCode::RateLimited) {}
    let lobby = RoomId::of_name("lobby");
    assert_eq!(leave(lobby).await, Err(ErrorCode::RateLimited));
    alice.say("still here").await;
    assert_eq!(alice.hear_text().await, "alice: still here");
    drop(alice);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_resumes_where_it_left_off() {
    let mut house = House::start().await;
    let relay = Relay::to(house.address).await;
    let alice = house.guest("alice").await;
    let mut settings = house.settings("bob");
    settings.endpoint = relay.address.to_string().parse().expect("an address");
    let mut bob = house.guest_with(settings).await;
    let canary = "a canary that only members see";
    alice.say(canary).await;
    assert_eq!(bob.hear_text().await, format!("alice: {canary}"));
    for round in 0..3 {
        relay.cut();
        bob.until(|event| matches!(event, SessionEvent::Lost { .. }))
            .await;
        let while_away = format!("while bob was away {round}");
        alice.say(&while_away).await;
        bob.say("back").await;
        let mut heard = [bob.hear_text().await, bob.hear_text().await];
        heard.sort_unstable();
        assert_eq!(
            heard,
            [format!("alice: {while_away}"), "bob: back".to_owned()]
        );
    }
    assert!(relay.saw(b"rooms.enter"), "the relay would have seen it");
    assert!(!relay.saw(canary.as_bytes()));
    drop((alice, bob));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_proves_itself_before_it_speaks_for_somebody() {
    let mut house = House::start().await;
    let carry = |key| Carry {
        key: ProxyKey::from_bytes(key),
        address: "192.0.2.7".to_owned(),
    };
    let mut settings = house.settings("alice");
    settings.carry = Some(carry([9; 32]));
    let alice = house.guest_with(settings.clone()).await;
    alice.say("carried").await;
    settings.carry = Some(carry([8; 32]));
    match Session::connect(settings).await {
        Err(ConnectError::Refused { command, refusal }) => {
            assert_eq!(
                (command, refusal.code),
                ("session.carry", ErrorCode::NotAllowed)
            );
        }
        other => panic!("{other:?}"),
    }
    drop(alice);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_reads_or_holds_signs_out() {
    let mut house = House::start().await;
    let alice = house.guest("alice").await;
    let bob = house.guest("bob").await;
    let crate::common::Guest { session, events } = alice;
    drop(events);
    session.ended().await;
    let crate::common::Guest {
        session,
        mut events,
    } = bob;
    drop(session);
    let end = loop {
        if let Some(SessionEvent::Ended(end)) = events.next().await {
            break end;
        }
    };
    assert!(matches!(end, SessionEnd::SignedOut), "{end:?}");
    assert_eq!(house.sessions(), 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_for_too_long_the_session_is_given_up() {
    let mut house = House::start().await;
    let mut settings = house.settings("alice");
    settings.give_up_after = Some(std::time::Duration::ZERO);
    let mut alice = house.guest_with(settings).await;
    house.stop().await;
    let end = loop {
        if let SessionEvent::Ended(end) = alice.next().await {
            break end;
        }
    };
    assert!(matches!(end, SessionEnd::Lost(_)), "{end:?}");
    let sent = alice
        .session
        .send_text(RoomId::of_name("lobby"), message_id(), "x")
        .await;
    assert_eq!(sent, Err(SendFailure::Ended));
}
