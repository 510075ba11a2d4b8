//! Where blobs are: `--blobs`.

use std::path::PathBuf;

#[cfg(feature = "s3")]
use super::s3::{S3Address, S3AddressError, S3Place, S3Service, S3ServiceError};

/// Where the chunks of files are kept, with all that it takes to get there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BlobsPlace {
    /// In this folder, which is made if it is not there.
    Folder(PathBuf),
    /// Below a prefix of a bucket.
    #[cfg(feature = "s3")]
    S3(S3Place),
}

/// What `--blobs` says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BlobsAddress {
    /// A folder.
    Folder(PathBuf),
    /// `s3://BUCKET/PREFIX`.
    #[cfg(feature = "s3")]
    S3(S3Address),
}

/// Why a `--blobs` is none, or cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobsPlaceError {
    /// Nothing, or the address of something that is not served.
    #[error("--blobs is a folder, or s3://BUCKET/PREFIX")]
    Address,
    /// It was built without.
    #[error("--blobs s3://: this program was built without S3 (cargo build --features s3)")]
    NoS3,
    /// No bucket or prefix.
    #[cfg(feature = "s3")]
    #[error(transparent)]
    S3(#[from] S3AddressError),
    /// The service is not said, or not so that it can be used.
    #[cfg(feature = "s3")]
    #[error("--blobs s3://")]
    Service(#[from] S3ServiceError),
}

impl BlobsAddress {
    /// Reads `--blobs`.
    ///
    /// # Errors
    /// [`BlobsPlaceError`] if it is empty, or the address of something that is not served.
    pub fn parse(text: &str) -> Result<Self, BlobsPlaceError> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return s3(rest);
        }
        if text.is_empty() || text.contains("://") {
            return Err(BlobsPlaceError::Address);
        }
        Ok(Self::Folder(text.into()))
    }

    /// The place, with what the environment says about the service; for a folder that is nothing.
    ///
    /// # Errors
    /// [`BlobsPlaceError`] if it says too little.
    pub fn into_place(self) -> Result<BlobsPlace, BlobsPlaceError> {
        match self {
            Self::Folder(folder) => Ok(BlobsPlace::Folder(folder)),
            #[cfg(feature = "s3")]
            Self::S3(address) => {
                let service = S3Service::from_environment()?;
                Ok(BlobsPlace::S3(S3Place { address, service }))
            }
        }
    }
}

#[cfg(feature = "s3")]
fn s3(rest: &str) -> Result<BlobsAddress, BlobsPlaceError> {
    Ok(BlobsAddress::S3(S3Address::parse(rest)?))
}

#[cfg(not(feature = "s3"))]
fn s3(_rest: &str) -> Result<BlobsAddress, BlobsPlaceError> {
    Err(BlobsPlaceError::NoS3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        let folder = BlobsAddress::Folder("data/files".into());
        assert_eq!(BlobsAddress::parse("data/files"), Ok(folder.clone()));
        let place = BlobsPlace::Folder("data/files".into());
        assert_eq!(folder.into_place(), Ok(place));
        for bad in ["", "http://localhost/bucket", "file:///srv", "S3://bucket"] {
            let refused = BlobsAddress::parse(bad);
            assert_eq!(refused, Err(BlobsPlaceError::Address), "{bad}");
        }
        let bucket = BlobsAddress::parse("s3://chunks/chat");
        #[cfg(feature = "s3")]
        assert!(matches!(bucket, Ok(BlobsAddress::S3(_))));
        #[cfg(not(feature = "s3"))]
        assert_eq!(bucket, Err(BlobsPlaceError::NoS3));
    }
}
