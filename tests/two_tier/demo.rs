//! `web-proxy --demo`: accounts to try things out with.

use std::{net::SocketAddr, path::Path};

use chat_client::{AccountServer, SignIn};
use sealwire_tests::{folder::Folder, owner::Owner, page::Session, program::Program};
use serde_json::Value;
use wire_format::passwords::{Password, RecoveryCode};

const NAMES: [&str; 4] = ["admin", "alice", "bob", "charlie"];

/// A web-proxy with a chat-server of its own.
fn start(data: &Path, more: &[&str]) -> Program {
    let data = format!("--data={}", data.display());
    let usual = ["--listen=127.0.0.1:0", "--chat-listen=127.0.0.1:0", &data];
    let arguments = usual.iter().chain(more);
    Program::start_with("web-proxy", arguments, &[("RUST_LOG", "trace")])
}

async fn chat_server(program: &mut Program) -> AccountServer {
    let address: SocketAddr = program
        .line(|line| {
            let (_, address) = line.split_once("listening address=")?;
            address.trim().parse().ok()
        })
        .await;
    AccountServer::new(address.to_string().parse().expect("an address"))
}

/// What an operator's command prints.
fn operator(arguments: &[&str], data: &Path) -> String {
    let data = format!("--data={}", data.display());
    let mut program = Program::start("chat-server", arguments.iter().chain([&data.as_str()]));
    assert!(program.wait().success(), "{}", program.printed());
    program.printed()
}

/// Password and recovery code of a demo account, as they were printed.
fn printed_for(name: &str, printed: &str) -> (String, String) {
    let begin = format!("demo account {name}: password ");
    let mut lines = printed.lines().filter_map(|line| line.strip_prefix(&begin));
    let (password, code) = lines
        .next()
        .and_then(|line| line.split_once(", recovery code "))
        .expect("a line for everybody");
    assert!(lines.next().is_none(), "once");
    (password.to_owned(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_has_four_accounts_whose_passwords_are_printed_once() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut program = start(&data, &["--demo"]);
    let server = chat_server(&mut program).await;
    program.listening().await;
    let printed = program.printed();
    assert!(printed.contains("for trying out only"), "{printed}");
    assert!(!printed.contains("setup token"), "{printed}");
    let mut secrets = Vec::new();
    for name in NAMES {
        let (password, code) = printed_for(name, &printed);
        let prepared = Password::prepare(&password).expect("a password");
        let signing_in = SignIn::new(server.clone(), name).with_password(prepared);
        let mut account = signing_in.await.expect("a session");
        let sessions = account.sessions().await.expect("sessions");
        assert_eq!(sessions.len(), 1, "none is left from registering");
        account.logout().await.expect("signed out");
        let prepared: RecoveryCode = code.parse().expect("a code");
        let recovering = SignIn::new(server.clone(), name).with_code(prepared);
        let account = recovering.await.expect("a session");
        account.logout().await.expect("signed out");
        secrets.extend([password, code]);
    }
    let listed = operator(&["user", "list", "--json"], &data);
    let listed = listed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let mut listed: Vec<(String, String, bool)> = listed
        .map(|account: Value| {
            let text = |key: &str| account[key].as_str().unwrap_or_default().to_owned();
            (text("name"), text("role"), account["rehearsed"] == true)
        })
        .collect();
    listed.sort();
    let expected = NAMES.map(|name| {
        let role = if name == "admin" { "admin" } else { "member" };
        (name.to_owned(), role.to_owned(), false)
    });
    assert_eq!(listed, expected);
    let log = program.logged();
    assert!(log.contains("listening address="), "the log is read");
    assert!(secrets.iter().all(|secret| !log.contains(secret)));
    drop(program);

    let mut program = start(&data, &["--demo"]);
    program.listening().await;
    let printed = program.printed();
    assert!(printed.contains("the demo accounts are there already"));
    assert!(!printed.contains(": password "), "{printed}");
    assert!(secrets.iter().all(|secret| !printed.contains(secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_made_on_data_that_are_not_new_or_without_being_told() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut program = start(&data, &[]);
    let proxy = program.listening().await;
    assert_eq!(operator(&["user", "list"], &data), "");
    let refuses = |data: &Path, why: &str| {
        let mut program = start(data, &["--demo"]);
        assert_eq!(program.wait().code(), Some(1), "{}", program.printed());
        assert!(program.logged().contains(why), "{}", program.printed());
        assert!(!program.printed().contains(": password "));
    };
    let closed = folder.path().join("closed");
    start(&closed, &[]).listening().await;
    operator(&["registration", "closed"], &closed);
    refuses(&closed, "registering is closed on these data");

    let page = Session::register(proxy, &Owner::named("zoe")).await;
    drop((page, program));
    refuses(&data, "--demo makes accounts on new data");
    assert_eq!(operator(&["user", "list"], &data).lines().count(), 1);

    let some = folder.path().join("some");
    let mut program = start(&some, &[]);
    let proxy = program.listening().await;
    let page = Session::register(proxy, &Owner::named("alice")).await;
    drop((page, program));
    refuses(
        &some,
        "an earlier start ended before all its accounts were made",
    );
}
