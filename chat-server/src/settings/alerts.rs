//! When somebody is told that something is wrong.

use std::{path::PathBuf, time::Duration};

use crate::alert::WebhookAddress;

/// Where alerts go beside the log and the figures, and how often.
#[derive(Clone, Debug)]
pub struct AlertSettings {
    /// Where each is posted to.
    pub webhook: Option<WebhookAddress>,
    /// What the webhook's certificate must lead to; without it, an authority of this machine.
    pub webhook_ca: Option<PathBuf>,
    /// So little space for data is an alert.
    pub disk_free_bytes: u64,
    /// The same alert is told at most once in this time, with the count of all that happened.
    pub quiet: Duration,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            webhook: None,
            webhook_ca: None,
            disk_free_bytes: 1 << 30,
            quiet: Duration::from_secs(10 * 60),
        }
    }
}
