//! How sessions of accounts end, and what their cookies are worth then.

use std::time::Duration;

use bytes::Bytes;
use sealwire_tests::owner::Owner;
use wire_format::{CloseCode, Event, ServerFrame, command::auth::Logout};

use super::person::{Page, Place, call, event, registration, sign_in};
use crate::{
    harness::{House, Request},
    streams::find,
};

fn revoked(event: Event) -> Option<()> {
    matches!(event, Event::SessionRevoked {}).then_some(())
}

fn close_code(frame: ServerFrame) -> Option<CloseCode> {
    match frame {
        ServerFrame::Close(close) => Some(close.code),
        _ => None,
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let place = Place::open().await;
    let (house, other) = (place.proxy().await, place.proxy().await);
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let out = page.posts(&house, "auth.logout", "{}").await;
    assert_eq!((out.status, out.text().as_str()), (200, "{\"ok\":{}}"));
    assert!(
        out.header("set-cookie")
            .is_some_and(|cookie| cookie.contains("Max-Age=0"))
    );
    for house in [&house, &other] {
        // Asked twice: the chat-server's no is remembered.
        for _ in 0..2 {
            assert_eq!(house.session_status(&page.cookie).await, 401);
        }
    }
    // The account is as it was.
    let again = Page::comes_again(&house, &ada).await;
    assert_ne!(again.cookie, page.cookie);
    for house in [house, other] {
        house.close().await;
    }
    place.close().await;
}

#[tokio::test]
async fn a_session_that_the_proxy_does_not_hold_is_signed_out_too() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    house.close().await;
    let house = place.proxy().await;
    assert_eq!(page.posts(&house, "auth.logout", "{}").await.status, 200);
    assert_eq!(house.session_status(&page.cookie).await, 401);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_stream_signs_out_and_is_answered() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let mut socket = page.socket(&house).await;
    let reply = call(&mut socket, 1, &Logout {}, Bytes::new()).await;
    assert_eq!(&reply.header[..], b"{\"ok\":{}}");
    assert_eq!(find(&mut socket, close_code).await, CloseCode::Done);
    assert_eq!(house.session_status(&page.cookie).await, 401);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_cookie_goes_even_where_the_chat_server_cannot_be_told() {
    let mut place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    place.stop().await;
    let request = house
        .post("/api/auth.logout", "{}")
        .header("Cookie", &page.cookie);
    let out = request.send().await;
    assert_eq!((out.status, out.code().as_str()), (503, "unavailable"));
    assert!(
        out.header("set-cookie")
            .is_some_and(|cookie| cookie.contains("Max-Age=0"))
    );
    house.close().await;
}

#[tokio::test]
async fn a_session_is_revoked_from_another_one() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let lost = Page::arrives(&house, &ada).await;
    let kept = Page::comes_again(&house, &ada).await;
    let mut socket = lost.in_lobby(&house).await;
    let fields = format!("{{\"session\":\"{}\"}}", lost.session.session);
    assert_eq!(kept.posts(&house, "auth.revoke", &fields).await.status, 200);
    event(&mut socket, revoked).await;
    assert_eq!(find(&mut socket, close_code).await, CloseCode::Revoked);
    assert_eq!(house.session_status(&lost.cookie).await, 401);
    assert_eq!(house.session_status(&kept.cookie).await, 200);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_session_that_ended_while_the_chat_server_was_away_is_revoked() {
    let mut place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let lost = Page::arrives(&house, &ada).await;
    let mut socket = lost.in_lobby(&house).await;
    place.stop().await;
    place.revokes(&lost.session).await;
    place.start_again().await;
    event(&mut socket, revoked).await;
    assert_eq!(find(&mut socket, close_code).await, CloseCode::Revoked);
    assert_eq!(house.session_status(&lost.cookie).await, 401);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_session_that_is_held_ends_when_its_token_does() {
    let place = Place::open_with(|accounts| accounts.session_most = Duration::ZERO).await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::registers(&house, &ada).await;
    // The chat-server has not looked yet, and still has its connection.
    for _ in 0..2 {
        assert_eq!(house.session_status(&page.cookie).await, 401);
    }
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn nobody_at_the_page_is_no_end_of_the_session() {
    let place = Place::open().await;
    let house = place
        .proxy_with(|settings| settings.session_idle = Duration::ZERO)
        .await;
    let ada = Owner::named("Ada");
    let mut page = Page::registers(&house, &ada).await;
    let before = page.session.challenge;
    // Given up at once, and taken up again by the next request.
    while page.session.challenge == before {
        page.looks(&house).await;
    }
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_sign_in_takes_no_cookie_over() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let planted = Page::arrives(&house, &ada).await;
    let guest = house.sign_in("bob").await;
    for before in [
        planted.cookie.clone(),
        guest,
        format!("sealwire={}", "A".repeat(43)),
    ] {
        let request = sign_in(&house, &ada).header("Cookie", &before);
        let answer = request.send_patiently().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_ne!(answer.cookie(), before);
        assert_eq!(house.session_status(&before).await, 401);
        assert_eq!(house.session_status(&answer.cookie()).await, 200);
    }
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_sign_in_that_fails_ends_nothing() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let wrong = Owner::named("Ada");
    let answer = page.asks(sign_in(&house, &wrong)).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "login_failed")
    );
    assert!(answer.header("set-cookie").is_none());
    assert_eq!(house.session_status(&page.cookie).await, 200);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn only_the_page_may_sign_in_and_change_an_account() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    for name in [
        "auth.params",
        "auth.register",
        "auth.login",
        "auth.recover",
        "auth.fresh",
        "auth.logout",
        "auth.prove",
        "auth.sessions",
        "auth.revoke",
        "vault.set_root",
        "vault.put",
        "vault.root",
    ] {
        let bare = |house: &House| -> Request {
            let path = format!("/api/{name}");
            let request = house.request("POST", &path).header("Cookie", &page.cookie);
            request.header("Content-Type", "application/json")
        };
        for request in [
            bare(&house),
            bare(&house).header("Origin", "https://evil.example"),
            bare(&house).header("Origin", "null"),
            bare(&house).header("Sec-Fetch-Site", "cross-site"),
            bare(&house).header("Sec-Fetch-Site", "same-site"),
        ] {
            let answer = request.body("{}").send().await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "not_allowed"),
                "{name}"
            );
        }
    }
    assert_eq!(
        house.session_status(&page.cookie).await,
        200,
        "nothing was done"
    );
    let upgrade = crate::streams::try_socket(&house, &page.cookie, "https://evil.example").await;
    assert_eq!(upgrade.err(), Some(403));
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn an_accounts_cookie_is_closed_to_scripts_and_other_sites() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let answer = registration(&house, &ada).send_patiently().await;
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
        assert!(cookie.contains(attribute), "{attribute}");
    }
    let value = answer.cookie();
    let value = value.strip_prefix("sealwire=").expect("a value").to_owned();
    assert!(!answer.text().contains(&value), "it is not for scripts");
    house.close().await;
    place.close().await;
}
