//! Alerts to a webhook: a POST of `{"kind", "count", "since", "server"}` to the one address that was
//! set, over HTTP/1.1, with TLS if it says `https`. No redirect is followed.

mod post;

use std::{fmt, io, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use hyper::{Uri, body::Bytes};
use serde::Serialize;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use self::post::post;
use super::{Notice, log};
use crate::{
    settings::AlertSettings,
    trust::{TrustError, client_config},
    wall_clock::utc,
};

/// Where alerts are posted to; its path may hold a secret, which no error and no `Debug` shows.
#[derive(Clone, Eq, PartialEq)]
pub struct WebhookAddress {
    uri: Uri,
    is_tls: bool,
}

impl FromStr for WebhookAddress {
    type Err = WebhookError;

    fn from_str(text: &str) -> Result<Self, WebhookError> {
        let uri: Uri = text.parse().map_err(|_| WebhookError::Address)?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(WebhookError::Address),
        };
        let authority = uri.authority().ok_or(WebhookError::Address)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(WebhookError::Address);
        }
        Ok(Self { uri, is_tls })
    }
}

impl fmt::Debug for WebhookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookAddress(..)")
    }
}

/// Why a webhook cannot be used, or did not take an alert.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// Not an address for a webhook.
    #[error("--alert-webhook is http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH")]
    Address,
    /// There is no certificate that one of the webhook's could lead to.
    #[error("no certificate authority for the webhook in {}", .0.display())]
    Authorities(PathBuf),
    /// The machine has no list of certificate authorities.
    #[error("no certificate authority is known: name a PEM file with --alert-webhook-ca")]
    NoAuthority,
    /// The TLS library refuses the settings.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// It cannot be reached, or the connection broke.
    #[error("no connection ({0})")]
    Connection(Arc<io::Error>),
    /// It does not speak HTTP.
    #[error("no answer ({0})")]
    Http(Arc<hyper::Error>),
    /// It did not say that it took the alert.
    #[error("the answer was {0}")]
    Status(u16),
    /// It took too long.
    #[error("no answer in time")]
    Late,
}

impl From<TrustError> for WebhookError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Authorities(file) => Self::Authorities(file),
            TrustError::NoAuthority => Self::NoAuthority,
            TrustError::Tls(error) => Self::Tls(error),
        }
    }
}

impl From<io::Error> for WebhookError {
    fn from(error: io::Error) -> Self {
        Self::Connection(Arc::new(error))
    }
}

impl From<hyper::Error> for WebhookError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(Arc::new(error))
    }
}

/// The task that posts, and its queue.
pub(crate) struct Webhook {
    address: WebhookAddress,
    tls: Option<TlsConnector>,
    server: Box<str>,
    queue: mpsc::Receiver<Notice>,
}

#[derive(Serialize)]
struct Body<'b> {
    kind: &'static str,
    count: u64,
    since: String,
    server: &'b str,
}

impl Webhook {
    /// Prepares the task; `None` without a webhook in the settings. Beside it is where alerts go in.
    ///
    /// # Errors
    /// [`WebhookError`] if certificates cannot be checked.
    pub(crate) fn new(
        settings: &AlertSettings,
        server: &str,
    ) -> Result<Option<(Self, mpsc::Sender<Notice>)>, WebhookError> {
        let Some(address) = settings.webhook.clone() else {
            return Ok(None);
        };
        let tls = if address.is_tls {
            let config = client_config(settings.webhook_ca.as_deref())?;
            Some(TlsConnector::from(Arc::new(config)))
        } else {
            None
        };
        let (sender, queue) = mpsc::channel(ALERTS_WAITING);
        let server = server.into();
        let webhook = Self {
            address,
            tls,
            server,
            queue,
        };
        Ok(Some((webhook, sender)))
    }

    /// Posts alerts in their order until the server stops; those that wait then are in the log.
    pub(crate) async fn run(mut self, stopping: CancellationToken) {
        let deliver = async {
            while let Some(notice) = self.queue.recv().await {
                self.deliver(&notice).await;
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = deliver => {}
        }
    }

    async fn deliver(&self, notice: &Notice) {
        let body = Body {
            kind: notice.kind.as_str(),
            count: notice.count,
            since: utc(notice.since),
            server: &self.server,
        };
        let Ok(body) = serde_json::to_vec(&body).map(Bytes::from) else {
            return;
        };
        let mut failed = WebhookError::Late;
        for rest in RESTS {
            sleep(rest).await;
            let posted = post(&self.address.uri, self.tls.as_ref(), body.clone());
            match timeout(ANSWERED_WITHIN, posted).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => failed = error,
                Err(_) => failed = WebhookError::Late,
            }
        }
        log::untold(notice.kind, &failed);
    }
}

/// Alerts that wait for a slow webhook: several of each kind. A further one is only in the log and
/// the figures.
const ALERTS_WAITING: usize = 16;
/// How long one attempt may take, from the look-up of the name to the answer's head.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// The rest before each attempt: a receiver that restarts is back within these.
const RESTS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_http_and_keeps_its_secret() {
        for good in [
            "http://127.0.0.1:9000/canary",
            "https://hooks.example/canary?token=canary",
            "https://[::1]/",
        ] {
            let address: WebhookAddress = good.parse().expect("an address");
            assert_eq!(address.is_tls, good.starts_with("https"));
            assert!(!format!("{address:?}").contains("canary"));
        }
        for bad in [
            "",
            "/path",
            "hooks.example",
            "ftp://hooks.example/",
            "https://user:canary@hooks.example/",
            "unix:///run/canary",
        ] {
            let error = bad.parse::<WebhookAddress>().expect_err(bad);
            assert!(!error.to_string().contains("canary"));
        }
    }
}
