//! The recovery code: 16 random bytes that open the vault when the password is lost.

use std::{fmt, str::FromStr};

use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::ServerName;
use crate::{
    derive::derive, ids::AccountId, open_error::SealError, seal::KEY_BYTES, secret::RecoveryLogin,
};

/// Crockford's base32, without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 16 bytes, the check byte and four zero bits, five bits each.
const CHARACTERS: usize = 28;
/// Characters of a group, as the code is shown.
const GROUP: usize = 4;

/// What is shown once and kept on paper; erased from memory when dropped.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; Self::LEN]);

/// Why a text is not a recovery code; it does not say which character it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// More or fewer than 28 characters, spaces and hyphens aside.
    #[error("a recovery code has {CHARACTERS} characters, this one {0}")]
    Length(usize),
    /// A character that no code has.
    #[error("a character that recovery codes do not have")]
    Character,
    /// The check byte does not match: a character was read or typed wrongly.
    #[error("the recovery code does not check")]
    Check,
}

impl RecoveryCode {
    /// Size in bytes.
    pub const LEN: usize = 16;

    /// Draws a new code.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut code = Self([0; Self::LEN]);
        rng.fill_bytes(&mut code.0);
        code
    }

    /// Takes the bytes as they are.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The code as it is shown: seven groups of four characters, hyphens between them.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bits = Zeroizing::new([0; Self::LEN + 2]);
        bits[..Self::LEN].copy_from_slice(&self.0);
        bits[Self::LEN] = self.check();
        let mut text = Zeroizing::new(String::with_capacity(CHARACTERS + CHARACTERS / GROUP));
        for at in 0..CHARACTERS {
            if at > 0 && at.is_multiple_of(GROUP) {
                text.push('-');
            }
            // Five bits lie in two bytes; the last ones in the check byte and the zeros behind it.
            let pair = u16::from_be_bytes([bits[5 * at / 8], bits[5 * at / 8 + 1]]);
            let digit = usize::from(pair >> (11 - 5 * at % 8) & 0x1f);
            text.push(char::from(ALPHABET[digit]));
        }
        text
    }

    /// Splits the code for one account of one server.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if a derivation failed.
    pub fn halves(
        &self,
        account: AccountId,
        server: &ServerName,
    ) -> Result<RecoveryHalves, SealError> {
        let salt = account.as_bytes();
        let login_info: [&[u8]; 2] = [b"sealwire/v1/recovery-login\0", server.as_bytes()];
        let login = derive::<32>(&self.0, salt, &login_info)?;
        let vault = derive(&self.0, salt, &[b"sealwire/v1/vault-recovery\0"])?;
        Ok(RecoveryHalves {
            login: RecoveryLogin::from_bytes(*login),
            vault: RecoveryVault(vault),
        })
    }

    /// The first byte of SHA-256 over label ‖ code.
    fn check(&self) -> u8 {
        Sha256::new()
            .chain_update(b"sealwire/v1/recovery-check\0")
            .chain_update(self.0)
            .finalize()[0]
    }
}

impl FromStr for RecoveryCode {
    type Err = RecoveryCodeError;

