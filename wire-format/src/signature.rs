//! The signature block: RSASSA-PSS and DSA over the same bytes, both or nothing
//! (docs/protocol.md#6-primitives).

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    dsa::{DsaPrivateKey, DsaPublicKey, PUBLIC_KEY_BYTES, SIGNATURE_BYTES},
    ids::Fingerprint,
    open_error::{OpenError, SealError},
    record::Record,
    rsa_keys::{ModulusSize, PssPrivateKey, PssPublicKey, SESSION_MODULUS_BYTES},
};

/// What is signed, as ASCII text and one zero byte: a signature for one purpose serves no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label(pub(crate) &'static [u8]);

impl Label {
    /// SHA-256 over label ‖ body: what both signatures sign.
    pub(crate) fn hash(self, body: &[u8]) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.0)
            .chain_update(body)
            .finalize()
            .into()
    }
}

/// Bytes of a block made with a session's keys.
pub(crate) const SESSION_BLOCK_BYTES: usize = 2 + SESSION_MODULUS_BYTES + SIGNATURE_BYTES;

/// Two signatures that have been read and not yet verified.
#[derive(Clone, Debug)]
pub(crate) struct SignatureBlock {
    pss: Bytes,
    dsa: [u8; SIGNATURE_BYTES],
}

impl SignatureBlock {
    /// Reads a block whose PSS signature must have the length of the signer's modulus.
    pub(crate) fn read(record: &mut Record, modulus_bytes: usize) -> Result<Self, OpenError> {
        let length = usize::from(record.u16()?);
        if length != modulus_bytes {
            return Err(OpenError::PssLength(length));
        }
        Self::read_signatures(record, length)
    }

    /// Reads a block by keys that are not known yet; when they are, another length than that of their
    /// modulus does not verify.
    pub(crate) fn read_accepted(record: &mut Record) -> Result<Self, OpenError> {
        let length = usize::from(record.u16()?);
        if !ModulusSize::Accepted.allows(8 * length) {
            return Err(OpenError::PssLength(length));
        }
        Self::read_signatures(record, length)
    }

    fn read_signatures(record: &mut Record, length: usize) -> Result<Self, OpenError> {
        Ok(Self {
            pss: record.bytes(length)?,
            dsa: record.array()?,
        })
    }
}

/// The public halves of two identity keys; what they sign is signed only if both verify.
#[derive(Clone, Debug)]
pub(crate) struct VerifyingPair {
    pub(crate) pss: PssPublicKey,
    pub(crate) dsa: DsaPublicKey,
}

impl VerifyingPair {
    /// Takes the two keys of a record, of any accepted size.
    pub(crate) fn from_record(
        pss_spki: &Bytes,
        y: &[u8; PUBLIC_KEY_BYTES],
    ) -> Result<Self, OpenError> {
        Ok(Self {
            pss: PssPublicKey::from_spki(pss_spki.clone(), ModulusSize::Accepted)?,
            dsa: DsaPublicKey::from_bytes(y)?,
        })
    }

    /// Checks PSS first, then DSA.
    pub(crate) fn verify(
        &self,
        label: Label,
        body: &[u8],
        block: &SignatureBlock,
    ) -> Result<(), OpenError> {
        let hash = label.hash(body);
        self.pss.verify(&hash, &block.pss)?;
        self.dsa.verify(&hash, &block.dsa)
    }
}

/// The private halves of two identity keys; they only ever sign together.
#[derive(Debug)]
pub(crate) struct SigningPair {
    pub(crate) pss: PssPrivateKey,
    pub(crate) dsa: DsaPrivateKey,
}

impl SigningPair {
    /// The hash that stands for both keys.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        fingerprint(self.pss.spki(), &self.dsa.public_bytes())
    }

    /// The public halves, read as a peer reads them.
    pub(crate) fn verifying(&self) -> Result<VerifyingPair, OpenError> {
        VerifyingPair::from_record(self.pss.spki(), &self.dsa.public_bytes())
    }

    /// Appends the block over label ‖ everything that `record` holds so far.
    pub(crate) fn append<R: CryptoRng + ?Sized>(
        &self,
        label: Label,
        record: &mut BytesMut,
        rng: &mut R,
    ) -> Result<(), SealError> {
        let hash = label.hash(record);
        let pss = self.pss.sign(&hash, rng)?;
        let dsa = self.dsa.sign(&hash, rng)?;
        record.put_u16(u16::try_from(pss.len()).map_err(|_| SealError::KeyOperation)?);
        record.put_slice(&pss);
        record.put_slice(&dsa);
        Ok(())
    }
}

/// SHA-256 over label ‖ length ‖ SubjectPublicKeyInfo of the PSS key ‖ y.
pub(crate) fn fingerprint(pss_spki: &[u8], y: &[u8; PUBLIC_KEY_BYTES]) -> Fingerprint {
    // The longest accepted key has 550 bytes.
    let length = u16::try_from(pss_spki.len()).unwrap_or(u16::MAX);
    let hash = Sha256::new()
        .chain_update(b"sealwire/v1/fingerprint\0")
        .chain_update(length.to_be_bytes())
        .chain_update(pss_spki)
        .chain_update(y)
        .finalize();
    Fingerprint::from_bytes(hash.into())
}
