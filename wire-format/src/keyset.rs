//! The private halves of a session's keys: one RSA key that signs, one that unwraps, one DSA key.

use std::fmt;

use rand::CryptoRng;

use crate::{
    announcement::{self, Announcement, UnverifiedAnnouncement},
    dsa::DsaPrivateKey,
    epoch::{self, EpochDraft, EpochSecret, EpochStart, UnverifiedEpochStart},
    ids::{Fingerprint, MemberId, Millis},
    open_error::{OpenError, SealError},
    rsa_keys::{PssPrivateKey, WrapPrivateKey},
    share,
    signature::{SigningPair, VerifyingPair},
};

/// The keys of one session in proxy-sealed rooms; erased from memory when dropped.
pub struct SessionKeys {
    pub(crate) signing: SigningPair,
    pub(crate) wrap: WrapPrivateKey,
    verifying: VerifyingPair,
    fingerprint: Fingerprint,
}

impl SessionKeys {
    /// Makes the three keys; two RSA-2048 keys take hundreds of milliseconds, so keep a pool.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if a key could not be made.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        let pss = PssPrivateKey::generate(rng)?;
        let wrap = WrapPrivateKey::generate(rng)?;
        let dsa = DsaPrivateKey::generate(rng)?;
        Self::from_parts(pss, wrap, dsa)
    }

    /// Puts keys together that were made before.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the public halves are not what a peer would accept.
    pub fn from_parts(
        pss: PssPrivateKey,
        wrap: WrapPrivateKey,
        dsa: DsaPrivateKey,
    ) -> Result<Self, SealError> {
        let signing = SigningPair { pss, dsa };
        let verifying = signing.verifying().map_err(|_| SealError::KeyOperation)?;
        Ok(Self {
            fingerprint: signing.fingerprint(),
            signing,
            wrap,
            verifying,
        })
    }

    /// The hash of the two keys that sign.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Announces the public halves, for the tail of `keys.announce`.
    ///
    /// # Errors
    /// [`SealError::Field`] for a name of another length than 1 to 124 bytes;
    /// [`SealError::KeyOperation`] if signing failed.
    pub fn announce<R: CryptoRng + ?Sized>(
        &self,
        member: MemberId,
        name: &str,
        made_at: Millis,
        rng: &mut R,
    ) -> Result<Announcement, SealError> {
        let bytes = announcement::write(self, member, name, made_at, rng)?;
        // A signature made by a fault must not leave: it could give the key away. That the keys are
        // good was looked at when they were put together.
        UnverifiedAnnouncement::parse(bytes)
            .and_then(|announcement| announcement.signed_by(self.verifying.clone()))
            .map_err(|_| SealError::KeyOperation)
    }

    /// Starts an epoch, for the tail of `epochs.start`.
    ///
    /// # Errors
    /// [`SealError::Field`] for an epoch number outside 1 … 2^53 − 1; [`SealError::KeyOperation`] if
    /// signing failed.
    pub fn start_epoch<R: CryptoRng + ?Sized>(
        &self,
        draft: &EpochDraft,
        secret: &EpochSecret,
        rng: &mut R,
    ) -> Result<EpochStart, SealError> {
        let bytes = epoch::write(self, draft, secret, rng)?;
        // As above: what a peer would refuse does not leave.
        UnverifiedEpochStart::parse(bytes)
            .and_then(|start| start.signed_by(&self.verifying))
            .map_err(|_| SealError::KeyOperation)
    }

    /// Opens the share that came in an `epoch.share` event.
    ///
    /// # Errors
    /// [`OpenError::Share`] if it was not wrapped to this session, [`OpenError::ShareCommitment`] if
    /// its secret is not the epoch's: drop it and ask again, naming who sent it.
    pub fn open_share<R: CryptoRng + ?Sized>(
        &self,
        share: &[u8],
        start: &EpochStart,
        rng: &mut R,
    ) -> Result<EpochSecret, OpenError> {
        share::open(&self.wrap, share, start, rng)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKeys({})", self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Sha256, Sha512};
    use zeroize::ZeroizeOnDrop;

    /// The types that hold a private half or what a key is derived from; it is the compiler that
    /// checks, so that no change of features or versions takes this away unnoticed.
    #[test]
    fn what_holds_a_secret_is_erased_when_dropped() {
        const fn is_erased<T: ZeroizeOnDrop>() {}
        is_erased::<rsa::RsaPrivateKey>();
        is_erased::<rsa::pss::SigningKey<Sha256>>();
        is_erased::<dsa::SigningKey>();
        is_erased::<aes::Aes256>();
        is_erased::<cbc::Encryptor<aes::Aes256>>();
        is_erased::<cbc::Decryptor<aes::Aes256>>();
        // An HMAC, and so an HKDF, is two hashes in mid-air.
        is_erased::<Sha512>();
        is_erased::<crate::epoch::EpochSecret>();
    }
}
