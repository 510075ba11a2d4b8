//! The envelope of end-to-end rooms: as the other one, and signed by its sender's identity keys, so
//! that no other member can have written it (docs/protocol.md#1410-messages).

use bytes::{Bytes, BytesMut};
use rand::CryptoRng;
use sha2::{Digest, Sha256};

use super::{Draft, ENVELOPE_BYTES, EpochKeys, Header, MessageKey, Opened, Sealed, Storage};
use crate::{
    dsa::SIGNATURE_BYTES,
    identity::IdentityKeys,
    ids::{AccountId, ChannelId, CommitHash, EnvelopeHash, EpochNumber, MemberId},
    open_error::{OpenError, SealError},
    record::{self, Record},
    room::{Keysets, Member, Role, RoomChain, UnknownKeys},
    seal::IV_BYTES,
    signature::{Label, SignatureBlock},
};

const LABEL: Label = Label(b"sealwire/v1/envelope\0");
/// Largest signature block, in bytes: RSA-4096.
const BLOCK_BYTES: usize = 2 + 512 + SIGNATURE_BYTES;
/// Largest signed envelope, in bytes.
pub const SIGNED_ENVELOPE_BYTES: usize = ENVELOPE_BYTES + BLOCK_BYTES;

/// What a deliver frame says about the envelope in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// The channel, which is one of the room's.
    pub channel: ChannelId,
    /// The sender.
    pub sender: MemberId,
    /// Whether the server keeps it.
    pub storage: Storage,
}

/// Why a signed envelope is not its sender's, in the order of docs/protocol.md#9-the-envelope.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SenderError {
    /// The record cannot be read.
    #[error("an envelope is refused")]
    Record(#[from] OpenError),
    /// Another room, channel, sender or storage than the deliver frame says.
    #[error("an envelope for another place than the one it came from")]
    OtherPlace,
    /// An epoch that is not in the chain, as far as it is known.
    #[error("an envelope of epoch {0}, which is not known here")]
    UnknownEpoch(EpochNumber),
    /// Another commit than the one that started the epoch: somebody was shown another history.
    #[error("an envelope of the commit {0}, which did not start its epoch")]
    OtherCommit(CommitHash),
    /// The sender was not in the room in this epoch with these keys.
    #[error("an envelope by account {0}, which was not in the room with these keys")]
    NotMember(AccountId),
    /// The sender was muted in this epoch.
    #[error("an envelope by account {0}, which is muted")]
    Muted(AccountId),
    /// The sender's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("an envelope's signature is refused")]
    Signature(#[source] OpenError),
}

/// A signed envelope with the right layout that nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedSignedEnvelope {
    envelope: SignedEnvelope,
    signed: Bytes,
    block: SignatureBlock,
}

impl UnverifiedSignedEnvelope {
    /// Reads the layout; cheap, and enough for a server.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::SIGNED_ENVELOPE, SIGNED_ENVELOPE_BYTES)?;
        let sealed = Sealed::read(&mut record)?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        let bytes = record.finish()?;
        Ok(Self {
            envelope: SignedEnvelope { bytes, sealed },
            signed,
            block,
        })
    }

    /// What it says in the clear.
    pub fn header(&self) -> &Header {
        &self.envelope.sealed.header
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.envelope.bytes
    }

    /// Checks that its sender was in the room and made it: membership by the chain, PSS, DSA.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn verify(
        self,
        delivery: &Delivery,
        chain: &RoomChain,
        keysets: &dyn Keysets,
    ) -> Result<SignedEnvelope, SenderError> {
        let header = self.header();
        let place = Delivery {
            channel: header.channel,
            sender: header.sender,
            storage: header.storage,
        };
        if header.room != chain.room() || place != *delivery {
            return Err(SenderError::OtherPlace);
        }
        let entry = chain
            .entry(header.epoch)
            .ok_or(SenderError::UnknownEpoch(header.epoch))?;
        if entry.hash() != header.commit {
            return Err(SenderError::OtherCommit(header.commit));
        }
        let member = self.member(header.epoch, chain)?;
        if member.role == Role::Muted {
            return Err(SenderError::Muted(self.account()));
        }
        self.signed_by_sender(keysets)?;
        Ok(self.envelope)
    }

    /// Checks of an envelope whose commit is not in this chain that somebody of the room made it all the
    /// same: whoever signed it was shown another history. Bytes that anybody could have written show none.
    ///
    /// # Errors
    /// The typed cause; of who was no member when the other history began, [`SenderError::NotMember`].
    pub fn verify_elsewhere(
        &self,
        chain: &RoomChain,
        keysets: &dyn Keysets,
    ) -> Result<(), SenderError> {
        let header = self.header();
        if header.room != chain.room() {
            return Err(SenderError::OtherPlace);
        }
        let before = EpochNumber::new(header.epoch.value().saturating_sub(1).max(1));
        self.member(before.min(chain.head().n()), chain)?;
        self.signed_by_sender(keysets)
    }

    /// Checks that its sender made it, whoever was in the room then: PSS, DSA, by the keyset of that
    /// account that has the fingerprint. It is what can be said without the room's chain, of a reported
    /// message for one.
    ///
    /// # Errors
    /// [`SenderError::UnknownKeys`] or [`SenderError::Signature`].
    pub fn verify_sender(self, keysets: &dyn Keysets) -> Result<SignedEnvelope, SenderError> {
        self.signed_by_sender(keysets)?;
        Ok(self.envelope)
    }

    /// In these rooms a member is an account.
    fn account(&self) -> AccountId {
        AccountId::from_bytes(*self.header().sender.as_bytes())
    }

    /// The sender as the room had it in an epoch, with the keys that the envelope names.
    fn member(&self, epoch: EpochNumber, chain: &RoomChain) -> Result<Member, SenderError> {
        let account = self.account();
        chain
            .member_in(epoch, account)
            .filter(|member| member.fingerprint == self.header().fingerprint)
            .ok_or(SenderError::NotMember(account))
    }

    fn signed_by_sender(&self, keysets: &dyn Keysets) -> Result<(), SenderError> {
        let (account, fingerprint) = (self.account(), self.header().fingerprint);
        let keyset = keysets
            .chain(account)
            .and_then(|chain| chain.with_fingerprint(fingerprint))
            .ok_or(UnknownKeys {
                account,
                fingerprint,
            })?;
        keyset
            .keys()
            .verify(LABEL, &self.signed, &self.block)
            .map_err(SenderError::Signature)
    }
}

