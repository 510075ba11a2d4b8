//! Whom a webhook's certificate must lead to.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_rustls::TlsConnector;

use super::WebhookError;

/// Accepts what was issued by an authority in this PEM file, or by one of this machine's.
pub(super) fn connector(authorities: Option<&Path>) -> Result<TlsConnector, WebhookError> {
    let mut usual = SYSTEM_BUNDLES.iter().map(Path::new);
    let file = authorities.or_else(|| usual.find(|path| path.is_file()));
    let file = file.ok_or(WebhookError::NoAuthority)?;
    let unreadable = || WebhookError::Authorities(file.to_owned());
    let certificates = CertificateDer::pem_file_iter(file).map_err(|_| unreadable())?;
    let mut roots = RootCertStore::empty();
    // A distribution's bundle may hold one that the library does not read.
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    if roots.is_empty() {
        return Err(unreadable());
    }
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Where Debian and Fedora keep their authorities.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];
