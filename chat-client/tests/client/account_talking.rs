//! An account within a session that talks: proven anew on each connection by what a device keeps.

use std::net::SocketAddr;

use chat_client::{
    Account, AccountError, CallError, Session, SessionEvent, SessionEvents, SessionSettings,
    SignIn,
    account::{Kept, PeerFault},
    session::{self, AccountSignIn},
};
use serde_json::json;
use wire_format::{AccountId, Challenge, ErrorCode};

use crate::common::relay::Relay;
use crate::owners::{House, fault, liar::Liar, server_at};

async fn resumed(address: SocketAddr, kept: &Kept) -> (Session, SessionEvents) {
    let endpoint = address.to_string().parse().expect("an address");
    let who = session::SignIn::Account(AccountSignIn::Resume(kept.token.clone()));
    let settings = SessionSettings::of(endpoint, who, crate::common::keys());
    Session::connect(settings).await.expect("the session")
}

/// Answers the challenge of a session's first connection.
async fn proven(
    session: &Session,
    address: SocketAddr,
    kept: &Kept,
) -> Result<Account, AccountError> {
    let challenge = session.account().expect("an account").challenge;
    SignIn::within(session, server_at(address), kept, challenge).await
}

async fn challenge(events: &mut SessionEvents) -> Challenge {
    loop {
        match events.next().await.expect("a session that goes on") {
            SessionEvent::Challenge(challenge) => return challenge,
            SessionEvent::Ended(end) => panic!("{end}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_comes_back_after_a_cut_with_keys_that_are_new_meanwhile() {
    let house = House::start().await;
    let relay = Relay::to(house.address).await;
    let (account, _) = house.register("ada").await;
    let kept = account.kept();
    account.close().await;
    let (session, mut events) = resumed(relay.address, &kept).await;
    let refused = session.enter("lobby").await.map_err(CallError::code);
    assert_eq!(refused.expect_err("refused"), ErrorCode::KeysUnproven);
    let mut account = proven(&session, relay.address, &kept)
        .await
        .expect("proven");
    session.enter("lobby").await.expect("entered");
    // What is asked of the account goes over the same connection.
    let sessions = account.sessions().await.expect("sessions");
    assert_eq!(sessions.len(), 1);
    let kept = account.kept();

    let mut elsewhere = house.sign_in("ada").await;
    elsewhere.rotate_keys().await.expect("new keys");
    relay.cut();
    let challenge = challenge(&mut events).await;
    let again = SignIn::within(&session, server_at(relay.address), &kept, challenge).await;
    let again = again.expect("proven");
    assert_eq!(again.fingerprint(), elsewhere.fingerprint());
    loop {
        let event = events.next().await.expect("a session that goes on");
        if matches!(event, SessionEvent::Back) {
            break;
        }
    }
    // The session outlives its connection.
    let kept = again.kept();
    session.leave().await;
    let account = SignIn::again(house.server(), &kept).await.expect("goes on");
    drop((account, elsewhere));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_another_account_does_not_talk() {
    let house = House::start().await;
    let liar = Liar::before(house.address).await;
    let (account, _) = house.register("ada").await;
    let kept = account.kept();
    account.close().await;
    let other = json!(AccountId::from_bytes([7; 16]));
    liar.says("auth.resume", "account", other);
    let (session, _events) = resumed(liar.address, &kept).await;
    let caught = fault(proven(&session, liar.address, &kept).await);
    assert!(
        matches!(caught, PeerFault::OtherAccount { .. }),
        "{caught:?}"
    );
    assert!(!liar.log().contains(&"auth.prove".to_owned()));
    session.leave().await;
    drop(liar);
    house.stop().await;
}
