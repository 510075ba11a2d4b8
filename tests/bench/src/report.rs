//! What the run says at its end: tables, verdicts, docs/speed.md and its plots.

mod groups;
mod page;
mod rows;

use anyhow::Context;

use crate::{
    case::{Case, Measure},
    cli::Options,
    gates::{GATES, Gate},
    machine::Machine,
    plot::{Line, Plot},
    results::Results,
    servers::Who,
    table::Table,
};

/// Prints every figure with its peer and ratio, and what was missed.
pub(crate) fn print(results: &Results, options: &Options) {
    for table in rows::tables(results, options.quick) {
        if !table.rows.is_empty() {
            print!("\n{}", table.plain());
        }
    }
    for note in results.notes() {
        println!("note: {note}");
    }
    if results.has_lost() {
        println!(
            "LOST: messages or connections of Sealwire's, or a whole case; see the tables and notes"
        );
    }
    if options.quick {
        println!("a quick run: no figure is judged");
        return;
    }
    let missed = missed(results);
    for gate in &missed {
        println!("MISSED: {}, {}", gate.case, gate.measure.name());
    }
    if missed.is_empty() {
        println!("everything that was measured is met");
    }
}

/// The gates that were measured and not reached.
pub(crate) fn missed(results: &Results) -> Vec<&'static Gate> {
    GATES
        .iter()
        .filter(|gate| gate.is_missed(results))
        .collect()
}

/// Writes docs/speed.md and the plots beside it.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn write(
    results: &Results,
    machine: &Machine,
    versions: &[String],
    options: &Options,
) -> anyhow::Result<()> {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let plots = docs.join("speed");
    std::fs::create_dir_all(&plots)?;
    for (name, plot) in [("fan-out", fan_out(results)), ("memory", memory(results))] {
        if let Some(svg) = plot.svg() {
            let file = plots.join(format!("{name}.svg"));
            std::fs::write(&file, svg).with_context(|| format!("{}", file.display()))?;
        }
    }
    let tables: Vec<Table> = rows::tables(results, options.quick);
    let file = docs.join("speed.md");
    let page = page::write(results, machine, versions, &tables, options);
    std::fs::write(&file, page).with_context(|| format!("{}", file.display()))?;
    println!("written: docs/speed.md, docs/speed/");
    Ok(())
}

fn fan_out(results: &Results) -> Plot {
    let members = |case| match case {
        Case::Burst(members) => Some(members),
        _ => None,
    };
    Plot {
        title: "Fan-out: server CPU for one delivery",
        x_label: "members of the room",
        y_label: "µs a delivery (128 bytes)",
        lines: lines(results, Measure::CpuPerDelivery, members),
    }
}

fn memory(results: &Results) -> Plot {
    let connections = |case| match case {
        Case::Idle(connections) => Some(connections),
        _ => None,
    };
    Plot {
        title: "Resident memory of an idle connection",
        x_label: "connections held",
        y_label: "bytes a connection",
        lines: lines(results, Measure::Memory, connections),
    }
}

fn lines(
    results: &Results,
    measure: Measure,
    place: impl Fn(Case) -> Option<usize> + Copy,
) -> Vec<Line> {
    let who = [Who::Sealwire, Who::Nats, Who::Redis, Who::Mosquitto];
    let line = |who: Who| Line {
        name: who.name().to_owned(),
        points: results.line(who, measure, place),
    };
    let lines = who.map(line).into_iter();
    lines.filter(|line| !line.points.is_empty()).collect()
}
