//! Alerts: what somebody should look at, told in the log, the figures and, if one is set, to a
//! webhook. None names an account, an address or content; what the log has beside it may.
//!
//! ```text
//!  command, disk ─▶ count ─▶ window of the kind ─ due ─▶ log · figure · webhook's queue ─▶ POST
//! ```

mod bad_logins;
mod disk_low;
mod forged_token;
mod log;
mod signature_failures;
mod webhook;
mod window;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, interval},
};
use tokio_util::sync::CancellationToken;
use wire_format::{Millis, identity::ProofError};

pub(crate) use self::webhook::Webhook;
pub use self::webhook::{WebhookAddress, WebhookError};
use self::window::Window;
use crate::{
    account::Unopened,
    figures::Figures,
    settings::AlertSettings,
    store::{Location, StoreError},
    wall_clock,
};

/// What an alert is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Many wrong passwords.
    BadLogins,
    /// A session token that this server did not sign.
    ForgedToken,
    /// A proof of keys that does not hold.
    SignatureFailures,
    /// Little space left for data, or none.
    DiskLow,
}

/// How often something must be seen before it is told.
pub(crate) struct Rule {
    /// So often,
    threshold: u64,
    /// within this time.
    within: Duration,
}

/// One alert, as every sink gets it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Notice {
    kind: Kind,
    /// How often it was seen since it was last told.
    count: u64,
    /// When it was first seen since then.
    since: Millis,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::BadLogins,
        Self::ForgedToken,
        Self::SignatureFailures,
        Self::DiskLow,
    ];

    /// Its name in log, figures and webhook.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::BadLogins => "bad_logins",
            Self::ForgedToken => "forged_token",
            Self::SignatureFailures => "signature_failures",
            Self::DiskLow => "disk_low",
        }
    }

    const fn rule(self) -> Rule {
        match self {
            Self::BadLogins => bad_logins::RULE,
            Self::ForgedToken => forged_token::RULE,
            Self::SignatureFailures => signature_failures::RULE,
            Self::DiskLow => disk_low::RULE,
        }
    }
}

/// Counts what happens, and tells what is due.
pub(crate) struct Alerts {
    /// One for each kind. Held to count, never across an await.
    windows: [(Kind, Mutex<Window>); 4],
    figures: Arc<Figures>,
    webhook: Option<mpsc::Sender<Notice>>,
    quiet: Duration,
    disk_free_bytes: u64,
    /// The folder of the data, if they are in files of this machine.
    folder: Option<PathBuf>,
}

impl Alerts {
    /// Takes the webhook's queue, if there is a webhook.
    pub(crate) fn new(
        settings: &AlertSettings,
        data: Option<Location>,
        figures: Arc<Figures>,
        webhook: Option<mpsc::Sender<Notice>>,
    ) -> Self {
        let folder = match data {
            Some(Location::Sqlite(folder)) => Some(folder),
            Some(Location::Postgres(_)) | None => None,
        };
        Self {
            windows: Kind::ALL.map(|kind| (kind, Mutex::default())),
            figures,
            webhook,
            quiet: settings.quiet,
            disk_free_bytes: settings.disk_free_bytes,
            folder,
        }
    }

    /// Counts one wrong password.
    pub(crate) fn bad_login(&self) {
        self.count(Kind::BadLogins);
    }

    /// Counts a session token that was not opened, unless it only expired.
    pub(crate) fn token(&self, unopened: Unopened) {
        match unopened {
            Unopened::Expired => {}
            Unopened::Forged => self.count(Kind::ForgedToken),
        }
    }

    /// Counts a proof of keys that does not hold, unless only clocks differ.
    pub(crate) fn proof(&self, error: &ProofError) {
        match error {
            ProofError::Clock(_) => {}
            _ => self.count(Kind::SignatureFailures),
        }
    }

    /// Counts a store that is full.
    pub(crate) fn store(&self, error: &StoreError) {
        if matches!(error, StoreError::Full) {
            self.count(Kind::DiskLow);
        }
    }

    /// Looks at the disk now and then, and tells what became due, until the server stops.
    pub(crate) async fn watch(&self, stopping: CancellationToken) {
        let mut looks = interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = looks.tick() => {}
            }
            if let Some(folder) = &self.folder
                && disk_low::is_low(folder, self.disk_free_bytes).await
            {
                self.count(Kind::DiskLow);
            }
            for (kind, window) in &self.windows {
                let due = lock(window).due(&kind.rule(), self.quiet, Instant::now());
                self.tell(*kind, due);
            }
        }
    }

    fn count(&self, kind: Kind) {
        let now = (Instant::now(), wall_clock::now());
        let window = self.windows.iter().find(|(of, _)| *of == kind);
        let due = window.and_then(|(_, window)| lock(window).count(&kind.rule(), self.quiet, now));
        self.tell(kind, due);
    }

    fn tell(&self, kind: Kind, due: Option<(u64, Millis)>) {
        let Some((count, since)) = due else {
            return;
        };
        let notice = Notice { kind, count, since };
        log::tell(&notice);
        self.figures.alerted(kind);
        if let Some(queue) = &self.webhook
            && queue.try_send(notice).is_err()
        {
            log::untold(kind, &"the webhook's queue is full");
        }
    }
}

fn lock(window: &Mutex<Window>) -> std::sync::MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often the disk is looked at, and what has piled up is told.
const LOOK_EVERY: Duration = Duration::from_secs(60);
