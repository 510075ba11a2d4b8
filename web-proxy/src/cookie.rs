//! The session cookie: 256 random bits that only the browser keeps.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue, header};
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What the proxy keeps of a session id: its SHA-256, so that its memory gives no cookie away.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct SessionKey([u8; 32]);

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// A new session id, drawn at each sign-in and never taken from a request.
pub(crate) struct NewSession {
    pub(crate) key: SessionKey,
    id: Zeroizing<String>,
}

impl NewSession {
    pub(crate) fn draw() -> Self {
        let mut bytes = Zeroizing::new([0; ID_BYTES]);
        rand::rng().fill_bytes(&mut *bytes);
        Self {
            key: key_of(&*bytes),
            id: Zeroizing::new(BASE64.encode(bytes.as_slice())),
        }
    }

    /// The `Set-Cookie` header.
    pub(crate) fn header(&self, https: bool) -> Option<HeaderValue> {
        let mut value = header_of(build(https, &self.id))?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The `Set-Cookie` header that makes a browser forget its session.
pub(crate) fn removal(https: bool) -> Option<HeaderValue> {
    let mut cookie = build(https, "");
    cookie.set_max_age(Duration::ZERO);
    header_of(cookie)
}

/// The key of the session that a request names; `None` if it names none or is not an id at all.
pub(crate) fn session_of(headers: &HeaderMap, https: bool) -> Option<SessionKey> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut values = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| Cookie::split_parse(line).flatten())
        .filter(|cookie| cookie.name() == name(https))
        .map(|cookie| cookie.value().to_owned());
    let value = Zeroizing::new(values.next()?);
    // Two of the same name: somebody else on this host planted one.
    if values.next().is_some() {
        return None;
    }
    let bytes = Zeroizing::new(BASE64.decode(value.as_bytes()).ok()?);
    (bytes.len() == ID_BYTES).then(|| key_of(&bytes))
}

fn build(https: bool, value: &str) -> Cookie<'_> {
    Cookie::build((name(https), value))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(https)
        .path("/")
        .build()
}

fn header_of(cookie: Cookie<'_>) -> Option<HeaderValue> {
    HeaderValue::from_str(&cookie.to_string()).ok()
}

/// `__Host-` binds a cookie to this very host and to https; plain http cannot have it.
const fn name(https: bool) -> &'static str {
    if https { "__Host-sealwire" } else { "sealwire" }
}

fn key_of(id: &[u8]) -> SessionKey {
    SessionKey(Sha256::digest(id).into())
}

/// Size of a session id in bytes.
const ID_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_back(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        HeaderMap::from_iter([(header::COOKIE, pair.parse().expect("a value"))])
    }

    #[test]
    fn a_cookie_names_its_session_and_no_other() {
        let (ada, bob) = (NewSession::draw(), NewSession::draw());
        assert_ne!(ada.key, bob.key);
        let header = ada.header(true).expect("a header");
        assert!(header.is_sensitive());
        let text = header.to_str().expect("text");
        assert!(text.starts_with("__Host-sealwire="), "{text}");
        assert!(
            text.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/"),
            "{text}"
        );
        let back = sent_back(text);
        assert_eq!(session_of(&back, true), Some(ada.key));
        assert_eq!(session_of(&back, false), None);
    }

    #[test]
    fn plain_http_has_a_plain_name() {
        let header = NewSession::draw().header(false).expect("a header");
        let text = header.to_str().expect("text").to_owned();
        assert!(text.starts_with("sealwire="), "{text}");
        assert!(!text.contains("Secure"), "{text}");
    }

    #[test]
    fn signing_out_removes_it() {
        let header = removal(false).expect("a header");
        let text = header.to_str().expect("text").to_owned();
        assert!(
            text.starts_with("sealwire=;") && text.contains("Max-Age=0"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_id_names_nobody() {
        for bad in [
            "sealwire=",
            "sealwire=abc",
            "sealwire",
            "other=1",
            "sealwire=%00",
        ] {
            assert_eq!(session_of(&sent_back(bad), false), None, "{bad}");
        }
        let text = NewSession::draw();
        let pair = text.header(false).expect("a header");
        let pair = pair
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        let twice = format!("{pair}; {pair}");
        let headers = HeaderMap::from_iter([(header::COOKIE, twice.parse().expect("a value"))]);
        assert_eq!(session_of(&headers, false), None);
    }
}
