//! A certificate that follows its files.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::{fingerprint_of, load};
use crate::error::TlsError;

/// The certificate that is shown now, and the files it came from.
#[derive(Debug)]
pub(crate) struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    /// Locked to read or replace one pointer.
    shown: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    pub(super) fn open(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let shown = RwLock::new(Arc::new(load(&certificate, &key)?));
        Ok(Self {
            certificate,
            key,
            shown,
        })
    }

    /// SHA-256 of the certificate, for people who compare it.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint_of(&self.shown())
    }

    /// Reads the files again whenever they change, for ever until dropped.
    pub(crate) async fn follow(&self) {
        let mut seen = self.changed_at();
        let mut every = tokio::time::interval(LOOK_EVERY);
        loop {
            every.tick().await;
            let now = self.changed_at();
            if now == seen {
                continue;
            }
            seen = now;
            self.reload();
        }
    }

    /// Takes what the files hold; what cannot be used is logged, and the old certificate stays.
    pub(super) fn reload(&self) {
        match load(&self.certificate, &self.key) {
            Ok(certified) => {
                let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
                *shown = Arc::new(certified);
                drop(shown);
                tracing::info!(
                    fingerprint = self.fingerprint(),
                    "the certificate was replaced"
                );
            }
            Err(error) => tracing::warn!(%error, "the new certificate cannot be used"),
        }
    }

    fn shown(&self) -> Arc<CertifiedKey> {
        self.shown
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let changed_at = |path: &Path| std::fs::metadata(path).ok()?.modified().ok();
        [changed_at(&self.certificate), changed_at(&self.key)]
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown())
    }
}

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
