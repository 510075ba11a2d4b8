//! Blobs: the sealed chunks of files, kept beside the record.
//!
//! The [store](crate::store) says which chunks there are; a blob is one chunk's bytes. A blob is made
//! durable before the store says that it is there, and deleted after the store has said that its file is
//! gone. So what is cut off in between leaves a blob that nobody knows, and never a chunk without one.

mod error;
mod folder;
mod place;
#[cfg(feature = "s3")]
mod s3;

use std::fmt;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use wire_format::FileId;

#[cfg(feature = "s3")]
pub use self::s3::{S3, S3Address, S3AddressError, S3Place, S3Service, S3ServiceError};
pub use self::{
    error::{BlobError, ServiceError},
    folder::Folder,
    place::{BlobsAddress, BlobsPlace, BlobsPlaceError},
};

/// Where blobs are kept, whatever keeps them.
///
/// Every implementation promises the same:
///
/// * A blob that was put is durable, and is read as it was put, or not at all.
/// * What a file is named by, and what is in it, is on no disk: names are made of ids and hashes.
/// * A full or read-only disk refuses with [`BlobError::Full`] or [`BlobError::ReadOnly`]; reading goes
///   on.
/// * A service that cannot be reached is [`BlobError::Unreachable`], and is used again when it can be; what
///   it refuses is never taken for done.
pub trait Blobs: Send + Sync {
    /// Keeps a blob. The same once more is no error. A dropped future leaves it kept or not.
    ///
    /// # Errors
    /// [`BlobError`]; nothing stands under the key then, or all of it.
    fn put(&self, key: BlobKey, bytes: Bytes)
    -> impl Future<Output = Result<(), BlobError>> + Send;

    /// Reads a blob; `None` if there is none. A dropped future leaves nothing behind.
    ///
    /// # Errors
    /// [`BlobError`] says what is in the way.
    fn read(&self, key: BlobKey) -> impl Future<Output = Result<Option<Bytes>, BlobError>> + Send;

    /// Deletes a blob, if it is there. A dropped future leaves it there or not.
    ///
    /// # Errors
    /// [`BlobError`]; it may be there then.
    fn remove(&self, key: BlobKey) -> impl Future<Output = Result<(), BlobError>> + Send;

    /// Deletes every blob of a file, if there are any. A dropped future leaves some or none.
    ///
    /// # Errors
    /// [`BlobError`]; some may be left then.
    fn remove_file(&self, file: FileId) -> impl Future<Output = Result<(), BlobError>> + Send;

    /// Takes the place for these data, which it belongs to from then on: what they do not know is deleted
    /// there. A dropped future leaves it taken or not.
    ///
    /// # Errors
    /// [`BlobError::Foreign`] if it belongs to others, [`BlobError::Halved`] if nobody can say to whom; else
    /// it is taken or not, and never half.
    fn claim(&self, data: &str) -> impl Future<Output = Result<(), BlobError>> + Send;

    /// Lists the files that have blobs, ascending by id, behind one of them; at most so many.
    ///
    /// # Errors
    /// [`BlobError`] says what is in the way.
    fn files(
        &self,
        after: Option<FileId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<FileId>, BlobError>> + Send;
}

/// What a blob is found by. With the hash in it, one that the store does not take is deleted without the
/// one that it has.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BlobKey {
    /// The file.
    pub file: FileId,
    /// Which chunk, from 0.
    pub place: u32,
    /// SHA-256 of the blob.
    pub hash: [u8; 32],
}

impl BlobKey {
    /// The key of a chunk.
    pub fn of(file: FileId, place: u32, blob: &[u8]) -> Self {
        let hash = Sha256::digest(blob).into();
        Self { file, place, hash }
    }
}

impl fmt::Display for BlobKey {
    /// The blob's name beside the others of its file: `0000000a-00112233445566778899aabbccddeeff`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-", self.place)?;
        let half = &self.hash[..16];
        half.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The blobs of a server, whichever they are.
#[derive(Clone, Debug)]
pub enum AnyBlobs {
    /// In a folder.
    Folder(Folder),
    /// In an S3 service.
    #[cfg(feature = "s3")]
    S3(S3),
}

impl AnyBlobs {
    /// Opens them.
    ///
    /// # Errors
    /// [`BlobError`] says what stands in the way.
    pub async fn open(place: BlobsPlace) -> Result<Self, BlobError> {
        match place {
            BlobsPlace::Folder(folder) => Folder::open(folder).await.map(Self::Folder),
            #[cfg(feature = "s3")]
            BlobsPlace::S3(place) => S3::open(place).map(Self::S3),
        }
    }
}

/// What the blobs at hand answer.
macro_rules! whichever {
    ($any:expr, $blobs:ident => $answer:expr) => {
        match $any {
            AnyBlobs::Folder($blobs) => $answer,
            #[cfg(feature = "s3")]
            AnyBlobs::S3($blobs) => $answer,
        }
    };
}

impl Blobs for AnyBlobs {
    async fn put(&self, key: BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        whichever!(self, blobs => blobs.put(key, bytes).await)
    }

    async fn read(&self, key: BlobKey) -> Result<Option<Bytes>, BlobError> {
        whichever!(self, blobs => blobs.read(key).await)
    }

    async fn remove(&self, key: BlobKey) -> Result<(), BlobError> {
        whichever!(self, blobs => blobs.remove(key).await)
    }

    async fn remove_file(&self, file: FileId) -> Result<(), BlobError> {
        whichever!(self, blobs => blobs.remove_file(file).await)
    }

    async fn claim(&self, data: &str) -> Result<(), BlobError> {
        whichever!(self, blobs => blobs.claim(data).await)
    }

    async fn files(&self, after: Option<FileId>, limit: usize) -> Result<Vec<FileId>, BlobError> {
        whichever!(self, blobs => blobs.files(after, limit).await)
    }
}
