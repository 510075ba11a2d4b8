//! Numbers that people compare, aloud or by a camera (docs/protocol.md#141-records, *Numbers to
//! compare*).

use std::{fmt, fmt::Write as _, str::FromStr};

use sha2::{Digest, Sha512};

use crate::ids::{AccountId, CommitHash, Fingerprint};

/// Groups of five digits in a number.
const GROUPS: usize = 12;
/// Bytes of the hash that a group is made of.
const GROUP_BYTES: usize = 5;
/// One more than the largest group.
const GROUP_END: u64 = 100_000;
/// What the text in an account's QR code begins with.
const QR_START: &str = "SEALWIRE1:";

/// Sixty digits that are the same on both sides, or something is wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Digits([u32; GROUPS]);

impl Digits {
    /// The safety number of two accounts, whichever of them is `one`.
    pub fn of_accounts(one: AccountKeys, other: AccountKeys) -> Self {
        let (first, second) = if one.account <= other.account {
            (one, other)
        } else {
            (other, one)
        };
        Self::of(
            b"sealwire/v1/safety-number\0",
            &[
                first.account.as_bytes(),
                first.fingerprint.as_bytes(),
                second.account.as_bytes(),
                second.fingerprint.as_bytes(),
            ],
        )
    }

    /// The room number at its newest commit.
    pub fn of_room(commit: CommitHash) -> Self {
        Self::of(b"sealwire/v1/room-number\0", &[commit.as_bytes()])
    }

    /// The twelve groups, each below 100 000.
    pub const fn groups(&self) -> &[u32; GROUPS] {
        &self.0
    }

    fn of(label: &[u8], input: &[&[u8]]) -> Self {
        let mut hash = Sha512::new().chain_update(label);
        for part in input {
            hash.update(part);
        }
        let hash = hash.finalize();
        let mut groups = [0; GROUPS];
        for (group, bytes) in groups.iter_mut().zip(hash.chunks_exact(GROUP_BYTES)) {
            let number = bytes
                .iter()
                .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
            // Below 100 000: nothing is lost.
            *group = u32::try_from(number % GROUP_END).unwrap_or_default();
        }
        Self(groups)
    }
}

/// The groups with a space between them.
impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            write!(f, "{group:05}")?;
        }
        Ok(())
    }
}

/// An account and its keys: what is compared, and what its QR code says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountKeys {
    /// The account.
    pub account: AccountId,
    /// The keys of its chain head.
    pub fingerprint: Fingerprint,
}

/// A text that is not that of an account's QR code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the QR code of an account")]
pub struct QrTextError;

/// The text in the account's QR code: upper case, so that the code stays small.
impl fmt::Display for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(QR_START)?;
        for byte in self.account.as_bytes() {
            write!(f, "{byte:02X}")?;
        }
        f.write_char(':')?;
        for byte in self.fingerprint.as_bytes() {
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for AccountKeys {
    type Err = QrTextError;

    fn from_str(text: &str) -> Result<Self, QrTextError> {
        let ids = text.strip_prefix(QR_START).ok_or(QrTextError)?;
        if ids.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(QrTextError);
        }
        let lower = ids.to_ascii_lowercase();
        let (account, fingerprint) = lower.split_once(':').ok_or(QrTextError)?;
        Ok(Self {
            account: account.parse().map_err(|_| QrTextError)?,
            fingerprint: fingerprint.parse().map_err(|_| QrTextError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(account: u8, fingerprint: u8) -> AccountKeys {
        AccountKeys {
            account: AccountId::from_bytes([account; 16]),
            fingerprint: Fingerprint::from_bytes([fingerprint; 32]),
        }
    }

    #[test]
    fn both_sides_read_the_same_number() {
        let (ada, bob) = (keys(1, 9), keys(2, 8));
        let number = Digits::of_accounts(ada, bob);
        assert_eq!(number, Digits::of_accounts(bob, ada));
        assert_ne!(number, Digits::of_accounts(keys(1, 8), bob));
        assert_ne!(number, Digits::of_accounts(keys(1, 9), keys(2, 9)));
        let text = number.to_string();
        assert_eq!(text.len(), 71);
        let groups: Vec<&str> = text.split(' ').collect();
        assert_eq!(groups.len(), 12);
        for (group, number) in groups.iter().zip(number.groups()) {
            assert_eq!(group.len(), 5);
            assert_eq!(group.parse(), Ok(*number));
        }
    }

    #[test]
    fn a_room_number_belongs_to_a_commit() {
        let of = |byte| Digits::of_room(CommitHash::from_bytes([byte; 32]));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn a_qr_text_is_read_exactly_as_it_is_written() {
        let account = keys(0xab, 0xcd);
        let text = account.to_string();
        assert_eq!(
            text,
            format!("SEALWIRE1:{}:{}", "AB".repeat(16), "CD".repeat(32))
        );
        assert_eq!(text.parse(), Ok(account));
        for bad in [
            "".to_owned(),
            text.to_lowercase(),
            text.replacen("AB", "ab", 1),
            text.replace("SEALWIRE1", "SEALWIRE2"),
            text[1..].to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
            format!("{text}:"),
            format!(" {text}"),
            text.replace(":CD", "CD"),
            text.replacen('B', "G", 1),
        ] {
            assert_eq!(bad.parse::<AccountKeys>(), Err(QrTextError), "{bad}");
        }
    }
}
