//! The built command that talks as an account: whole outputs, exit codes, and coming back.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use crate::common::relay::Relay;
use crate::owners::{
    House,
    command::{Device, ran},
};

/// `sealwire join` that prints JSON.
struct Talk {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Talk {
    /// Joins the lobby and waits for its key.
    fn join(device: &Device, who: &[&str]) -> Self {
        let mut command = device.command(&["join", "--json"]);
        let spawned = command.args(who).stdin(Stdio::piped()).spawn();
        let mut child = spawned.expect("the command");
        let output = child.stdout.take().expect("a pipe");
        let mut talk = Self {
            input: child.stdin.take().expect("a pipe"),
            output: BufReader::new(output),
            child,
        };
        talk.sees("keyed");
        talk
    }

    /// The next object of this type.
    fn sees(&mut self, kind: &str) -> Value {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("a line");
            assert_ne!(read, 0, "{kind} was not said");
            let object: Value = serde_json::from_str(&line).expect("an object");
            if object["type"] == kind {
                return object;
            }
        }
    }

    fn types(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("typed");
    }

    /// Waits for the end; what it said of it, and its exit code.
    fn ends(self) -> (String, Option<i32>) {
        drop(self.input);
        let output = self.child.wait_with_output().expect("an output");
        let error = String::from_utf8(output.stderr).expect("text");
        (error, output.status.code())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_talks_with_a_guest_and_its_session_stays() {
    let house = House::start().await;
    let device = Device::of(house.address);
    device.register("Ada").await.well();
    // The account counts more than a guest's name in the environment.
    let mut rooms = device.command(&["rooms", "--as", "ada"]);
    rooms.env("SEALWIRE_GUEST", "Bob");
    assert_eq!(ran(rooms).await.well(), "0\tlobby\n");
    let mut bob = Talk::join(&Device::of(house.address), &["--guest", "Bob"]);
    let mut ada = Talk::join(&device, &["--as", "ada"]);
    assert_eq!(bob.sees("joined")["name"], json!("Ada"));
    ada.types("made of keys");
    let heard = bob.sees("message");
    assert_eq!(
        (&heard["name"], &heard["text"]),
        (&json!("Ada"), &json!("made of keys"))
    );
    bob.types("so I hear");
    assert_eq!(ada.sees("message")["own"], json!(true));
    assert_eq!(ada.sees("message")["text"], json!("so I hear"));
    assert_eq!(ada.ends(), (String::new(), Some(0)));
    assert_eq!(bob.ends(), (String::new(), Some(0)));
    let sessions = device.run(&["sessions", "--json"]).await.object();
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_account_and_more_than_one_are_told() {
    let (one, other) = (House::start().await, House::start().await);
    let device = Device::of(one.address);
    let nobody = device.run(&["join", "--as", "Ada"]).await;
    let expected = "sealwire: this device has no such account\n  \
        Sign in first: sealwire login NAME\n";
    assert_eq!((nobody.err.as_str(), nobody.code), (expected, Some(2)));
    device.register("Ada").await.well();
    let elsewhere = other.address.to_string();
    let code = device.file("second code");
    let arguments = ["register", "Ada", "--server", &elsewhere];
    let mut register = device.command(&arguments);
    register
        .env("SEALWIRE_PASSWORD", crate::owners::PASSWORD)
        .env("SEALWIRE_RECOVERY_FILE", code);
    ran(register).await.well();
    let mut join = device.command(&["join", "--as", "Ada"]);
    join.env_remove("SEALWIRE_SERVER");
    let several = ran(join).await;
    let expected = "sealwire: this device has several such accounts\n  \
        Say which: by its NAME (or --as NAME), and --server ADDR.\n";
    assert_eq!((several.err.as_str(), several.code), (expected, Some(2)));
    let named = device
        .run(&["join", "--as", "Ada", "--server", &elsewhere])
        .await;
    assert_eq!((named.err.as_str(), named.code), ("", Some(0)));
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_while_it_talks_says_how_to_sign_in_again() {
    let house = House::start().await;
    let (laptop, phone) = (Device::of(house.address), Device::of(house.address));
    laptop.register("Ada").await.well();
    phone.with_password(&["login", "Ada"]).await.well();
    let session = phone.run(&["whoami", "--json"]).await.object();
    let session = session["session"].as_str().expect("an id").to_owned();
    let mut talk = Talk::join(&phone, &["--as", "Ada", "--stay"]);
    talk.types("still here");
    talk.sees("message");
    laptop.run(&["sessions", "--revoke", &session]).await.well();
    let expected = "sealwire: the server closed the connection: This session was ended from elsewhere.\n  \
        This device's session is over. Sign in again: sealwire login NAME\n";
    assert_eq!(talk.ends(), (expected.to_owned(), Some(8)));
    let over = phone.run(&["join", "--as", "Ada"]).await;
    let expected = "sealwire: auth.resume was refused: Name or password is wrong.\n  \
        This device's session is over. Sign in again: sealwire login NAME\n";
    assert_eq!((over.err.as_str(), over.code), (expected, Some(8)));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_account_comes_back_though_its_keys_are_new_meanwhile() {
    let house = House::start().await;
    let relay = Relay::to(house.address).await;
    let (laptop, phone) = (Device::of(relay.address), Device::of(house.address));
    laptop.register("Ada").await.well();
    let mut bob = Talk::join(&Device::of(house.address), &["--guest", "Bob"]);
    let mut ada = Talk::join(&laptop, &["--as", "Ada"]);
    phone.with_password(&["login", "Ada"]).await.well();
    phone.run(&["rotate"]).await.well();
    relay.cut();
    ada.sees("lost");
    ada.types("typed without a connection");
    ada.sees("back");
    assert_eq!(
        bob.sees("message")["text"],
        json!("typed without a connection")
    );
    assert_eq!(ada.ends(), (String::new(), Some(0)));
    assert_eq!(bob.ends(), (String::new(), Some(0)));
    // The file knows the new keys.
    let (here, there) = tokio::join!(
        laptop.run(&["whoami", "--json"]),
        phone.run(&["whoami", "--json"])
    );
    assert_eq!(here.object()["fingerprint"], there.object()["fingerprint"]);
    house.stop().await;
}
