//! `sealwire load` through a web-proxy: sealed messages on WebSockets, none of them lost.

use sealwire_tests::{
    program::Program,
    tiers::{ChatServer, WebProxy},
};
use serde_json::Value;

const NO_LIMITS: [&str; 3] = ["--messages=0", "--commands=0", "--sign-ins=0"];
const HIGH_LIMITS: [&str; 2] = ["--message-rate=1000000/s", "--command-rate=1000000/s"];

/// The report of a short run; nothing was lost in it.
async fn report(proxy: &WebProxy, arguments: &[&str]) -> Value {
    let url = format!("http://{}", proxy.address);
    let pid = proxy.program.process().to_string();
    let all = [
        &["load", "--through-proxy", &url, "--pid", &pid, "--json"],
        &["--seconds", "0.5", "--warm-up", "0.1"][..],
        arguments,
    ];
    let mut load = Program::start("sealwire", all.concat());
    let report = load.line(|line| serde_json::from_str::<Value>(line).ok());
    let report = report.await;
    assert!(load.wait().success(), "{}", load.printed());
    for key in ["lost", "repeated", "reordered", "cut"] {
        assert_eq!(report[key], 0, "{key} in {report}");
    }
    assert_eq!(report["stalled"], false);
    report
}

#[tokio::test]
async fn a_load_through_a_proxy_loses_nothing_and_leaves_nobody_behind() {
    let server = ChatServer::start_with(&NO_LIMITS, &[]).await;
    let proxy = WebProxy::start_as(&server, &HIGH_LIMITS).await;
    let burst = report(&proxy, &["--subscribers", "5"]).await;
    assert_eq!(burst["listeners"], 6);
    for key in ["deliveries_per_s", "server_cpu_us_per_delivery", "p50_us"] {
        assert!(burst[key].is_number(), "{key} in {burst}");
    }
    // The same names again: the first run has signed out.
    let talk = report(&proxy, &["--talk", "--publishers=2", "--subscribers=5"]).await;
    assert_eq!(talk["listeners"], 5);
    let paced = report(&proxy, &["--subscribers", "3", "--rate", "50"]).await;
    assert!(
        paced["messages"]
            .as_u64()
            .is_some_and(|messages| messages > 0)
    );
    let held = report(&proxy, &["--idle", "--subscribers", "3"]).await;
    assert_eq!((&held["alive"], &held["listeners"]), (&3.into(), &3.into()));
}

#[tokio::test]
async fn a_proxys_limit_is_named_with_the_flag_that_lifts_it() {
    let server = ChatServer::start_with(&NO_LIMITS, &[]).await;
    let proxy = WebProxy::start_as(&server, &["--message-rate=5/s"]).await;
    let url = format!("http://{}", proxy.address);
    let arguments = ["load", "--through-proxy", &url, "--subscribers=1", "--json"];
    let mut load = Program::start("sealwire", arguments);
    load.says("sealwire: publish was refused").await;
    load.says("a high --message-rate").await;
    assert_eq!(load.wait().code(), Some(4));
}
