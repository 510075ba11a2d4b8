//! Wrap keys: the numbered public keys that secrets are wrapped to, signed by the identity keys
//! (docs/protocol.md#144-wrap-keys).

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{IdentityKeys, Keyset};
use crate::{
    ids::{AccountId, Fingerprint, Millis, WrapNumber},
    limits::WRAP_KEY_BYTES,
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    rsa_keys::{ACCOUNT_KEY_BITS, ModulusSize, WrapPrivateKey, WrapPublicKey},
    signature::{Label, SignatureBlock, VerifyingPair},
};

const LABEL: Label = Label(b"sealwire/v1/wrap-key\0");
pub(super) const KEY_SIZE: ModulusSize = ModulusSize::Exactly(ACCOUNT_KEY_BITS);

/// What its owner decides about a wrap key.
#[derive(Clone, Copy, Debug)]
pub struct WrapKeyDraft<'a> {
    /// Whose.
    pub account: AccountId,
    /// One more than the account's last, over its whole life.
    pub number: WrapNumber,
    /// Now, by its owner's clock.
    pub made_at: Millis,
    /// The private half, RSA-3072.
    pub key: &'a WrapPrivateKey,
}

/// Why a wrap key is not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WrapKeyError {
    /// The record, the key or a signature is not good.
    #[error("a wrap key is refused")]
    Record(#[from] OpenError),
    /// Another account than the one asked about.
    #[error("a wrap key of account {0}")]
    OtherAccount(AccountId),
    /// Signed by other keys than those of the chain head.
    #[error("a wrap key by the keys {0}, which are not the chain head's")]
    OtherKeys(Fingerprint),
    /// Older than one that was seen before: the server shows the past.
    #[error("wrap key {found} after {seen} was seen")]
    Older {
        /// The number that came.
        found: WrapNumber,
        /// The highest number that was seen.
        seen: WrapNumber,
    },
}

/// A wrap key with the right layout whose key and signatures nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedWrapKey {
    bytes: Bytes,
    signed: Bytes,
    account: AccountId,
    fingerprint: Fingerprint,
    number: WrapNumber,
    made_at: Millis,
    spki: Bytes,
    block: SignatureBlock,
}

impl UnverifiedWrapKey {
    /// Reads the layout; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::WRAP_KEY, WRAP_KEY_BYTES)?;
        let account = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let number = WrapNumber::new(record.counted(Field::Number)?);
        let made_at = Millis::new(record.u64()?);
        let spki_length = usize::from(record.u16()?);
        let spki = record.bytes(spki_length)?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            signed,
            account,
            fingerprint,
            number,
            made_at,
            spki,
            block,
        })
    }

    /// The account it claims to be of.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The identity keys that it claims to be signed by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Its number.
    pub fn number(&self) -> WrapNumber {
        self.number
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Checks that it is of the account of this chain head, by its keys, and not older than the
    /// highest number seen (0: none).
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn verify(self, head: &Keyset, seen: WrapNumber) -> Result<WrapKey, WrapKeyError> {
        if self.account != head.account() {
            return Err(WrapKeyError::OtherAccount(self.account));
        }
        if self.fingerprint != head.fingerprint() {
            return Err(WrapKeyError::OtherKeys(self.fingerprint));
        }
        let key = self.signed_by(head.keys())?;
        if key.number < seen {
            return Err(WrapKeyError::Older {
                found: key.number,
                seen,
            });
        }
        Ok(key)
    }

    /// Checks the key, and both signatures by these keys.
    pub(super) fn signed_by(self, keys: &VerifyingPair) -> Result<WrapKey, OpenError> {
        let key = WrapPublicKey::from_spki(&self.spki, KEY_SIZE)?;
        keys.verify(LABEL, &self.signed, &self.block)?;
        Ok(WrapKey {
            bytes: self.bytes,
            account: self.account,
            fingerprint: self.fingerprint,
            number: self.number,
            made_at: self.made_at,
            key,
        })
    }
}

/// An account's wrap key, both signatures verified.
#[derive(Clone, Debug)]
pub struct WrapKey {
    bytes: Bytes,
    account: AccountId,
    fingerprint: Fingerprint,
    number: WrapNumber,
    made_at: Millis,
    pub(super) key: WrapPublicKey,
}

impl WrapKey {
    /// Whose key it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The identity keys that signed it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Its number over the account's life.
    pub fn number(&self) -> WrapNumber {
        self.number
    }

    /// When it was made, by its owner's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// The key itself.
    pub fn key(&self) -> &WrapPublicKey {
        &self.key
    }

    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Writes and signs a wrap key.
pub(super) fn write<R: CryptoRng + ?Sized>(
    keys: &IdentityKeys,
    draft: &WrapKeyDraft<'_>,
    rng: &mut R,
) -> Result<Bytes, SealError> {
    if draft.number.value() == 0 {
        return Err(SealError::Field(Field::Number));
    }
    let spki = draft.key.spki();
    let mut record = BytesMut::with_capacity(WRAP_KEY_BYTES);
    record.put_slice(&[record::VERSION, record::WRAP_KEY]);
    record.put_slice(draft.account.as_bytes());
    record.put_slice(keys.fingerprint.as_bytes());
    record.put_u64(draft.number.value());
    record.put_u64(draft.made_at.value());
    record.put_u16(u16::try_from(spki.len()).map_err(|_| SealError::KeyOperation)?);
    record.put_slice(spki);
    keys.signing.append(LABEL, &mut record, rng)?;
    Ok(record.freeze())
}
