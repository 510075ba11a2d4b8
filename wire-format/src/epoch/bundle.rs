//! A bundle: an epoch start together with the announcement that verifies it.

use bytes::{BufMut, Bytes, BytesMut};

use super::{EpochStart, UnverifiedEpochStart};
use crate::{
    announcement::{Announcement, UnverifiedAnnouncement},
    cursor::Cursor,
    ids::{EpochNumber, RoomId},
    limits::BUNDLE_BYTES,
    open_error::OpenError,
};

/// A bundle with the right layout whose four signatures nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedBundle {
    start: UnverifiedEpochStart,
    starter: UnverifiedAnnouncement,
}

impl UnverifiedBundle {
    /// Reads the layout of both records.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        if bytes.len() > BUNDLE_BYTES {
            return Err(OpenError::TooLarge {
                length: bytes.len(),
                limit: BUNDLE_BYTES,
            });
        }
        let mut fields = Cursor::new(bytes);
        let length = fields.u16().ok_or(OpenError::Truncated)?;
        let start = fields
            .bytes(usize::from(length))
            .ok_or(OpenError::Truncated)?;
        Ok(Self {
            start: UnverifiedEpochStart::parse(start)?,
            starter: UnverifiedAnnouncement::parse(fields.rest())?,
        })
    }

    /// The room the epoch claims to be of.
    pub fn room(&self) -> RoomId {
        self.start.room()
    }

    /// The number of the epoch.
    pub fn n(&self) -> EpochNumber {
        self.start.n()
    }

    /// The epoch start, unverified.
    pub fn start(&self) -> &UnverifiedEpochStart {
        &self.start
    }

    /// The announcement of its starter, unverified.
    pub fn starter(&self) -> &UnverifiedAnnouncement {
        &self.starter
    }

    /// Verifies the announcement, then the start by its keys, then that both are of one member.
    /// Whether room and number are the expected ones is for the caller to compare.
    ///
    /// # Errors
    /// The typed cause.
    pub fn verify(self) -> Result<Bundle, OpenError> {
        let starter = self.starter.verify()?;
        let start = self.start.verify(&starter)?;
        Ok(Bundle { start, starter })
    }
}

/// An epoch start and its starter's announcement, all four signatures verified.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The start of the epoch.
    pub start: EpochStart,
    /// The keys of who started it.
    pub starter: Announcement,
}

impl Bundle {
    /// Puts a start and its starter's announcement together.
    pub fn new(start: EpochStart, starter: Announcement) -> Self {
        Self { start, starter }
    }

    /// The bytes as they travel: for the tail of `epochs.hold`.
    pub fn encode(&self) -> Bytes {
        bundle_of(self.start.bytes(), self.starter.bytes())
    }
}

/// Joins two records to a bundle, for a server that has them from two commands.
pub fn bundle_of(start: &Bytes, announcement: &Bytes) -> Bytes {
    let mut bundle = BytesMut::with_capacity(2 + start.len() + announcement.len());
    // An epoch start has at most EPOCH_START_BYTES.
    bundle.put_u16(u16::try_from(start.len()).unwrap_or(u16::MAX));
    bundle.put_slice(start);
    bundle.put_slice(announcement);
    bundle.freeze()
}
