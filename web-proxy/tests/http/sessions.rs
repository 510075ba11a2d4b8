//! Signing in and out, cookies, origins.

use crate::harness::House;

const GUEST: &str = "/api/auth.guest";

#[tokio::test]
async fn a_guest_signs_in_and_out() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let session = house
        .request("GET", "/api/session")
        .header("Cookie", &cookie)
        .send()
        .await;
    assert_eq!(session.status, 200);
    assert!(
        session.text().contains("\"name\":\"ada\",\"rooms\":[]"),
        "{}",
        session.text()
    );
    let out = house
        .post("/api/auth.logout", "{}")
        .header("Cookie", &cookie)
        .send()
        .await;
    assert_eq!((out.status, out.text().as_str()), (200, "{\"ok\":{}}"));
    assert!(
        out.header("set-cookie")
            .is_some_and(|cookie| cookie.contains("Max-Age=0"))
    );
    assert_eq!(house.session_status(&cookie).await, 401);
    // The name is free at once.
    house.sign_in("ada").await;
    house.close().await;
}

#[tokio::test]
async fn the_cookie_is_closed_to_scripts_and_other_sites() {
    let house = House::open().await;
    let answer = loop {
        let answer = house.post(GUEST, "{\"name\":\"ada\"}").send().await;
        if answer.status == 200 {
            break answer;
        }
    };
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("sealwire="), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    let value = answer.cookie();
    let value = value.strip_prefix("sealwire=").expect("a value");
    assert_eq!(value.len(), 43, "256 bits in base64");
    assert!(!answer.text().contains(value));
    house.close().await;
}

#[tokio::test]
async fn a_session_id_is_never_taken_from_a_request() {
    let house = House::open().await;
    let planted = format!("sealwire={}", "A".repeat(43));
    let request = house
        .post(GUEST, "{\"name\":\"ada\"}")
        .header("Cookie", &planted);
    let answer = request.send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_ne!(answer.cookie(), planted);
    assert_eq!(house.session_status(&planted).await, 401);
    house.close().await;
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let house = House::open().await;
    let first = house.sign_in("ada").await;
    let again = loop {
        let request = house
            .post(GUEST, "{\"name\":\"ada\"}")
            .header("Cookie", &first);
        let answer = request.send().await;
        if answer.status != 503 {
            break answer;
        }
    };
    assert_eq!(again.status, 200, "{}", again.text());
    assert_ne!(again.cookie(), first);
    assert_eq!(house.session_status(&first).await, 401);
    assert_eq!(house.session_status(&again.cookie()).await, 200);
    house.close().await;
}

#[tokio::test]
async fn only_the_page_may_change_anything() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let own = format!("http://{}", house.proxy);
    let cases = [
        (Some(own.as_str()), None, 200),
        (None, Some("same-origin"), 200),
        (None, None, 403),
        (None, Some("cross-site"), 403),
        (Some("https://evil.example"), None, 403),
        (Some("https://evil.example"), Some("same-origin"), 403),
        (Some("null"), None, 403),
    ];
    for (origin, site, status) in cases {
        let mut request = house
            .request("POST", "/api/rooms.list")
            .header("Cookie", &cookie)
            .body("{}");
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        if let Some(site) = site {
            request = request.header("Sec-Fetch-Site", site);
        }
        let answer = request.send().await;
        assert_eq!(
            answer.status,
            status,
            "{origin:?} {site:?}: {}",
            answer.text()
        );
        if status == 403 {
            assert_eq!(answer.code(), "not_allowed");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_configured_origin_may_too() {
    let house = House::open_with(|settings| {
        settings.origins = vec!["https://chat.example.org".parse().expect("an origin")];
    })
    .await;
    let behind = house
        .request("POST", "/api/rooms.list")
        .header("Origin", "https://chat.example.org")
        .body("{}");
    let answer = behind.send().await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "not_signed_in")
    );
    house.close().await;
}

#[tokio::test]
async fn refusals_are_codes_and_fixed_sentences() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let cases = [
        ("/api/rooms.list", "{}", false, 401, "not_signed_in"),
        ("/api/no.such", "{}", true, 404, "unknown_command"),
        ("/api/rooms.enter", "{}", true, 400, "malformed"),
        ("/api/rooms.enter", "not json", true, 400, "malformed"),
        (
            "/api/rooms.enter",
            "{\"room\":\"lobby\",\"more\":1}",
            true,
            400,
            "malformed",
        ),
        ("/api/keys.announce", "{}", true, 403, "not_allowed"),
        (
            "/api/session.hello",
            "{\"version\":1,\"client\":\"x\"}",
            true,
            403,
            "not_allowed",
        ),
        ("/api/publish", "short", true, 400, "malformed"),
        (
            "/api/rooms.exit",
            "{\"room\":\"00000000000000000000000000000000\"}",
            true,
            404,
            "no_such_room",
        ),
        (GUEST, "{\"name\":\"x\"}", false, 422, "name_invalid"),
        (GUEST, "{\"name\":\"ADA\"}", false, 409, "name_taken"),
        (GUEST, "{}", false, 400, "malformed"),
    ];
    for (path, body, is_signed_in, status, code) in cases {
        let answer = loop {
            let mut request = house.post(path, body);
            if is_signed_in {
                request = request.header("Cookie", &cookie);
            }
            let answer = request.send().await;
            if answer.status != 503 {
                break answer;
            }
        };
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{path} {body}"
        );
        assert!(!answer.text().contains("not json"), "nothing is repeated");
    }
    let token = format!("{{\"name\":\"bob\",\"token\":\"{}\"}}", "ab".repeat(32));
    let chosen = house.post(GUEST, token).send().await;
    assert_eq!((chosen.status, chosen.code().as_str()), (400, "malformed"));
    house.close().await;
}

#[tokio::test]
async fn a_session_that_nobody_returns_to_ends() {
    let house =
        House::open_with(|settings| settings.session_idle = std::time::Duration::ZERO).await;
    let cookie = house.sign_in("ada").await;
    while house.session_status(&cookie).await == 200 {
        tokio::task::yield_now().await;
    }
    house.close().await;
}
