//! What an operator does while the server runs, and how the first administrator comes in.

use std::{process::Command, time::Duration};

use chat_server::{
    AccountLimits, Limits, Server, Settings,
    store::{
        Database, Location, Refusal, Store as _, TokenHash,
        accounts::{AccountName, Entrance, Password, Recovery, Register, Role},
    },
    wall_clock,
};
use wire_format::{CloseCode, ErrorCode, Event, MemberId, OneTimeToken};

use crate::{
    owner::{AtServer as _, Folder, Owner, resume},
    support::{House, generous},
};

/// Runs a command on a server's data.
async fn operate(folder: &Folder, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    command
        .args(arguments)
        .arg("--data")
        .arg(folder.path())
        .env_clear();
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("a task").expect("it starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
}

/// A server that looks often for what others ended.
async fn house(folder: &Folder) -> House {
    House::with(Settings {
        limits: Limits {
            sweep_every: Duration::from_millis(50),
            ..generous()
        },
        ..folder.settings(AccountLimits::default())
    })
    .await
}

#[tokio::test]
async fn an_account_that_another_process_disables_loses_its_connections() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (mut peer, session) = ada.arrives(&house).await;
    let (mut other, _) = bob.arrives(&house).await;
    operate(&folder, &["user", "disable", "ada"]).await;
    let (event, _) = peer.event().await;
    assert_eq!(event, Event::SessionRevoked {});
    assert_eq!(peer.closed().await, CloseCode::Revoked);
    let refused = resume(&house, &session).await.err().expect("refused");
    assert_eq!(refused.code, ErrorCode::LoginFailed);
    // Nobody else does.
    operate(&folder, &["user", "enable", "ada"]).await;
    let again = bob.signs_in(&mut house.greeted().await).await;
    assert!(again.is_ok());
    let list = other
        .call(
            &wire_format::command::auth::Sessions {},
            bytes::Bytes::new(),
        )
        .await;
    assert_eq!(list.expect("it goes on").0.sessions.len(), 2);
    drop((peer, other));
    house.close().await;
}

/// The setup token of a start.
async fn setup_token(folder: &Folder) -> Option<OneTimeToken> {
    let settings = folder.settings(AccountLimits::default());
    let mut server = Server::bind(settings).await.expect("a server");
    let token = server.take_setup_token();
    assert!(server.take_setup_token().is_none(), "it is shown once");
    server.start().shutdown(Duration::from_secs(10)).await;
    token
}

fn register(name: &str, token: &OneTimeToken) -> Register {
    let hash = chat_server::store::PasswordHash::new("$argon2id$".into());
    Register {
        account: MemberId::from_bytes(rand::random()),
        name: AccountName::prepare(name).expect("a name"),
        password: Password {
            salt: [0; 16],
            rounds: 600_000,
            login: hash.clone(),
            recovery: hash,
        },
        keyset: vec![1],
        wrap_key: vec![1],
        vault_root: vec![1],
        entrance: Entrance::Setup(TokenHash::of(token)),
        recovery: Recovery::Unrehearsed,
        now: wall_clock::now(),
    }
}

#[tokio::test]
async fn the_first_administrator_comes_with_the_token_of_the_last_start() {
    let folder = Folder::new();
    let first = setup_token(&folder).await.expect("no administrator yet");
    let second = setup_token(&folder).await.expect("no administrator yet");
    let location = Location::Sqlite(folder.path().to_owned());
    let store = Database::open(location).await.expect("a store");
    let verdict = store.write(register("ada", &first)).await.expect("written");
    assert_eq!(verdict, Err(Refusal::TokenInvalid));
    let verdict = store
        .write(register("ada", &second))
        .await
        .expect("written");
    assert_eq!(verdict, Ok(Role::Admin));
    let verdict = store
        .write(register("bob", &second))
        .await
        .expect("written");
    assert_eq!(verdict, Err(Refusal::TokenInvalid));
    store.close().await;
    assert!(setup_token(&folder).await.is_none());
}
