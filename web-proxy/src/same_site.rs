//! Requests of other sites are refused: the origin on every state change and on the upgrade, and
//! the host against pages that point their own name at the proxy's address (DNS rebinding).

use std::net::IpAddr;

use http::{HeaderMap, Uri, header};
use wire_format::ErrorCode;

use crate::{
    client::Client,
    settings::{Origin, Transport},
};

/// Whose pages may speak to this proxy.
#[derive(Debug)]
pub(crate) struct SameSite {
    also: Vec<Origin>,
    hosts: Hosts,
}

/// Under which names the proxy answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hosts {
    /// Any: a listener that other machines reach has names that it does not know. A certificate
    /// keeps foreign names away.
    Any,
    /// `localhost`, addresses, and the hosts of the allowed origins.
    Known,
}

/// Whether a request without an `Origin` header may pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// It changes something or opens a stream in both directions: the header must be there.
    Change,
    /// It only reads: browsers leave the header out.
    Read,
}

impl Hosts {
    /// The names of a listener at this address.
    pub(crate) fn of(address: IpAddr, transport: &Transport, origins: &[Origin]) -> Self {
        let is_told = *transport == Transport::PlainAnywhere && !origins.is_empty();
        if address.is_loopback() || is_told {
            Self::Known
        } else {
            Self::Any
        }
    }
}

impl SameSite {
    pub(crate) fn new(also: Vec<Origin>, hosts: Hosts) -> Self {
        Self { also, hosts }
    }

    /// Checks where a request comes from.
    ///
    /// # Errors
    /// `not_allowed`.
    pub(crate) fn check(
        &self,
        client: Client,
        uri: &Uri,
        headers: &HeaderMap,
        purpose: Purpose,
    ) -> Result<(), ErrorCode> {
        let own = self.own_origin(client, uri, headers)?;
        let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
        let allowed = match (headers.get(header::ORIGIN), site) {
            (Some(origin), _) => origin
                .to_str()
                .ok()
                .and_then(|origin| origin.parse().ok())
                .is_some_and(|origin| origin == own || self.also.contains(&origin)),
            (None, Some(b"same-origin")) => true,
            // Typed into the address bar; only reading.
            (None, Some(b"none") | None) => purpose == Purpose::Read,
            (None, Some(_)) => false,
        };
        allowed.then_some(()).ok_or(ErrorCode::NotAllowed)
    }

    /// The origin that this proxy's own pages have, by the host they asked for.
    fn own_origin(
        &self,
        client: Client,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Origin, ErrorCode> {
        let host = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => headers
                .get(header::HOST)
                .and_then(|host| host.to_str().ok())
                .ok_or(ErrorCode::Malformed)?,
        };
        let own = Origin::of_host(client.https, host).ok_or(ErrorCode::Malformed)?;
        if self.knows(own.host()) {
            Ok(own)
        } else {
            Err(ErrorCode::NotAllowed)
        }
    }

    fn knows(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        self.hosts == Hosts::Any
            || host == "localhost"
            || host.ends_with(".localhost")
            || bare.parse::<IpAddr>().is_ok()
            || self.also.iter().any(|origin| origin.host() == host)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::device::Device;

    fn check(
        hosts: Hosts,
        purpose: Purpose,
        headers: &[(&'static str, &'static str)],
    ) -> Result<(), ErrorCode> {
        let also = vec!["https://chat.example.org".parse().expect("an origin")];
        let client = Client {
            address: Ipv4Addr::LOCALHOST.into(),
            https: false,
            device: Device::UNKNOWN,
        };
        let headers = headers.iter().map(|&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let uri = Uri::from_static("/api/rooms.enter");
        SameSite::new(also, hosts).check(client, &uri, &headers.collect(), purpose)
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:5000");
    const FORBIDDEN: Result<(), ErrorCode> = Err(ErrorCode::NotAllowed);

    #[test]
    fn a_change_comes_from_the_page_or_a_configured_origin() {
        let change = |origin| check(Hosts::Known, Purpose::Change, &[HOST, ("origin", origin)]);
        assert_eq!(change("http://127.0.0.1:5000"), Ok(()));
        assert_eq!(change("https://chat.example.org"), Ok(()));
        for other in [
            "https://127.0.0.1:5000",
            "http://127.0.0.1:5001",
            "http://localhost:5000",
            "https://evil.example",
            "null",
            "",
            "http://127.0.0.1:5000.evil.example",
        ] {
            assert_eq!(change(other), FORBIDDEN, "{other}");
        }
    }

    #[test]
    fn a_change_without_an_origin_needs_the_browsers_word() {
        let change = |headers: &[_]| check(Hosts::Known, Purpose::Change, headers);
        assert_eq!(change(&[HOST]), FORBIDDEN);
        assert_eq!(change(&[HOST, ("sec-fetch-site", "same-origin")]), Ok(()));
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(change(&[HOST, ("sec-fetch-site", site)]), FORBIDDEN);
        }
    }

    #[test]
    fn reading_needs_no_origin_but_refuses_a_foreign_one() {
        let read = |headers: &[_]| check(Hosts::Known, Purpose::Read, headers);
        assert_eq!(read(&[HOST]), Ok(()));
        assert_eq!(read(&[HOST, ("sec-fetch-site", "none")]), Ok(()));
        assert_eq!(read(&[HOST, ("sec-fetch-site", "cross-site")]), FORBIDDEN);
        assert_eq!(read(&[HOST, ("origin", "https://evil.example")]), FORBIDDEN);
    }

    #[test]
    fn a_foreign_name_for_a_loopback_address_is_refused() {
        let rebound = [
            ("host", "evil.example:5000"),
            ("origin", "http://evil.example:5000"),
        ];
        assert_eq!(check(Hosts::Known, Purpose::Change, &rebound), FORBIDDEN);
        assert_eq!(check(Hosts::Any, Purpose::Change, &rebound), Ok(()));
        let behind = [
            ("host", "chat.example.org"),
            ("origin", "https://chat.example.org"),
        ];
        assert_eq!(check(Hosts::Known, Purpose::Change, &behind), Ok(()));
        for host in ["localhost:5000", "[::1]:5000", "app.localhost"] {
            assert_eq!(
                check(Hosts::Known, Purpose::Read, &[("host", host)]),
                Ok(())
            );
        }
    }

    #[test]
    fn plain_http_that_others_reach_answers_under_its_origins() {
        let origins: [Origin; 1] = ["https://chat.example.org".parse().expect("an origin")];
        let anywhere = Ipv4Addr::UNSPECIFIED.into();
        let plain = Transport::PlainAnywhere;
        assert_eq!(Hosts::of(anywhere, &plain, &origins), Hosts::Known);
        assert_eq!(Hosts::of(anywhere, &plain, &[]), Hosts::Any);
        let folder = std::path::PathBuf::new();
        let local = Transport::Local { folder };
        assert_eq!(Hosts::of(anywhere, &local, &origins), Hosts::Any);
        let loopback = Ipv4Addr::LOCALHOST.into();
        assert_eq!(Hosts::of(loopback, &Transport::Plain, &[]), Hosts::Known);
    }

    #[test]
    fn a_request_without_a_host_is_malformed() {
        let read = check(Hosts::Any, Purpose::Read, &[]);
        assert_eq!(read, Err(ErrorCode::Malformed));
    }
}
