//! What a guest's sign-in costs, from the handshake to the first opened message.

mod guest;
mod primitives;

use std::time::Duration;

use tokio::time::sleep;

use self::guest::Guest;
use crate::{
    account::{cpu_nanoseconds, micros},
    bench::Bench,
    case::{Case, Measure},
    pin,
    results::Faults,
    servers::{Proxied, Who},
    statistics::Digits,
};

/// Measures each case once.
pub(super) async fn measure(bench: &mut Bench) {
    for case in [Case::SignIn, Case::SignInElsewhere] {
        let is_wanted = bench.options.wants(&case.to_string());
        if is_wanted && let Err(error) = one(bench, case).await {
            bench.results.unfinished(case);
            bench.leave_out(case, Who::Sealwire, &format!("{error:#}"));
        }
    }
}

async fn one(bench: &mut Bench, case: Case) -> anyhow::Result<()> {
    let guests = bench.options.members(match case {
        Case::SignInElsewhere => PROXIES,
        _ => GUESTS,
    });
    // A pool is filled again once half of it is gone; here it must not be while anything is measured.
    let (proxies, pool) = match case {
        Case::SignInElsewhere => (1 + guests, 4),
        _ => (1, 2 * guests + 6),
    };
    let tiers = Proxied::start(&bench.programs, pin::BOTH_CORES, proxies, pool).await?;
    at_rest(&tiers).await;
    tiers.pin(pin::SERVER_CORE, pin::SERVER_CORE)?;

    let mut holder = Guest::join(tiers.proxies[0].address(), 0).await?;
    // What the first newcomer of a room finds out for all is not its own cost.
    let mut all = vec![Guest::join(tiers.proxies[0].address(), 1).await?];
    at_rest(&tiers).await;
    let before = cpu_nanoseconds(&tiers.pids());
    for number in 0..guests {
        let proxy = &tiers.proxies[if proxies > 1 { number + 1 } else { 0 }];
        let mut guest = Guest::join(proxy.address(), number + 2).await?;
        holder.say().await?;
        guest.hears().await?;
        all.push(guest);
    }
    at_rest(&tiers).await;
    let spent = cpu_nanoseconds(&tiers.pids()).saturating_sub(before);
    let each = micros(spent) / f64::from(u32::try_from(guests)?);

    let alone = primitives::needed(case)?;
    println!(
        "{case:<26} {:<24} {} ms, its primitives alone {} ms",
        Who::Sealwire.name(),
        Digits(each / 1e3),
        Digits(alone / 1e3)
    );
    let results = &mut bench.results;
    results.add(case, Measure::SignIn, Who::Sealwire, Some(each));
    results.add(case, Measure::SignIn, Who::Primitives, Some(alone));
    results.add_faults(case, Who::Sealwire, Faults::default());
    Ok(())
}

/// Waits until the programs do next to nothing: pools are full, and what a guest has started is over.
async fn at_rest(tiers: &Proxied) {
    let pids = tiers.pids();
    let mut before = cpu_nanoseconds(&pids);
    loop {
        sleep(LOOK).await;
        let now = cpu_nanoseconds(&pids);
        if now.saturating_sub(before) < REST_NANOSECONDS {
            return;
        }
        before = now;
    }
}

/// Guests of one repetition.
const GUESTS: usize = 40;
/// Proxies that have nobody in the room yet.
const PROXIES: usize = 6;
const LOOK: Duration = Duration::from_millis(100);
/// 1 % of [`LOOK`].
const REST_NANOSECONDS: u64 = 1_000_000;
