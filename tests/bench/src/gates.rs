//! What has to be reached: a figure of our own as the reference, and a ratio to each peer's in the
//! same run.

mod demand;
mod list;

pub(crate) use self::{
    demand::{Demand, Verdict, span},
    list::GATES,
};
use crate::{
    case::{Case, Measure},
    results::Results,
    servers::Who,
};

/// What one case has to reach in one measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    pub(crate) case: Case,
    pub(crate) measure: Measure,
    /// Our own figure is at most this, in the figures' own unit (µs, bytes, MB/s).
    pub(crate) at_most: Option<f64>,
    /// What is asked beside each peer.
    pub(crate) beside: &'static [(Case, Who, Demand)],
}

impl Gate {
    /// Judges our own figure.
    pub(crate) fn reference(&self, results: &Results) -> Verdict {
        let ours = results.spread(self.case, self.measure, Who::Sealwire);
        match (self.at_most, ours) {
            (Some(most), Some(ours)) => Verdict::of(ours.median <= most),
            _ => Verdict::Open,
        }
    }

    /// Judges the ratio to a peer.
    pub(crate) fn beside(&self, results: &Results, peer: (Case, Who, Demand)) -> Verdict {
        let (case, who, demand) = peer;
        let ours = results.spread(self.case, self.measure, Who::Sealwire);
        let theirs = results.spread(case, self.measure, who);
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => demand.judge(ours, theirs),
            _ => Verdict::Open,
        }
    }

    /// Everything that was asked here and not reached.
    pub(crate) fn is_missed(&self, results: &Results) -> bool {
        let beside = |peer: &(Case, Who, Demand)| self.beside(results, *peer);
        results.is_unfinished(self.case)
            || self.reference(results) == Verdict::Missed
            || self
                .beside
                .iter()
                .any(|peer| beside(peer) == Verdict::Missed)
    }
}

/// What is asked in this case and measure.
pub(crate) fn of(case: Case, measure: Measure) -> Option<&'static Gate> {
    let mut all = GATES.iter();
    all.find(|gate| (gate.case, gate.measure) == (case, measure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{READS, STEPS};

    fn results(ours: f64, nats: f64, redis: f64) -> Results {
        let mut results = Results::default();
        for (who, value) in [
            (Who::Sealwire, ours),
            (Who::Nats, nats),
            (Who::Redis, redis),
        ] {
            results.add(Case::Talk, Measure::CpuPerDelivery, who, Some(value));
        }
        results
    }

    fn verdicts(results: &Results) -> (Verdict, Vec<Verdict>) {
        let gate = of(Case::Talk, Measure::CpuPerDelivery).expect("a gate");
        let beside = gate.beside.iter();
        let beside = beside.map(|peer| gate.beside(results, *peer)).collect();
        (gate.reference(results), beside)
    }

    #[test]
    fn medians_are_judged_against_figure_and_peers() {
        use Verdict::{Met, Missed, Open};
        let met = results(0.04, 0.32, 0.12);
        assert_eq!(verdicts(&met), (Met, vec![Met, Met]));
        let missed = results(0.05, 0.39, 0.16);
        assert_eq!(verdicts(&missed), (Missed, vec![Missed, Met]));
        assert_eq!(verdicts(&Results::default()), (Open, vec![Open, Open]));
        let gate = of(Case::Talk, Measure::CpuPerDelivery).expect("a gate");
        assert!(gate.is_missed(&missed) && !gate.is_missed(&met));
    }

    #[test]
    fn every_read_is_asked() {
        let mut reads = READS.iter();
        assert!(reads.all(|read| of(Case::Read(read), Measure::P99).is_some()));
    }

    #[test]
    fn every_step_of_a_room_is_asked() {
        let asked = |case| of(case, Measure::Done).is_some();
        assert!(STEPS.iter().all(|step| asked(Case::RoomStep(step))));
        let newcomer = of(Case::PageStep("join"), Measure::DoneNew);
        assert!(newcomer.is_some() && asked(Case::PageStep("rotation")));
    }

    #[test]
    fn each_case_and_measure_is_asked_once() {
        for (place, gate) in GATES.iter().enumerate() {
            let first = GATES
                .iter()
                .position(|other| (other.case, other.measure) == (gate.case, gate.measure));
            assert_eq!(first, Some(place));
        }
    }
}
