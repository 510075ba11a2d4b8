//! The chain of an account's keysets, and what a client remembers of it.

use bytes::Bytes;

use super::keyset::{Keyset, Link, NONE, UnverifiedKeyset};
use crate::{
    event::KeysetChange,
    ids::{AccountId, Fingerprint, KeysetHash, KeysetNumber},
    open_error::OpenError,
};

/// Why a keyset does not continue a chain. Nothing has changed when it is returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The record, a key or a signature is not good.
    #[error("a keyset is refused")]
    Record(#[from] OpenError),
    /// Another account than the one asked about.
    #[error("a keyset of account {0}")]
    OtherAccount(AccountId),
    /// Another user name than the one asked about, or than in the keysets before.
    #[error("a keyset of another user name")]
    OtherName,
    /// Not the number that follows.
    #[error("keyset {found} where {expected} follows")]
    Number {
        /// The number that follows.
        expected: KeysetNumber,
        /// The number that came.
        found: KeysetNumber,
    },
    /// A first keyset that is not first, or one that follows nothing.
    #[error("a keyset that is linked as {0:?} where it cannot be")]
    Link(Link),
    /// It follows another keyset than the head: an alarm.
    #[error("a keyset that follows another one than the head")]
    Previous,
    /// It has keys that were in the chain before: what they had signed would count again.
    #[error("a keyset with the keys {0}, which were in the chain before")]
    KeysAgain(Fingerprint),
    /// The chain has another keyset with this number.
    #[error("another keyset {0} than the chain's")]
    OtherKeyset(KeysetNumber),
    /// The pinned keyset is not where it was: an alarm.
    #[error("the pinned keyset is not in the chain")]
    NotPinned,
    /// The chain ends before the pinned keyset: an alarm.
    #[error("the chain ends with {head}, before the pinned keyset {pinned}")]
    Shorter {
        /// The newest number by the server's word.
        head: KeysetNumber,
        /// The pinned number.
        pinned: KeysetNumber,
    },
}

impl ChainError {
    /// Whether two histories of one account were shown: nothing is sent to it any more.
    pub const fn is_alarm(self) -> bool {
        matches!(
            self,
            Self::Previous | Self::NotPinned | Self::Shorter { .. }
        )
    }
}

/// What a client remembers of a chain: number and hash of its head (vault item, kind 3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pin {
    /// Whose chain.
    pub account: AccountId,
    /// The number of the head.
    pub number: KeysetNumber,
    /// The hash of the head.
    pub head: KeysetHash,
}

impl Pin {
    /// Compares with the head that a server names.
    ///
    /// # Errors
    /// [`ChainError::Shorter`].
    pub fn check(&self, head: KeysetNumber) -> Result<(), ChainError> {
        if head < self.number {
            return Err(ChainError::Shorter {
                head,
                pinned: self.number,
            });
        }
        Ok(())
    }
}

/// Keysets of one account that follow each other, the newest last; each was verified.
#[derive(Clone, Debug)]
pub struct Chain {
    /// All but the newest.
    older: Vec<Keyset>,
    head: Keyset,
}

impl Chain {
    /// Begins with keyset 1, as a client does at first contact and a server at registration.
    ///
    /// # Errors
    /// The typed cause; the user name is compared where one was asked for.
    pub fn first(
        account: AccountId,
        name: Option<&str>,
        record: Bytes,
    ) -> Result<Self, ChainError> {
        let keyset = UnverifiedKeyset::parse(record)?;
        if keyset.account() != account {
            return Err(ChainError::OtherAccount(keyset.account()));
        }
        if name.is_some_and(|name| name != keyset.name()) {
            return Err(ChainError::OtherName);
        }
        follows(KeysetNumber::new(1), &keyset)?;
        if keyset.link() != Link::First {
            return Err(ChainError::Link(keyset.link()));
        }
        if keyset.previous() != NONE {
            return Err(ChainError::Previous);
        }
        Ok(Self::of(keyset.verify(None)?))
    }

