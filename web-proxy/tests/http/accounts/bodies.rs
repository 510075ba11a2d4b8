//! Bodies with parts, right and wrong, and how large they may be.

use bytes::Bytes;
use sealwire_tests::owner::Owner;

use super::person::{Page, Place, code_of, parts};
use crate::harness::{House, Request};

fn octets(house: &House, name: &str, body: impl Into<Vec<u8>>) -> Request {
    house
        .post(&format!("/api/{name}"), body)
        .header("Content-Type", "application/octet-stream")
}

fn with_length(length: u32, rest: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes()[..], rest].concat()
}

#[tokio::test]
async fn parts_of_a_wrong_shape_are_malformed() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let root = ada.root(2);
    let expected = "{\"expected\":\"1\"}";
    let cases = [
        ("nothing", octets(&house, "vault.set_root", "")),
        ("half a length", octets(&house, "vault.set_root", "\0\0")),
        (
            "a length beyond",
            octets(&house, "vault.set_root", with_length(3, b"{}")),
        ),
        (
            "no header",
            octets(&house, "vault.set_root", with_length(0, &root)),
        ),
        (
            "no JSON",
            octets(&house, "vault.set_root", with_length(4, b"nullroot")),
        ),
        ("JSON alone", octets(&house, "vault.root", "{}")),
        (
            "no tail",
            parts(&house, "vault.set_root", expected, Bytes::new()),
        ),
        (
            "a cut tail",
            parts(
                &house,
                "vault.set_root",
                expected,
                root.slice(..root.len() - 1),
            ),
        ),
        ("a tail too much", parts(&house, "vault.root", "{}", "tail")),
        (
            "a tail for the lobby",
            parts(&house, "rooms.enter", "{\"room\":\"lobby\"}", "tail"),
        ),
        (
            "a tail to sign in with",
            parts(&house, "auth.login", &login(&ada), "tail"),
        ),
        (
            "no records",
            parts(&house, "auth.register", &register("Bob"), Bytes::new()),
        ),
        (
            "another name inside",
            parts(
                &house,
                "vault.root",
                "{\"command\":\"vault.put\"}",
                Bytes::new(),
            ),
        ),
    ];
    for (why, request) in cases {
        let answer = page.asks(request).await;
        assert_eq!(
            (answer.status, code_of(&answer).as_str()),
            (400, "malformed"),
            "{why}"
        );
    }
    let above = octets(&house, "vault.root", with_length(256 * 1024 + 1, b""));
    let answer = page.asks(above).await;
    assert_eq!(
        (answer.status, code_of(&answer).as_str()),
        (413, "too_large")
    );
    house.close().await;
    place.close().await;
}

fn login(owner: &Owner) -> String {
    serde_json::to_string(&owner.login()).expect("JSON")
}

fn register(name: &str) -> String {
    serde_json::to_string(&Owner::named(name).register()).expect("JSON")
}

#[tokio::test]
async fn json_has_no_place_for_a_tail() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    for (name, fields, status, code) in [
        ("vault.root", "{}", 403, "not_allowed"),
        ("vault.items", "{}", 403, "not_allowed"),
        ("vault.put", "{}", 400, "malformed"),
        ("vault.set_root", "{\"expected\":\"1\"}", 400, "malformed"),
        ("auth.prove", "{}", 400, "malformed"),
        ("auth.resume", "{}", 403, "not_allowed"),
        ("keys.announce", "{}", 403, "not_allowed"),
        (
            "session.hello",
            "{\"version\":1,\"client\":\"x\"}",
            403,
            "not_allowed",
        ),
    ] {
        let answer = page.posts(&house, name, fields).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{name}"
        );
    }
    let bare = house
        .post("/api/auth.register", register("Bob"))
        .send_patiently()
        .await;
    assert_eq!((bare.status, bare.code().as_str()), (400, "malformed"));
    let nobody = parts(&house, "vault.root", "{}", Bytes::new()).send().await;
    assert_eq!(
        (nobody.status, code_of(&nobody).as_str()),
        (401, "not_signed_in")
    );
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_page_does_not_bring_a_guests_token() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let mut register = serde_json::to_value(ada.register()).expect("JSON");
    register["guest"] = "ab".repeat(32).into();
    let request = parts(
        &house,
        "auth.register",
        &register.to_string(),
        ada.records(),
    );
    let answer = request.send_patiently().await;
    assert_eq!(
        (answer.status, code_of(&answer).as_str()),
        (400, "malformed")
    );
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn guests_have_no_vault() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let guest = house.sign_in("bob").await;
    for name in ["vault.root", "vault.items", "keys.chain", "auth.sessions"] {
        let fields = match name {
            "keys.chain" => format!("{{\"account\":\"{}\"}}", "00".repeat(16)),
            _ => "{}".to_owned(),
        };
        let request = parts(&house, name, &fields, Bytes::new()).header("Cookie", &guest);
        let answer = request.send().await;
        assert_eq!(
            (answer.status, code_of(&answer).as_str()),
            (403, "not_allowed"),
            "{name}"
        );
    }
    house.close().await;
    place.close().await;
}

