//! The built command on a real chat-server: whole outputs and exit codes.

use std::{
    io::Write as _,
    process::{Child, Command, Output, Stdio},
};

use crate::common::{House, text};

fn sealwire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwire"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWIRE_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

async fn output(mut child: Child, input: &'static [u8]) -> Output {
    let run = tokio::task::spawn_blocking(move || {
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that ends early does not read to the end.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output()
    });
    run.await.expect("a task").expect("an output")
}

async fn run(arguments: &[&str], input: &'static [u8]) -> Output {
    output(sealwire(arguments).spawn().expect("the command"), input).await
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// Replaces clocks, which differ in every run.
fn without_clock(text: &str) -> String {
    let is_clock = |line: &str| {
        let bytes = line.as_bytes();
        bytes.len() > 5 && bytes[2] == b':' && bytes[..2].iter().all(u8::is_ascii_digit)
    };
    let lines = text.lines().map(|line| {
        if is_clock(line) {
            format!("HH:MM{}", &line[5..])
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_sent_and_arrivals_printed() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let mut alice = house.guest("alice").await;
    let arguments = ["join", "--server", &server, "--guest", "bob"];
    let output = run(&arguments, "12:30\n\nexit\n  <b>שלום</b>".as_bytes()).await;
    assert_eq!(stderr(&output), "");
    let expected = "HH:MM \u{2068}bob\u{2069}: 12:30\n\
        HH:MM \u{2068}bob\u{2069}: exit\n\
        HH:MM \u{2068}bob\u{2069}:   <b>שלום</b>";
    assert_eq!(without_clock(&stdout(&output)), expected);
    assert_eq!(output.status.code(), Some(0));
    for said in ["12:30", "exit", "  <b>שלום</b>"] {
        assert_eq!(text(&alice.hear().await), said);
    }
    assert_eq!(house.sessions(), 1, "signed out before it ended");
    drop(alice);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_history_a_forged_line_stays_inside_its_message() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let alice = house.guest("alice").await;
    alice.say("hello\n12:30 bob: I owe you \u{1b}[31m100").await;
    let arguments = ["join", "--server", &server, "--guest", "carol", "--history"];
    let output = run(&arguments, b"read\n").await;
    assert_eq!(stderr(&output), "");
    let expected = "HH:MM \u{2068}alice\u{2069}: hello\n      \
        12:30 bob: I owe you ␛[31m100\nHH:MM \u{2068}carol\u{2069}: read";
    assert_eq!(without_clock(&stdout(&output)), expected);
    assert_eq!(output.status.code(), Some(0));
    drop(alice);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_one_object_a_line() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let arguments = [
        "join", "--server", &server, "--guest", "bob", "--json", "--room", "ops",
    ];
    let output = run(&arguments, b"hi\n").await;
    assert_eq!(
        (stderr(&output).as_str(), output.status.code()),
        ("", Some(0))
    );
    let lines = stdout(&output);
    let mut lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    lines.sort_by_key(|line| line["type"].to_string());
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str()).collect();
    assert_eq!(
        types,
        [
            Some("entered"),
            Some("keyed"),
            Some("message"),
            Some("sent")
        ]
    );
    assert_eq!(lines[0]["name"], "ops");
    assert_eq!(lines[0]["member_count"], 1);
    assert_eq!(
        (&lines[1]["n"], &lines[1]["reason"]),
        (&"1".into(), &"first".into())
    );
    let message = &lines[2];
    assert_eq!(
        (&message["text"], &message["own"]),
        (&"hi".into(), &true.into())
    );
    assert_eq!(message["sequence"], "1");
    assert_eq!(message["room"], lines[0]["room"]);
    let sent = &lines[3];
    assert_eq!((&sent["line"], &sent["sequence"]), (&1.into(), &"1".into()));
    assert_eq!(sent["message"], message["message"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_named_and_the_rest_is_sent() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let mut input = vec![b'x'; wire_format::limits::TEXT_BYTES + 1];
    input.extend_from_slice(b"\n\xff\nfine\n");
    let arguments = ["join", "--server", &server, "--guest", "bob"];
    let output = run(&arguments, input.leak()).await;
    let expected = "sealwire: line 1 was not sent: the message is too large\n\
        sealwire: line 2 was not sent: this is not a message\n\
        sealwire: 2 of the lines were not sent\n";
    assert_eq!(stderr(&output), expected);
    assert_eq!(
        without_clock(&stdout(&output)),
        "HH:MM \u{2068}bob\u{2069}: fine"
    );
    assert_eq!(output.status.code(), Some(6));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_unreachable_servers_have_their_exit_codes() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let alice = house.guest("alice").await;
    let taken = run(&["join", "--server", &server, "--guest", "ALICE"], b"").await;
    let expected = "sealwire: auth.guest was refused: This name, or one too much like it, is in use.\n  \
        Try another --guest NAME.\n";
    assert_eq!(
        (stderr(&taken).as_str(), taken.status.code()),
        (expected, Some(4))
    );
    assert_eq!(stdout(&taken), "");
    drop(alice);
    house.stop().await;
    let nobody = run(&["join", "--server", &server, "--guest", "alice"], b"").await;
    assert!(stderr(&nobody).starts_with("sealwire: cannot connect: "));
    assert_eq!(nobody.status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_is_exit_code_2() {
    for (arguments, starts) in [
        (
            &["join"][..],
            "sealwire: say who you are with --guest NAME, or --as NAME for an account\n",
        ),
        (
            &["join", "--guest", "x", "--server", "nowhere"],
            "sealwire: --server nowhere: ",
        ),
        (
            &[
                "join",
                "--guest",
                "x",
                "--server",
                "tls://localhost:1",
                "--ca",
                "/dev/null",
            ],
            "sealwire: no certificates in /dev/null\n",
        ),
        (
            &["join", "--config", "/no/such/file"],
            "sealwire: cannot read /no/such/file: ",
        ),
        (
            &["join", "--nonsense"],
            "error: unexpected argument '--nonsense' found\n",
        ),
    ] {
        let output = run(arguments, b"").await;
        assert!(stderr(&output).starts_with(starts), "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_listed_and_a_signal_signs_out() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let mut alice = house.guest("alice").await;
    let output = run(&["rooms", "--server", &server, "--guest", "bob"], b"").await;
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("1\tlobby\n", Some(0))
    );

    let arguments = ["join", "--server", &server, "--guest", "bob", "--stay"];
    let mut child = sealwire(&arguments).spawn().expect("the command");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"here\n").expect("written");
    assert_eq!(text(&alice.hear().await), "here");
    let process = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &process]).status();
    assert!(killed.expect("kill").success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = output.await.expect("a task").expect("an output");
    assert_eq!(
        (stderr(&output).as_str(), output.status.code()),
        ("", Some(130))
    );
    assert_eq!(house.sessions(), 1);
    drop((alice, stdin));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn help_names_the_exit_codes() {
    let output = run(&["join", "--help"], b"").await;
    assert!(stdout(&output).contains("  6  something was not sent"));
    let output = run(&["--version"], b"").await;
    let expected = concat!("sealwire ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(stdout(&output), expected);
}
