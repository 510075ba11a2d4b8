//! Section 14.5: sessions, their tokens, and how they end.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chat_server::{
    AccountLimits,
    store::{
        Database, Location, Store as _,
        server::{Identity, ReadIdentity},
    },
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use wire_format::{
    CloseCode, ErrorCode, Event, Millis, SessionId,
    command::auth::{Logout, Resume, Revoke, Sessions, SignedInAccount},
};

use crate::{
    owner::{AtServer as _, Folder, Owner, now, resume},
    support::{House, Peer},
};

/// What the server keeps of itself, read behind its back.
async fn identity_in(folder: &Folder) -> Identity {
    let location = Location::Sqlite(folder.path().to_owned());
    let store = Database::open(location).await.expect("a store");
    let identity = store.read(ReadIdentity).await.expect("read");
    store.close().await;
    identity.expect("an identity")
}

/// A token by the server's own key.
fn signed(identity: &Identity, key_id: &str, session: SessionId, expires_at: Millis) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key_id.to_owned());
    let claims = serde_json::json!({ "sid": session, "exp": expires_at.value() / 1_000 });
    let key = EncodingKey::from_ed_der(identity.signing_key.as_bytes());
    encode(&header, &claims, &key).expect("a token")
}

fn part(json: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

async fn refused(house: &House, token: &str) -> ErrorCode {
    let mut peer = house.greeted().await;
    let token = Some(token.parse().expect("visible ASCII"));
    let answer = peer.call(&Resume { token }, Bytes::new()).await;
    answer.expect_err("refused").code
}

async fn sessions(peer: &mut Peer) -> Vec<(SessionId, bool)> {
    let answer = peer.call(&Sessions {}, Bytes::new()).await;
    let sessions = answer.expect("sessions").0.sessions.into_iter();
    sessions
        .map(|session| (session.session, session.current))
        .collect()
}

#[tokio::test]
async fn a_session_goes_on_over_another_connection_and_a_restart() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let house = folder.house().await;
    let (mut peer, session) = ada.arrives(&house).await;
    let (again, resumed) = resume(&house, &session).await.expect("a session");
    assert_eq!(peer.closed().await, CloseCode::Replaced);
    assert_eq!(resumed.session, session.session);
    assert_eq!(resumed.expires_at, session.expires_at);
    assert_ne!(resumed.challenge, session.challenge);
    assert!(resumed.token.is_none());
    drop((peer, again));
    house.close().await;

    let house = folder.house().await;
    let (mut again, mut resumed) = resume(&house, &session).await.expect("a session");
    resumed.token = session.token;
    ada.proves(&mut again, &resumed).await;
    assert_eq!(sessions(&mut again).await, [(session.session, true)]);
    drop(again);
    house.close().await;
}

#[tokio::test]
async fn only_a_token_that_this_server_signed_is_one() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let house = folder.house().await;
    let (peer, session) = ada.arrives(&house).await;
    let identity = identity_in(&folder).await;
    let (id, expires_at) = (session.session, session.expires_at);
    let good = signed(&identity, &identity.key_id, id, expires_at);
    let strange = Folder::new();
    strange.house().await.close().await;
    let stranger = identity_in(&strange).await;

    let mut bent = good.clone();
    let last = if bent.ends_with('A') { 'Q' } else { 'A' };
    bent.pop();
    bent.push(last);
    let header = serde_json::json!({ "alg": "none", "typ": "JWT", "kid": identity.key_id });
    let claims = serde_json::json!({ "sid": id, "exp": expires_at.value() / 1_000 });
    let none = format!("{}.{}.", part(&header), part(&claims));
    let signature = good.rsplit('.').next().expect("a signature");
    let none_signed = format!("{none}{signature}");
    let past = Millis::new(now().value() - 1_000);
    let unknown = SessionId::from_bytes([7; 16]);
    let mut symmetric = Header::new(Algorithm::HS256);
    symmetric.kid = Some(identity.key_id.clone());
    let secret = EncodingKey::from_secret(identity.signing_key.as_bytes());
    let symmetric = encode(&symmetric, &claims, &secret).expect("a token");
    for (why, token) in [
        ("not a token", "x".to_owned()),
        ("cut", good[..good.len() - 10].to_owned()),
        ("bent", bent),
        ("alg none", none),
        ("alg none with a signature", none_signed),
        ("another algorithm", symmetric),
        (
            "another key",
            signed(&stranger, &identity.key_id, id, expires_at),
        ),
        ("another key id", signed(&identity, "other", id, expires_at)),
        ("expired", signed(&identity, &identity.key_id, id, past)),
        (
            "no session",
            signed(&identity, &identity.key_id, unknown, expires_at),
        ),
    ] {
        assert_eq!(
            refused(&house, &token).await,
            ErrorCode::LoginFailed,
            "{why}"
        );
    }
    drop(peer);
    // None of these was refused for another reason than its own.
    let mut good_session = session.clone();
    good_session.token = Some(good.parse().expect("a token"));
    drop(resume(&house, &good_session).await.expect("a session"));
    house.close().await;
}

