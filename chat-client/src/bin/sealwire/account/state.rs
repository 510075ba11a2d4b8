//! What the file of one account holds.

use std::path::PathBuf;

use chat_client::{
    Endpoint,
    account::{Account, Kept},
};
use serde::{Deserialize, Serialize};
use wire_format::passwords::ServerName;

/// The version of the file's layout.
const VERSION: u32 = 1;

/// One account on one server, as this device keeps it. No password, no half of one and no private
/// key is in it; the vault key is, which opens the private keys that the server keeps sealed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    /// The server's address, as it is written.
    pub(super) server: String,
    /// The certificate authorities that were named for it.
    pub(super) ca: Option<PathBuf>,
    /// Whether the recovery code was typed back, as far as this device knows.
    pub(super) rehearsed: Option<bool>,
    /// The session, the vault key and the numbers seen.
    pub(super) account: Kept,
}

impl State {
    /// What is kept of an account from now on.
    pub(super) fn new(
        server: &Endpoint,
        ca: Option<PathBuf>,
        rehearsed: Option<bool>,
        account: &Account,
    ) -> Self {
        Self {
            version: VERSION,
            server: server.to_string(),
            ca,
            rehearsed,
            account: account.kept(),
        }
    }

    /// The server's name, as it was accepted.
    pub(super) fn server_name(&self) -> Option<ServerName> {
        ServerName::parse(&self.account.server_name).ok()
    }

    /// Reads a file's text.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        // Its position is enough: the text holds secrets.
        let state: Self = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("cannot be read (line {line}, column {column})")
        })?;
        if state.version != VERSION {
            return Err(format!(
                "has version {}, which this program does not know",
                state.version
            ));
        }
        if state.server.parse::<Endpoint>().is_err() {
            return Err("names no server".to_owned());
        }
        Ok(state)
    }

    /// The name of its file, without its ending: unlike for every server and account, whatever a
    /// server is called.
    pub(super) fn stem(&self) -> String {
        let mut stem = String::new();
        for byte in self.server.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') {
                stem.push(char::from(byte));
            } else {
                stem.push_str(&format!("_{byte:02x}"));
            }
        }
        format!("{stem}_{}", self.account.account)
    }
}
