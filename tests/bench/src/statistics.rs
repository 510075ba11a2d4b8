//! The middle of a few repetitions, and how far they lie apart.

use std::fmt;

/// Repetitions of one figure in short; what is not finite was never measured and is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The lowest of them.
    pub(crate) low: f64,
    /// The middle one; of an even number the mean of the two in the middle.
    pub(crate) median: f64,
    /// The highest of them.
    pub(crate) high: f64,
}

impl Spread {
    /// `None` if nothing was measured.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Some(Self { low, median, high })
    }

    /// How many times `other` is this: the medians' ratio, and the least and the most that any two
    /// repetitions give.
    pub(crate) fn times(self, other: Self) -> Self {
        Self {
            low: other.low / self.high,
            median: other.median / self.median,
            high: other.high / self.low,
        }
    }
}

/// A number with three digits that count: `0.0213`, `4.15`, `137`, `19600`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits(pub(crate) f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        let decimals = match value.abs() {
            v if v == 0.0 || v >= 100.0 => 0,
            v if v >= 10.0 => 1,
            v if v >= 1.0 => 2,
            v if v >= 0.1 => 3,
            _ => 4,
        };
        write!(f, "{value:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let spread = Spread::of([3.0, 1.0, 2.0]).expect("three values");
        assert_eq!(
            spread,
            Spread {
                low: 1.0,
                median: 2.0,
                high: 3.0
            }
        );
        let even = Spread::of([4.0, 1.0, 2.0, 8.0]).expect("four values");
        assert_eq!(even.median, 3.0);
    }

    #[test]
    fn nothing_measured_is_no_spread() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    #[test]
    fn a_ratio_spans_the_best_and_the_worst_pair() {
        let ours = Spread::of([1.0, 2.0, 4.0]).expect("values");
        let theirs = Spread::of([8.0, 20.0, 40.0]).expect("values");
        let ratio = ours.times(theirs);
        assert_eq!((ratio.low, ratio.median, ratio.high), (2.0, 10.0, 40.0));
    }

    #[test]
    fn three_digits_count() {
        let written: Vec<String> = [0.0, 0.02134, 0.2134, 2.134, 21.34, 213.4, 19_600.4]
            .map(|value| Digits(value).to_string())
            .into();
        assert_eq!(
            written,
            ["0", "0.0213", "0.213", "2.13", "21.3", "213", "19600"]
        );
    }
}
