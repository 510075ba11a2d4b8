//! What a lying server cannot do unnoticed: docs/protocol.md sections 7 to 9.

use std::sync::Arc;

use bytes::Bytes;
use chat_client::room::{Happened, Input};
use wire_format::{Deliver, Event, RoomId, SessionKeys};

use crate::hub::{Hub, Lie};

fn two() -> Hub {
    let mut hub = Hub::new();
    hub.join("alice");
    hub.join("bob");
    hub.seen(0);
    hub.seen(1);
    hub.commands();
    hub
}

/// Keeps what is delivered to a peer from it.
fn withhold(from: usize) -> Option<Lie> {
    Some(Box::new(move |peer, input| match input {
        Input::Deliver(_) if peer == from => Vec::new(),
        input => vec![input],
    }))
}

/// Changes what is delivered to everybody.
fn change(with: impl Fn(&mut Deliver) + 'static) -> Option<Lie> {
    Some(Box::new(move |_, mut input| {
        if let Input::Deliver(deliver) = &mut input {
            with(deliver);
        }
        vec![input]
    }))
}

fn flip(bytes: &Bytes, from_end: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    let index = bytes.len() - 1 - from_end;
    bytes[index] ^= 1;
    bytes.into()
}

#[test]
fn a_share_that_does_not_match_is_dropped_and_another_holder_is_asked() {
    let mut hub = two();
    let mut is_first = true;
    hub.lie = Some(Box::new(move |_, mut input| {
        if let Input::Event(Event::EpochShare { .. }, share) = &mut input
            && std::mem::take(&mut is_first)
        {
            *share = flip(share, 0);
        }
        vec![input]
    }));
    let carol = hub.join("carol");
    let commands = [
        (carol, "ask"),
        (0, "answer"),
        (carol, "ask another"),
        (1, "answer"),
    ];
    assert_eq!(hub.commands(), commands);
    let seen = hub.seen(carol);
    assert!(seen[0].starts_with("alarm: Share"), "{seen:?}");
    assert_eq!(seen[1], "keyed 1 First");
}

