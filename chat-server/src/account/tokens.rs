//! Session tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), and with nothing else.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::ErrorKind,
};
use serde::{Deserialize, Serialize};
use wire_format::{Ed25519Key, Millis, SessionId, SessionToken, command::session::TokenKey};

use crate::store::server::Identity;

/// The server's key, to sign tokens and to check them.
pub(crate) struct Tokens {
    key_id: String,
    public: Ed25519Key,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// What a token says. Whose session it is, and whether it still is one, stands in the store.
#[derive(Deserialize, Serialize)]
struct Claims {
    sid: SessionId,
    /// Seconds since 1970: the absolute expiry, rounded down.
    exp: u64,
}

/// Why a token names no session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unopened {
    /// This server signed it, and its time is over.
    Expired,
    /// This server did not sign it.
    Forged,
}

impl Tokens {
    /// Takes the key of the data; `None` if it is none.
    pub(super) fn new(identity: &Identity) -> Option<Self> {
        let pkcs8 = identity.signing_key.as_bytes();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = pair.public_key().as_ref();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = 0;
        validation.validate_aud = false;
        Some(Self {
            key_id: identity.key_id.clone(),
            public: Ed25519Key::from_bytes(public.try_into().ok()?),
            signing: EncodingKey::from_ed_der(pkcs8),
            verifying: DecodingKey::from_ed_der(public),
            validation,
        })
    }

    /// What others check tokens with.
    pub(crate) fn public(&self) -> TokenKey {
        TokenKey {
            id: self.key_id.clone(),
            key: self.public,
        }
    }

    /// Signs a token for a session; `None` if that failed.
    pub(crate) fn issue(&self, session: SessionId, expires_at: Millis) -> Option<SessionToken> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key_id.clone());
        let claims = Claims {
            sid: session,
            exp: expires_at.value() / 1_000,
        };
        encode(&header, &claims, &self.signing).ok()?.parse().ok()
    }

    /// The session of a token that this server signed and that has not expired.
    pub(crate) fn open(&self, token: &SessionToken) -> Result<SessionId, Unopened> {
        let header = decode_header(token.as_str()).map_err(|_| Unopened::Forged)?;
        if header.kid.as_deref() != Some(&self.key_id) {
            return Err(Unopened::Forged);
        }
        let opened = decode::<Claims>(token.as_str(), &self.verifying, &self.validation);
        match opened {
            Ok(opened) => Ok(opened.claims.sid),
            // The signature is looked at before the time.
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(Unopened::Expired)
            }
            Err(_) => Err(Unopened::Forged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SecretBytes;

    const SESSION: SessionId = SessionId::from_bytes([7; 16]);
    const LATER: Millis = Millis::new(9_000_000_000_000);

    fn identity(key_id: &str) -> Identity {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let pkcs8 = pair.to_pkcs8v1().expect("a key");
        Identity {
            name: "localhost".into(),
            key_id: key_id.into(),
            signing_key: SecretBytes::new(pkcs8.as_ref().to_vec()),
            decoy_secret: SecretBytes::new(vec![2; 32]),
        }
    }

    #[test]
    fn a_token_names_its_session_until_it_expires() {
        let tokens = Tokens::new(&identity("a")).expect("a key");
        let token = tokens.issue(SESSION, LATER).expect("a token");
        assert_eq!(tokens.open(&token), Ok(SESSION));
        let over = tokens.issue(SESSION, Millis::new(1_000)).expect("a token");
        assert_eq!(tokens.open(&over), Err(Unopened::Expired));
    }

    #[test]
    fn other_keys_and_other_key_ids_open_nothing() {
        let ours = identity("a");
        let tokens = Tokens::new(&ours).expect("a key");
        let stranger = Tokens::new(&identity("a")).expect("a key");
        let forged = stranger.issue(SESSION, LATER).expect("a token");
        assert_eq!(tokens.open(&forged), Err(Unopened::Forged));
        let over = stranger
            .issue(SESSION, Millis::new(1_000))
            .expect("a token");
        assert_eq!(tokens.open(&over), Err(Unopened::Forged));
        let key_id = "b".to_owned();
        let renamed = Tokens::new(&Identity { key_id, ..ours }).expect("a key");
        let token = renamed.issue(SESSION, LATER).expect("a token");
        assert_eq!(tokens.open(&token), Err(Unopened::Forged));
    }
}
