//! A web origin (RFC 6454 §4): scheme, host and port.

use std::{fmt, str::FromStr};

use http::{Uri, uri::Scheme};
use serde::Deserialize;

/// An origin such as `https://chat.example.org`, in the form a browser sends it: lower case and
/// without a default port.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of a page that was asked for with this `Host` header or `:authority`.
    ///
    /// `None` if that is not a host with an optional port.
    pub fn of_host(https: bool, host: &str) -> Option<Self> {
        let authority: http::uri::Authority = host.parse().ok()?;
        if authority.as_str().contains('@') {
            return None;
        }
        Self::of_authority(https, &authority)
    }

    /// The host, lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    fn of_authority(https: bool, authority: &http::uri::Authority) -> Option<Self> {
        let host = authority.host().to_ascii_lowercase();
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => default_port(https),
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        (!host.is_empty()).then_some(Self { https, host, port })
    }
}

/// A text that is not an origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected an origin such as https://chat.example.org")]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let uri: Uri = text.parse().map_err(|_| OriginError)?;
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(OriginError),
        };
        let bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
        let authority = uri.authority().filter(|text| !text.as_str().contains('@'));
        authority
            .filter(|_| bare)
            .and_then(|authority| Self::of_authority(https, authority))
            .ok_or(OriginError)
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, OriginError> {
        text.parse()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != default_port(self.https) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

const fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_form() {
        let origin = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(
            origin("https://Chat.Example.org:443/").as_deref(),
            Ok("https://chat.example.org")
        );
        assert_eq!(
            origin("http://127.0.0.1:5000").as_deref(),
            Ok("http://127.0.0.1:5000")
        );
        assert_eq!(
            origin("http://[::1]:5000").as_deref(),
            Ok("http://[::1]:5000")
        );
        for bad in [
            "",
            "null",
            "chat.example.org",
            "ftp://a",
            "https://a/path",
            "https://u@a",
            "https://",
            "https://a:99999",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(OriginError), "{bad}");
        }
    }

    #[test]
    fn a_page_comes_from_its_host() {
        let page = Origin::of_host(false, "LOCALHOST:5000");
        assert_eq!(page, "http://localhost:5000".parse().ok());
        assert_eq!(Origin::of_host(true, "a"), "https://a:443".parse().ok());
        for bad in ["", "a b", "u@a", "a:b", "a/../b"] {
            assert_eq!(Origin::of_host(false, bad), None, "{bad}");
        }
    }
}
