//! Whom the certificate of a server that this one calls must lead to.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Why certificates of others cannot be checked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file holds no certificate of an authority.
    #[error("no certificate authority in {}", .0.display())]
    Authorities(PathBuf),
    /// The machine has no list of certificate authorities.
    #[error("no certificate authority is known")]
    NoAuthority,
    /// The TLS library refuses the settings.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// Accepts what was issued by an authority in this PEM file, or by one of this machine's.
///
/// # Errors
/// [`TrustError`] if there is no such authority.
pub(crate) fn client_config(authorities: Option<&Path>) -> Result<ClientConfig, TrustError> {
    let mut usual = SYSTEM_BUNDLES.iter().map(Path::new);
    let file = authorities.or_else(|| usual.find(|path| path.is_file()));
    let file = file.ok_or(TrustError::NoAuthority)?;
    let unreadable = || TrustError::Authorities(file.to_owned());
    let certificates = CertificateDer::pem_file_iter(file).map_err(|_| unreadable())?;
    let mut roots = RootCertStore::empty();
    // A distribution's bundle may hold one that the library does not read.
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    if roots.is_empty() {
        return Err(unreadable());
    }
    Ok(trusting(roots)?)
}

/// Accepts what was issued by one of these.
///
/// # Errors
/// What the TLS library has against its own defaults.
pub(crate) fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Where Debian and Fedora keep their authorities.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];
