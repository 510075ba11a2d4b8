//! The session cookie: a guest's 256 random bits, which only the browser keeps, or an account's
//! token.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue, header};
use rand::Rng;
use sha2::{Digest, Sha256};
use wire_format::{Millis, SessionToken};
use zeroize::Zeroizing;

/// How the proxy finds a session: the SHA-256 of what its cookie holds.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct SessionKey([u8; 32]);

impl SessionKey {
    /// The key of an account's session.
    pub(crate) fn of_token(token: &SessionToken) -> Self {
        key_of(token.as_str().as_bytes())
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// What the cookie of a request names.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// A guest's session, which this proxy holds or nobody does.
    Guest(SessionKey),
    /// An account's, which the chat-server knows.
    Account(SessionKey, SessionToken),
}

impl Named {
    pub(crate) const fn key(&self) -> SessionKey {
        match self {
            Self::Guest(key) | Self::Account(key, _) => *key,
        }
    }
}

/// A guest's new session id, drawn at each sign-in and never taken from a request.
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
        secret(header_of(build(https, &self.id))?)
    }
}

/// The `Set-Cookie` header of an account's session, which the browser keeps until it expires; `None`
/// for a token that is none.
pub(crate) fn of_account(
    token: &SessionToken,
    expires_at: Millis,
    now: Millis,
    https: bool,
) -> Option<HeaderValue> {
    let left = expires_at.value().saturating_sub(now.value()) / 1_000;
    if !is_token(token.as_str()) {
        return None;
    }
    let mut cookie = build(https, token.as_str());
    cookie.set_max_age(Duration::seconds(i64::try_from(left).unwrap_or(i64::MAX)));
    secret(header_of(cookie)?)
}

/// The `Set-Cookie` header that makes a browser forget its session.
pub(crate) fn removal(https: bool) -> Option<HeaderValue> {
    let mut cookie = build(https, "");
    cookie.set_max_age(Duration::ZERO);
    header_of(cookie)
}

/// The session that a request names; `None` if it names none or what is no session at all.
pub(crate) fn session_of(headers: &HeaderMap, https: bool) -> Option<Named> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut values = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| Cookie::split_parse(line).flatten())
        .filter(|cookie| cookie.name() == name(https))
        .map(|cookie| Zeroizing::new(cookie.value().to_owned()));
    let value = values.next()?;
    // Two of the same name: somebody else on this host planted one.
    if values.next().is_some() {
        return None;
    }
    if is_token(&value) {
        let token: SessionToken = value.parse().ok()?;
        return Some(Named::Account(SessionKey::of_token(&token), token));
    }
    let bytes = Zeroizing::new(BASE64.decode(value.as_bytes()).ok()?);
    (bytes.len() == ID_BYTES).then(|| Named::Guest(key_of(&bytes)))
}

/// Whether this looks like a JWT (RFC 7519) in its compact form, which a guest's id does not.
fn is_token(value: &str) -> bool {
    let is_part = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    value.split('.').count() == 3 && value.split('.').all(is_part)
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
    HeaderValue::from_str(&Zeroizing::new(cookie.to_string())).ok()
}

fn secret(mut value: HeaderValue) -> Option<HeaderValue> {
    value.set_sensitive(true);
    Some(value)
}

/// `__Host-` binds a cookie to this very host and to https; plain http cannot have it.
const fn name(https: bool) -> &'static str {
    if https { "__Host-sealwire" } else { "sealwire" }
}

fn key_of(id: &[u8]) -> SessionKey {
    SessionKey(Sha256::digest(id).into())
}

/// Size of a guest's session id in bytes.
const ID_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_back(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        HeaderMap::from_iter([(header::COOKIE, pair.parse().expect("a value"))])
    }

    fn key_in(headers: &HeaderMap, https: bool) -> Option<SessionKey> {
        session_of(headers, https).map(|named| named.key())
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
        assert_eq!(key_in(&back, true), Some(ada.key));
        assert_eq!(key_in(&back, false), None);
    }

    #[test]
    fn an_accounts_cookie_holds_its_token_until_it_expires() {
        let token: SessionToken = "eyJ0.eyJz-_.c2ln".parse().expect("a token");
        let (now, then) = (Millis::new(1_000), Millis::new(61_999));
        let header = of_account(&token, then, now, true).expect("a header");
        assert!(header.is_sensitive());
        let text = header.to_str().expect("text").to_owned();
        assert!(
            text.starts_with("__Host-sealwire=eyJ0.eyJz-_.c2ln;"),
            "{text}"
        );
        for attribute in [
            "; HttpOnly",
            "; SameSite=Strict",
            "; Secure",
            "; Max-Age=60",
        ] {
            assert!(text.contains(attribute), "{attribute}: {text}");
        }
        let back = session_of(&sent_back(&text), true);
        let Some(Named::Account(key, back)) = back else {
            panic!("{back:?}");
        };
        assert_eq!(key, SessionKey::of_token(&token));
        assert_eq!(back.as_str(), token.as_str());
        let over = of_account(&token, now, then, false).expect("a header");
        assert!(over.to_str().is_ok_and(|text| text.contains("Max-Age=0")));
        for odd in ["two.parts", "a.b;c.d", "a..c", "one"] {
            let odd = odd.parse().expect("visible ASCII");
            assert_eq!(of_account(&odd, then, now, true), None);
        }
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
        let long = format!("sealwire=a.b.{}", "c".repeat(1_021));
        for bad in [
            "sealwire=",
            "sealwire=abc",
            "sealwire",
            "other=1",
            "sealwire=%00",
            "sealwire=a.b",
            "sealwire=a.b.c.d",
            long.as_str(),
        ] {
            assert_eq!(key_in(&sent_back(bad), false), None, "{bad}");
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
        assert_eq!(key_in(&headers, false), None);
    }
}
