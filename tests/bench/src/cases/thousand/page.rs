//! The room in Chromium, before both tiers.

use std::path::Path;

use serde_json::Value;

use super::{NAME, PAGE, member::PASSWORD, steps::PAGE_NAME};
use crate::{
    bench::Bench,
    case::{Case, Measure, STEPS},
    cases::chromium::{self, Script},
    results::Faults,
    servers::Who,
};

/// Measures it on the data of a chat-server that has ended.
///
/// # Errors
/// The script fails; with its last words.
pub(super) async fn measure(bench: &mut Bench, stage: &Path) -> anyhow::Result<()> {
    let data = stage.display().to_string();
    let whose = ["--data", &data, "--account", PAGE_NAME];
    let arguments = [&whose[..], &["--password", PASSWORD, "--room", NAME]].concat();
    let script = Script::start(&bench.programs, "room", &arguments)?;
    let figures: Value = serde_json::from_str(&script.printed().await?)?;
    for (case, measure, path) in FIGURES {
        let milliseconds = figures.pointer(path).and_then(Value::as_f64);
        chromium::keep(bench, (*case, *measure, Who::Sealwire), milliseconds);
    }
    for case in PAGE {
        let results = &mut bench.results;
        results.add_faults(case, Who::Sealwire, Faults::default());
    }
    Ok(())
}

/// Where the script's answer has what.
const FIGURES: &[(Case, Measure, &str)] = &[
    (REMOVAL, Measure::DoneUnwrapped, "/removal/unwrapped"),
    (REMOVAL, Measure::Done, "/removal/warm"),
    (REMOVAL, Measure::DoneNew, "/removal/newDevice"),
    (ROTATION, Measure::Done, "/rotation/warm"),
    (JOIN, Measure::DoneNew, "/join/newDevice"),
    (Case::Channel, Measure::PaintedUnread, "/unread/channel"),
    (Case::MemberList, Measure::PaintedUnread, "/unread/members"),
    (Case::Channel, Measure::Painted, "/read/channel"),
    (Case::MemberList, Measure::Painted, "/read/members"),
];
const JOIN: Case = Case::PageStep(STEPS[0]);
const REMOVAL: Case = Case::PageStep(STEPS[1]);
const ROTATION: Case = Case::PageStep(STEPS[2]);
