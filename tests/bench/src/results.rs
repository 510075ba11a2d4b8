//! Everything that was measured, and what was lost.

use std::collections::{BTreeMap, BTreeSet};

use chat_client::load::Report;

use crate::{
    case::{Case, Measure},
    servers::Who,
    statistics::Spread,
};

/// Figures by what they are; each repetition adds one.
#[derive(Debug, Default)]
pub(crate) struct Results {
    figures: BTreeMap<(Case, Measure, Who), Vec<f64>>,
    faults: BTreeMap<(Case, Who), Faults>,
    unfinished: BTreeSet<Case>,
    notes: Vec<String>,
}

/// What did not go as it should, over all repetitions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Faults {
    /// Messages that somebody should have got and did not.
    pub(crate) lost: u64,
    /// Messages that came again, or behind a later one.
    pub(crate) disordered: u64,
    /// Connections that the server closed.
    pub(crate) cut: u64,
}

impl Faults {
    /// What a run found.
    pub(crate) const fn of(report: &Report) -> Self {
        Self {
            lost: report.lost,
            disordered: report.repeated + report.reordered,
            cut: report.cut,
        }
    }
}

impl Results {
    /// Adds one repetition's figure; what was not measured is not one.
    pub(crate) fn add(&mut self, case: Case, measure: Measure, who: Who, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            let figures = self.figures.entry((case, measure, who)).or_default();
            figures.push(value);
        }
    }

    /// Adds what one repetition lost.
    pub(crate) fn add_faults(&mut self, case: Case, who: Who, faults: Faults) {
        let sum = self.faults.entry((case, who)).or_default();
        sum.lost += faults.lost;
        sum.disordered += faults.disordered;
        sum.cut += faults.cut;
    }

    /// Adds a sentence for the reader: what was left out, and why.
    pub(crate) fn note(&mut self, sentence: String) {
        if !self.notes.contains(&sentence) {
            self.notes.push(sentence);
        }
    }

    /// Sealwire did not get through a case: whatever is asked there is missed.
    pub(crate) fn unfinished(&mut self, case: Case) {
        self.unfinished.insert(case);
    }

    /// Whether Sealwire did not get through this case.
    pub(crate) fn is_unfinished(&self, case: Case) -> bool {
        self.unfinished.contains(&case)
    }

    /// The sentences.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A figure's repetitions in short.
    pub(crate) fn spread(&self, case: Case, measure: Measure, who: Who) -> Option<Spread> {
        Spread::of(self.figures.get(&(case, measure, who))?.iter().copied())
    }

    /// What one server lost in one case; `None` if it did not take part.
    pub(crate) fn faults(&self, case: Case, who: Who) -> Option<Faults> {
        self.faults.get(&(case, who)).copied()
    }

    /// Whether Sealwire lost a message anywhere, or did not get through a case.
    pub(crate) fn has_lost(&self) -> bool {
        let mut ours = self
            .faults
            .iter()
            .filter(|((_, who), _)| *who == Who::Sealwire);
        ours.any(|(_, faults)| *faults != Faults::default()) || !self.unfinished.is_empty()
    }

    /// Who was measured in this case, in the order of [`Who`].
    pub(crate) fn measured(&self, case: Case, measure: Measure) -> Vec<Who> {
        let all = self.figures.keys();
        let here = all.filter(|(c, m, _)| (*c, *m) == (case, measure));
        let who: BTreeSet<Who> = here.map(|(_, _, who)| *who).collect();
        who.into_iter().collect()
    }

    /// The medians of one server over the cases that `of` gives a place on an axis, in that order.
    pub(crate) fn line(
        &self,
        who: Who,
        measure: Measure,
        of: impl Fn(Case) -> Option<usize>,
    ) -> Vec<(f64, f64)> {
        let mut points: Vec<(usize, f64)> = Vec::new();
        for &(case, m, w) in self.figures.keys() {
            if let (true, Some(x)) = ((m, w) == (measure, who), of(case))
                && let Some(spread) = self.spread(case, measure, who)
            {
                points.push((x, spread.median));
            }
        }
        points.sort_by_key(|(x, _)| *x);
        let on_axis = |(x, y): (usize, f64)| Some((f64::from(u32::try_from(x).ok()?), y));
        points.into_iter().filter_map(on_axis).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_become_a_spread_and_a_line() {
        let mut results = Results::default();
        for (members, value) in [(1_000, 3.0), (10, 1.0), (1_000, 5.0)] {
            let case = Case::Burst(members);
            results.add(case, Measure::CpuPerDelivery, Who::Nats, Some(value));
        }
        results.add(Case::Talk, Measure::CpuPerDelivery, Who::Nats, Some(9.0));
        results.add(Case::Talk, Measure::CpuPerDelivery, Who::Redis, None);
        let line = results.line(Who::Nats, Measure::CpuPerDelivery, |case| match case {
            Case::Burst(members) => Some(members),
            _ => None,
        });
        assert_eq!(line, [(10.0, 1.0), (1_000.0, 4.0)]);
        assert_eq!(
            results.measured(Case::Talk, Measure::CpuPerDelivery),
            [Who::Nats]
        );
    }

    #[test]
    fn only_our_own_losses_count_against_us() {
        let mut results = Results::default();
        let lost = Faults {
            lost: 1,
            ..Faults::default()
        };
        results.add_faults(Case::Talk, Who::Nats, lost);
        results.add_faults(Case::Talk, Who::Sealwire, Faults::default());
        assert!(!results.has_lost());
        results.add_faults(Case::Talk, Who::Sealwire, lost);
        assert!(results.has_lost());
    }
}
