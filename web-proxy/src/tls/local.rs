//! A certificate for this machine, made once and kept.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};

use crate::{error::TlsError, lan};

/// The files of the certificate in this folder; makes it if it is not there.
///
/// # Errors
/// [`TlsError`].
pub(super) fn certificate_in(folder: &Path) -> Result<(PathBuf, PathBuf), TlsError> {
    let certificate = folder.join("local-cert.pem");
    let key = folder.join("local-key.pem");
    if certificate.is_file() && key.is_file() {
        return Ok((certificate, key));
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed(folder))?;
    let (certificate_pem, key_pem) = make()?;
    write_private(&key, &key_pem).map_err(failed(&key))?;
    write_private(&certificate, &certificate_pem).map_err(failed(&certificate))?;
    Ok((certificate, key))
}

fn make() -> Result<(String, zeroize::Zeroizing<String>), TlsError> {
    let mut names = vec![
        "localhost".to_owned(),
        IpAddr::from(Ipv4Addr::LOCALHOST).to_string(),
        IpAddr::from(Ipv6Addr::LOCALHOST).to_string(),
    ];
    names.extend(lan::address().map(|address| address.to_string()));
    names.extend(lan::host_name());
    let mut parameters = CertificateParams::new(names)?;
    parameters
        .distinguished_name
        .push(DnType::CommonName, "Sealwire on this machine");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem().into()))
}

/// Writes a file that only its owner may read, also while it is being written.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{settings::Transport, tls};

    #[test]
    fn a_local_certificate_is_made_once_and_kept_private() {
        let folder = std::env::temp_dir().join(format!("sealwire-tls-{}", std::process::id()));
        let transport = Transport::Local {
            folder: folder.clone(),
        };
        let made = tls::certificate_of(&transport)
            .expect("a certificate")
            .expect("one");
        let mode = fs::metadata(folder.join("local-key.pem"))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = tls::certificate_of(&transport)
            .expect("a certificate")
            .expect("one");
        assert_eq!(made.fingerprint(), again.fingerprint());
        assert_eq!(made.fingerprint().len(), 32 * 3 - 1);

        fs::remove_file(folder.join("local-cert.pem")).expect("the file is gone");
        let other = tls::certificate_of(&transport)
            .expect("a certificate")
            .expect("one");
        assert_ne!(made.fingerprint(), other.fingerprint());
        made.reload();
        assert_eq!(
            made.fingerprint(),
            other.fingerprint(),
            "files are followed"
        );
        fs::write(folder.join("local-cert.pem"), "garbage").expect("a file");
        made.reload();
        assert_eq!(
            made.fingerprint(),
            other.fingerprint(),
            "what is unusable is not taken"
        );
        fs::remove_dir_all(folder).expect("the folder is gone");
    }
}
