//! The proof of keys: a session's challenge, answered with both identity keys
//! (docs/protocol.md#145-signing-in-and-the-proof-of-keys).

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{IdentityKeys, Keyset};
use crate::{
    ids::{AccountId, Challenge, Fingerprint, Millis, SessionId},
    limits::{CLOCK_SKEW, KEYS_PROOF_BYTES},
    open_error::{Field, OpenError, SealError},
    passwords::ServerName,
    record::{self, Record},
    signature::{Label, SignatureBlock, VerifyingPair},
};

const LABEL: Label = Label(b"sealwire/v1/proof\0");

/// What a proof is bound to, apart from the keys: what a client signs, and a server expects.
#[derive(Clone, Copy, Debug)]
pub struct ProofDraft<'a> {
    /// Who signed in.
    pub account: AccountId,
    /// The session that the sign-in made.
    pub session: SessionId,
    /// What the server asked.
    pub challenge: Challenge,
    /// The server that asked.
    pub server: &'a ServerName,
    /// Now, by the own clock.
    pub now: Millis,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The record or a signature is not good.
    #[error("a proof of keys is refused")]
    Record(#[from] OpenError),
    /// Another account than the one that signed in.
    #[error("a proof of account {0}")]
    OtherAccount(AccountId),
    /// Another session than this one.
    #[error("a proof for session {0}")]
    OtherSession(SessionId),
    /// The answer to another challenge.
    #[error("the answer to another challenge")]
    OtherChallenge,
    /// Made for another server.
    #[error("a proof for another server")]
    OtherServer,
    /// By other keys than those of the chain head.
    #[error("a proof by the keys {0}, which are not the chain head's")]
    OtherKeys(Fingerprint),
    /// Made more than 5 minutes before or after now.
    #[error("a proof made at {0}, too far from now")]
    Clock(Millis),
}

/// A proof with the right layout whose signatures nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedProof {
    signed: Bytes,
    account: AccountId,
    fingerprint: Fingerprint,
    session: SessionId,
    challenge: Challenge,
    server: ServerName,
    made_at: Millis,
    block: SignatureBlock,
}

impl UnverifiedProof {
    /// Reads the layout and the server's name; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::KEYS_PROOF, KEYS_PROOF_BYTES)?;
        let account = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let session = SessionId::from_bytes(record.array()?);
        let challenge = Challenge::from_bytes(record.array()?);
        let server = record.text(Field::ServerName)?;
        let server = ServerName::parse(&server).map_err(|_| OpenError::Field(Field::ServerName))?;
        let made_at = Millis::new(record.u64()?);
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        record.finish()?;
        Ok(Self {
            signed,
            account,
            fingerprint,
            session,
            challenge,
            server,
            made_at,
            block,
        })
    }

    /// Checks that it answers what was asked, by the keys of the chain head.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn verify(self, expected: &ProofDraft<'_>, head: &Keyset) -> Result<(), ProofError> {
        if self.account != expected.account || self.account != head.account() {
            return Err(ProofError::OtherAccount(self.account));
        }
        if self.session != expected.session {
            return Err(ProofError::OtherSession(self.session));
        }
        if self.challenge != expected.challenge {
            return Err(ProofError::OtherChallenge);
        }
        if self.server != *expected.server {
            return Err(ProofError::OtherServer);
        }
        if self.fingerprint != head.fingerprint() {
            return Err(ProofError::OtherKeys(self.fingerprint));
        }
        let apart = self.made_at.value().abs_diff(expected.now.value());
        if u128::from(apart) > CLOCK_SKEW.as_millis() {
            return Err(ProofError::Clock(self.made_at));
        }
        Ok(self.signed_by(head.keys())?)
    }

    /// Checks both signatures by these keys.
    pub(super) fn signed_by(self, keys: &VerifyingPair) -> Result<(), OpenError> {
        keys.verify(LABEL, &self.signed, &self.block)
    }
}

/// Writes and signs a proof.
pub(super) fn write<R: CryptoRng + ?Sized>(
    keys: &IdentityKeys,
    draft: &ProofDraft<'_>,
    rng: &mut R,
) -> Result<Bytes, SealError> {
    let server = draft.server.as_bytes();
    let server_length =
        u8::try_from(server.len()).map_err(|_| SealError::Field(Field::ServerName))?;
    let mut record = BytesMut::with_capacity(KEYS_PROOF_BYTES);
    record.put_slice(&[record::VERSION, record::KEYS_PROOF]);
    record.put_slice(draft.account.as_bytes());
    record.put_slice(keys.fingerprint.as_bytes());
    record.put_slice(draft.session.as_bytes());
    record.put_slice(draft.challenge.as_bytes());
    record.put_u8(server_length);
    record.put_slice(server);
    record.put_u64(draft.now.value());
    keys.signing.append(LABEL, &mut record, rng)?;
    Ok(record.freeze())
}