/// The status of a body of so many bytes, of which all but the length and `{}` are a tail.
async fn status_of(house: &House, page: &Page, name: &str, bytes: usize) -> u16 {
    let header = match name {
        "vault.set_root" => "{\"expected\":\"1\"}",
        _ => "{}",
    };
    let tail = vec![0; bytes - 4 - header.len()];
    page.asks(parts(house, name, header, tail)).await.status
}

#[tokio::test]
async fn each_body_has_a_limit() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let kib = 1024;
    // The body, not the tail: that of the largest record fits.
    for (name, most) in [
        ("auth.sessions", 16 * kib),
        ("auth.login", 16 * kib),
        ("auth.register", 16 * kib),
        ("vault.set_root", (16 + 192) * kib),
        ("vault.put", (16 + 1024) * kib),
    ] {
        for (bytes, is_too_large) in [(most - 1, false), (most, false), (most + 1, true)] {
            let status = status_of(&house, &page, name, bytes).await;
            // Within the body's limit a tail may be above its own.
            let tail_fits = !matches!(name, "vault.set_root" | "vault.put");
            if is_too_large {
                assert_eq!(status, 413, "{name}: {bytes}");
            } else if tail_fits {
                assert_eq!(status, 400, "{name}: {bytes}");
            } else {
                assert_eq!(status, 413, "{name}: {bytes}");
            }
        }
    }
    for (name, header, most) in [
        ("vault.set_root", "{\"expected\":\"1\"}", 192 * kib),
        ("vault.put", "{}", 1024 * kib),
        ("auth.prove", "{}", 4 * kib),
    ] {
        for (bytes, is_too_large) in [(most - 1, false), (most, false), (most + 1, true)] {
            let request = parts(&house, name, header, vec![0; bytes]);
            let status = page.asks(request).await.status;
            assert_eq!(
                status == 413,
                is_too_large,
                "{name}: {bytes} gives {status}"
            );
        }
    }
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn sign_ins_of_an_address_are_counted() {
    let place = Place::open().await;
    let house = place
        .proxy_with(|settings| settings.limits.sign_in_rate = "3/h".parse().expect("a rate"))
        .await;
    let params = || house.post("/api/auth.params", "{\"name\":\"Ada\"}");
    for _ in 0..3 {
        assert_eq!(params().send().await.status, 200);
    }
    let ada = Owner::named("Ada");
    for request in [
        params(),
        house.post("/api/auth.login", login(&ada)),
        house.post("/api/auth.guest", "{\"name\":\"bob\"}"),
    ] {
        let answer = request.send().await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (429, "rate_limited")
        );
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(
        params().from("127.0.0.2").send().await.status,
        200,
        "others go on"
    );
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn chunks_of_files_are_counted_by_session_and_apart_from_commands() {
    let place = Place::open().await;
    let house = place
        .proxy_with(|settings| settings.limits.chunk_rate = "2/h".parse().expect("a rate"))
        .await;
    let ada = Page::arrives(&house, &Owner::named("Ada")).await;
    let bob = Page::arrives(&house, &Owner::named("Bob")).await;
    let fields = format!("{{\"file\":\"{}\",\"index\":0}}", "0".repeat(32));
    let get = || parts(&house, "files.chunk", &fields, Bytes::new());
    for _ in 0..2 {
        assert_eq!(code_of(&ada.asks(get()).await), "no_such_file");
    }
    let above = ada.asks(get()).await;
    assert_eq!(
        (above.status, code_of(&above).as_str()),
        (429, "rate_limited")
    );
    assert!(above.header("retry-after").is_some());
    let root = ada.asks(parts(&house, "vault.root", "{}", Bytes::new()));
    assert_eq!(root.await.status, 200, "commands go on");
    let other = bob.asks(get()).await;
    assert_eq!(code_of(&other), "no_such_file", "others go on");
    house.close().await;
    place.close().await;
}
