//! `sealwire load` on a real chat-server: what it reports, and what it says when it cannot.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    process::{Command, Output},
    time::Duration,
};

use chat_server::{Limits, Rate, Running, Server, Settings};
use serde_json::Value;

use crate::common::House;

async fn load(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwire"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWIRE_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").arg("load").args(arguments);
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("a task").expect("an output")
}

/// A server without limits of rate.
async fn server() -> Running {
    let settings = Settings {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        limits: Limits {
            sign_ins: Rate::UNLIMITED,
            commands: Rate::UNLIMITED,
            messages: Rate::UNLIMITED,
            ..Limits::default()
        },
        ..Settings::default()
    };
    Server::bind(settings).await.expect("a free port").start()
}

async fn stop(server: Running) {
    let outcome = server.shutdown(Duration::from_secs(10)).await;
    assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
}

/// The report of a short run; nothing was lost in it.
async fn report(server: &Running, arguments: &[&str]) -> Value {
    let server = server.local_addr().to_string();
    let own = std::process::id().to_string();
    let all = [
        &[
            "--server",
            &server,
            "--pid",
            &own,
            "--json",
            "--seconds",
            "0.5",
            "--warm-up",
            "0.1",
        ],
        arguments,
    ];
    let output = load(&all.concat()).await;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).expect("an object");
    for (key, value) in [("lost", 0), ("repeated", 0), ("reordered", 0), ("cut", 0)] {
        assert_eq!(report[key], value, "{key} in {report}");
    }
    assert_eq!(report["stalled"], false);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_loses_nothing_and_reports_everything() {
    let server = server().await;
    let report = report(
        &server,
        &["--publishers", "2", "--subscribers", "7", "--size", "700"],
    )
    .await;
    // The publishers are in the room, too.
    assert_eq!(
        (&report["connections"], &report["listeners"]),
        (&9.into(), &9.into())
    );
    // They read, and one of the others; the rest count bytes.
    assert_eq!(report["readers"], 3);
    let deliveries = report["deliveries"].as_u64().expect("a number");
    assert!(deliveries > 0);
    let keys: BTreeSet<_> = report
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "alive",
        "connections",
        "cut",
        "cut_by",
        "deliveries",
        "deliveries_per_s",
        "generator_cpu_us_per_delivery",
        "listeners",
        "lost",
        "messages",
        "p50_us",
        "p999_us",
        "p99_us",
        "readers",
        "reordered",
        "repeated",
        "seconds",
        "server_cpu_us_per_delivery",
        "server_rss_bytes_per_connection",
        "stalled",
    ];
    assert_eq!(keys, BTreeSet::from(expected));
    for key in ["server_cpu_us_per_delivery", "p50_us", "p99_us", "p999_us"] {
        assert!(report[key].is_number(), "{key} in {report}");
    }
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_reads_when_told_to_or_when_deliveries_differ_in_length() {
    let server = server().await;
    let told = report(&server, &["--subscribers", "20", "--read", "all"]).await;
    assert_eq!(told["readers"], 21);
    // The room has kept messages of the run before, which do not count.
    let sampled = report(&server, &["--subscribers", "20", "--read", "sample"]).await;
    assert_eq!(sampled["readers"], 3);
    // From load-9 to load-10 the name in a delivery grows.
    let talk = ["--talk", "--publishers", "11", "--subscribers", "20"];
    assert_eq!(report(&server, &talk).await["readers"], 20);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paced_messages_all_arrive() {
    let server = server().await;
    let report = report(&server, &["--subscribers", "5", "--rate", "200"]).await;
    let (messages, deliveries) = (&report["messages"], &report["deliveries"]);
    assert!(
        messages.as_u64().is_some_and(|messages| messages > 0),
        "{messages}"
    );
    assert!(
        deliveries.as_u64().is_some_and(|deliveries| deliveries > 0),
        "{deliveries}"
    );
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_talk_everyone_hears_everyone() {
    let server = server().await;
    let report = report(
        &server,
        &["--talk", "--publishers", "3", "--subscribers", "8"],
    )
    .await;
    assert_eq!(
        (&report["connections"], &report["listeners"]),
        (&8.into(), &8.into())
    );
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn held_connections_live_and_hear_at_the_end() {
    let server = server().await;
    let report = report(&server, &["--idle", "--subscribers", "30"]).await;
    assert_eq!(
        (&report["alive"], &report["listeners"]),
        (&30.into(), &30.into())
    );
    assert!(report["server_rss_bytes_per_connection"].is_number());
    // One message at the end, and everyone heard it.
    assert_eq!(
        (&report["messages"], &report["deliveries"]),
        (&1.into(), &30.into())
    );
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_named_with_the_flag_that_lifts_them() {
    let mut house = House::start().await;
    let server = house.address.to_string();
    let arguments = ["--server", &server, "--subscribers", "2", "--json"];
    let output = load(&arguments).await;
    let expected = "sealwire: publish was refused: Too many requests. Wait a moment.\n  \
        Start the server with --messages 0.\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    house.stop().await;
    let nobody = load(&arguments).await;
    let said = String::from_utf8_lossy(&nobody.stderr);
    assert!(
        said.starts_with("sealwire: cannot connect to 127.0.0.1:"),
        "{said}"
    );
    assert!(
        said.ends_with("\n  Is the server running, and at this address?\n"),
        "{said}"
    );
    assert_eq!(nobody.status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_plans_are_exit_code_2() {
    for (arguments, words) in [
        (&["--server", "tls://localhost:1"][..], "plain TCP only"),
        (&["--server", "nowhere"], "an address is written like"),
        (
            &["--through-proxy", "https://localhost:1"],
            "plain HTTP only",
        ),
        (
            &["--through-proxy", "localhost:1"],
            "is written like http://",
        ),
        (&["--size", "23"], "a payload has at least 24 bytes"),
        (&["--subscribers", "0"], "there must be a subscriber"),
        (
            &["--talk", "--publishers", "9", "--subscribers", "8"],
            "among the subscribers",
        ),
        (&["--rate=-1"], "the rate is a number"),
        (&["--seconds=-1"], "seconds from 0"),
        (&["--pid", "4294967295"], "cannot read /proc/4294967295/"),
        (&["--idle", "--read", "sample"], "--read sample: only"),
        (
            &["--through-proxy", "http://localhost:1", "--read", "sample"],
            "--read sample: only",
        ),
        (&["--idle", "--talk"], "cannot be used with"),
    ] {
        let output = load(arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{said}");
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
}
