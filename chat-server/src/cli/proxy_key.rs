//! The file with the key that proxies and the server share.

use std::{fs, io, path::PathBuf};

use wire_format::ProxyKey;

use super::CliError;

pub(super) fn read_proxy_key(path: PathBuf) -> Result<ProxyKey, CliError> {
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|_| CliError::ProxyKey(path)),
        Err(source) => Err(CliError::Read { path, source }),
    }
}

/// Writes a new proxy key into a file that only its owner can read.
pub(crate) fn make_proxy_key(path: &PathBuf) -> io::Result<()> {
    use std::io::Write as _;

    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let key = ProxyKey::from_bytes(rand::random());
    file.write_all(key.to_hex().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
