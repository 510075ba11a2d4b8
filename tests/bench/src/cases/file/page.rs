//! A file by the page in Chromium, before both tiers.

use std::path::Path;

use serde_json::Value;

use crate::{
    bench::Bench,
    case::{Case, Measure},
    cases::chromium::Script,
    results::Faults,
    servers::Who,
    statistics::Digits,
};

/// Measures it with this file.
///
/// # Errors
/// The script fails; with its last words.
pub(super) async fn measure(bench: &mut Bench, source: &Path) -> anyhow::Result<()> {
    let source = source.display().to_string();
    let script = Script::start(&bench.programs, "file", &["--file", &source])?;
    let figures: Value = serde_json::from_str(&script.printed().await?)?;
    for (measure, who, path) in FIGURES {
        let figure = figures.pointer(path).and_then(Value::as_f64);
        if let Some(figure) = figure {
            println!(
                "{CASE:<26} {:<24} {} {} ({})",
                who.name(),
                Digits(figure / measure.scale()),
                measure.unit(),
                measure.name()
            );
        }
        bench.results.add(CASE, *measure, *who, figure);
    }
    let results = &mut bench.results;
    results.add_faults(CASE, Who::Sealwire, Faults::default());
    Ok(())
}

const CASE: Case = Case::PageFile;
/// Where the script's answer has what.
const FIGURES: &[(Measure, Who, &str)] = &[
    (Measure::Up, Who::Sealwire, "/up"),
    (Measure::Up, Who::Primitives, "/alone"),
    (Measure::Down, Who::Sealwire, "/down"),
    (Measure::Down, Who::Primitives, "/alone"),
    (Measure::ExtraInProxy, Who::Sealwire, "/extra/proxy"),
    (Measure::ExtraInPage, Who::Sealwire, "/extra/page"),
];
