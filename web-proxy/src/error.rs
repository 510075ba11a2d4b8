//! Why the web-proxy does not start; everything later is answered to the one who asked.

use std::{io, net::SocketAddr, path::PathBuf};

/// What stands in the way of a start, with the flag that mends it where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A flag, an environment variable or the file of settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}; choose another one with {flag}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A listener off loopback that would send everything in the clear.
    #[error(
        "{0} can be reached from other machines and has no TLS: give --tls-cert and --tls-key, or --tls local, \
         or --insecure-plain-http if something in front of it encrypts"
    )]
    PlainOffLoopback(SocketAddr),
    /// A certificate or private key that cannot be used.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
    /// The page inside the program is not whole; a fault of the build.
    #[error("the page cannot be assembled: {0}")]
    Assets(&'static str),
    /// It is not known whom to believe to be the chat-server.
    #[error("--backend-ca: the way to the chat-server cannot be set up")]
    Trust(#[from] chat_client::tls::TlsError),
    /// The first session keys could not be made.
    #[error("session keys cannot be made")]
    Keys,
}

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file that a setting names cannot be read.
    #[error("{flag} {path}: the file cannot be read", path = .path.display())]
    File {
        /// The flag that names it.
        flag: &'static str,
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file of settings does not parse; the message never repeats values.
    #[error("--config {path}: {message}", path = .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// The proxy key is not 64 hexadecimal digits.
    #[error("--proxy-key {path}: 64 hexadecimal digits are expected", path = .0.display())]
    ProxyKey(PathBuf),
    /// Two settings that need or exclude each other.
    #[error("{0}")]
    Together(&'static str),
    /// A data folder that cannot be made or has no place to be.
    #[error("--data {path}: the folder cannot be made", path = .path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// What is wrong with a certificate or its private key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}", path = .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file holds no certificate or no private key in PEM.
    #[error("{path} holds no usable PEM", path = .0.display())]
    Pem(PathBuf),
    /// Certificate and key do not belong together, or are of an unknown kind.
    #[error("certificate and key cannot be used")]
    Unusable(#[from] rustls::Error),
    /// The local certificate could not be made.
    #[error("a local certificate cannot be made")]
    Local(#[from] rcgen::Error),
}
