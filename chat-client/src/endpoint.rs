//! Where a server is: `HOST:PORT`, or `tls://HOST:PORT`.

use std::{fmt, str::FromStr};

/// A server's address and what protects the way to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What protects the bytes on their way.
    pub transport: Transport,
}

/// What protects the bytes on their way. One is never tried in place of the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Nothing: for loopback and private networks. Texts are sealed nevertheless; names are not.
    Plain,
    /// TLS 1.2 or 1.3; the certificate must be for the host.
    Tls,
}

/// A text that is not an [`Endpoint`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an address is written like chat.example:4444, [::1]:4444 or tls://chat.example:4444")]
pub struct EndpointError;

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let (transport, rest) = match text.strip_prefix("tls://") {
            Some(rest) => (Transport::Tls, rest),
            None => (Transport::Plain, text),
        };
        let (host, port) = rest.rsplit_once(':').ok_or(EndpointError)?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').ok_or(EndpointError)?,
            None if host.contains(':') => return Err(EndpointError),
            None => host,
        };
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err(EndpointError);
        }
        let port = port.parse().map_err(|_| EndpointError)?;
        Ok(Self {
            host: host.to_owned(),
            port,
            transport,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.transport == Transport::Tls {
            f.write_str("tls://")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_text() {
        for text in ["127.0.0.1:4444", "[::1]:4444", "tls://chat.example:443"] {
            let endpoint: Endpoint = text.parse().expect("an address");
            assert_eq!(endpoint.to_string(), text);
        }
        for bad in [
            "",
            "chat.example",
            ":1",
            "::1:4444",
            "http://x:1",
            "x:66000",
            "[::1:4",
        ] {
            assert_eq!(bad.parse::<Endpoint>(), Err(EndpointError), "{bad}");
        }
    }
}
