//! The keys of an epoch's messages, and sealing with them.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

use super::{FRONT_BYTES, HEADER_BYTES, Header, MessageKey, Storage};
use crate::{
    epoch::{EpochSecret, EpochStart},
    ids::{
        ChannelId, CommitHash, Commitment, EpochNumber, Fingerprint, InstanceId, MemberId,
        MessageId, Millis, RoomId,
    },
    open_error::{OpenError, SealError},
    padding, record,
    room::ChainEntry,
    seal::{self, IV_BYTES, KEY_BYTES, TAG_BYTES},
};

/// What the sender decides about a message.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// The channel.
    pub channel: ChannelId,
    /// Who seals it.
    pub sender: MemberId,
    /// The sender's keys.
    pub fingerprint: Fingerprint,
    /// The start of the sender that counts.
    pub instance: InstanceId,
    /// The next of 0, 1, 2, … per instance, channel and storage; never used twice.
    pub counter: u64,
    /// Whether the server keeps it.
    pub storage: Storage,
    /// Now, by the sender's clock.
    pub sent_at: Millis,
    /// The message, the same in every retry.
    pub message: MessageId,
    /// What is inside: the UTF-8 of a [`Content`](crate::content::Content).
    pub content: &'a [u8],
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("channel", &self.channel)
            .field("counter", &self.counter)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

/// What opens and seals the messages of one epoch: its secret after HKDF-Extract.
#[derive(Clone)]
pub struct EpochKeys {
    hkdf: Hkdf<Sha512>,
    room: RoomId,
    n: EpochNumber,
    commit: CommitHash,
}

impl EpochKeys {
    /// Extracts once for the whole epoch.
    pub fn new(secret: &EpochSecret, start: &EpochStart) -> Self {
        let commit = start.commit_hash();
        Self {
            hkdf: Hkdf::new(Some(commit.as_bytes()), secret.as_bytes()),
            room: start.room(),
            n: start.n(),
            commit,
        }
    }

    /// Extracts once for an epoch of an end-to-end room.
    ///
    /// # Errors
    /// [`OpenError::ShareCommitment`] if the secret is not the one that the commit names.
    pub fn of_commit(secret: &EpochSecret, entry: &ChainEntry) -> Result<Self, OpenError> {
        entry.check_secret(secret)?;
        let commit = entry.hash();
        Ok(Self {
            hkdf: Hkdf::new(Some(commit.as_bytes()), secret.as_bytes()),
            room: entry.room(),
            n: entry.n(),
            commit,
        })
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// The number of the epoch.
    pub fn n(&self) -> EpochNumber {
        self.n
    }

    /// The hash of the epoch's start.
    pub fn commit_hash(&self) -> CommitHash {
        self.commit
    }

    /// Seals one message, in one buffer. `iv` is random and used once.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above [`MOST_CONTENT`](padding::MOST_CONTENT).
    pub fn seal(&self, draft: &Draft<'_>, iv: [u8; IV_BYTES]) -> Result<Bytes, SealError> {
        self.seal_as(record::ENVELOPE, draft, iv)
            .map(BytesMut::freeze)
    }

    /// Seals an envelope of this type, up to its tag.
    pub(super) fn seal_as(
        &self,
        record_type: u8,
        draft: &Draft<'_>,
        iv: [u8; IV_BYTES],
    ) -> Result<BytesMut, SealError> {
        let padded_bytes = padding::bucket(draft.content.len())?;
        let ciphertext_bytes = seal::ciphertext_bytes(padded_bytes);
        let mut header = self.header(draft);
        let message_key = self
            .message_key(&header)
            .map_err(|_| SealError::KeyOperation)?;
        header.commitment = message_key.commitment();

        let mut envelope = BytesMut::with_capacity(FRONT_BYTES + ciphertext_bytes + TAG_BYTES);
        write_header(record_type, &header, &mut envelope);
        envelope.put_slice(&iv);
        // At most 1 MiB and a block.
        envelope.put_u32(u32::try_from(ciphertext_bytes).map_err(|_| SealError::KeyOperation)?);
        envelope.put_slice(draft.content);
        envelope.put_bytes(0, ciphertext_bytes - draft.content.len());
        let (front, buffer) = envelope.split_at_mut(FRONT_BYTES);
        padding::mark_end(buffer, draft.content.len());
        let associated_data = &front[..HEADER_BYTES];
        let key = message_key.as_bytes();
        let tag = seal::seal_in_place(key, &iv, associated_data, buffer, padded_bytes)?;
        envelope.put_slice(&tag);
        Ok(envelope)
    }

    /// Whether a header is of this room, epoch and commit.
    pub(super) fn are_of(&self, header: &Header) -> bool {
        header.room == self.room && header.epoch == self.n && header.commit == self.commit
    }

    /// The key of the message that the header describes.
    pub(super) fn message_key(&self, header: &Header) -> Result<MessageKey, OpenError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let info: [&[u8]; 8] = [
            b"sealwire/v1/message\0",
            header.room.as_bytes(),
            header.channel.as_bytes(),
            &header.epoch.value().to_be_bytes(),
            header.sender.as_bytes(),
            header.instance.as_bytes(),
            &header.counter.to_be_bytes(),
            &[header.storage.flags()],
        ];
        // One block of SHA-512 is far below the 255 that HKDF gives.
        self.hkdf
            .expand_multi_info(&info, key.as_mut())
            .map_err(|_| OpenError::KeyCommitment)?;
        Ok(MessageKey::from_bytes(*key))
    }

    /// The header of a draft, its commitment still empty.
    fn header(&self, draft: &Draft<'_>) -> Header {
        Header {
            room: self.room,
            channel: draft.channel,
            epoch: self.n,
            commit: self.commit,
            sender: draft.sender,
            fingerprint: draft.fingerprint,
            instance: draft.instance,
            counter: draft.counter,
            storage: draft.storage,
            sent_at: draft.sent_at,
            message: draft.message,
            commitment: Commitment::from_bytes([0; Commitment::LEN]),
        }
    }
}

impl fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochKeys({} of {})", self.n, self.room)
    }
}

fn write_header(record_type: u8, header: &Header, out: &mut BytesMut) {
    out.put_slice(&[record::VERSION, record_type]);
    out.put_slice(header.room.as_bytes());
    out.put_slice(header.channel.as_bytes());
    out.put_u64(header.epoch.value());
    out.put_slice(header.commit.as_bytes());
    out.put_slice(header.sender.as_bytes());
    out.put_slice(header.fingerprint.as_bytes());
    out.put_slice(header.instance.as_bytes());
    out.put_u64(header.counter);
    out.put_u8(header.storage.flags());
    out.put_u64(header.sent_at.value());
    out.put_slice(header.message.as_bytes());
    out.put_slice(header.commitment.as_bytes());
}
