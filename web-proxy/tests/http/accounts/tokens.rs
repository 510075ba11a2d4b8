//! Tokens that are none: the chat-server is not asked about them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chat_server::store::{
    Database, Location, Store as _,
    server::{Identity, ReadIdentity},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sealwire_tests::owner::Owner;
use serde_json::{Value, json};

use super::person::{Page, Place};

async fn identity_of(place: &Place) -> Identity {
    let location = Location::Sqlite(place.folder.path().join("data"));
    let store = Database::open(location).await.expect("a store");
    let identity = store.read(ReadIdentity).await.expect("read");
    store.close().await;
    identity.expect("an identity")
}

fn signed(identity: &Identity, key_id: Option<&str>, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = key_id.map(str::to_owned);
    let key = EncodingKey::from_ed_der(identity.signing_key.as_bytes());
    encode(&header, claims, &key).expect("a token")
}

fn by_secret(secret: &[u8], key_id: &str, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(key_id.to_owned());
    encode(&header, claims, &EncodingKey::from_secret(secret)).expect("a token")
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_secs()
}

#[tokio::test]
async fn a_token_that_the_chat_server_did_not_sign_names_nobody() {
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let identity = identity_of(&place).await;
    let key_id = identity.key_id.as_str();
    let session = page.session.session.to_string();
    let claims = json!({ "sid": session, "exp": now() + 3_600 });
    let over = json!({ "sid": session, "exp": now() - 1 });
    let token = page.cookie.strip_prefix("sealwire=").expect("a token");
    let mut pieces = token.split('.');
    let (head, body) = (
        pieces.next().unwrap_or_default(),
        pieces.next().unwrap_or_default(),
    );
    let none = part(&json!({ "alg": "none", "typ": "JWT", "kid": key_id }));
    let eddsa = part(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": key_id }));
    let stranger = by_secret(b"secret", key_id, &claims);
    let signature = stranger.rsplit('.').next().unwrap_or_default();
    let forged = [
        ("alg none", format!("{none}.{body}.{signature}")),
        ("alg none without a signature", format!("{none}.{body}.")),
        ("another signature", format!("{head}.{body}.{signature}")),
        ("no signature", format!("{head}.{body}.")),
        ("a head alone", format!("{eddsa}.{body}.AAAA")),
        ("a secret", stranger.clone()),
        (
            "the public key as a secret",
            by_secret(identity.signing_key.as_bytes(), key_id, &claims),
        ),
        ("expired", signed(&identity, Some(key_id), &over)),
        (
            "no expiry",
            signed(&identity, Some(key_id), &json!({ "sid": session })),
        ),
        ("another kid", signed(&identity, Some("another"), &claims)),
        ("no kid", signed(&identity, None, &claims)),
        ("one character more", format!("{token}A")),
        ("words", "a.b.c".to_owned()),
    ];
    for (why, token) in forged {
        let cookie = format!("sealwire={token}");
        assert_eq!(house.session_status(&cookie).await, 401, "{why}");
        let upgrade = crate::streams::try_socket(&house, &cookie, &origin(&house)).await;
        assert_eq!(upgrade.err(), Some(401), "{why}");
    }
    // It signed this one, and has no such session.
    let nobody = json!({ "sid": "00".repeat(16), "exp": now() + 3_600 });
    let cookie = format!("sealwire={}", signed(&identity, Some(key_id), &nobody));
    assert_eq!(house.session_status(&cookie).await, 401);
    assert_eq!(house.session_status(&page.cookie).await, 200);
    house.close().await;
    place.close().await;
}

fn origin(house: &crate::harness::House) -> String {
    format!("http://{}", house.proxy)
}

#[tokio::test]
async fn a_chat_server_with_other_data_is_asked_for_its_key() {
    let mut place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let before = Page::arrives(&house, &ada).await;
    place.stop().await;
    place.begin_anew().await;
    let other = place.proxy().await;
    let mut after = Page::registers(&other, &ada).await;
    // Its kid is another one than this proxy knows.
    after.looks(&house).await;
    after.proves(&house, &ada).await;
    // Held until the chat-server was asked.
    let mut status = 200;
    while status == 200 {
        status = house.session_status(&before.cookie).await;
    }
    assert_eq!(status, 401);
    for house in [house, other] {
        house.close().await;
    }
    place.close().await;
}

#[tokio::test]
async fn without_a_chat_server_a_cookie_is_not_judged() {
    let mut place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    house.close().await;
    place.stop().await;
    let house = place.proxy().await;
    assert_eq!(house.session_status(&page.cookie).await, 503);
    place.start_again().await;
    page.who(&house).await;
    house.close().await;
    place.close().await;
}
