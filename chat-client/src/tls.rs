//! Whom a client believes to be its server.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_rustls::TlsConnector;

/// The certificate authorities a client accepts; read once, shared by all its connections.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

/// Why TLS cannot be set up on this side.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read, or holds no certificate.
    #[error("no certificates in {}", .0.display())]
    Certificates(PathBuf),
    /// The address asks for TLS and no authority is known.
    #[error("no certificate authority is known: name a PEM file with --ca")]
    NoAuthority,
    /// The host is neither a DNS name nor an IP address.
    #[error("this host cannot be in a certificate")]
    Host,
    /// The library refuses the settings.
    #[error(transparent)]
    Settings(#[from] rustls::Error),
}

impl Trust {
    /// Accepts servers whose certificates were issued by an authority in this PEM file.
    ///
    /// # Errors
    /// [`TlsError::Certificates`] if there is none in it.
    pub fn from_pem_file(path: &Path) -> Result<Self, TlsError> {
        let unreadable = || TlsError::Certificates(path.to_owned());
        let certificates = CertificateDer::pem_file_iter(path).map_err(|_| unreadable())?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots
                .add(certificate.map_err(|_| unreadable())?)
                .map_err(|_| unreadable())?;
        }
        if roots.is_empty() {
            return Err(unreadable());
        }
        Self::from_roots(roots)
    }

    /// Accepts servers whose certificates were issued by an authority of this machine: the file in
    /// `SSL_CERT_FILE`, else where distributions keep it.
    ///
    /// # Errors
    /// [`TlsError::NoAuthority`] if there is no such file.
    #[expect(
        clippy::disallowed_methods,
        reason = "the name is OpenSSL's, known to every program that asks this machine"
    )]
    pub fn of_this_machine() -> Result<Self, TlsError> {
        let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        let usual = SYSTEM_BUNDLES.iter().map(PathBuf::from);
        let path = named
            .into_iter()
            .chain(usual)
            .find(|path| path.is_file())
            .ok_or(TlsError::NoAuthority)?;
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(&path)
            .map_err(|_| TlsError::Certificates(path.clone()))?;
        // A distribution's bundle may hold one that the library does not read.
        roots.add_parsable_certificates(certificates.filter_map(Result::ok));
        if roots.is_empty() {
            return Err(TlsError::Certificates(path));
        }
        Self::from_roots(roots)
    }

    fn from_roots(roots: RootCertStore) -> Result<Self, TlsError> {
        let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn connector(&self) -> TlsConnector {
        TlsConnector::from(Arc::clone(&self.0))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust(..)")
    }
}

/// Where Debian and Fedora keep their authorities.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];
