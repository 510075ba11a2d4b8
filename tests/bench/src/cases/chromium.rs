//! What people wait for in end-to-end conversations, in real Chromium and before both tiers.

mod script;

use serde_json::Value;

pub(super) use self::script::Script;
use crate::{
    bench::Bench,
    case::{Case, Measure},
    results::Faults,
    servers::Who,
    statistics::Digits,
};

/// Measures both cases once: one is what the other stands on.
pub(super) async fn measure(bench: &mut Bench) {
    if !bench.wants_any(&CASES) {
        return;
    }
    match figures(bench).await {
        Ok(figures) => {
            for (case, measure, who, path) in FIGURES {
                let milliseconds = figures.pointer(path).and_then(Value::as_f64);
                keep(bench, (*case, *measure, *who), milliseconds);
            }
            for case in CASES {
                bench
                    .results
                    .add_faults(case, Who::Sealwire, Faults::default());
            }
        }
        Err(error) => {
            for case in CASES {
                bench.results.unfinished(case);
                bench.leave_out(case, Who::Sealwire, &format!("{error:#}"));
            }
        }
    }
}

async fn figures(bench: &Bench) -> anyhow::Result<Value> {
    let quick: &[&str] = if bench.options.quick {
        &["--quick"]
    } else {
        &[]
    };
    let script = Script::start(&bench.programs, "measure", quick)?;
    Ok(serde_json::from_str(&script.printed().await?)?)
}

/// Adds a figure of a script to the results.
pub(super) fn keep(
    bench: &mut Bench,
    (case, measure, who): (Case, Measure, Who),
    milliseconds: Option<f64>,
) {
    if let Some(milliseconds) = milliseconds {
        println!(
            "{case:<26} {:<24} {} ms ({})",
            who.name(),
            Digits(milliseconds),
            measure.name()
        );
    }
    let micros = milliseconds.map(|milliseconds| milliseconds * 1e3);
    bench.results.add(case, measure, who, micros);
}

const CASES: [Case; 2] = [Case::SendToShown, Case::History];

/// Where the script's answer has what.
const FIGURES: &[(Case, Measure, Who, &str)] = &[
    (
        Case::SendToShown,
        Measure::P50,
        Who::Sealwire,
        "/talk/ours/p50",
    ),
    (
        Case::SendToShown,
        Measure::P99,
        Who::Sealwire,
        "/talk/ours/p99",
    ),
    (
        Case::SendToShown,
        Measure::P50,
        Who::SocketIo,
        "/talk/socketIo/p50",
    ),
    (
        Case::SendToShown,
        Measure::P99,
        Who::SocketIo,
        "/talk/socketIo/p99",
    ),
    (
        Case::History,
        Measure::Opened,
        Who::Sealwire,
        "/history/opened",
    ),
    (
        Case::History,
        Measure::Opened,
        Who::Primitives,
        "/history/signaturesAlone",
    ),
    (
        Case::History,
        Measure::First,
        Who::Sealwire,
        "/history/first",
    ),
    (
        Case::History,
        Measure::StoodStill,
        Who::Sealwire,
        "/history/longestFrame",
    ),
];
