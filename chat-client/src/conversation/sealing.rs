//! Sealing one's own messages.

use bytes::Bytes;
use rand::CryptoRng;
use wire_format::{
    ChannelId, Draft, EpochNumber, InstanceId, MemberId, MessageId, Millis, PublishFlags,
    SealError, Storage,
    identity::IdentityKeys,
    room::{Role, RoomContent},
};

use super::Conversation;

/// The numbering of this process in one channel: a counter for what is stored and one for what is not.
#[derive(Debug)]
pub(super) struct Series {
    instance: InstanceId,
    stored: u64,
    passing: u64,
}

/// A message, ready to be published.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The epoch that it was sealed in.
    pub epoch: EpochNumber,
    /// Whether the server is to keep it.
    pub flags: PublishFlags,
    /// The envelope.
    pub payload: Bytes,
}

/// Why a message is not sealed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealFault {
    /// This account is not in the room.
    #[error("this account is not in the room")]
    NotMember,
    /// The room has no such channel, as far as is known here.
    #[error("the room has no such channel")]
    NoSuchChannel,
    /// This account is muted.
    #[error("this account is muted in the room")]
    Muted,
    /// The newest epoch's secret is not held.
    #[error("the room's key has not come yet")]
    Unkeyed,
    /// Two histories of the room were shown.
    #[error("another history of this room was shown: nothing is sent")]
    Forked,
    /// These are not the keys that the room's list has.
    #[error("the room's list has other keys of this account")]
    OtherKeys,
    /// Too large, or a key failed.
    #[error("{0}")]
    Seal(#[from] SealError),
}

impl Series {
    pub(super) const fn new(instance: InstanceId) -> Self {
        Self {
            instance,
            stored: 0,
            passing: 0,
        }
    }

    const fn counter(&mut self, storage: Storage) -> &mut u64 {
        match storage {
            Storage::Stored => &mut self.stored,
            Storage::Passing => &mut self.passing,
        }
    }
}

impl Conversation {
    /// Whether this account may publish here now.
    ///
    /// # Errors
    /// [`SealFault`].
    pub fn check_sending(&self) -> Result<(), SealFault> {
        match self.role() {
            None => Err(SealFault::NotMember),
            Some(Role::Muted) => Err(SealFault::Muted),
            Some(_) if self.is_forked() => Err(SealFault::Forked),
            Some(_) if !self.is_keyed() => Err(SealFault::Unkeyed),
            Some(_) => Ok(()),
        }
    }

    /// Seals a content for a channel and the newest epoch, by the keys that the room's list has. The
    /// counter is taken by [`Conversation::acknowledged`] only: what was refused stands nowhere, and a
    /// message that is sent again has the same one. One message of a channel and storage is under way
    /// at a time.
    ///
    /// # Errors
    /// [`SealFault`].
    pub fn seal<R: CryptoRng + ?Sized>(
        &mut self,
        channel: ChannelId,
        content: &RoomContent,
        message: MessageId,
        keys: &IdentityKeys,
        now: Millis,
        rng: &mut R,
    ) -> Result<Sealed, SealFault> {
        self.check_sending()?;
        let me = self.record().member(self.me).ok_or(SealFault::NotMember)?;
        if me.fingerprint != keys.fingerprint() {
            return Err(SealFault::OtherKeys);
        }
        let series = self.channels.get_mut(&channel);
        let series = &mut series.ok_or(SealFault::NoSuchChannel)?.series;
        let storage = content.storage();
        let text = content.encode()?;
        let head = self.chain.head().n();
        let epoch = self.epochs.keys(head).ok_or(SealFault::Unkeyed)?;
        let mut iv = [0; wire_format::seal::IV_BYTES];
        rng.fill_bytes(&mut iv);
        let draft = Draft {
            channel,
            sender: MemberId::from_bytes(*self.me.as_bytes()),
            fingerprint: keys.fingerprint(),
            instance: series.instance,
            counter: *series.counter(storage),
            storage,
            sent_at: now,
            message,
            content: &text,
        };
        let payload = epoch.seal_signed(&draft, iv, keys, rng)?;
        Ok(Sealed {
            epoch: head,
            flags: match storage {
                Storage::Stored => PublishFlags::STORED,
                Storage::Passing => PublishFlags::UNSTORED,
            },
            payload,
        })
    }

    /// The server has taken the message that is under way in a channel.
    pub fn acknowledged(&mut self, channel: ChannelId, storage: Storage) {
        if let Some(channel) = self.channels.get_mut(&channel) {
            *channel.series.counter(storage) += 1;
        }
    }

    /// Nobody knows what became of the messages that are under way: the numberings begin anew under
    /// another random instance, so that no counter is used twice and none seems withheld.
    pub fn begin_again(&mut self, instance: InstanceId) {
        self.instance = instance;
        for channel in self.channels.values_mut() {
            channel.series = Series::new(instance);
        }
    }
}
