//! Announcements: the public halves of a session's keys, signed by themselves
//! (docs/protocol.md#7-session-keys-the-announcement).

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use crate::{
    dsa::{DsaPublicKey, PUBLIC_KEY_BYTES},
    epoch::EpochSecret,
    ids::{Fingerprint, MemberId, Millis},
    keyset::SessionKeys,
    limits::{ANNOUNCEMENT_BYTES, NAME_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    rsa_keys::{
        ModulusSize, PssPublicKey, SESSION_KEY_BITS, SESSION_MODULUS_BYTES, SESSION_SPKI_BYTES,
        WrapPublicKey, check_spki,
    },
    share,
    signature::{Label, SESSION_BLOCK_BYTES, SignatureBlock, VerifyingPair, fingerprint},
};

const LABEL: Label = Label(b"sealwire/v1/announcement\0");
const KEY_SIZE: ModulusSize = ModulusSize::Exactly(SESSION_KEY_BITS);

/// An announcement with the right layout whose signatures nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedAnnouncement {
    bytes: Bytes,
    signed: Bytes,
    member: MemberId,
    name: String,
    made_at: Millis,
    pss_spki: Bytes,
    wrap_spki: Bytes,
    y: [u8; PUBLIC_KEY_BYTES],
    fingerprint: Fingerprint,
    block: SignatureBlock,
}

impl UnverifiedAnnouncement {
    /// Reads the layout, the name and the encoding of the keys; cheap, and enough for a server.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::ANNOUNCEMENT, ANNOUNCEMENT_BYTES)?;
        let member = MemberId::from_bytes(record.array()?);
        let name = read_name(&mut record)?;
        let made_at = Millis::new(record.u64()?);
        let pss_spki = read_key(&mut record)?;
        let wrap_spki = read_key(&mut record)?;
        let y = record.array()?;
        let signed = record.so_far();
        let block = SignatureBlock::read(&mut record, SESSION_MODULUS_BYTES)?;
        let bytes = record.finish()?;
        let fingerprint = fingerprint(&pss_spki, &y);
        Ok(Self {
            bytes,
            signed,
            member,
            name,
            made_at,
            pss_spki,
            wrap_spki,
            y,
            fingerprint,
            block,
        })
    }

    /// Whose keys these claim to be.
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// The name they claim to go with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash of the two keys that sign.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Checks the keys and both signatures. Whether member, name and fingerprint are the expected
    /// ones is for the caller to compare.
    ///
    /// # Errors
    /// The typed cause.
    pub fn verify(self) -> Result<Announcement, OpenError> {
        let keys = VerifyingPair {
            pss: PssPublicKey::from_spki(self.pss_spki.clone(), KEY_SIZE)?,
            dsa: DsaPublicKey::from_bytes(&self.y)?,
        };
        self.signed_by(keys)
    }

    /// Checks both signatures by these keys, which are those that are announced.
    pub(crate) fn signed_by(self, keys: VerifyingPair) -> Result<Announcement, OpenError> {
        let wrap = WrapPublicKey::from_spki(&self.wrap_spki, KEY_SIZE)?;
        keys.verify(LABEL, &self.signed, &self.block)?;
        Ok(Announcement {
            bytes: self.bytes,
            member: self.member,
            name: self.name,
            made_at: self.made_at,
            fingerprint: self.fingerprint,
            keys,
            wrap,
        })
    }
}

/// A member's announced keys, both signatures verified.
#[derive(Clone, Debug)]
pub struct Announcement {
    bytes: Bytes,
    member: MemberId,
    name: String,
    made_at: Millis,
    fingerprint: Fingerprint,
    keys: VerifyingPair,
    wrap: WrapPublicKey,
}

impl Announcement {
    /// Whose keys these are.
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// The name they go with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When they were made, by their owner's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// The hash of the two keys that sign.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The keys that check what this member signs.
    pub(crate) fn keys(&self) -> &VerifyingPair {
        &self.keys
    }

    /// Wraps an epoch's secret to this member: the share of `epochs.answer`, 256 bytes.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the encryption failed.
    pub fn wrap<R: CryptoRng + ?Sized>(
        &self,
        secret: &EpochSecret,
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        share::wrap(&self.wrap, secret, rng)
    }
}

/// Writes and signs the announcement of a session's keys.
pub(crate) fn write<R: CryptoRng + ?Sized>(
    keys: &SessionKeys,
    member: MemberId,
    name: &str,
    made_at: Millis,
    rng: &mut R,
) -> Result<Bytes, SealError> {
    if !is_name(name) {
        return Err(SealError::Field(Field::Name));
    }
    let name_length = u8::try_from(name.len()).map_err(|_| SealError::Field(Field::Name))?;
    let capacity = 2
        + MemberId::LEN
        + 1
        + name.len()
        + 8
        + 2 * (2 + SESSION_SPKI_BYTES)
        + PUBLIC_KEY_BYTES
        + SESSION_BLOCK_BYTES;
    let mut record = BytesMut::with_capacity(capacity);
    record.put_slice(&[record::VERSION, record::ANNOUNCEMENT]);
    record.put_slice(member.as_bytes());
    record.put_u8(name_length);
    record.put_slice(name.as_bytes());
    record.put_u64(made_at.value());
    for spki in [keys.signing.pss.spki(), keys.wrap.spki()] {
        record.put_u16(u16::try_from(spki.len()).map_err(|_| SealError::KeyOperation)?);
        record.put_slice(spki);
    }
    record.put_slice(&keys.signing.dsa.public_bytes());
    keys.signing.append(LABEL, &mut record, rng)?;
    Ok(record.freeze())
}

pub(crate) fn read_name(record: &mut Record) -> Result<String, OpenError> {
    let name = record.text(Field::Name)?;
    if !is_name(&name) {
        return Err(OpenError::Field(Field::Name));
    }
    Ok(name)
}

/// Whether a name fits its field; whether it is a good name is the server's to say.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES).contains(&name.len())
}

fn read_key(record: &mut Record) -> Result<Bytes, OpenError> {
    let length = usize::from(record.u16()?);
    let spki = record.bytes(length)?;
    check_spki(&spki, KEY_SIZE)?;
    Ok(spki)
}