/// An envelope whose sender is certain, and that nobody has opened.
#[derive(Clone, Debug)]
pub struct SignedEnvelope {
    bytes: Bytes,
    sealed: Sealed,
}

impl SignedEnvelope {
    /// What it says in the clear.
    pub fn header(&self) -> &Header {
        &self.sealed.header
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of the whole envelope, signatures included: what others name it by.
    pub fn hash(&self) -> EnvelopeHash {
        EnvelopeHash::from_bytes(Sha256::digest(&self.bytes).into())
    }

    /// Opens with the keys of the epoch that the header names: key commitment, tag, CBC, padding,
    /// UTF-8, in this order. Replay is looked at before, the content after.
    ///
    /// # Errors
    /// The typed cause; nothing has changed.
    pub fn open(&self, keys: &EpochKeys) -> Result<Opened, OpenError> {
        self.sealed.open(keys)
    }

    /// The key of this message alone, which opens no other.
    ///
    /// # Errors
    /// [`OpenError::OtherEpoch`] for the keys of another epoch; [`OpenError::KeyCommitment`] if the
    /// header commits to another key: its sender made a message that nobody can open.
    pub fn message_key(&self, keys: &EpochKeys) -> Result<MessageKey, OpenError> {
        let key = self.sealed.message_key(keys)?;
        if !self.is_committed_to(&key) {
            return Err(OpenError::KeyCommitment);
        }
        Ok(key)
    }

    /// Whether the header commits to this key.
    pub(crate) fn is_committed_to(&self, key: &MessageKey) -> bool {
        key.is_committed_to_by(&self.header().commitment)
    }

    /// Opens with the key of this message alone, in the same order.
    ///
    /// # Errors
    /// The typed cause.
    pub fn open_alone(&self, key: &MessageKey) -> Result<Opened, OpenError> {
        self.sealed.open_alone(key)
    }
}

impl EpochKeys {
    /// Seals one message and signs it, for the payload of a publish frame. The fingerprint is that of
    /// the keys. `iv` is random and used once.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above [`MOST_CONTENT`](crate::padding::MOST_CONTENT);
    /// [`SealError::KeyOperation`] if signing failed.
    pub fn seal_signed<R: CryptoRng + ?Sized>(
        &self,
        draft: &Draft<'_>,
        iv: [u8; IV_BYTES],
        identity: &IdentityKeys,
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        let draft = Draft {
            fingerprint: identity.fingerprint(),
            ..*draft
        };
        let mut envelope: BytesMut = self.seal_as(record::SIGNED_ENVELOPE, &draft, iv)?;
        identity.signing().append(LABEL, &mut envelope, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        let read = UnverifiedSignedEnvelope::parse(envelope.freeze())
            .map_err(|_| SealError::KeyOperation)?;
        identity
            .verifying()
            .verify(LABEL, &read.signed, &read.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(read.envelope.bytes)
    }
}
