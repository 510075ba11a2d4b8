//! TLS 1.2 and 1.3 towards browsers: certificates from files, read again when they change, or one
//! that the proxy makes for itself.

mod local;
mod reload;

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};

pub(crate) use reload::Certificate;

use crate::{error::TlsError, settings::Transport};

/// The certificate that a transport asks for; `None` for plain HTTP.
///
/// # Errors
/// [`TlsError`].
pub(crate) fn certificate_of(transport: &Transport) -> Result<Option<Arc<Certificate>>, TlsError> {
    let (certificate, key) = match transport {
        Transport::Plain | Transport::PlainAnywhere => return Ok(None),
        Transport::Files { certificate, key } => (certificate.clone(), key.clone()),
        Transport::Local { folder } => local::certificate_in(folder)?,
    };
    Certificate::open(certificate, key).map(|certificate| Some(Arc::new(certificate)))
}

/// A configuration that shows this certificate and offers HTTP/2 and HTTP/1.1.
///
/// # Errors
/// [`TlsError::Unusable`] if the cryptography is not there.
pub(crate) fn server_config(certificate: Arc<Certificate>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn load(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| TlsError::Pem(certificate.into()))?;
    let key_pem = zeroize::Zeroizing::new(read(key)?);
    let private = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| TlsError::Pem(key.into()))?;
    let private = aws_lc_rs::default_provider()
        .key_provider
        .load_private_key(private)?;
    let certified = CertifiedKey::new(chain, private);
    certified.keys_match()?;
    Ok(certified)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File {
        path: path.into(),
        source,
    })
}

/// SHA-256 of the first certificate as browsers show it: `AB:CD:…`.
fn fingerprint_of(certified: &CertifiedKey) -> String {
    let first = certified.cert.first().map_or(&[][..], |first| first);
    let hash = Sha256::digest(first);
    let pairs: Vec<_> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
