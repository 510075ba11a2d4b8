//! What it costs a web-proxy to find out whom a request's cookie names.

use std::{net::Ipv4Addr, num::NonZeroUsize};

use anyhow::ensure;
use http::{HeaderMap, HeaderValue, header};
use web_proxy::{Check, Proxy, Settings};
use wire_format::passwords::Password;

use super::account;
use crate::{
    account::cost_of_each,
    bench::Bench,
    case::{Case, Measure},
    results::Faults,
    servers::{Server, Who},
    statistics::Digits,
};

/// Measures it once.
pub(super) async fn measure(bench: &mut Bench) {
    let is_wanted = bench.options.wants(&CASE.to_string());
    if is_wanted && let Err(error) = one(bench).await {
        bench.results.unfinished(CASE);
        bench.leave_out(CASE, Who::Sealwire, &format!("{error:#}"));
    }
}

async fn one(bench: &mut Bench) -> anyhow::Result<()> {
    let server = Server::with_accounts(&bench.programs).await?;
    let password = Password::prepare("correct horse battery staple")?;
    let account = account::register(server.address, "checked", password).await?;
    let token = account.kept().token;
    account.close().await;
    let mut cookie = HeaderValue::from_str(&format!("sealwire={}", token.as_str()))?;
    cookie.set_sensitive(true);
    let headers = HeaderMap::from_iter([(header::COOKIE, cookie)]);

    // In this process: what is measured is a part of a request.
    let settings = Settings {
        key_pool: NonZeroUsize::MIN,
        ..Settings::loopback(server.address)
    };
    let proxy = Proxy::bind(settings).await?;
    let (check, handle) = (proxy.check(), proxy.handle());
    let serving = tokio::spawn(proxy.serve());
    let costs = costs(&check, &headers).await;
    handle.shut_down();
    serving.await?;

    let (held, signature) = costs?;
    println!(
        "{CASE:<26} {:<24} {} µs, signature and expiry {} µs",
        Who::Sealwire.name(),
        Digits(held),
        Digits(signature)
    );
    let results = &mut bench.results;
    results.add(CASE, Measure::Check, Who::Sealwire, Some(held));
    results.add(CASE, Measure::Check, Who::Uncached, Some(signature));
    results.add_faults(CASE, Who::Sealwire, Faults::default());
    Ok(())
}

/// Of a session that is held, and of its token where it is not, in µs.
async fn costs(check: &Check, headers: &HeaderMap) -> anyhow::Result<(f64, f64)> {
    let address = Ipv4Addr::LOCALHOST.into();
    ensure!(
        check.session(address, headers).await,
        "the session is not taken up"
    );
    let mut all_held = true;
    let held = cost_of_each(TURNS, async || {
        all_held &= check.session(address, headers).await;
    });
    let held = held.await;
    let mut all_signed = true;
    let signature = cost_of_each(TURNS, async || {
        all_signed &= check.signature(address, headers).await;
    });
    let signature = signature.await;
    ensure!(all_held && all_signed, "the session ended meanwhile");
    Ok((held, signature))
}

const CASE: Case = Case::SessionCheck;
/// Many, in a quick run, too: the system accounts for a thread by its timer.
const TURNS: u32 = 20_000;
