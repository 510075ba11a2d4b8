//! What an account's owner is told of the browsers that it is signed in with.

use sealwire_tests::owner::Owner;
use serde_json::Value;

use super::person::{Page, Place, sign_in};
use crate::harness::House;

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";

/// The `client` of the account's sessions, in alphabetical order.
async fn clients(house: &House, page: &Page) -> Vec<String> {
    let answer = page.posts(house, "auth.sessions", "{}").await;
    let header: Value = serde_json::from_str(&answer.text()).expect("JSON");
    let sessions = header["ok"]["sessions"].as_array().expect("a list");
    let client = |session: &Value| session["client"].as_str().unwrap_or_default().to_owned();
    let mut clients: Vec<_> = sessions.iter().map(client).collect();
    clients.sort();
    clients
}

#[tokio::test]
async fn sessions_are_listed_by_the_kind_of_their_browser() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    // A request without a `User-Agent`.
    let page = Page::arrives(&house, &ada).await;
    let long = format!("Firefox/{}", "1".repeat(1024));
    for agent in [FIREFOX, SAFARI, "<b>\tcurl/8.14.1", &long] {
        Page::signs_in_by(sign_in(&house, &ada).header("User-Agent", agent)).await;
    }
    let proxy = concat!("web-proxy/", env!("CARGO_PKG_VERSION"));
    let expected = [
        "Firefox on Windows",
        "Safari on iPhone",
        proxy,
        proxy,
        proxy,
    ];
    assert_eq!(clients(&house, &page).await, expected);
    house.close().await;
    place.close().await;
}

#[tokio::test]
async fn a_session_that_is_taken_up_is_called_what_it_was() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    Page::registers(&house, &ada).await;
    let request = sign_in(&house, &ada).header("User-Agent", FIREFOX);
    let mut page = Page::signs_in_by(request).await;
    house.close().await;

    let house = place.proxy().await;
    page.looks(&house).await;
    page.proves(&house, &ada).await;
    let proxy = concat!("web-proxy/", env!("CARGO_PKG_VERSION"));
    assert_eq!(clients(&house, &page).await, ["Firefox on Windows", proxy]);
    house.close().await;
    place.close().await;
}
