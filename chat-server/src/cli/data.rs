//! Where data are kept, and what new ones are made with.

use std::{fmt, path::Path, str::FromStr};

use chat_server::{
    WebhookAddress, WebhookError,
    store::{Location, LocationError, server::Registration},
};
use clap::ValueEnum;
use serde::Deserialize;
use wire_format::passwords::{ServerName, ServerNameError};

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

/// `--alert-webhook` as it was given: its path may hold a secret.
#[derive(Clone, Deserialize)]
pub(super) struct WebhookText(String);

impl WebhookText {
    pub(super) fn into_address(self) -> Result<WebhookAddress, WebhookError> {
        self.0.parse()
    }
}

impl FromStr for WebhookText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for WebhookText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookText(..)")
    }
}

/// Who may register.
#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RegistrationMode {
    /// Anyone.
    Open,
    /// Who brings an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

impl From<RegistrationMode> for Registration {
    fn from(mode: RegistrationMode) -> Self {
        match mode {
            RegistrationMode::Open => Self::Open,
            RegistrationMode::Invitation => Self::Invitation,
            RegistrationMode::Closed => Self::Closed,
        }
    }
}

pub(super) fn server_name(text: String) -> Result<ServerName, ServerNameError> {
    ServerName::parse(&text)
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
