//! Spans of time as people write them: `90s`, `30m`, `24h`, `7d`.

use std::{str::FromStr, time::Duration};

/// A span of whole seconds, from one on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span(Duration);

/// A text that is not a [`Span`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a time is written like 90s, 30m, 24h or 7d, up to 3650d")]
pub(crate) struct SpanError;

impl Span {
    pub(crate) const fn duration(self) -> Duration {
        self.0
    }

    /// In milliseconds.
    pub(crate) fn millis(self) -> u64 {
        self.0.as_secs() * 1_000
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let unit = text.chars().next_back().ok_or(SpanError)?;
        let seconds: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => DAY,
            _ => return Err(SpanError),
        };
        let digits = &text[..text.len() - 1];
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SpanError);
        }
        let number: u64 = digits.parse().map_err(|_| SpanError)?;
        match number.checked_mul(seconds) {
            Some(seconds @ 1..=MOST) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(SpanError),
        }
    }
}

const DAY: u64 = 24 * 60 * 60;
/// Ten years: what is added to the present time must stay one.
const MOST: u64 = 3_650 * DAY;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_unit_and_a_most() {
        for (text, seconds) in [("1s", 1), ("30m", 1_800), ("24h", DAY), ("3650d", MOST)] {
            let span: Span = text.parse().expect("a span");
            assert_eq!(span.millis(), seconds * 1_000, "{text}");
        }
        for bad in [
            "", "7", "d", "0d", "-1d", "+1d", "1.5h", "1w", "3651d", "7 d", "1д",
        ] {
            assert_eq!(bad.parse::<Span>(), Err(SpanError), "{bad}");
        }
    }
}
