//! Which server an account is on, and by which name it is recognised.

use std::net::IpAddr;

use wire_format::passwords::ServerName;

use super::error::PeerFault;
use crate::{endpoint::Endpoint, tls::Trust};

/// Where a server is, whom to believe to be it, and what it is called.
#[derive(Clone, Debug)]
pub struct AccountServer {
    /// Where.
    pub endpoint: Endpoint,
    /// For `tls://` addresses: the certificate authorities to accept.
    pub trust: Option<Trust>,
    /// Program and version, at most 64 bytes: its owner finds the session by it.
    pub client: String,
    /// The one name that the user accepted for this server; without it the endpoint's host.
    pub accepted: Option<ServerName>,
}

impl AccountServer {
    /// A server that is called like its host.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            trust: None,
            client: concat!("sealwire/", env!("CARGO_PKG_VERSION")).to_owned(),
            accepted: None,
        }
    }

    /// Compares the name that a server gives itself (docs/protocol.md#142-passwords-and-recovery-codes).
    ///
    /// # Errors
    /// [`PeerFault::ServerName`], [`PeerFault::NoServerName`].
    pub(super) fn recognise(&self, said: &str) -> Result<ServerName, PeerFault> {
        let name = ServerName::parse(said).map_err(PeerFault::NoServerName)?;
        let is_expected = match &self.accepted {
            Some(accepted) => *accepted == name,
            None => name.as_str() == self.endpoint.host || self.is_this_machine(&name),
        };
        if is_expected {
            return Ok(name);
        }
        let expected = self.accepted.as_ref().map(ServerName::as_str);
        Err(PeerFault::ServerName {
            expected: expected.unwrap_or(&self.endpoint.host).to_owned(),
            found: name.as_str().to_owned(),
        })
    }

    /// A loopback address is the host that is called `localhost`.
    fn is_this_machine(&self, name: &ServerName) -> bool {
        let address = self.endpoint.host.parse::<IpAddr>();
        *name == ServerName::localhost() && address.is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: &str, accepted: Option<&str>) -> AccountServer {
        AccountServer {
            accepted: accepted.map(|name| ServerName::parse(name).expect("a name")),
            ..AccountServer::new(address.parse().expect("an address"))
        }
    }

    #[test]
    fn a_server_is_called_like_its_host_or_as_was_accepted() {
        for (address, accepted, said) in [
            ("chat.example:4444", None, "chat.example"),
            ("127.0.0.1:4444", None, "localhost"),
            ("[::1]:4444", None, "localhost"),
            ("[::1]:4444", None, "::1"),
            ("192.0.2.7:4444", Some("chat.example"), "chat.example"),
        ] {
            let name = server(address, accepted).recognise(said);
            assert_eq!(name.as_ref().map(ServerName::as_str), Ok(said), "{address}");
        }
    }

    #[test]
    fn every_other_name_is_refused() {
        for (address, accepted, said) in [
            ("chat.example:4444", None, "CHAT.example"),
            ("chat.example:4444", None, "localhost"),
            ("192.0.2.7:4444", None, "localhost"),
            ("chat.example:4444", Some("other.example"), "chat.example"),
            ("127.0.0.1:4444", Some("chat.example"), "localhost"),
        ] {
            let fault = server(address, accepted).recognise(said);
            assert!(matches!(fault, Err(PeerFault::ServerName { .. })), "{said}");
        }
        let fault = server("chat.example:4444", None).recognise("");
        assert!(matches!(fault, Err(PeerFault::NoServerName(_))));
    }
}
