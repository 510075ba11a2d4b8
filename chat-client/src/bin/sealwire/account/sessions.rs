//! `sealwire sessions`: lists the account's sessions, or ends one.

use serde_json::json;
use wire_format::{Millis, command::auth::SessionSummary};

use super::{at::At, flags::Sessions, home::Home, opened::Opened, out::print};
use crate::{cli::Format, exit::Failure, plain::visible};

pub(super) async fn run(
    at: At,
    home: Home,
    format: Format,
    flags: Sessions,
) -> Result<(), Failure> {
    let mut opened = Opened::again(&at, home, flags.account.as_deref()).await?;
    let Some(session) = flags.revoke else {
        let sessions = opened.account.sessions().await?;
        opened.close().await?;
        let lines: Vec<String> = sessions.iter().map(line).collect();
        let object = json!({ "type": "sessions", "sessions": sessions });
        return print(format, &lines.join("\n"), &object);
    };
    if session == opened.account.session() {
        opened.logout().await?;
    } else {
        opened.account.revoke(session).await?;
        opened.close().await?;
    }
    let text = format!("Session {session} has ended.");
    let object = json!({ "type": "session_ended", "session": session });
    print(format, &text, &object)
}

fn line(session: &SessionSummary) -> String {
    let mark = if session.current { "*" } else { " " };
    format!(
        "{mark} {}\t{}\t{}\t{}\t{}",
        session.session,
        day(session.started_at),
        day(session.seen_at),
        visible(&session.address),
        visible(&session.client),
    )
}

/// A day, UTC, as YYYY-MM-DD: civil from days, by Howard Hinnant's algorithm.
pub(super) fn day(time: Millis) -> String {
    let days = time.value() / MILLIS_OF_A_DAY + DAYS_TO_1970;
    let (era, of_era) = (days / DAYS_OF_AN_ERA, days % DAYS_OF_AN_ERA);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

const MILLIS_OF_A_DAY: u64 = 86_400_000;
/// Days of 400 years.
const DAYS_OF_AN_ERA: u64 = 146_097;
/// Days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: u64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (millis, expected) in [
            (0, "1970-01-01"),
            (951_782_400_000, "2000-02-29"),
            (951_868_800_000, "2000-03-01"),
            (1_796_083_199_999, "2026-11-30"),
            (1_796_083_200_000, "2026-12-01"),
        ] {
            assert_eq!(day(Millis::new(millis)), expected);
        }
    }
}
