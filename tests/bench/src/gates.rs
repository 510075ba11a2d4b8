//! What has to be reached: a figure of our own as the reference, and a ratio to each peer's in the
//! same run.

use crate::{
    case::{Case, Measure},
    results::Results,
    servers::Who,
    statistics::{Digits, Spread},
};

/// What one case has to reach in one measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    pub(crate) case: Case,
    pub(crate) measure: Measure,
    /// Our own figure is at most this, in the figures' own unit (µs, bytes).
    pub(crate) at_most: Option<f64>,
    /// What is asked beside each peer.
    pub(crate) beside: &'static [(Case, Who, Demand)],
}

/// What is asked beside a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Demand {
    /// The peer takes at least so many times what we take.
    Times(f64),
    /// We take at most so many times what the peer takes.
    AtMost(f64),
    /// We take at most one part in so many of what the peer takes.
    Part(f64),
}

/// What came of a demand or a reference figure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Reached.
    Met,
    /// Not reached.
    Missed,
    /// Not asked, or not measured well enough to say.
    Open,
}

impl Verdict {
    /// How it stands in tables.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Open => "",
        }
    }

    fn of(is_met: bool) -> Self {
        if is_met { Self::Met } else { Self::Missed }
    }
}

impl Demand {
    /// Judges the medians.
    pub(crate) fn judge(self, ours: Spread, theirs: Spread) -> Verdict {
        let times = ours.times(theirs).median;
        Verdict::of(match self {
            Self::Times(least) => times >= least,
            Self::AtMost(most) => 1.0 / times <= most,
            Self::Part(parts) => times >= parts,
        })
    }

    /// How it stands in tables.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Times(least) => format!("≥ {least} ×"),
            Self::AtMost(most) => format!("≤ {most} of it"),
            Self::Part(parts) => format!("≤ 1/{parts} of it"),
        }
    }

    /// The ratio as the demand reads it, with its spread.
    pub(crate) fn ratio(self, ours: Spread, theirs: Spread) -> String {
        let times = ours.times(theirs);
        let inverse = theirs.times(ours);
        match self {
            Self::Times(_) => format!("{} × ({})", Digits(times.median), span(times)),
            Self::AtMost(_) => format!("{} of it ({})", Digits(inverse.median), span(inverse)),
            Self::Part(_) => format!("1/{} of it ({})", Digits(times.median), span(times)),
        }
    }
}

/// Low to high.
pub(crate) fn span(spread: Spread) -> String {
    format!("{}–{}", Digits(spread.low), Digits(spread.high))
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

const fn gate(
    case: Case,
    measure: Measure,
    at_most: f64,
    beside: &'static [(Case, Who, Demand)],
) -> Gate {
    Gate {
        case,
        measure,
        at_most: Some(at_most),
        beside,
    }
}

const KIB: f64 = 1024.0;

/// All of them, in the order of the tables.
pub(crate) const GATES: &[Gate] = &[
    gate(
        Case::Burst(1_000),
        Measure::CpuPerDelivery,
        0.04,
        &[
            (Case::Burst(1_000), Who::Nats, Demand::Times(10.0)),
            (Case::Burst(1_000), Who::Redis, Demand::Times(4.0)),
        ],
    ),
    gate(
        Case::Burst(10),
        Measure::CpuPerDelivery,
        0.06,
        &[
            (Case::Burst(10), Who::Nats, Demand::Times(3.0)),
            (Case::Burst(10), Who::Redis, Demand::Times(2.0)),
        ],
    ),
    gate(
        Case::Talk,
        Measure::CpuPerDelivery,
        0.04,
        &[
            (Case::Talk, Who::Nats, Demand::Times(8.0)),
            (Case::Talk, Who::Redis, Demand::Times(3.0)),
        ],
    ),
    gate(
        Case::Large,
        Measure::CpuPerDelivery,
        0.20,
        &[
            (Case::Large, Who::Nats, Demand::Times(7.0)),
            (Case::Large, Who::Redis, Demand::Times(3.0)),
        ],
    ),
    gate(
        Case::Paced,
        Measure::CpuPerDelivery,
        3.6,
        &[(Case::Paced, Who::Redis, Demand::AtMost(1.1))],
    ),
    Gate {
        case: Case::Paced,
        measure: Measure::P99,
        at_most: None,
        beside: &[(Case::Paced, Who::Redis, Demand::AtMost(1.0))],
    },
    gate(
        Case::Idle(10_000),
        Measure::Memory,
        3.0 * KIB,
        &[
            (Case::Idle(10_000), Who::Redis, Demand::Part(3.0)),
            (Case::Idle(10_000), Who::Nats, Demand::Part(6.0)),
        ],
    ),
    gate(
        Case::Browser,
        Measure::CpuPerDelivery,
        0.8,
        &[
            (Case::Browser, Who::SocketIo, Demand::Times(6.0)),
            (Case::TwoTier, Who::TwoTier, Demand::Times(40.0)),
        ],
    ),
    gate(
        Case::BrowserIdle,
        Measure::Memory,
        24.0 * KIB,
        &[(Case::BrowserIdle, Who::TwoTier, Demand::Part(4.0))],
    ),
    Gate {
        case: Case::SignIn,
        measure: Measure::SignIn,
        at_most: None,
        beside: &[(Case::SignIn, Who::Primitives, Demand::AtMost(1.5))],
    },
    Gate {
        case: Case::SignInElsewhere,
        measure: Measure::SignIn,
        at_most: None,
        beside: &[(Case::SignInElsewhere, Who::Primitives, Demand::AtMost(1.5))],
    },
    // 10 000 messages a second of one core.
    gate(Case::Sealing, Measure::Message, 100.0, &[]),
];

/// What is asked in this case and measure.
pub(crate) fn of(case: Case, measure: Measure) -> Option<&'static Gate> {
    let mut all = GATES.iter();
    all.find(|gate| (gate.case, gate.measure) == (case, measure))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn demands_read_in_both_directions() {
        let one = |value| Spread::of([value]).expect("a value");
        let judge = |demand: Demand, ours, theirs| demand.judge(one(ours), one(theirs));
        assert_eq!(judge(Demand::AtMost(1.1), 3.3, 3.0), Verdict::Met);
        assert_eq!(judge(Demand::AtMost(1.1), 3.4, 3.0), Verdict::Missed);
        assert_eq!(judge(Demand::Part(3.0), 1.0, 3.0), Verdict::Met);
        assert_eq!(judge(Demand::Part(3.0), 1.1, 3.0), Verdict::Missed);
        let ratio = |demand: Demand| demand.ratio(one(2.0), one(8.0));
        assert_eq!(ratio(Demand::Times(1.0)), "4.00 × (4.00–4.00)");
        assert_eq!(ratio(Demand::AtMost(1.0)), "0.250 of it (0.250–0.250)");
        assert_eq!(ratio(Demand::Part(1.0)), "1/4.00 of it (4.00–4.00)");
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
