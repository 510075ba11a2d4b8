//! A chat-server that is killed while people write: nothing that it acknowledged is lost, and what
//! was on its way goes again without harm.

use std::net::SocketAddr;

use bytes::Bytes;
use sealwire_tests::{
    conversation::{Conversation, renamed},
    folder::Folder,
    owner::Owner,
    program::Program,
    tiers::plain_server,
    wire::Wire,
};
use serde_json::{Value, json};
use wire_format::{
    Deliver, MessageId, PublishFlags, RawFrame, ServerFrame, Storage,
    envelope::UnverifiedSignedEnvelope, frame::Kind, record_list,
};

/// How often it is killed.
const KILLS: usize = 5;
/// Acknowledgements before a kill, at most.
const LONGEST_LIFE: usize = 200;
/// Messages that are sent in one life.
const SENT: usize = 400;

pub(crate) async fn start(folder: &Folder) -> (Program, SocketAddr) {
    let data = format!("--data={}", folder.path().join("data").display());
    let arguments = [
        data.as_str(),
        "--messages=0",
        "--commands=0",
        "--sign-ins=0",
        "--patience=0",
        "--tries=0",
        "--tries-per-name=0",
        "--tries-per-name-and-address=0",
    ];
    plain_server(&arguments).await
}

pub(crate) fn fields(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("JSON")
}

pub(crate) async fn proven(wire: &mut Wire, owner: &Owner, signed_in: Value) {
    let session = serde_json::from_value(signed_in).expect("a session");
    let proof = owner.proof(&session);
    let proven = wire.command_with("auth.prove", json!({}), proof).await;
    proven.expect("proven");
}

pub(crate) async fn signed_in(address: SocketAddr, owner: &Owner) -> Wire {
    let mut wire = Wire::connect(address).await;
    wire.hello().await;
    let login = wire.command("auth.login", fields(&owner.login())).await;
    proven(&mut wire, owner, login.expect("a session")).await;
    wire
}

/// Registers, and makes a room of one's own.
pub(crate) async fn makes_a_room(address: SocketAddr, owner: &Owner) -> Conversation {
    let mut wire = Wire::connect(address).await;
    wire.hello().await;
    let register = fields(&owner.register());
    let register = wire.command_with("auth.register", register, owner.records());
    let (registered, _) = register.await.expect("an account");
    proven(&mut wire, owner, registered).await;
    let (room, create, tail) = Conversation::group(&[owner]);
    let made = wire.command_with("rooms.create", fields(&create), tail);
    made.await.expect("a room");
    room
}

/// Every stored delivery of the room, as a member fetches it.
pub(crate) async fn history(wire: &mut Wire, room: &Conversation) -> Vec<Deliver> {
    let mut all = Vec::<Deliver>::new();
    loop {
        let after = all.last().map_or(0, |last| last.sequence.value());
        let fetch = json!({
            "channel": room.channel.to_string(),
            "after": after.to_string(),
            "limit": 500,
        });
        let page = wire.command_with("messages.fetch", fetch, Bytes::new());
        let (page, tail) = page.await.expect("a page");
        for body in record_list::parse(tail, 500).expect("a list") {
            let kind = Kind::Deliver;
            match ServerFrame::parse(RawFrame { kind, body }) {
                Ok(ServerFrame::Deliver(deliver)) => all.push(deliver),
                other => panic!("{other:?}"),
            }
        }
        if page["more"] == json!(false) {
            return all;
        }
    }
}

pub(crate) fn message_of(deliver: &Deliver) -> Option<MessageId> {
    let envelope = UnverifiedSignedEnvelope::parse(deliver.payload.clone()).ok()?;
    Some(envelope.header().message)
}

/// Publishes until some are acknowledged, and kills the server then; gives those.
async fn one_life(
    (server, address): (&mut Program, SocketAddr),
    owner: &Owner,
    room: &Conversation,
    sealed: &Bytes,
) -> Vec<(MessageId, u64)> {
    let mut wire = signed_in(address, owner).await;
    let messages: Vec<_> = (0..SENT)
        .map(|_| MessageId::from_bytes(rand::random()))
        .collect();
    let mut frames = Vec::new();
    for (number, message) in (1_u32 << 30..).zip(&messages) {
        let frame = room.publish(number, PublishFlags::STORED, renamed(sealed, *message));
        frames.extend_from_slice(&frame.encode().stream());
    }
    wire.send(&frames).await.expect("taken");
    let life = rand::random_range(0..=LONGEST_LIFE);
    let mut acknowledged = Vec::new();
    if life == 0 {
        server.kill();
    }
    while let Some(frame) = wire.frame().await {
        let ServerFrame::Reply(reply) = frame else {
            continue;
        };
        let fields: Value = serde_json::from_slice(&reply.header).expect("JSON");
        let place = fields["ok"]["sequence"].as_str().expect("stored");
        let number = usize::try_from(reply.request - (1 << 30)).expect("small");
        acknowledged.push((messages[number], place.parse().expect("a number")));
        if acknowledged.len() == life {
            server.kill();
        }
    }
    assert!(acknowledged.len() >= life, "it ended by itself");
    acknowledged
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let (mut server, address) = start(&folder).await;
    let mut room = makes_a_room(address, &ada).await;
    let sealed = room.sealed(&ada, Storage::Stored, "one of many");
    let mut acknowledged = Vec::new();
    let mut at = address;
    for _ in 0..KILLS {
        acknowledged.extend(one_life((&mut server, at), &ada, &room, &sealed).await);
        drop(server);
        (server, at) = start(&folder).await;
        let mut wire = signed_in(at, &ada).await;
        let kept = history(&mut wire, &room).await;
        let places = kept.iter().map(|deliver| deliver.sequence.value());
        assert!(places.eq(1..=u64::try_from(kept.len()).expect("few")));
        for (message, place) in &acknowledged {
            let index = usize::try_from(place - 1).expect("small");
            assert_eq!(message_of(&kept[index]), Some(*message), "place {place}");
        }
        // What was acknowledged goes again without harm.
        if let Some((message, place)) = acknowledged.last() {
            let again = renamed(&sealed, *message);
            let frame = |request| room.publish(request, PublishFlags::STORED, again);
            let answer = wire.request(frame).await.expect("its place");
            assert_eq!(answer["sequence"], json!(place.to_string()));
        }
    }
}
