//! `sealwire webhook` and `sealwire export`, on a real chat-server.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::Child,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use wire_format::{
    command::auth::SignInParams,
    passwords::{Rounds, ServerName},
    vault::VaultRoot,
};

use crate::owners::{House, command::Device, liar::Liar, password};

/// A webhook that runs; it is ended with the test.
struct Hook {
    child: Child,
    address: SocketAddr,
    token: String,
}

impl Hook {
    async fn start(device: &Device, to: &str) -> Self {
        let arguments = ["webhook", to, "--listen", "127.0.0.1:0", "--json"];
        let mut child = device.command(&arguments).spawn().expect("the command");
        let out = child.stdout.take().expect("its output");
        let first = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(out).read_line(&mut line).expect("a line");
            line
        });
        let object: Value = serde_json::from_str(&first.await.expect("a line")).expect("an object");
        let word = |field: &str| object[field].as_str().expect("a word").to_owned();
        Self {
            child,
            address: word("address").parse().expect("an address"),
            token: word("token"),
        }
    }

    /// The status that a request gets.
    async fn status(&self, method: &str, token: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address)
            .await
            .expect("a connection");
        let head = format!(
            "{method} / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("written");
        // Whoever is refused may find the connection closed.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).unwrap_or_default();
        status.to_owned()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn texts(device: &Device) -> Vec<String> {
    let printed = device.run(&["listen", "--once", "--json"]).await.well();
    let objects = printed.lines().map(|line| {
        let object: Value = serde_json::from_str(line).expect("an object");
        object
    });
    let texts = objects.filter(|object| object["kind"] == "text");
    texts
        .map(|object| object["text"].as_str().expect("a text").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_with_the_token_is_sealed_and_sent() {
    let house = House::start().await;
    let (bot, ada) = (Device::of(house.address), Device::of(house.address));
    bot.register("Bot").await.well();
    ada.register("Ada").await.well();
    let hook = Hook::start(&bot, "ada").await;
    let token = hook.token.clone();
    assert_eq!(hook.status("POST", &token, b"done").await, "202");
    assert_eq!(hook.status("GET", &token, b"").await, "405");
    assert_eq!(hook.status("POST", "guessed", b"no").await, "401");
    assert_eq!(hook.status("POST", &token[1..], b"no").await, "401");
    assert_eq!(hook.status("POST", &token, b"").await, "422");
    assert_eq!(hook.status("POST", &token, b"\xff").await, "422");
    let most = vec![b'x'; 262_144];
    assert_eq!(hook.status("POST", &token, &most).await, "202");
    let more = vec![b'x'; 262_145];
    assert_eq!(hook.status("POST", &token, &more).await, "413");
    drop(hook);
    let heard = texts(&ada).await;
    assert_eq!(heard.len(), 2);
    assert_eq!(heard.first().map(String::as_str), Some("done"));

    let open = ["webhook", "ada", "--listen", "0.0.0.0:0", "--json"];
    let (error, code) = bot.run(&open).await.failed();
    assert_eq!((&error["code"], code), (&json!("settings"), Some(2)));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_exported_for_its_members_or_those_who_are_named() {
    let house = House::start().await;
    let (ada, bob) = (Device::of(house.address), Device::of(house.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    let sent = ada.run(&["send", "bob", "for the record", "--json"]).await;
    let sequence = sent.object()["sequence"]
        .as_str()
        .expect("a number")
        .to_owned();
    let exported = bob.run(&["export", "ada", &sequence, "--jwe"]).await;
    let jwe = exported.object();
    let recipients = jwe["recipients"].as_array().expect("recipients");
    assert_eq!(recipients.len(), 2);
    assert!(!jwe.to_string().contains("for the record"));
    let one = ["export", "ada", &sequence, "--jwe", "--for", "bob"];
    let jwe = bob.run(&one).await.object();
    assert_eq!(jwe["recipients"].as_array().map(Vec::len), Some(1));
    let (error, code) = bob
        .run(&["export", "ada", "99", "--jwe", "--json"])
        .await
        .failed();
    assert_eq!((&error["code"], code), (&json!("settings"), Some(2)));
    house.stop().await;
}

/// The newest wrap key of who signed in by password over this connection, as PKCS #8.
fn wrap_key(watched: &Liar) -> Vec<u8> {
    let (params, _) = watched.reply("auth.params");
    let params: SignInParams = serde_json::from_value(params).expect("parameters");
    let rounds = Rounds::try_from(params.rounds).expect("rounds");
    let server = ServerName::parse(&params.server).expect("a name");
    let halves = password().halves(&params.salt, rounds, &server);
    let halves = halves.expect("the halves");
    let (_, root) = watched.reply("vault.root");
    let root = VaultRoot::parse(root).expect("a root");
    let opened = root.open_with_password(&halves.vault).expect("opened");
    let newest = opened.content.wraps.last().expect("a key");
    newest.key.as_bytes().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line of its own"
)]
async fn what_is_exported_opens_in_another_library_by_the_key_of_its_reader() {
    // A test that opens nothing would pass for the wrong reason.
    let python = std::env::var("SEALWIRE_PYTHON")
        .expect("SEALWIRE_PYTHON, a Python with jwcrypto, as tests/run makes and names it");
    let house = House::start().await;
    let watched = Liar::before(house.address).await;
    let (ada, bob) = (Device::of(house.address), Device::of(house.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    let sent = ada.run(&["send", "bob", "for the record", "--json"]).await;
    let sent = sent.object();
    let sequence = sent["sequence"].as_str().expect("a number");
    let arguments = ["export", "bob", sequence, "--jwe", "--for", "bob"];
    let exported = ada.run(&arguments).await.well();
    let phone = Device::of(watched.address);
    phone.with_password(&["login", "Bob"]).await.well();

    let (jwe, key) = (phone.file("jwe"), phone.file("key"));
    std::fs::write(&jwe, exported).expect("a file");
    std::fs::write(&key, wrap_key(&watched)).expect("a file");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/python/jwe.py");
    let mut python = std::process::Command::new(python);
    python.arg(script).args([jwe, key]);
    python.stdout(std::process::Stdio::piped());
    python.stderr(std::process::Stdio::piped());
    let opened = crate::owners::command::ran(python).await.object();
    assert_eq!(opened["text"], json!("for the record"), "{opened}");
    assert_eq!(opened["room"], sent["room"]);
    drop(watched);
    house.stop().await;
}