    /// Takes the chain up again with the keyset that was pinned.
    ///
    /// # Errors
    /// [`ChainError::NotPinned`] if it is another one.
    pub fn pinned(pin: &Pin, record: Bytes) -> Result<Self, ChainError> {
        let keyset = UnverifiedKeyset::parse(record)?;
        if keyset.account() != pin.account {
            return Err(ChainError::OtherAccount(keyset.account()));
        }
        follows(pin.number, &keyset)?;
        if keyset.hash() != pin.head {
            return Err(ChainError::NotPinned);
        }
        // The hash covers the keys; what the keys before it signed was looked at when it was pinned.
        Ok(Self::of(keyset.verify_known()?))
    }

    /// Takes the next keyset, and says how it follows the head.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn extend(&mut self, record: Bytes) -> Result<KeysetChange, ChainError> {
        let keyset = UnverifiedKeyset::parse(record)?;
        if keyset.account() != self.head.account() {
            return Err(ChainError::OtherAccount(keyset.account()));
        }
        if keyset.name() != self.head.name() {
            return Err(ChainError::OtherName);
        }
        follows(self.head.number().next(), &keyset)?;
        let change = match keyset.link() {
            Link::First => return Err(ChainError::Link(Link::First)),
            Link::Rotated => KeysetChange::Rotated,
            Link::Reset => KeysetChange::Reset,
        };
        if keyset.previous() != self.head.hash() {
            return Err(ChainError::Previous);
        }
        if self.with_fingerprint(keyset.fingerprint()).is_some() {
            return Err(ChainError::KeysAgain(keyset.fingerprint()));
        }
        let next = keyset.verify(Some(&self.head))?;
        self.older.push(std::mem::replace(&mut self.head, next));
        Ok(change)
    }

    /// The newest keyset.
    pub fn head(&self) -> &Keyset {
        &self.head
    }

    /// What to remember of this chain.
    pub fn pin(&self) -> Pin {
        Pin {
            account: self.head.account(),
            number: self.head.number(),
            head: self.head.hash(),
        }
    }

    /// The keyset with this fingerprint, as far back as this chain was read.
    pub fn with_fingerprint(&self, fingerprint: Fingerprint) -> Option<&Keyset> {
        std::iter::once(&self.head)
            .chain(self.older.iter().rev())
            .find(|keyset| keyset.fingerprint() == fingerprint)
    }

    /// The keyset with this number, as far back as this chain was read.
    pub fn with_number(&self, number: KeysetNumber) -> Option<&Keyset> {
        std::iter::once(&self.head)
            .chain(self.older.iter().rev())
            .find(|keyset| keyset.number() == number)
    }

    /// How the later of two fingerprints in this chain came after the earlier one: by rotations
    /// alone, as a keyset comes after itself, or by a reset among them. `None` if it did not, as far
    /// back as this chain was read.
    pub fn change_between(&self, earlier: Fingerprint, later: Fingerprint) -> Option<KeysetChange> {
        let mut keysets = self.older.iter().chain(std::iter::once(&self.head));
        keysets.find(|keyset| keyset.fingerprint() == earlier)?;
        if earlier == later {
            return Some(KeysetChange::Rotated);
        }
        let mut change = KeysetChange::Rotated;
        for keyset in keysets {
            if keyset.link() == Link::Reset {
                change = KeysetChange::Reset;
            }
            if keyset.fingerprint() == later {
                return Some(change);
            }
        }
        None
    }

    fn of(head: Keyset) -> Self {
        Self {
            older: Vec::new(),
            head,
        }
    }
}

fn follows(expected: KeysetNumber, keyset: &UnverifiedKeyset) -> Result<(), ChainError> {
    let found = keyset.number();
    if found != expected {
        return Err(ChainError::Number { expected, found });
    }
    Ok(())
}
