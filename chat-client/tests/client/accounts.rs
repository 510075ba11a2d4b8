//! An account's session: the proof of its keys, connection after connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use chat_client::{
    CallError, ConnectError, Session, SessionEvent, SessionEvents, SessionSettings,
    session::{AccountSignIn, LostCause, SessionEnd, SignIn},
};
use chat_server::{Running, Server, Settings};
use sealwire_tests::{folder::Folder, owner::Owner};
use wire_format::{
    CloseCode, ErrorCode, Event, MessageId, RoomId, SessionKeys, SessionToken,
    command::{
        Command,
        auth::{Revoke, SignedInAccount},
        vault,
    },
};

/// A chat-server with data.
struct House {
    folder: Folder,
    address: SocketAddr,
    server: Option<Running>,
}

impl House {
    async fn start() -> Self {
        let folder = Folder::new();
        let server = serve(&folder, ([127, 0, 0, 1], 0).into()).await;
        Self {
            address: server.local_addr(),
            server: Some(server),
            folder,
        }
    }

    async fn stop(&mut self) {
        let server = self.server.take().expect("a running server");
        let outcome = server.shutdown(Duration::from_secs(10)).await;
        assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
    }

    async fn start_again(&mut self) {
        self.server = Some(serve(&self.folder, self.address).await);
    }

    async fn session(
        &self,
        sign_in: AccountSignIn,
    ) -> Result<(Session, SessionEvents), ConnectError> {
        let endpoint = self.address.to_string().parse().expect("an address");
        let keys = SessionKeys::generate(&mut rand::rng()).expect("keys");
        let who = SignIn::Account(sign_in);
        Session::connect(SessionSettings::of(endpoint, who, Arc::new(keys))).await
    }

    async fn registered(&self, owner: &Owner) -> (Session, SessionEvents) {
        let register = Box::new(owner.register());
        let sign_in = AccountSignIn::Register(register, owner.records());
        self.session(sign_in).await.expect("a session")
    }
}

async fn serve(folder: &Folder, listen: SocketAddr) -> Running {
    let settings = Settings {
        listen,
        data: Some(folder.path().join("data")),
        ..Settings::default()
    };
    Server::bind(settings).await.expect("a free port").start()
}

fn account(session: &Session) -> SignedInAccount {
    session.account().expect("an account").clone()
}

fn token(session: &Session) -> SessionToken {
    account(session).token.expect("a token")
}

async fn until<T>(
    events: &mut SessionEvents,
    mut find: impl FnMut(SessionEvent) -> Option<T>,
) -> T {
    loop {
        let event = events.next().await.expect("a session that goes on");
        if let Some(found) = find(event) {
            return found;
        }
    }
}

fn lobby() -> RoomId {
    RoomId::of_name("lobby")
}

fn code<T>(outcome: Result<T, CallError>) -> Option<ErrorCode> {
    outcome.err().map(CallError::code)
}

#[tokio::test]
async fn rooms_wait_for_the_proof_of_keys() {
    let mut house = House::start().await;
    let ada = Owner::named("Ada");
    let (session, mut events) = house.registered(&ada).await;
    assert_eq!(session.name(), "Ada");
    assert_eq!(session.member(), account(&session).session.into());
    assert_eq!(
        code(session.enter("lobby").await),
        Some(ErrorCode::KeysUnproven)
    );
    assert_eq!(code(session.rooms().await), Some(ErrorCode::KeysUnproven));
    let root = session
        .call_account(Command::VaultRoot(vault::Root {}), Bytes::new())
        .await;
    assert!(!root.expect("the own root").tail.is_empty());
    session
        .prove(ada.proof(&account(&session)))
        .await
        .expect("proven");
    session.enter("lobby").await.expect("entered");
    let message = MessageId::from_bytes([1; 16]);
    session
        .send_text(lobby(), message, "hello")
        .await
        .expect("sent");
    until(&mut events, |event| {
        matches!(event, SessionEvent::Room { .. }).then_some(())
    })
    .await;
    session.logout().await;
    house.stop().await;
}