#[test]
fn a_server_with_only_wrong_shares_is_not_asked_without_end() {
    let mut hub = two();
    hub.lie = Some(Box::new(|peer, mut input| {
        if let (2, Input::Event(Event::EpochShare { .. }, share)) = (peer, &mut input) {
            *share = Bytes::from_static(&[7; 256]);
        }
        vec![input]
    }));
    let carol = hub.join("carol");
    // Both holders were refused, so carol starts an epoch of her own.
    let seen = hub.seen(carol);
    assert_eq!(seen.last().map(String::as_str), Some("keyed 2 Unanswered"));
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn an_epoch_whose_start_does_not_verify_is_never_used() {
    for from_end in [0, 300, 1_500] {
        let mut hub = two();
        let carol = hub.join("carol");
        hub.leave(carol);
        hub.pass(std::time::Duration::from_secs(10));
        hub.seen(0);
        hub.lie = Some(Box::new(move |peer, mut input| {
            if let (0, Input::Event(Event::EpochStarted { .. }, bundle)) = (peer, &mut input) {
                *bundle = flip(bundle, from_end);
            }
            vec![input]
        }));
        hub.say(1, "under a new key");
        let seen = hub.seen(0);
        assert!(seen[0].starts_with("alarm: EpochStart"), "{seen:?}");
        assert!(seen[1].contains("NotOpened Some(UnknownEpoch)"), "{seen:?}");
        assert_eq!(seen.len(), 2, "{seen:?}");
    }
}

#[test]
fn who_wants_to_send_starts_the_next_epoch_over_one_that_does_not_verify() {
    let mut hub = two();
    let carol = hub.join("carol");
    hub.leave(carol);
    hub.pass(std::time::Duration::from_secs(10));
    hub.seen(0);
    hub.lie = Some(Box::new(|peer, mut input| {
        if let (0, Input::Event(Event::EpochStarted { .. }, bundle)) = (peer, &mut input) {
            *bundle = flip(bundle, 0);
        }
        vec![input]
    }));
    hub.say(1, "under a key that alice cannot have");
    assert!(hub.seen(0)[0].starts_with("alarm: EpochStart"));
    hub.lie = None;
    hub.commands();
    hub.say(0, "under the next one");
    assert_eq!(hub.commands(), [], "not at once");
    hub.pass(std::time::Duration::from_secs(11));
    let seen = hub.seen(0);
    assert_eq!(seen[0], "keyed 3 Demand", "{seen:?}");
    assert!(seen.iter().any(|line| line.contains("under the next one")));
    assert!(
        hub.seen(1)
            .iter()
            .any(|line| line.contains("under the next one"))
    );
}

#[test]
fn an_epoch_without_its_signatures_is_refused_at_entering() {
    let mut hub = two();
    hub.lie = Some(Box::new(|_, mut input| {
        if let Input::Entered { bundle, .. } = &mut input {
            // The announcement stays; the start loses its signature block.
            let start = usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
            let stripped = start - (2 + 256 + 64);
            let length = u16::try_from(stripped).expect("short").to_be_bytes();
            let parts = [&length[..], &bundle[2..2 + stripped], &bundle[2 + start..]];
            *bundle = parts.concat().into();
        }
        vec![input]
    }));
    let carol = hub.join("carol");
    assert!(hub.seen(carol)[0].starts_with("alarm: EpochStart"));
    assert_eq!(
        hub.commands(),
        [],
        "nothing is asked or started on a server's bare word"
    );
}

#[test]
fn an_epoch_of_another_room_or_number_is_refused() {
    let mut hub = two();
    hub.lie = Some(Box::new(|_, mut input| {
        if let Input::Entered { entered, .. } = &mut input
            && let Some(epoch) = &mut entered.epoch
        {
            epoch.n = epoch.n.next();
        }
        vec![input]
    }));
    let carol = hub.join("carol");
    assert_eq!(hub.seen(carol), ["alarm: EpochStart(Other)"]);
}

#[test]
fn a_key_is_not_handed_to_an_announcement_that_does_not_verify() {
    for from_end in [0, 64, 400] {
        let mut hub = two();
        hub.lie = Some(Box::new(move |_, mut input| {
            if let Input::Event(Event::EpochAsked { .. }, announcement) = &mut input {
                *announcement = flip(announcement, from_end);
            }
            vec![input]
        }));
        let carol = hub.join("carol");
        assert!(
            !hub.commands()
                .iter()
                .any(|(_, command)| *command == "answer")
        );
        assert!(hub.seen(0)[0].starts_with("alarm: Asker"));
        assert_eq!(hub.seen(carol), [""; 0]);
    }
}

#[test]
fn keys_swapped_for_somebody_elses_are_noticed() {
    let mut hub = two();
    let ghost = Arc::new(SessionKeys::generate(&mut rand::rng()).expect("keys"));
    let bob = Arc::clone(&hub.peers[1].me);
    let made_at = hub.now.wall;
    let forged = ghost.announce(bob.member, &bob.name, made_at, &mut rand::rng());
    let forged = forged.expect("an announcement");
    let mut asker = hub.member(1);
    let epoch = hub.epoch.as_ref().expect("an epoch").n;
    let room = crate::hub::room_id();
    // With bob's fingerprint beside it the forgery is plain, and nothing is answered.
    let asked = Event::EpochAsked {
        room,
        n: epoch,
        asker: asker.clone(),
    };
    hub.tell(0, asked, forged.bytes().clone());
    hub.settle();
    assert!(hub.seen(0)[0].contains("error: None"));
    assert_eq!(hub.commands(), []);
    // With the ghost's own the user is shown that bob's keys changed.
    asker.fingerprint = Some(ghost.fingerprint());
    let asked = Event::EpochAsked {
        room,
        n: epoch,
        asker,
    };
    hub.tell(0, asked, forged.bytes().clone());
    hub.settle();
    assert_eq!(hub.seen(0), ["member changed"]);
    hub.say(1, "still me");
    assert_eq!(hub.seen(0), ["bob: still me [keys]"]);
}

#[test]
fn a_replayed_envelope_is_dropped_and_its_place_is_not_a_message() {
    let mut hub = two();
    hub.say(0, "once");
    let mut again = hub.ring[0].clone();
    hub.sequence += 1;
    again.sequence = again.sequence.next();
    hub.deliver_all(&again);
    hub.settle();
    assert_eq!(hub.seen(1), ["alice: once"]);
    hub.say(0, "twice");
    assert_eq!(hub.seen(1), ["alice: twice"]);
}

#[test]
fn another_envelope_under_the_same_counter_is_an_alarm() {
    let mut hub = two();
    hub.say(0, "the real one");
    let mut other = hub.ring[0].clone();
    hub.sequence += 1;
    other.sequence = other.sequence.next();
    other.payload = flip(&other.payload, 0);
    hub.deliver_all(&other);
    hub.settle();
    let expected = [
        "alice: the real one",
        "unreadable 2: NotOpened Some(Conflict)",
    ];
    assert_eq!(hub.seen(1), expected);
}

#[test]
fn an_envelope_opens_only_where_and_from_whom_it_was_sealed() {
    let mut hub = two();
    let bob = hub.peers[1].me.member;
    hub.lie = change(move |deliver| deliver.sender = bob);
    hub.say(0, "as bob?");
    assert_eq!(hub.seen(1), ["unreadable 1: NotOpened Some(OtherSender)"]);

    hub.lie = change(|deliver| {
        let mut payload = deliver.payload.to_vec();
        payload[2..18].copy_from_slice(RoomId::of_name("ops").as_bytes());
        deliver.payload = payload.into();
    });
    hub.say(0, "in another room?");
    assert_eq!(hub.seen(1), ["unreadable 2: NotOpened Some(OtherChannel)"]);

    hub.lie = change(|deliver| deliver.payload = flip(&deliver.payload, 40));
    hub.say(0, "changed?");
    assert_eq!(hub.seen(1), ["unreadable 3: NotOpened Some(Open(Tag))"]);

    hub.lie = change(|deliver| deliver.payload = deliver.payload.slice(..100));
    hub.say(0, "cut?");
    assert_eq!(
        hub.seen(1),
        ["unreadable 4: NotOpened Some(Open(Truncated))"]
    );

    hub.lie = change(|deliver| deliver.flags = wire_format::DeliverFlags::Stored);
    hub.say(0, "stored?");
    assert_eq!(hub.seen(1), ["unreadable 5: NotOpened Some(Flags)"]);
}

#[test]
fn withheld_messages_are_named_by_their_place() {
    let mut hub = two();
    hub.lie = withhold(1);
    hub.say(0, "withheld");
    hub.lie = None;
    hub.say(0, "and on");
    assert_eq!(hub.seen(1), ["missed: Withheld", "alice: and on"]);
}

#[test]
fn withheld_messages_are_named_by_their_counter_when_the_server_renumbers() {
    let mut hub = two();
    hub.say(0, "first");
    hub.lie = withhold(1);
    hub.say(0, "withheld");
    hub.lie = Some(Box::new(|peer, mut input| {
        if let (1, Input::Deliver(deliver)) = (peer, &mut input) {
            deliver.sequence = wire_format::Sequence::new(deliver.sequence.value() - 1);
        }
        vec![input]
    }));
    hub.say(0, "third");
    assert_eq!(
        hub.seen(1),
        ["alice: first", "missed: Withheld", "alice: third"]
    );
}

#[test]
fn faults_never_show_text() {
    let mut hub = two();
    hub.say(0, "a canary in the coal mine");
    let seen = &hub.peers[1].seen;
    assert!(matches!(seen[0], Happened::Message(_)));
    assert!(!format!("{seen:?}").contains("canary"));
    assert!(!format!("{:?}", hub.peers[0].me).contains("PRIVATE"));
}

#[test]
fn an_epoch_that_does_not_verify_while_a_message_is_under_way_does_not_keep_the_room_busy() {
    let mut hub = two();
    let carol = hub.join("carol");
    hub.leave(carol);
    hub.acknowledges = false;
    hub.lie = withhold(0);
    hub.queue(0, crate::common::message_id(), "under way");
    hub.settle();
    hub.pass(std::time::Duration::from_secs(10));
    hub.lie = Some(Box::new(|peer, mut input| match (peer, &mut input) {
        (0, Input::Event(Event::EpochStarted { .. }, bundle)) => {
            *bundle = flip(bundle, 0);
            vec![input]
        }
        (0, Input::Deliver(_) | Input::Replied(..)) => Vec::new(),
        _ => vec![input],
    }));
    hub.say(1, "under a new key");
    let room = |hub: &Hub| {
        let room = hub.peers[0].room.as_ref();
        room.and_then(chat_client::SealedRoom::timeout)
    };
    // Whatever it waits for lies ahead, until its message is given up.
    for _ in 0..70 {
        hub.pass(std::time::Duration::from_secs(1));
        let now = hub.now.at;
        assert!(room(&hub).is_none_or(|at| at > now), "at {now:?}");
    }
    assert!(hub.seen(0).contains(&"unsent Unacknowledged".to_owned()));
}

#[test]
fn a_message_that_is_late_for_one_session_is_flagged_for_that_one() {
    let keyring = chat_client::Keyring::new();
    let mut hub = Hub::new();
    hub.join("alice");
    for name in ["bob", "carol"] {
        hub.join_with(name, &keyring);
    }
    let late = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let kept = std::rc::Rc::clone(&late);
    hub.lie = Some(Box::new(move |peer, input| match (peer, &input) {
        (2, Input::Deliver(_)) => {
            kept.borrow_mut().push(input);
            Vec::new()
        }
        _ => vec![input],
    }));
    hub.say(0, "in time");
    hub.lie = None;
    hub.pass(std::time::Duration::from_secs(301));
    hub.peers[2].inbox.extend(late.take());
    let skimmed = hub.skimmed;
    hub.settle();
    assert_eq!(hub.skimmed, skimmed + 1);
    assert!(hub.seen(1).contains(&"alice: in time".to_owned()));
    assert!(hub.seen(2).contains(&"alice: in time [clock]".to_owned()));
}
