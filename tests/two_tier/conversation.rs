//! Everyone hears everyone, whichever way they came.

use sealwire_tests::{
    page::{Heard, Path, Session, Talk},
    program::Program,
    tiers::{ChatServer, WebProxy},
};
use serde_json::json;
use wire_format::{Event, event::LeaveReason};

use crate::house::{House, guest};

fn join(server: &ChatServer, name: &str) -> Program {
    Program::start(
        "sealwire",
        [
            "join".to_owned(),
            format!("--server=tls://{}", server.address),
            format!("--ca={}", server.certificates.authority.display()),
            format!("--guest={name}"),
            "--room=lobby".to_owned(),
            "--json".to_owned(),
        ],
    )
}

async fn hear_all(talk: &mut Talk, count: usize) -> Vec<Heard> {
    let mut heard = Vec::new();
    while heard.len() < count {
        heard.push(talk.hear().await);
    }
    heard
}

#[tokio::test]
async fn everyone_hears_everyone_in_the_same_order() {
    let house = House::open().await;
    let mut anna = guest(&house.first, "Anna", Path::Socket).await;
    let mut ben = guest(&house.second, "Ben", Path::Posts).await;
    let mut terminal = join(&house.server, "terminal");
    for talk in [&mut anna, &mut ben] {
        talk.event(|event| match event {
            Event::RoomJoined { member, .. } => (member.name == "terminal").then_some(()),
            _ => None,
        })
        .await;
    }
    anna.say("from the first proxy: 12:30")
        .await
        .expect("a message");
    ben.say("from the second proxy: exit")
        .await
        .expect("a message");
    terminal.says("from the second proxy").await;
    terminal.types("from the terminal: <script>");
    terminal.says("from the terminal").await;
    let heard = hear_all(&mut anna, 3).await;
    assert_eq!(hear_all(&mut ben, 3).await, heard);
    let mut said: Vec<_> = heard
        .iter()
        .map(|heard| (heard.name.as_str(), heard.text.as_str()))
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            ("Anna", "from the first proxy: 12:30"),
            ("Ben", "from the second proxy: exit"),
            ("terminal", "from the terminal: <script>"),
        ]
    );
    assert!(
        heard
            .windows(2)
            .all(|pair| pair[0].sequence < pair[1].sequence)
    );
    terminal.types_end();
    assert!(terminal.wait().success());
    ben.event(|event| matches!(event, Event::RoomLeft { .. }).then_some(()))
        .await;
}

#[tokio::test]
async fn texts_of_every_kind_arrive_unchanged_both_ways() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start(&server).await;
    let mut anna = guest(&proxy, "Anna", Path::Socket).await;
    let mut ben = guest(&proxy, "Ben", Path::Posts).await;
    let texts = [
        "12:30".to_owned(),
        "exit".to_owned(),
        "Ben left.".to_owned(),
        "<script>alert(1)</script>".to_owned(),
        "{\"type\":\"text\",\"text\":\"\"}".to_owned(),
        "\u{0}\u{1}\u{7f}\r\n\t\u{feff}\u{202e}\u{fffd}\u{10ffff}".to_owned(),
        "👩‍👩‍👧‍👦 e\u{301} שלום مرحبا 小明".to_owned(),
        " ".to_owned(),
        "é".repeat(50_000),
        "x".repeat(256 * 1024),
    ];
    for text in &texts {
        anna.say(text).await.expect("a message over the socket");
        ben.say(text).await.expect("a message over a post");
        for talk in [&mut anna, &mut ben] {
            let heard = hear_all(talk, 2).await;
            assert!(
                heard.iter().all(|heard| &heard.text == text),
                "{:.40}",
                text
            );
        }
    }
    let too_long = "x".repeat(256 * 1024 + 1);
    let refused = ben
        .session()
        .post("rooms.open", json!({"room": too_long}))
        .await;
    assert!(refused.status.is_client_error());
}

#[tokio::test]
async fn signing_out_frees_name_connection_and_keys_at_once() {
    let house = House::open().await;
    let mut anna = guest(&house.first, "Anna", Path::Socket).await;
    let mut ben = guest(&house.first, "Ben", Path::Socket).await;
    let taken = Session::try_sign_in("127.0.0.1", house.second.address, "ANNA").await;
    assert_eq!(
        taken.err().map(|response| response.status.as_u16()),
        Some(409)
    );
    let gone = anna.session().clone();
    assert!(
        gone.post("auth.logout", json!({}))
            .await
            .status
            .is_success()
    );
    // The reply came after the release: the name is free everywhere, the cookie is worth nothing.
    let again = Session::sign_in(house.second.address, "ANNA").await;
    assert_eq!(gone.get("/api/session").await.status.as_u16(), 401);
    let left = ben.event(|event| match event {
        Event::RoomLeft { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(left.await, LeaveReason::SignedOut);
    while anna.next().await.is_some() {}
    again.enter(Path::Posts, "lobby").await;
}
