//! The flags of [`AlertSettings`], in every program that starts a server.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

use clap::Args;
use serde::Deserialize;

use super::AlertSettings;
use crate::alert::{WebhookAddress, WebhookError};

/// Who is told when something is wrong, as flags, variables and keys of a file of settings.
///
/// For `#[command(flatten)]` and `#[serde(flatten)]`. It denies no unknown keys: that is for the
/// struct that it is flattened into.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct AlertFlags {
    /// Where alerts are posted as JSON: `http://` or `https://`; to nobody else, and no redirect is followed
    #[arg(
        long,
        env = "SEALWIRE_ALERT_WEBHOOK",
        value_name = "URL",
        hide_env_values = true
    )]
    alert_webhook: Option<WebhookText>,
    /// Certificates to trust for an `https://` webhook (PEM) [default: this machine's]
    #[arg(long, env = "SEALWIRE_ALERT_WEBHOOK_CA", value_name = "FILE")]
    alert_webhook_ca: Option<PathBuf>,
    /// Less free space than this on the disk of --data is an alert; 0: never [default: 1073741824]
    #[arg(long, env = "SEALWIRE_ALERT_DISK_FREE", value_name = "BYTES")]
    alert_disk_free: Option<u64>,
}

impl AlertFlags {
    /// What is not set here is taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            alert_webhook: self.alert_webhook.or(other.alert_webhook),
            alert_webhook_ca: self.alert_webhook_ca.or(other.alert_webhook_ca),
            alert_disk_free: self.alert_disk_free.or(other.alert_disk_free),
        }
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.alert_webhook.is_none()
            && self.alert_webhook_ca.is_none()
            && self.alert_disk_free.is_none()
    }

    /// The settings; what is not set is as usual.
    ///
    /// # Errors
    /// [`WebhookError::Address`].
    pub fn into_settings(self) -> Result<AlertSettings, WebhookError> {
        let usual = AlertSettings::default();
        Ok(AlertSettings {
            webhook: self
                .alert_webhook
                .map(WebhookText::into_address)
                .transpose()?,
            webhook_ca: self.alert_webhook_ca,
            disk_free_bytes: self.alert_disk_free.unwrap_or(usual.disk_free_bytes),
            quiet: usual.quiet,
        })
    }
}

/// `--alert-webhook` as it was given: its path may hold a secret.
#[derive(Clone, Deserialize)]
struct WebhookText(String);

impl WebhookText {
    fn into_address(self) -> Result<WebhookAddress, WebhookError> {
        self.0.parse()
    }
}

impl FromStr for WebhookText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for WebhookText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> AlertFlags {
        toml::from_str(text).expect("flags")
    }

    #[test]
    fn what_is_said_first_counts_and_the_rest_is_as_usual() {
        let first = flags("alert-disk-free = 5");
        let second = flags("alert-disk-free = 7\nalert-webhook = 'https://hooks.example/a'");
        let settings = first.or(second).into_settings().expect("settings");
        assert_eq!(settings.disk_free_bytes, 5);
        assert!(settings.webhook.is_some() && settings.webhook_ca.is_none());
        assert_eq!(settings.quiet, AlertSettings::default().quiet);
        assert!(AlertFlags::default().is_empty());
        assert!(!flags("alert-disk-free = 0").is_empty());
    }

    #[test]
    fn a_webhook_is_an_address_and_is_not_shown() {
        let flags = flags("alert-webhook = 'ftp://canary'");
        assert!(!format!("{flags:?}").contains("canary"));
        let refused = flags.into_settings().expect_err("not one of ours");
        assert!(matches!(refused, WebhookError::Address));
    }
}
