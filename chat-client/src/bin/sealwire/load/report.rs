//! The report on standard output.

use std::io::{self, Write as _};

use chat_client::load::Report;

use crate::cli::Format;

pub(super) fn print(report: &Report, format: Format) -> io::Result<()> {
    let text = match format {
        Format::Json => serde_json::to_string(report).map_err(io::Error::other)? + "\n",
        Format::Plain => plain(report),
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A figure a line: its name, as in JSON, and its value.
fn plain(report: &Report) -> String {
    let mut lines = vec![
        ("connections", report.connections.to_string()),
        ("listeners", report.listeners.to_string()),
        ("readers", report.readers.to_string()),
        ("messages", report.messages.to_string()),
        ("deliveries", report.deliveries.to_string()),
        ("seconds", format!("{:.3}", report.seconds)),
        (
            "deliveries_per_s",
            format!("{:.0}", report.deliveries_per_s),
        ),
    ];
    let measured = [
        (
            "server_cpu_us_per_delivery",
            report.server_cpu_us_per_delivery,
            4,
        ),
        (
            "generator_cpu_us_per_delivery",
            report.generator_cpu_us_per_delivery,
            4,
        ),
        ("p50_us", report.p50_us, 0),
        ("p99_us", report.p99_us, 0),
        ("p999_us", report.p999_us, 0),
        (
            "server_rss_bytes_per_connection",
            report.server_rss_bytes_per_connection,
            0,
        ),
    ];
    for (name, value, digits) in measured {
        lines.extend(value.map(|value| (name, format!("{value:.digits$}"))));
    }
    lines.push(("lost", report.lost.to_string()));
    lines.push(("repeated", report.repeated.to_string()));
    lines.push(("reordered", report.reordered.to_string()));
    lines.push(("alive", report.alive.to_string()));
    lines.push(("cut", report.cut.to_string()));
    let mut text: String = lines
        .iter()
        .map(|(name, value)| format!("{name:<32} {value}\n"))
        .collect();
    for (reason, number) in &report.cut_by {
        text += &format!("  {number} {reason}\n");
    }
    if report.stalled {
        text += "stalled: nothing arrived for 4 s\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_a_line_and_what_was_not_measured_is_none() {
        let report = Report {
            connections: 2,
            listeners: 1,
            readers: 1,
            messages: 10,
            deliveries: 10,
            seconds: 0.5,
            deliveries_per_s: 20.0,
            p50_us: Some(12.4),
            lost: 1,
            cut: 3,
            cut_by: [("too_slow".to_owned(), 3)].into(),
            stalled: true,
            ..Report::default()
        };
        let text = plain(&report);
        let lines: Vec<Vec<_>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let expected: [&[&str]; 15] = [
            &["connections", "2"],
            &["listeners", "1"],
            &["readers", "1"],
            &["messages", "10"],
            &["deliveries", "10"],
            &["seconds", "0.500"],
            &["deliveries_per_s", "20"],
            &["p50_us", "12"],
            &["lost", "1"],
            &["repeated", "0"],
            &["reordered", "0"],
            &["alive", "0"],
            &["cut", "3"],
            &["3", "too_slow"],
            &["stalled:", "nothing", "arrived", "for", "4", "s"],
        ];
        assert_eq!(lines, expected);
    }
}
