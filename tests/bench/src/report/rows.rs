//! The rows of the tables.

use super::groups::GROUPS;
use crate::{
    case::{Case, Measure},
    gates::{self, Demand, Gate, Verdict, span},
    results::Results,
    servers::Who,
    statistics::{Digits, Spread},
    table::Table,
};

/// One table a group of cases.
pub(super) fn tables(results: &Results, is_quick: bool) -> Vec<Table> {
    GROUPS
        .iter()
        .map(|(title, entries)| {
            let rows = entries.iter();
            let rows = rows.flat_map(|(case, measure)| rows_of(results, *case, *measure, is_quick));
            Table {
                title,
                header: vec![
                    "case", "who", "figure", "spread", "ratio", "asked", "", "lost",
                ],
                rows: rows.collect(),
            }
        })
        .collect()
}

fn rows_of(results: &Results, case: Case, measure: Measure, is_quick: bool) -> Vec<Vec<String>> {
    let gate = gates::of(case, measure).filter(|_| !is_quick);
    let ours = results.spread(case, measure, Who::Sealwire);
    let mut rows = Vec::new();
    if let Some(ours) = ours {
        let (asked, verdict) = reference(results, gate, measure);
        let cells = Cells {
            results,
            case,
            measure,
            who: Who::Sealwire,
            figure: ours,
        };
        rows.push(cells.row(String::new(), asked, verdict));
    }
    for (peer, who) in peers(results, gate, case, measure) {
        let Some(theirs) = results.spread(peer, measure, who) else {
            continue;
        };
        let asked = gate.and_then(|gate| {
            let mut beside = gate.beside.iter();
            beside
                .find(|(c, w, _)| (*c, *w) == (peer, who))
                .map(|peer| (gate, *peer))
        });
        let demand = asked.map_or(Demand::Times(0.0), |(_, (_, _, demand))| demand);
        let ratio = ours.map_or_else(String::new, |ours| demand.ratio(ours, theirs));
        let words = asked.map_or_else(String::new, |(_, (_, _, demand))| demand.words());
        let verdict = asked.map_or(Verdict::Open, |(gate, peer)| gate.beside(results, peer));
        let cells = Cells {
            results,
            case: peer,
            measure,
            who,
            figure: theirs,
        };
        rows.push(cells.row(ratio, words, verdict));
    }
    rows
}

/// Who stands beside us: those measured in the same case, and those that the gate names.
fn peers(results: &Results, gate: Option<&Gate>, case: Case, measure: Measure) -> Vec<(Case, Who)> {
    let same = results.measured(case, measure).into_iter();
    let same = same
        .filter(|who| *who != Who::Sealwire)
        .map(|who| (case, who));
    let mut peers: Vec<_> = same.collect();
    for (other, who, _) in gate.map_or(&[][..], |gate| gate.beside) {
        if !peers.contains(&(*other, *who)) {
            peers.push((*other, *who));
        }
    }
    peers
}

fn reference(results: &Results, gate: Option<&Gate>, measure: Measure) -> (String, Verdict) {
    match gate.and_then(|gate| Some((gate, gate.at_most?))) {
        Some((gate, most)) => {
            let asked = format!("≤ {} {}", Digits(most / measure.scale()), measure.unit());
            (asked, gate.reference(results))
        }
        None => (String::new(), Verdict::Open),
    }
}

struct Cells<'a> {
    results: &'a Results,
    case: Case,
    measure: Measure,
    who: Who,
    figure: Spread,
}

impl Cells<'_> {
    fn row(&self, ratio: String, asked: String, verdict: Verdict) -> Vec<String> {
        let scale = self.measure.scale();
        let shown = Spread {
            low: self.figure.low / scale,
            median: self.figure.median / scale,
            high: self.figure.high / scale,
        };
        let case = match self.measure {
            Measure::CpuPerDelivery
            | Measure::Memory
            | Measure::SignIn
            | Measure::Check
            | Measure::Work => self.case.to_string(),
            other => format!("{}, {}", self.case, other.name()),
        };
        vec![
            case,
            self.who.name().to_owned(),
            format!("{} {}", Digits(shown.median), self.measure.unit()),
            span(shown),
            ratio,
            asked,
            verdict.word().to_owned(),
            self.lost(),
        ]
    }

    fn lost(&self) -> String {
        let Some(faults) = self.results.faults(self.case, self.who) else {
            return String::new();
        };
        let mut words = vec![faults.lost.to_string()];
        if faults.disordered > 0 {
            words.push(format!("{} out of order", faults.disordered));
        }
        if faults.cut > 0 {
            words.push(format!("{} cut", faults.cut));
        }
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_has_a_row() {
        for gate in gates::GATES {
            let entry = (gate.case, gate.measure);
            assert!(GROUPS.iter().any(|(_, entries)| entries.contains(&entry)));
        }
    }

    #[test]
    fn a_row_names_figure_ratio_gate_and_loss() {
        let mut results = Results::default();
        for (who, value) in [(Who::Sealwire, 0.02), (Who::Nats, 0.3)] {
            results.add(Case::Talk, Measure::CpuPerDelivery, who, Some(value));
            results.add_faults(Case::Talk, who, Default::default());
        }
        let rows = rows_of(&results, Case::Talk, Measure::CpuPerDelivery, false);
        let joined: Vec<String> = rows.iter().map(|row| row.join("; ")).collect();
        assert_eq!(
            joined,
            [
                "talk 10 in 100; Sealwire; 0.0200 µs; 0.0200–0.0200; ; ≤ 0.0400 µs; met; 0",
                "talk 10 in 100; NATS; 0.300 µs; 0.300–0.300; 15.0 × (15.0–15.0); ≥ 8 ×; met; 0",
            ]
        );
    }

    #[test]
    fn a_quick_run_is_not_judged() {
        let mut results = Results::default();
        results.add(
            Case::Talk,
            Measure::CpuPerDelivery,
            Who::Sealwire,
            Some(9.0),
        );
        let rows = rows_of(&results, Case::Talk, Measure::CpuPerDelivery, true);
        assert_eq!(rows[0][5..7], ["", ""]);
    }
}
