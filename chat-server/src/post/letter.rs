//! A publish of an end-to-end room, read and not judged.

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use wire_format::{
    AccountId, ChannelId, CommitHash, Deliver, DeliverFlags, EnvelopeHash, EpochNumber, ErrorCode,
    MessageId, Millis, Name, Publish, RoomId, Sequence, Storage,
    envelope::{Header, UnverifiedSignedEnvelope},
    limits::FRAME_BYTES,
    open_error::OpenError,
};

use super::lane::Settled;
use crate::{conversation::Conversation, outbox::Outbox, store::messages::MessageDraft};

/// An envelope whose layout was read and that is for the room that it came to.
pub(crate) struct Sealed {
    pub(crate) channel: ChannelId,
    pub(crate) epoch: EpochNumber,
    pub(crate) commit: CommitHash,
    pub(crate) message: MessageId,
    pub(crate) storage: Storage,
    pub(crate) bytes: Bytes,
}

impl Sealed {
    /// Reads the envelope of a publish; its signatures are its receivers' business.
    ///
    /// # Errors
    /// `malformed`, also for one of another room, channel, sender, epoch or storage than it is
    /// published in; `too_large`, also where it does not fit a deliver frame.
    pub(crate) fn read(
        publish: Publish,
        room: RoomId,
        account: AccountId,
        name: &Name,
    ) -> Result<Self, ErrorCode> {
        let length = 1 + Deliver::HEAD_BYTES + name.bytes() + publish.payload.len();
        if length > FRAME_BYTES {
            return Err(ErrorCode::TooLarge);
        }
        let storage = match publish.flags.is_stored() {
            true => Storage::Stored,
            false => Storage::Passing,
        };
        let envelope = UnverifiedSignedEnvelope::parse(publish.payload);
        let envelope = envelope.map_err(|error| match error {
            OpenError::TooLarge { .. } => ErrorCode::TooLarge,
            _ => ErrorCode::Malformed,
        })?;
        let header = envelope.header();
        let is_here = header.room == room
            && header.channel == publish.channel
            && header.sender == account.into()
            && header.epoch == publish.epoch
            && header.storage == storage;
        if !is_here {
            return Err(ErrorCode::Malformed);
        }
        let Header {
            channel,
            epoch,
            commit,
            message,
            ..
        } = *header;
        Ok(Self {
            channel,
            epoch,
            commit,
            message,
            storage,
            bytes: envelope.bytes().clone(),
        })
    }

    /// What others name it by.
    pub(crate) fn hash(&self) -> EnvelopeHash {
        EnvelopeHash::from_bytes(Sha256::digest(&self.bytes).into())
    }
}

/// A publish, and who waits for what comes of it.
pub(crate) struct Letter {
    pub(crate) room: Arc<Conversation>,
    pub(crate) account: AccountId,
    pub(crate) name: Name,
    pub(crate) at: Millis,
    pub(crate) sealed: Sealed,
    pub(crate) hash: EnvelopeHash,
    pub(crate) is_following: bool,
    pub(crate) lane: Settled,
    pub(crate) outbox: Arc<Outbox>,
    /// 0 asks for a reply only if it is refused.
    pub(crate) request: u32,
    /// Given back when it is answered.
    pub(crate) weight: Option<OwnedSemaphorePermit>,
}

impl Letter {
    /// Its size, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.sealed.bytes.len()
    }

    pub(super) fn weighs(&mut self, weight: OwnedSemaphorePermit) {
        self.weight = Some(weight);
    }

    /// As the store takes it.
    pub(super) fn draft(&self) -> MessageDraft {
        MessageDraft {
            room: self.room.id(),
            channel: self.sealed.channel,
            sender: self.account.into(),
            name: self.name.as_str().to_owned(),
            n: self.sealed.epoch.value(),
            at: self.at,
            message: self.sealed.message,
            hash: self.hash,
            envelope: self.sealed.bytes.clone(),
            is_answer: self.room.is_unanswered(self.account),
        }
    }

    /// As the followers get it.
    pub(super) fn deliver(&self, sequence: Sequence) -> Deliver {
        let flags = match self.sealed.storage {
            Storage::Stored => DeliverFlags::Stored,
            Storage::Passing => DeliverFlags::Unstored,
        };
        Deliver {
            channel: self.sealed.channel,
            sequence,
            time: self.at,
            flags,
            sender: self.account.into(),
            name: self.name.clone(),
            payload: self.sealed.bytes.clone(),
        }
    }
}
