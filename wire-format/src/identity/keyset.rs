//! A keyset: the public halves of an account's two identity keys, signed by themselves, and after a
//! rotation by the keys before them, too.

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::IdentityKeys;
use crate::{
    announcement::{is_name, read_name},
    dsa::PUBLIC_KEY_BYTES,
    ids::{AccountId, Fingerprint, KeysetHash, KeysetNumber, Millis},
    limits::KEYSET_BYTES,
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock, VerifyingPair, fingerprint},
};

const LABEL: Label = Label(b"sealwire/v1/keyset\0");
const ROTATION_LABEL: Label = Label(b"sealwire/v1/keyset-rotation\0");

/// How a keyset follows the one before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Link {
    /// It begins the chain.
    First = 1,
    /// The keys before it signed it, too.
    Rotated = 2,
    /// The keys before it did not sign it.
    Reset = 3,
}

impl Link {
    /// The link with this byte in a keyset.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::First,
            2 => Self::Rotated,
            3 => Self::Reset,
            _ => return None,
        })
    }

    /// The byte in a keyset.
    pub const fn byte(self) -> u8 {
        self as u8
    }
}

/// Where a keyset that is to be written stands in its chain.
pub(super) struct Place<'a> {
    account: AccountId,
    name: &'a str,
    number: KeysetNumber,
    link: Link,
    previous: KeysetHash,
    made_at: Millis,
}

impl<'a> Place<'a> {
    pub(super) fn first(account: AccountId, name: &'a str, made_at: Millis) -> Self {
        Self {
            account,
            name,
            number: KeysetNumber::new(1),
            link: Link::First,
            previous: NONE,
            made_at,
        }
    }

    pub(super) fn after(head: &'a Keyset, link: Link, made_at: Millis) -> Self {
        Self {
            account: head.account,
            name: &head.name,
            number: head.number.next(),
            link,
            previous: head.hash,
            made_at,
        }
    }
}

/// What the first keyset names as the one before it.
pub(super) const NONE: KeysetHash = KeysetHash::from_bytes([0; KeysetHash::LEN]);

/// A keyset with the right layout whose keys and signatures nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedKeyset {
    fields: Fields,
    /// Everything above the first signature block.
    signed: Bytes,
    own: SignatureBlock,
    rotation: Option<Rotation>,
}

#[derive(Clone, Debug)]
struct Fields {
    bytes: Bytes,
    account: AccountId,
    name: String,
    number: KeysetNumber,
    link: Link,
    previous: KeysetHash,
    made_at: Millis,
    pss_spki: Bytes,
    y: [u8; PUBLIC_KEY_BYTES],
    hash: KeysetHash,
    fingerprint: Fingerprint,
}

/// The signatures of the keys before, and what they sign: the first block is in it.
#[derive(Clone, Debug)]
struct Rotation {
    signed: Bytes,
    block: SignatureBlock,
}

