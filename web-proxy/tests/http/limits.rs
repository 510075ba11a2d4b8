//! Every limit at, below and above.

use std::num::NonZeroUsize;

use bytes::Bytes;
use serde::de::IgnoredAny;
use web_proxy::Settings;
use wire_format::{
    ClientFrame, CommandFrame, ErrorCode, ServerFrame,
    command::{auth::Logout, rooms::List},
};

use crate::{
    harness::{Answer, House},
    streams::{command, find, send, socket},
};

const GUEST: &str = "/api/auth.guest";

fn rate(text: &str) -> web_proxy::settings::Rate {
    text.parse().expect("a rate")
}

fn assert_told_to_wait(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert_eq!(answer.code(), "rate_limited");
    let seconds: u32 = answer
        .header("retry-after")
        .expect("a time")
        .parse()
        .expect("seconds");
    let reply: serde_json::Value = serde_json::from_str(&answer.text()).expect("JSON");
    let ms = reply["error"]["retry_after_ms"]
        .as_u64()
        .expect("milliseconds");
    assert_eq!(u64::from(seconds), ms.div_ceil(1_000));
}

async fn assert_others_go_on(house: &House) {
    let other = house.request("GET", "/").from("127.0.0.2");
    assert_eq!(other.send().await.status, 200);
}

#[tokio::test]
async fn sign_ins_are_counted_by_address() {
    let house = House::open_with(|settings| settings.limits.sign_in_rate = rate("3/h")).await;
    let guess = || house.post(GUEST, "{\"name\":\"x\"}");
    for _ in 0..3 {
        assert_ne!(guess().send().await.status, 429);
    }
    assert_told_to_wait(&guess().send().await);
    assert_ne!(
        guess().from("127.0.0.2").send().await.status,
        429,
        "others go on"
    );
    house.close().await;
}

#[tokio::test]
async fn requests_are_counted_by_address() {
    let house = House::open_with(|settings| settings.limits.request_rate = rate("3/h")).await;
    for _ in 0..3 {
        assert_eq!(house.request("GET", "/").send().await.status, 200);
    }
    assert_told_to_wait(&house.request("GET", "/").send().await);
    assert_others_go_on(&house).await;
    house.close().await;
}

#[tokio::test]
async fn files_of_the_page_are_counted_apart() {
    let house = House::open_with(|settings| {
        settings.limits.request_rate = rate("1/h");
        settings.limits.asset_rate = rate("3/h");
    })
    .await;
    let file = |source| house.request("GET", "/app/0/main.js").from(source).send();
    for _ in 0..3 {
        assert_eq!(file("127.0.0.1").await.status, 404);
    }
    assert_told_to_wait(&file("127.0.0.1").await);
    assert_eq!(file("127.0.0.2").await.status, 404, "others go on");
    assert_eq!(house.request("GET", "/").send().await.status, 200);
    assert_told_to_wait(&house.request("GET", "/").send().await);
    house.close().await;
}

#[tokio::test]
async fn connections_are_counted_by_address() {
    let house = House::open_with(|settings| settings.limits.connection_rate = rate("3/h")).await;
    for _ in 0..3 {
        assert_eq!(house.request("GET", "/").send().await.status, 200);
    }
    let answer = house.request("GET", "/").send().await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (429, Some("1"))
    );
    assert_others_go_on(&house).await;
    house.close().await;
}

#[tokio::test]
async fn commands_and_messages_are_counted_by_session() {
    let house = House::open_with(|settings| {
        settings.limits.command_rate = rate("3/h");
        settings.limits.message_rate = rate("2/h");
    })
    .await;
    let (ada, bob) = (house.sign_in("ada").await, house.sign_in("bob").await);
    let list = |cookie: &str| house.post("/api/rooms.list", "{}").header("Cookie", cookie);
    for _ in 0..3 {
        assert_eq!(list(&ada).send().await.status, 200);
    }
    assert_told_to_wait(&list(&ada).send().await);
    assert_eq!(list(&bob).send().await.status, 200, "others go on");
    let publish = |cookie: &str| house.post("/api/publish", [0; 64]).header("Cookie", cookie);
    for _ in 0..2 {
        assert_eq!(publish(&ada).send().await.status, 400);
    }
    assert_told_to_wait(&publish(&ada).send().await);
    assert_eq!(publish(&bob).send().await.status, 400, "others go on");
    house.close().await;
}

