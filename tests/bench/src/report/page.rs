//! docs/speed.md: a template with the figures put in.

use crate::{cli::Options, machine::Machine, results::Results, table::Table};

/// Fills the template.
pub(super) fn write(
    results: &Results,
    machine: &Machine,
    versions: &[String],
    tables: &[Table],
    options: &Options,
) -> String {
    let list = |items: &[String]| {
        let items = items.iter().map(|item| format!("* {item}"));
        items.collect::<Vec<_>>().join("\n")
    };
    let tables: Vec<String> = tables
        .iter()
        .filter(|table| !table.rows.is_empty())
        .map(Table::markdown)
        .collect();
    let on = format!(
        "{}, {} cores, {} GiB, Linux {}, on {}",
        machine.processor, machine.cores, machine.memory_gib, machine.kernel, machine.date
    );
    let how = format!(
        "{} repetitions of {} s each",
        options.repetitions(),
        options.duration().as_secs_f64()
    );
    let notes = if results.notes().is_empty() {
        String::new()
    } else {
        format!("{}\n", list(results.notes()))
    };
    TEMPLATE
        .replace("{machine}", &on)
        .replace("{how}", &how)
        .replace("{versions}", &list(versions))
        .replace("{tables}\n", &tables.join("\n"))
        .replace("{notes}\n", &notes)
}

const TEMPLATE: &str = include_str!("../speed.md");
