//! The keys of an account: two that sign, in a chain of keysets, and one at a time that others wrap
//! secrets to (docs/protocol.md#143-identity-the-keyset-chain and the two sections after it).

use std::fmt;

use bytes::Bytes;
use rand::CryptoRng;

use crate::{
    dsa::DsaPrivateKey,
    ids::{AccountId, Fingerprint, Millis},
    open_error::SealError,
    rsa_keys::PssPrivateKey,
    signature::{SigningPair, VerifyingPair},
};

mod chain;
mod keyset;
mod proof;
mod wrap_key;
mod wrapped;

pub use chain::{Chain, ChainError, Pin};
pub use keyset::{Keyset, Link, UnverifiedKeyset};
pub use proof::{ProofDraft, ProofError, UnverifiedProof};
pub use wrap_key::{UnverifiedWrapKey, WrapKey, WrapKeyDraft, WrapKeyError};
pub use wrapped::{AccountWrapKey, GrantKey, WRAPPED_BYTES};

/// The two keys that an account signs with; erased from memory when dropped.
pub struct IdentityKeys {
    signing: SigningPair,
    verifying: VerifyingPair,
    fingerprint: Fingerprint,
}

impl IdentityKeys {
    /// Makes both keys; an RSA-3072 key takes hundreds of milliseconds to seconds.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if a key could not be made.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        let pss = PssPrivateKey::generate_for_account(rng)?;
        let dsa = DsaPrivateKey::generate(rng)?;
        Self::from_parts(pss, dsa)
    }

    /// Puts keys together that were made before, of any accepted size.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the public halves are not what a peer would accept.
    pub fn from_parts(pss: PssPrivateKey, dsa: DsaPrivateKey) -> Result<Self, SealError> {
        let signing = SigningPair { pss, dsa };
        let verifying = signing.verifying().map_err(|_| SealError::KeyOperation)?;
        Ok(Self {
            fingerprint: signing.fingerprint(),
            signing,
            verifying,
        })
    }

    /// The hash of the two keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The key that signs with RSASSA-PSS.
    pub fn pss(&self) -> &PssPrivateKey {
        &self.signing.pss
    }

    /// The key that signs with DSA.
    pub fn dsa(&self) -> &DsaPrivateKey {
        &self.signing.dsa
    }

    pub(crate) fn signing(&self) -> &SigningPair {
        &self.signing
    }

    pub(crate) fn verifying(&self) -> &VerifyingPair {
        &self.verifying
    }

    /// Begins an account's chain with these keys.
    ///
    /// # Errors
    /// [`SealError::Field`] for a name of another length than 1 to 124 bytes;
    /// [`SealError::KeyOperation`] if signing failed.
    pub fn first_keyset<R: CryptoRng + ?Sized>(
        &self,
        account: AccountId,
        name: &str,
        made_at: Millis,
        rng: &mut R,
    ) -> Result<Keyset, SealError> {
        let place = keyset::Place::first(account, name, made_at);
        self.keyset(&place, None, rng)
    }

    /// Lets these keys follow those of `head`, which sign, too: contacts stay verified.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if `before` are not the keys of `head`, or signing failed.
    pub fn rotated_keyset<R: CryptoRng + ?Sized>(
        &self,
        head: &Keyset,
        before: &Self,
        made_at: Millis,
        rng: &mut R,
    ) -> Result<Keyset, SealError> {
        if before.fingerprint != head.fingerprint() {
            return Err(SealError::KeyOperation);
        }
        let place = keyset::Place::after(head, Link::Rotated, made_at);
        self.keyset(&place, Some(before), rng)
    }

    /// Lets these keys follow those of `head`, which are lost: whoever verified them is told.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if signing failed.
    pub fn reset_keyset<R: CryptoRng + ?Sized>(
        &self,
        head: &Keyset,
        made_at: Millis,
        rng: &mut R,
    ) -> Result<Keyset, SealError> {
        let place = keyset::Place::after(head, Link::Reset, made_at);
        self.keyset(&place, None, rng)
    }

    /// Signs the public half of a wrap key, for `keys.wrap` and the record lists with a keyset.
    ///
    /// # Errors
    /// [`SealError::Field`] for the number 0; [`SealError::KeyOperation`] if signing failed.
    pub fn sign_wrap_key<R: CryptoRng + ?Sized>(
        &self,
        draft: &WrapKeyDraft<'_>,
        rng: &mut R,
    ) -> Result<WrapKey, SealError> {
        let bytes = wrap_key::write(self, draft, rng)?;
        UnverifiedWrapKey::parse(bytes)
            .and_then(|key| key.signed_by(&self.verifying))
            .map_err(|_| SealError::KeyOperation)
    }

    /// Answers the server's challenge, for the tail of `auth.prove`.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if signing failed.
    pub fn prove<R: CryptoRng + ?Sized>(
        &self,
        draft: &ProofDraft<'_>,
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        let bytes = proof::write(self, draft, rng)?;
        UnverifiedProof::parse(bytes.clone())
            .and_then(|proof| proof.signed_by(&self.verifying))
            .map_err(|_| SealError::KeyOperation)?;
        Ok(bytes)
    }

    fn keyset<R: CryptoRng + ?Sized>(
        &self,
        place: &keyset::Place<'_>,
        before: Option<&Self>,
        rng: &mut R,
    ) -> Result<Keyset, SealError> {
        let bytes = keyset::write(self, place, before, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        UnverifiedKeyset::parse(bytes)
            .and_then(|keyset| {
                keyset.signed_by(&self.verifying, before.map(|keys| &keys.verifying))
            })
            .map_err(|_| SealError::KeyOperation)
    }
}

impl fmt::Debug for IdentityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityKeys({})", self.fingerprint)
    }
}