#[tokio::test]
async fn who_signs_out_on_a_stream_need_not_wait() {
    let house = House::open_with(|settings| settings.limits.command_rate = rate("1/h")).await;
    let ada = house.sign_in("ada").await;
    let mut socket = socket(&house, &ada).await;
    let refused = |reply: ServerFrame| match reply {
        ServerFrame::Reply(reply) => Some(reply.outcome::<IgnoredAny>().expect("a reply").err()),
        _ => None,
    };
    send(&mut socket, command(1, &List {})).await;
    assert_eq!(find(&mut socket, refused).await, None);
    let tailed = CommandFrame::new(2, &Logout {}, Bytes::from_static(b"?"));
    for frame in [command(2, &List {}), ClientFrame::Command(tailed)] {
        send(&mut socket, frame).await;
        let refusal = find(&mut socket, refused).await.expect("a refusal");
        assert_eq!(refusal.code, ErrorCode::RateLimited);
    }
    send(&mut socket, command(3, &Logout {})).await;
    assert_eq!(find(&mut socket, refused).await, None);
    house.sign_in("ada").await;
    house.close().await;
}

#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_clients_and_nobody_else_does() {
    let counted = |settings: &mut Settings| settings.limits.sign_in_rate = rate("1/h");
    let house = House::open_with(|settings| {
        counted(settings);
        settings.trusted_proxies = vec!["127.0.0.9".parse().expect("a network")];
    })
    .await;
    let guess = |source, client| {
        let request = house.post(GUEST, "{\"name\":\"x\"}").from(source);
        request.header("X-Forwarded-For", client)
    };
    assert_ne!(guess("127.0.0.9", "192.0.2.1").send().await.status, 429);
    assert_ne!(guess("127.0.0.9", "192.0.2.2").send().await.status, 429);
    assert_told_to_wait(&guess("127.0.0.9", "192.0.2.1").send().await);
    assert_told_to_wait(&guess("127.0.0.9", "198.51.100.7, 192.0.2.1").send().await);
    assert_ne!(guess("127.0.0.1", "192.0.2.3").send().await.status, 429);
    assert_told_to_wait(&guess("127.0.0.1", "192.0.2.4").send().await);
    house.close().await;
}

#[tokio::test]
async fn bodies_are_bounded() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let command = |bytes: usize| {
        let body = format!("{{{}}}", " ".repeat(bytes - 2));
        house
            .post("/api/rooms.list", body)
            .header("Cookie", &cookie)
    };
    assert_eq!(command(16 * 1024 - 1).send().await.status, 200);
    assert_eq!(command(16 * 1024).send().await.status, 200);
    let above = command(16 * 1024 + 1).send().await;
    assert_eq!((above.status, above.code().as_str()), (413, "too_large"));
    let frame = wire_format::limits::FRAME_BYTES - 1;
    let publish = |bytes: usize| {
        house
            .post("/api/publish", vec![0; bytes])
            .header("Cookie", &cookie)
    };
    assert_eq!(publish(frame).send().await.status, 400);
    assert_eq!(publish(frame + 1).send().await.status, 413);
    house.close().await;
}

#[tokio::test]
async fn names_that_cannot_be_had_cost_no_keys() {
    let house = House::open_with(|settings| settings.key_pool = NonZeroUsize::MIN).await;
    for _ in 0..20 {
        let answer = house.post(GUEST, "{\"name\":\"x\"}").send().await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "name_invalid")
        );
    }
    house.close().await;
}

#[tokio::test]
async fn a_full_house_is_busy() {
    let house = House::open_with(|settings| settings.limits.sessions = 1).await;
    let cookie = house.sign_in("ada").await;
    let answer = house.post(GUEST, "{\"name\":\"bob\"}").send().await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "busy"));
    assert!(answer.header("retry-after").is_some());
    house
        .post("/api/auth.logout", "{}")
        .header("Cookie", &cookie)
        .send()
        .await;
    house.sign_in("bob").await;
    house.close().await;
}

#[tokio::test]
async fn sign_ins_at_the_same_time_do_not_go_over_a_full_house() {
    let house = House::open_with(|settings| settings.limits.sessions = 1).await;
    let guest = |name: &str| house.post(GUEST, format!("{{\"name\":\"{name}\"}}")).send();
    let (ada, bob) = tokio::join!(guest("ada"), guest("bob"));
    let mut statuses = [ada.status, bob.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503]);
    house.close().await;
}
