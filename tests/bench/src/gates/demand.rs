//! What is asked beside a peer, and what came of it.

use crate::statistics::{Digits, Spread};

/// What is asked beside a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Demand {
    /// The peer takes at least so many times what we take.
    Times(f64),
    /// We take at most so many times what the peer takes.
    AtMost(f64),
    /// We take at most one part in so many of what the peer takes.
    Part(f64),
    /// We do at least so many times what the peer does: of figures of which more is better.
    Reaches(f64),
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

    pub(super) fn of(is_met: bool) -> Self {
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
            Self::Reaches(least) => theirs.times(ours).median >= least,
        })
    }

    /// How it stands in tables.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Times(least) => format!("≥ {least} ×"),
            Self::AtMost(most) => format!("≤ {most} of it"),
            Self::Part(parts) => format!("≤ 1/{parts} of it"),
            Self::Reaches(least) => format!("≥ {least} of it"),
        }
    }

    /// The ratio as the demand reads it, with its spread.
    pub(crate) fn ratio(self, ours: Spread, theirs: Spread) -> String {
        let times = ours.times(theirs);
        let inverse = theirs.times(ours);
        match self {
            Self::Times(_) => format!("{} × ({})", Digits(times.median), span(times)),
            Self::AtMost(_) | Self::Reaches(_) => {
                format!("{} of it ({})", Digits(inverse.median), span(inverse))
            }
            Self::Part(_) => format!("1/{} of it ({})", Digits(times.median), span(times)),
        }
    }
}

/// Low to high.
pub(crate) fn span(spread: Spread) -> String {
    format!("{}–{}", Digits(spread.low), Digits(spread.high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_read_in_both_directions() {
        let one = |value| Spread::of([value]).expect("a value");
        let judge = |demand: Demand, ours, theirs| demand.judge(one(ours), one(theirs));
        assert_eq!(judge(Demand::AtMost(1.1), 3.3, 3.0), Verdict::Met);
        assert_eq!(judge(Demand::AtMost(1.1), 3.4, 3.0), Verdict::Missed);
        assert_eq!(judge(Demand::Part(3.0), 1.0, 3.0), Verdict::Met);
        assert_eq!(judge(Demand::Part(3.0), 1.1, 3.0), Verdict::Missed);
        assert_eq!(judge(Demand::Reaches(0.6), 3.0, 5.0), Verdict::Met);
        assert_eq!(judge(Demand::Reaches(0.6), 2.9, 5.0), Verdict::Missed);
        let ratio = |demand: Demand| demand.ratio(one(2.0), one(8.0));
        assert_eq!(ratio(Demand::Times(1.0)), "4.00 × (4.00–4.00)");
        assert_eq!(ratio(Demand::AtMost(1.0)), "0.250 of it (0.250–0.250)");
        assert_eq!(ratio(Demand::Part(1.0)), "1/4.00 of it (4.00–4.00)");
        assert_eq!(ratio(Demand::Reaches(1.0)), "0.250 of it (0.250–0.250)");
    }
}
