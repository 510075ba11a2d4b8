//! What is lost, comes back without a reload, is shown once, and what was missed is said.

use sealwire_tests::{
    page::{Heard, Path, Talk},
    relay::Relay,
    tiers::{ChatServer, WebProxy},
};
use wire_format::{
    Event, MessageId,
    event::{LeaveReason, MissedReason},
};

use crate::house::{House, guest};

/// Says something until it is accepted, under one message id, as the page does.
async fn insist(talk: &mut Talk, text: &str) {
    let message = MessageId::from_bytes(rand::random());
    loop {
        match talk.say_as(message, text).await {
            Ok(_) => return,
            Err((code, wait)) => {
                let patient = [
                    "unavailable",
                    "busy",
                    "rate_limited",
                    "stale_epoch",
                    "not_in_room",
                ];
                assert!(patient.contains(&code.as_str()), "{code}");
                let wait = tokio::time::Duration::from_millis(wait.unwrap_or(100));
                tokio::time::sleep(wait).await;
            }
        }
    }
}

async fn hear_until(talk: &mut Talk, text: &str) -> Vec<Heard> {
    let mut heard = Vec::new();
    loop {
        heard.push(talk.hear().await);
        if heard.last().is_some_and(|last| last.text == text) {
            return heard;
        }
    }
}

fn texts(heard: &[Heard]) -> Vec<&str> {
    heard.iter().map(|heard| heard.text.as_str()).collect()
}

#[tokio::test]
async fn killing_one_proxy_leaves_the_others_talking() {
    let mut house = House::open().await;
    let mut anna = guest(&house.first, "Anna", Path::Socket).await;
    let mut ben = guest(&house.second, "Ben", Path::Socket).await;
    let mut cleo = guest(&house.second, "Cleo", Path::Posts).await;
    anna.say("before").await.expect("a message");
    assert_eq!(ben.hear().await.text, "before");
    house.first.program.kill();
    for talk in [&mut ben, &mut cleo] {
        let left = talk.event(|event| match event {
            Event::RoomLeft { reason, .. } => Some(*reason),
            _ => None,
        });
        assert_eq!(left.await, LeaveReason::Lost);
    }
    ben.say("without Anna").await.expect("a message");
    assert_eq!(
        texts(&hear_until(&mut cleo, "without Anna").await),
        ["before", "without Anna"]
    );
    // Anna's name is free again, and she comes back through the other proxy.
    let mut anna = guest(&house.second, "Anna", Path::Socket).await;
    anna.say("back").await.expect("a message");
    hear_until(&mut ben, "back").await;
    assert_eq!(cleo.hear().await.text, "back");
}

#[tokio::test]
async fn a_restarted_chat_server_heals_every_session() {
    let mut house = House::open().await;
    let mut anna = guest(&house.first, "Anna", Path::Socket).await;
    let mut ben = guest(&house.second, "Ben", Path::Posts).await;
    anna.say("before").await.expect("a message");
    // What is on its way to one of them when the server is killed is lost, and named as missed.
    for talk in [&mut anna, &mut ben] {
        assert_eq!(talk.hear().await.text, "before");
    }
    house.server.program.kill();
    for talk in [&mut anna, &mut ben] {
        talk.event(|event| matches!(event, Event::BackendLost { .. }).then_some(()))
            .await;
    }
    house.server.restart().await;
    for talk in [&mut anna, &mut ben] {
        talk.event(|event| matches!(event, Event::BackendBack {}).then_some(()))
            .await;
        let missed = talk.event(|event| match event {
            Event::ChannelMissed { reason, .. } => Some(*reason),
            _ => None,
        });
        assert_eq!(missed.await, MissedReason::Restart);
    }
    insist(&mut anna, "after").await;
    insist(&mut ben, "after, too").await;
    assert_eq!(
        texts(&hear_until(&mut ben, "after, too").await),
        ["after", "after, too"]
    );
    let heard = hear_until(&mut anna, "after, too").await;
    assert_eq!(texts(&heard), ["after", "after, too"]);
}

#[tokio::test]
async fn a_cut_between_the_tiers_loses_and_repeats_nothing() {
    let server = ChatServer::start().await;
    let relay = Relay::start(server.address).await;
    let first = WebProxy::start_with(&server.backend(relay.address()), &[]).await;
    let second = WebProxy::start(&server).await;
    let mut anna = guest(&first, "Anna", Path::Socket).await;
    let mut ben = guest(&second, "Ben", Path::Socket).await;
    ben.say("one").await.expect("a message");
    hear_until(&mut anna, "one").await;
    let mut said = Vec::new();
    for round in 0..3 {
        relay.cut();
        for part in 0..5 {
            let text = format!("round {round}, part {part}");
            insist(&mut ben, &text).await;
            said.push(text);
        }
        let last = said.last().cloned().unwrap_or_default();
        let heard = hear_until(&mut anna, &last).await;
        assert_eq!(texts(&heard), said[said.len() - 5..]);
    }
    insist(&mut anna, "still here").await;
    hear_until(&mut ben, "still here").await;
    drop((anna, ben));
    drop((first, second));
    relay.stop().await;
}
