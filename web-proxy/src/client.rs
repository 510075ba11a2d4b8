//! Who sends a request: the address that counts, whether the way to the browser is encrypted, and what
//! kind of browser it is.

use std::{net::IpAddr, sync::Arc};

use http::HeaderMap;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::{device::Device, limits::OpenConnection, settings::Network};

/// What is known of a connection before its first byte.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: IpAddr,
    pub(crate) https: bool,
    /// Kept by whatever uses the connection, also after an upgrade.
    pub(crate) place: Arc<Place>,
}

/// A connection's share of all there may be; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _open: Option<OpenConnection>,
    connections: Gauge,
    /// Cancelled to drop the connection, as when the peer takes nothing, and when it has ended.
    pub(crate) cut: CancellationToken,
}

impl Place {
    pub(crate) fn new(
        permit: OwnedSemaphorePermit,
        open: Option<OpenConnection>,
        connections: Gauge,
    ) -> Self {
        connections.inc();
        Self {
            _permit: permit,
            _open: open,
            connections,
            cut: CancellationToken::new(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.dec();
        self.cut.cancel();
    }
}

/// The sender of one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Client {
    /// The address that limits and the chat-server count.
    pub(crate) address: IpAddr,
    /// Whether the browser sees https.
    pub(crate) https: bool,
    /// What the account's owner is told of it.
    pub(crate) device: Device,
}

impl Client {
    /// Believes what a trusted proxy forwards, and nobody else.
    ///
    /// `X-Forwarded-For` is read from its end: the first address that is not a trusted proxy's own
    /// is the client's; anything before it is what the client says of itself.
    pub(crate) fn of(peer: IpAddr, https: bool, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let mut client = Self {
            address: peer.to_canonical(),
            https,
            device: Device::of(headers),
        };
        if !is_trusted(peer) {
            return client;
        }
        client.https |= last_value(headers, "x-forwarded-proto") == Some("https");
        let forwarded = headers.get_all("x-forwarded-for").iter();
        let lines: Vec<_> = forwarded.map(|line| line.to_str().unwrap_or("?")).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            client.address = address.to_canonical();
            if !is_trusted(address) {
                break;
            }
        }
        client
    }
}

fn last_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a value"));
        }
        let peer = peer.parse().expect("an address");
        let trusted = [trusted.parse().expect("a network")];
        Client::of(peer, false, &headers, &trusted)
            .address
            .to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(
            client("192.0.2.1", &["203.0.113.7"], "10.0.0.0/8"),
            "192.0.2.1"
        );
        assert_eq!(
            client("10.0.0.1", &["203.0.113.7"], "10.0.0.0/8"),
            "203.0.113.7"
        );
        assert_eq!(client("10.0.0.1", &[], "10.0.0.0/8"), "10.0.0.1");
    }

    #[test]
    fn what_a_client_says_of_itself_is_not_believed() {
        let trusted = "10.0.0.0/8";
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 203.0.113.7"], trusted),
            "203.0.113.7"
        );
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1", "203.0.113.7, 10.0.0.2"], trusted),
            "203.0.113.7"
        );
        assert_eq!(
            client("10.0.0.1", &["203.0.113.7, nonsense"], trusted),
            "10.0.0.1"
        );
        assert_eq!(
            client("10.0.0.1", &["::ffff:203.0.113.7"], trusted),
            "203.0.113.7"
        );
    }

    #[test]
    fn a_trusted_proxy_says_whether_the_browser_sees_https() {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-forwarded-proto"),
            http::HeaderValue::from_static("http, https"),
        )]);
        let of = |peer: &str| {
            let peer = peer.parse().expect("an address");
            Client::of(
                peer,
                false,
                &headers,
                &["10.0.0.1".parse().expect("a network")],
            )
        };
        assert!(of("10.0.0.1").https);
        assert!(!of("10.0.0.2").https);
    }
}
