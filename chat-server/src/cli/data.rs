//! Where data are kept.

use std::{fmt, path::Path, str::FromStr};

use chat_server::store::{Location, LocationError};
use serde::Deserialize;

/// `--database` as it was given: it may hold a password, which no error and no `Debug` shows.
#[derive(Clone, Deserialize)]
pub(super) struct DatabaseText(String);

impl DatabaseText {
    pub(super) fn into_location(self) -> Result<Location, LocationError> {
        Location::parse(Some(&self.0), Path::new(""))
    }
}

impl FromStr for DatabaseText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_not_shown() {
        let text: DatabaseText = "postgres://a:canary@localhost/chat".parse().expect("text");
        assert_eq!(format!("{text:?}"), "DatabaseText(..)");
        let location = text.into_location().expect("a URL");
        assert_eq!(format!("{location:?}"), "Postgres(..)");
        let bad: DatabaseText = "mysql://a:canary@localhost/chat".parse().expect("text");
        let error = bad.into_location().expect_err("not one of ours");
        assert!(!error.to_string().contains("canary"));
    }
}
