//! Passwords and what is derived from them (docs/protocol.md#142-passwords-and-recovery-codes).
//!
//! A password never leaves the program it was typed into. It is stretched, and split into a half that
//! signs in and a half that opens the vault; neither gives the other away.

use std::fmt;

use precis_profiles::{OpaqueString, precis_core::profile::Profile};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    derive::derive,
    ids::Salt,
    limits::{PASSWORD_BYTES, ROUNDS_LEAST, ROUNDS_MOST},
    open_error::SealError,
    seal::KEY_BYTES,
    secret::LoginHalf,
};

mod recovery;
mod server_name;

pub use recovery::{RecoveryCode, RecoveryCodeError, RecoveryHalves, RecoveryVault};
pub use server_name::{ServerName, ServerNameError};

/// Why a text cannot be a password; it does not say which character it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was typed.
    #[error("the password is empty")]
    Empty,
    /// More than [`PASSWORD_BYTES`] after preparation.
    #[error("the password is longer than {PASSWORD_BYTES} bytes")]
    TooLong,
    /// Control characters, or others that a keyboard elsewhere cannot be relied on for.
    #[error("the password holds a character that passwords cannot have")]
    Characters,
}

/// A prepared password; erased from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// Prepares what was typed by the profile OpaqueString (RFC 8265 §4.2): every space is U+0020,
    /// and the text is in normalisation form C.
    ///
    /// # Errors
    /// Says what is wrong: nothing typed, too long, or characters.
    pub fn prepare(typed: &str) -> Result<Self, PasswordError> {
        if typed.is_empty() {
            return Err(PasswordError::Empty);
        }
        // Form C can be shorter than what was typed, three bytes for one at most.
        if typed.len() > 3 * PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        let prepared = OpaqueString::new()
            .enforce(typed)
            .map(|prepared| Self(prepared.into_owned()))
            .map_err(|_| PasswordError::Characters)?;
        if prepared.0.len() > PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        Ok(prepared)
    }

    /// Stretches the password and splits it; takes a few tenths of a second.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if a derivation failed.
    pub fn halves(
        &self,
        salt: &Salt,
        rounds: Rounds,
        server: &ServerName,
    ) -> Result<Halves, SealError> {
        let mut stretched = Zeroizing::new([0; 32]);
        let salt = salt.as_bytes();
        pbkdf2::pbkdf2_hmac::<Sha256>(self.0.as_bytes(), salt, rounds.0, stretched.as_mut());
        let login_info: [&[u8]; 2] = [b"sealwire/v1/login\0", server.as_bytes()];
        let login = derive::<32>(stretched.as_ref(), salt, &login_info)?;
        let vault = derive(stretched.as_ref(), salt, &[b"sealwire/v1/vault-password\0"])?;
        Ok(Halves {
            login: LoginHalf::from_bytes(*login),
            vault: VaultHalf(vault),
        })
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// How many rounds a password is stretched: [`ROUNDS_LEAST`] to [`ROUNDS_MOST`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rounds(u32);

impl Rounds {
    /// What a client chooses for a new password.
    pub const NEW: Self = Self(ROUNDS_LEAST);

    /// The number.
    pub const fn value(self) -> u32 {
        self.0
    }
}

/// A number of rounds that is refused: too few protect little, too many are an attack on the client.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} rounds, outside {ROUNDS_LEAST} to {ROUNDS_MOST}")]
pub struct RoundsError(pub u32);

impl TryFrom<u32> for Rounds {
    type Error = RoundsError;

    fn try_from(rounds: u32) -> Result<Self, RoundsError> {
        if (ROUNDS_LEAST..=ROUNDS_MOST).contains(&rounds) {
            Ok(Self(rounds))
        } else {
            Err(RoundsError(rounds))
        }
    }
}

/// What a password is split into.
#[derive(Clone, Debug)]
pub struct Halves {
    /// Goes to the server, which keeps argon2id of it.
    pub login: LoginHalf,
    /// Opens the vault's root, and goes nowhere.
    pub vault: VaultHalf,
}

/// The half of a password that opens the vault's root; erased from memory when dropped.
#[derive(Clone)]
pub struct VaultHalf(Zeroizing<[u8; KEY_BYTES]>);

impl VaultHalf {
    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key of the root's password wrap.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for VaultHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultHalf(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_typed_elsewhere_is_the_same() {
        let prepared = |typed| Password::prepare(typed).map(|password| password.0.clone());
        // A no-break space, and an e with a combining accent.
        assert_eq!(prepared("pass\u{a0}word"), Ok("pass word".to_owned()));
        assert_eq!(prepared("cafe\u{301}"), Ok("café".to_owned()));
        assert_eq!(prepared("Case Stays"), Ok("Case Stays".to_owned()));
        assert_eq!(prepared(" "), Ok(" ".to_owned()));
    }

    #[test]
    fn a_password_has_1_to_1024_bytes_and_no_control_characters() {
        let error = |typed: &str| Password::prepare(typed).err();
        assert_eq!(error(""), Some(PasswordError::Empty));
        for length in [1, PASSWORD_BYTES - 1, PASSWORD_BYTES] {
            assert_eq!(error(&"p".repeat(length)), None);
        }
        for length in [PASSWORD_BYTES + 1, 4 * PASSWORD_BYTES] {
            assert_eq!(error(&"p".repeat(length)), Some(PasswordError::TooLong));
        }
        for bad in ["tab\t", "line\n", "\u{7f}"] {
            assert_eq!(error(bad), Some(PasswordError::Characters), "{bad:?}");
        }
    }

    #[test]
    fn rounds_are_neither_few_nor_endless() {
        for good in [600_000, 600_001, 9_999_999, 10_000_000] {
            assert_eq!(Rounds::try_from(good).map(Rounds::value), Ok(good));
        }
        for bad in [0, 1, 599_999, 10_000_001, u32::MAX] {
            assert_eq!(Rounds::try_from(bad), Err(RoundsError(bad)));
        }
    }

    #[test]
    fn each_half_depends_on_what_it_is_made_of() {
        let password = Password::prepare("correct horse").expect("a password");
        let server = |name| ServerName::parse(name).expect("a name");
        let (salt, here) = (Salt::from_bytes([7; 16]), server("chat.example"));
        let of = |salt, server: &ServerName| {
            let halves = password.halves(&salt, Rounds::NEW, server).expect("halves");
            (*halves.login.as_bytes(), *halves.vault.as_bytes())
        };
        let (login, vault) = of(salt, &here);
        assert_ne!(login[..], vault[..32]);
        let elsewhere = of(salt, &server("chat.example.net"));
        assert_ne!(elsewhere.0, login);
        assert_eq!(elsewhere.1, vault);
        let salted = of(Salt::from_bytes([8; 16]), &here);
        assert_ne!(salted.0, login);
        assert_ne!(salted.1, vault);
    }

    #[test]
    fn nothing_of_a_password_shows() {
        let password = Password::prepare("planted canary").expect("a password");
        assert_eq!(format!("{password:?}"), "Password(..)");
        let halves = Halves {
            login: LoginHalf::from_bytes([7; 32]),
            vault: VaultHalf::from_bytes([7; KEY_BYTES]),
        };
        assert_eq!(
            format!("{halves:?}"),
            "Halves { login: LoginHalf(..), vault: VaultHalf(..) }"
        );
    }
}