#[tokio::test]
async fn hello_tells_what_tokens_are_checked_with() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut peer = house.connect().await;
    let key = peer.hello().await.token_key.expect("a key");
    let session = Owner::named("Ada").registers(&mut peer).await;
    let token = session.token.expect("a token");
    let header = decode_header(token.as_str()).expect("a header");
    assert_eq!(header.kid.as_deref(), Some(key.id.as_str()));
    let verifying = DecodingKey::from_ed_der(key.key.as_bytes());
    let validation = Validation::new(Algorithm::EdDSA);
    let claims = decode::<serde_json::Value>(token.as_str(), &verifying, &validation);
    let claims = claims.expect("signed by this key").claims;
    assert_eq!(claims["sid"], session.session.to_string());
    drop(peer);
    house.close().await;
    // Without accounts there are no tokens.
    let house = House::open().await;
    let greeting = house.connect().await.hello().await;
    assert!(greeting.token_key.is_none());
    house.close().await;
}

#[tokio::test]
async fn a_revoked_session_ends_at_once_and_for_good() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let house = folder.house().await;
    let (mut here, session) = ada.arrives(&house).await;
    let (mut there, other) = ada.comes_again(&house).await;
    let mut listed = sessions(&mut here).await;
    listed.sort_unstable();
    let mut expected = [(session.session, true), (other.session, false)];
    expected.sort_unstable();
    assert_eq!(listed, expected);

    let revoke = |session| Revoke { session };
    here.call(&revoke(other.session), Bytes::new())
        .await
        .expect("revoked");
    assert_eq!(there.event().await.0, Event::SessionRevoked {});
    assert_eq!(there.closed().await, CloseCode::Revoked);
    let error = resume(&house, &other).await.err().expect("revoked");
    assert_eq!(error.code, ErrorCode::LoginFailed);
    // Once more, and one that never was: both are ended.
    here.call(&revoke(other.session), Bytes::new())
        .await
        .expect("gone already");
    assert_eq!(sessions(&mut here).await, [(session.session, true)]);
    drop(there);

    here.call(&revoke(session.session), Bytes::new())
        .await
        .expect("its own");
    assert_eq!(here.closed().await, CloseCode::Revoked);
    assert!(resume(&house, &session).await.is_err());
    drop(here);
    house.close().await;
}

#[tokio::test]
async fn nobody_revokes_the_session_of_another_account() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, session) = Owner::named("Ada").arrives(&house).await;
    let (mut eve, _) = Owner::named("Eve").arrives(&house).await;
    let revoke = Revoke {
        session: session.session,
    };
    eve.call(&revoke, Bytes::new())
        .await
        .expect("nothing of hers");
    assert_eq!(sessions(&mut ada).await, [(session.session, true)]);
    drop((ada, eve));
    house.close().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_proven_or_not() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let house = folder.house().await;
    let (mut proven, session) = ada.arrives(&house).await;
    let mut unproven = house.greeted().await;
    let other = ada.signs_in(&mut unproven).await.expect("a session");
    for (peer, session) in [(&mut proven, session), (&mut unproven, other)] {
        peer.call(&Logout {}, Bytes::new()).await.expect("done");
        assert_eq!(peer.closed().await, CloseCode::Done);
        let error = resume(&house, &session).await.err().expect("signed out");
        assert_eq!(error.code, ErrorCode::LoginFailed);
    }
    drop((proven, unproven));
    house.close().await;
}

#[tokio::test]
async fn a_session_ends_when_idle_or_old() {
    let idle = AccountLimits {
        session_idle: Duration::ZERO,
        ..AccountLimits::default()
    };
    let old = AccountLimits {
        session_most: Duration::ZERO,
        ..AccountLimits::default()
    };
    for limits in [idle, old] {
        let folder = Folder::new();
        let house = folder.limited(limits).await;
        let mut peer = house.greeted().await;
        let session: SignedInAccount = Owner::named("Ada").registers(&mut peer).await;
        peer.vanish();
        let error = resume(&house, &session).await.err().expect("over");
        assert_eq!(error.code, ErrorCode::LoginFailed);
        house.close().await;
    }
}