    /// Reads a code as somebody typed it: in any case, with spaces and hyphens anywhere, `O` for 0,
    /// `I` and `L` for 1.
    fn from_str(text: &str) -> Result<Self, RecoveryCodeError> {
        let is_kept = |character: &char| !matches!(character, ' ' | '-');
        let count = text.chars().filter(is_kept).count();
        if count != CHARACTERS {
            return Err(RecoveryCodeError::Length(count));
        }
        let mut bits = Zeroizing::new([0_u8; Self::LEN + 2]);
        for (at, character) in text.chars().filter(is_kept).enumerate() {
            let placed = u16::from(digit_of(character)?) << (11 - 5 * at % 8);
            let [high, low] = placed.to_be_bytes();
            bits[5 * at / 8] |= high;
            bits[5 * at / 8 + 1] |= low;
        }
        let mut code = Self([0; Self::LEN]);
        code.0.copy_from_slice(&bits[..Self::LEN]);
        // The four bits behind the check byte are zero.
        if bits[Self::LEN] != code.check() || bits[Self::LEN + 1] != 0 {
            return Err(RecoveryCodeError::Check);
        }
        Ok(code)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

fn digit_of(character: char) -> Result<u8, RecoveryCodeError> {
    let read = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET
        .iter()
        .position(|&digit| char::from(digit) == read)
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or(RecoveryCodeError::Character)
}

/// What a recovery code is split into.
#[derive(Clone, Debug)]
pub struct RecoveryHalves {
    /// Goes to the server, which keeps argon2id of it.
    pub login: RecoveryLogin,
    /// Opens the vault's root, and goes nowhere.
    pub vault: RecoveryVault,
}

/// The half of a recovery code that opens the vault's root; erased from memory when dropped.
#[derive(Clone)]
pub struct RecoveryVault(Zeroizing<[u8; KEY_BYTES]>);

impl RecoveryVault {
    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key of the root's recovery wrap.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for RecoveryVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryVault(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RecoveryCode, RecoveryCodeError> {
        text.parse()
    }

    #[test]
    fn a_code_is_shown_in_groups_and_read_as_it_is_typed() {
        for bytes in [[0; 16], [0xff; 16], *b"sixteen bytes ok"] {
            let code = RecoveryCode::from_bytes(bytes);
            let text = code.to_text();
            assert_eq!(text.len(), 34);
            assert!(
                text.split('-').all(|group| group.len() == 4),
                "seven groups"
            );
            assert!(read(&text) == Ok(code.clone()));
            let typed = text.to_lowercase().replace('-', " ").replace('0', "o");
            assert!(read(&typed.replace('1', "l")) == Ok(code.clone()));
            assert!(read(&typed.replace('1', "I").replace(' ', "")) == Ok(code));
        }
    }

    #[test]
    fn the_first_characters_are_the_first_bits() {
        let mut bytes = [0; 16];
        bytes[..5].copy_from_slice(&[0x00, 0x44, 0x32, 0x14, 0xc7]);
        let text = RecoveryCode::from_bytes(bytes).to_text();
        assert!(text.starts_with("0123-4567-0000-"));
    }

    #[test]
    fn a_code_that_is_not_whole_or_not_right_is_refused() {
        let good = RecoveryCode::from_bytes([0x5a; 16]).to_text();
        let short = read(&good[..good.len() - 1]);
        assert!(short == Err(RecoveryCodeError::Length(27)));
        assert!(read(&format!("{}0", *good)) == Err(RecoveryCodeError::Length(29)));
        assert!(read("") == Err(RecoveryCodeError::Length(0)));
        for bad in ["U", "_", "é", "+", "０"] {
            let changed = format!("{bad}{}", &good[1..]);
            assert!(read(&changed) == Err(RecoveryCodeError::Character), "{bad}");
        }
        // The last character holds the check byte's last bit and the four zeros.
        let last = good.chars().next_back().expect("a character");
        assert!(matches!(last, '0' | 'G'));
        let padded = format!("{}1", &good[..good.len() - 1]);
        assert!(read(&padded) == Err(RecoveryCodeError::Check));
    }

    #[test]
    fn the_halves_belong_to_one_account_of_one_server() {
        let code = RecoveryCode::from_bytes([7; 16]);
        let server = |name| ServerName::parse(name).expect("a name");
        let of = |account, server: &ServerName| {
            let halves = code.halves(AccountId::from_bytes(account), server);
            let halves = halves.expect("halves");
            (*halves.login.as_bytes(), *halves.vault.as_bytes())
        };
        let here = server("chat.example");
        let (login, vault) = of([1; 16], &here);
        let other = of([2; 16], &here);
        assert!(other.0 != login && other.1 != vault);
        let elsewhere = of([1; 16], &server("chat.example.net"));
        assert!(elsewhere.0 != login && elsewhere.1 == vault);
    }
}