impl UnverifiedKeyset {
    /// Reads the layout and the name; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::KEYSET, KEYSET_BYTES)?;
        let account = AccountId::from_bytes(record.array()?);
        let name = read_name(&mut record)?;
        let number = KeysetNumber::new(record.counted(Field::Number)?);
        let link = Link::from_byte(record.u8()?).ok_or(OpenError::Field(Field::Link))?;
        let previous = KeysetHash::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let spki_length = usize::from(record.u16()?);
        let pss_spki = record.bytes(spki_length)?;
        let y = record.array()?;
        let signed = record.so_far();
        let own = SignatureBlock::read_accepted(&mut record)?;
        let rotation = if link == Link::Rotated {
            Some(Rotation {
                signed: record.so_far(),
                block: SignatureBlock::read_accepted(&mut record)?,
            })
        } else {
            None
        };
        let fields = Fields {
            bytes: record.finish()?,
            account,
            name,
            number,
            link,
            previous,
            made_at,
            hash: KeysetHash::from_bytes(LABEL.hash(&signed)),
            fingerprint: fingerprint(&pss_spki, &y),
            pss_spki,
            y,
        };
        Ok(Self {
            fields,
            signed,
            own,
            rotation,
        })
    }

    /// The account it claims to be of.
    pub fn account(&self) -> AccountId {
        self.fields.account
    }

    /// The user name it claims to go with.
    pub fn name(&self) -> &str {
        &self.fields.name
    }

    /// Its number in the chain.
    pub fn number(&self) -> KeysetNumber {
        self.fields.number
    }

    /// How it claims to follow the one before it.
    pub fn link(&self) -> Link {
        self.fields.link
    }

    /// The hash of the keyset that it names as the one before it.
    pub fn previous(&self) -> KeysetHash {
        self.fields.previous
    }

    /// SHA-256 over label ‖ everything above the first signature block.
    pub fn hash(&self) -> KeysetHash {
        self.fields.hash
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.fields.bytes
    }

    /// The hash of the two keys in it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fields.fingerprint
    }

    /// Checks the keys, the own signatures, and after a rotation those of the keys before.
    pub(super) fn verify(self, before: Option<&Keyset>) -> Result<Keyset, OpenError> {
        let keys = VerifyingPair::from_record(&self.fields.pss_spki, &self.fields.y)?;
        self.signed_by(&keys, before.map(|keyset| &keyset.keys))
    }

    /// Checks the keys and the own signatures of a keyset whose hash is known to be good.
    pub(super) fn verify_known(self) -> Result<Keyset, OpenError> {
        let keys = VerifyingPair::from_record(&self.fields.pss_spki, &self.fields.y)?;
        keys.verify(LABEL, &self.signed, &self.own)?;
        Ok(self.fields.with(keys))
    }

    /// As [`UnverifiedKeyset::verify`], by keys that were looked at, which are those in the record.
    pub(super) fn signed_by(
        self,
        keys: &VerifyingPair,
        before: Option<&VerifyingPair>,
    ) -> Result<Keyset, OpenError> {
        keys.verify(LABEL, &self.signed, &self.own)?;
        match (&self.rotation, before) {
            (Some(rotation), Some(before)) => {
                before.verify(ROTATION_LABEL, &rotation.signed, &rotation.block)?;
            }
            // Nobody is there who could have signed the rotation.
            (Some(_), None) => return Err(OpenError::Field(Field::Link)),
            (None, _) => {}
        }
        Ok(self.fields.with(keys.clone()))
    }
}

impl Fields {
    fn with(self, keys: VerifyingPair) -> Keyset {
        Keyset {
            bytes: self.bytes,
            account: self.account,
            name: self.name,
            number: self.number,
            link: self.link,
            made_at: self.made_at,
            hash: self.hash,
            fingerprint: self.fingerprint,
            keys,
        }
    }
}

/// An account's identity keys at one place of its chain, all signatures verified.
#[derive(Clone, Debug)]
pub struct Keyset {
    bytes: Bytes,
    account: AccountId,
    name: String,
    number: KeysetNumber,
    link: Link,
    made_at: Millis,
    hash: KeysetHash,
    fingerprint: Fingerprint,
    keys: VerifyingPair,
}

impl Keyset {
    /// Whose keys these are.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The user name, which stays for the account's life.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number in the chain.
    pub fn number(&self) -> KeysetNumber {
        self.number
    }

    /// How it follows the one before it.
    pub fn link(&self) -> Link {
        self.link
    }

    /// When it was made, by its owner's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// What the next keyset, and a pin, name.
    pub fn hash(&self) -> KeysetHash {
        self.hash
    }

    /// The hash of the two keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The keys that check what this account signs.
    pub(crate) fn keys(&self) -> &VerifyingPair {
        &self.keys
    }
}

/// Writes and signs a keyset.
pub(super) fn write<R: CryptoRng + ?Sized>(
    keys: &IdentityKeys,
    place: &Place<'_>,
    before: Option<&IdentityKeys>,
    rng: &mut R,
) -> Result<Bytes, SealError> {
    if !is_name(place.name) {
        return Err(SealError::Field(Field::Name));
    }
    let name_length = u8::try_from(place.name.len()).map_err(|_| SealError::Field(Field::Name))?;
    let spki = keys.signing.pss.spki();
    let mut record = BytesMut::with_capacity(KEYSET_BYTES);
    record.put_slice(&[record::VERSION, record::KEYSET]);
    record.put_slice(place.account.as_bytes());
    record.put_u8(name_length);
    record.put_slice(place.name.as_bytes());
    record.put_u64(place.number.value());
    record.put_u8(place.link.byte());
    record.put_slice(place.previous.as_bytes());
    record.put_u64(place.made_at.value());
    record.put_u16(u16::try_from(spki.len()).map_err(|_| SealError::KeyOperation)?);
    record.put_slice(spki);
    record.put_slice(&keys.signing.dsa.public_bytes());
    keys.signing.append(LABEL, &mut record, rng)?;
    if let Some(before) = before {
        before.signing.append(ROTATION_LABEL, &mut record, rng)?;
    }
    Ok(record.freeze())
}