#[tokio::test]
async fn a_proof_that_does_not_hold_lets_nobody_in() {
    let mut house = House::start().await;
    let ada = Owner::named("Ada");
    let (session, _events) = house.registered(&ada).await;
    let forged = ada.foreign_proof(&account(&session));
    assert_eq!(
        code(session.prove(forged).await),
        Some(ErrorCode::NotAllowed)
    );
    assert_eq!(
        code(session.enter("lobby").await),
        Some(ErrorCode::KeysUnproven)
    );
    session.logout().await;
    house.stop().await;
}

#[tokio::test]
async fn a_new_connection_asks_for_a_new_proof_and_messages_wait_for_it() {
    let mut house = House::start().await;
    let ada = Owner::named("Ada");
    let (session, mut events) = house.registered(&ada).await;
    let mut known = account(&session);
    session.prove(ada.proof(&known)).await.expect("proven");
    session.enter("lobby").await.expect("entered");
    house.stop().await;
    until(&mut events, |event| {
        matches!(event, SessionEvent::Lost { .. }).then_some(())
    })
    .await;
    house.start_again().await;
    let challenge = until(&mut events, |event| match event {
        SessionEvent::Challenge(challenge) => Some(challenge),
        _ => None,
    });
    known.challenge = challenge.await;
    let sending = {
        let session = session.clone();
        tokio::spawn(async move {
            let message = MessageId::from_bytes([2; 16]);
            session.send_text(lobby(), message, "waited").await
        })
    };
    assert_eq!(
        code(session.members(lobby(), None).await),
        Some(ErrorCode::KeysUnproven)
    );
    session.prove(ada.proof(&known)).await.expect("proven");
    until(&mut events, |event| {
        matches!(event, SessionEvent::Back).then_some(())
    })
    .await;
    sending.await.expect("no panic").expect("sent");
    session.logout().await;
    house.stop().await;
}

#[tokio::test]
async fn a_session_that_was_left_goes_on_and_one_that_was_signed_out_does_not() {
    let mut house = House::start().await;
    let ada = Owner::named("Ada");
    let (session, events) = house.registered(&ada).await;
    let (first, token) = (account(&session), token(&session));
    session.leave().await;
    drop((session, events));
    let resume = || AccountSignIn::Resume(token.clone());
    // Nobody holds this one any more: that is no sign-out either.
    drop(house.session(resume()).await.expect("a session"));
    let (session, _events) = house.session(resume()).await.expect("a session");
    assert_eq!(account(&session).session, first.session);
    assert_ne!(account(&session).challenge, first.challenge);
    assert!(account(&session).token.is_none());
    session.logout().await;
    match house.session(resume()).await {
        Err(ConnectError::Refused { refusal, .. }) => {
            assert_eq!(refusal.code, ErrorCode::LoginFailed);
        }
        other => panic!("{other:?}"),
    }
    house.stop().await;
}

#[tokio::test]
async fn a_session_that_is_revoked_is_over() {
    let mut house = House::start().await;
    let ada = Owner::named("Ada");
    let (lost, mut events) = house.registered(&ada).await;
    let (kept, _kept_events) = house
        .session(AccountSignIn::Login(ada.login()))
        .await
        .expect("a session");
    kept.prove(ada.proof(&account(&kept)))
        .await
        .expect("proven");
    let session = account(&lost).session;
    let revoke = Command::RevokeSession(Revoke { session });
    kept.call_account(revoke, Bytes::new())
        .await
        .expect("revoked");
    until(&mut events, |event| {
        matches!(event, SessionEvent::Account(event) if *event == Event::SessionRevoked {})
            .then_some(())
    })
    .await;
    let end = until(&mut events, |event| match event {
        SessionEvent::Ended(end) => Some(end),
        _ => None,
    });
    let end = end.await;
    assert!(
        matches!(
            end,
            SessionEnd::Lost(LostCause::Ended(chat_client::Ended::Closed(
                CloseCode::Revoked
            )))
        ),
        "{end:?}"
    );
    kept.logout().await;
    house.stop().await;
}
