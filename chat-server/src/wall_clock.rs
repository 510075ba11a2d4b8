//! The time of day, as the protocol says it and as people read it.

use std::time::{SystemTime, UNIX_EPOCH};

use wire_format::Millis;

/// The present time; 0 on a machine whose clock is before 1970.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Millis::new(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// A time as `2027-01-15T08:00:00Z`, which is UTC.
pub fn utc(time: Millis) -> String {
    let (year, month, day) = date(time.value() / DAY_MS);
    let second = time.value() % DAY_MS / 1_000;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A time as `20270115T080000123Z`, for the names of files.
pub(crate) fn utc_digits(time: Millis) -> String {
    let mut text = utc(time);
    text.retain(|character| !"-:Z".contains(character));
    let millis = time.value() % 1_000;
    format!("{text}{millis:03}Z")
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar. The year is counted
/// from March, so that the day that is not always there is the last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_BEFORE_1970;
    let (era, day) = (days / DAYS_400_YEARS, days % DAYS_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next_year, month, day)
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// From the first of March of the year 0.
const DAYS_BEFORE_1970: u64 = 719_468;
const DAYS_400_YEARS: u64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(Millis::new(seconds * 1_000)), text);
        }
        let time = Millis::new(1_800_000_000_123);
        assert_eq!(utc_digits(time), "20270115T080000123Z");
        // Whatever a database holds has a text.
        assert!(utc(Millis::new(u64::MAX)).ends_with('Z'));
    }
}
