//! What goes wrong with blobs.

use std::{io, path::PathBuf, sync::Arc};

use crate::trust::TrustError;

/// Why blobs did not open, or were not kept or read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// The folder cannot be made or written.
    #[error("{} cannot be used for files", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// There is no space.
    #[error("the disk of the files is full")]
    Full,
    /// Nothing can be written.
    #[error("the disk of the files is read-only")]
    ReadOnly,
    /// The files there belong to other data, whose files these would delete.
    #[error(
        "the files there belong to other data: name another place, or the data that they belong to"
    )]
    Foreign,
    /// Nothing stands where a folder says whose files it has, or half of it: an earlier server found its disk
    /// full when it took the folder, or takes it now.
    #[error(
        "{} does not say whose files these are, as after a full disk: delete it if no other server uses the folder",
        path.display()
    )]
    Halved {
        /// Where it stands.
        path: PathBuf,
    },
    /// Something else.
    #[error("a chunk of a file could not be kept or read")]
    Io(#[source] Arc<io::Error>),
    /// The service that keeps them does not answer, or says that it cannot now; it may do the same later.
    #[error("the service that keeps the files cannot be reached")]
    Unreachable(#[source] ServiceError),
    /// The service refuses, or answers what no S3 service answers.
    #[error("the service that keeps the files refuses")]
    Refused(#[source] ServiceError),
    /// The service replaces what it was asked to make only if it is not there.
    #[error(
        "the service that keeps the files ignores If-None-Match, so that two servers could use one place"
    )]
    Unconditional,
    /// The service's certificate cannot be checked.
    #[error("certificates of the service that keeps the files cannot be checked (AWS_CA_BUNDLE)")]
    Trust(#[from] TrustError),
}

/// What a service did instead of what it was asked for. It shows no key and nothing of a body but the code
/// of its error.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// It took too long.
    #[error("no answer in time")]
    Late,
    /// There is no connection, or it broke.
    #[error("no connection ({0})")]
    Connection(Box<str>),
    /// It answered with an error.
    #[error("it answered {status} {code}")]
    Answer {
        /// The status of HTTP.
        status: u16,
        /// The code of S3, as `AccessDenied`; empty if there was none.
        code: Box<str>,
    },
    /// The answer is longer than any that is asked for.
    #[error("the answer was too long")]
    TooLong,
    /// The answer cannot be read.
    #[error("the answer was not one of S3 ({0})")]
    Unreadable(Box<str>),
}

impl ServiceError {
    /// Whether it may do the same later, without a change of anything.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Late | Self::Connection(_) => true,
            Self::Answer { status, .. } => *status >= 500 || matches!(status, 408 | 429),
            Self::TooLong | Self::Unreadable(_) => false,
        }
    }

    /// Whether there is no space, or none that these keys may take. S3 itself has no such answer; those that
    /// run its protocol on disks of their own have.
    fn is_full(&self) -> bool {
        match self {
            Self::Answer { status, code } => *status == 507 || FULL.contains(&&**code),
            _ => false,
        }
    }
}

impl From<ServiceError> for BlobError {
    fn from(error: ServiceError) -> Self {
        if error.is_full() {
            Self::Full
        } else if error.may_pass() {
            Self::Unreachable(error)
        } else {
            Self::Refused(error)
        }
    }
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io(Arc::new(error)),
        }
    }
}

/// Codes of a quota or a disk that is full: of Ceph's gateway, and of MinIO.
const FULL: [&str; 3] = [
    "QuotaExceeded",
    "XMinioAdminBucketQuotaExceeded",
    "XMinioStorageFull",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> ServiceError {
        let code = code.into();
        ServiceError::Answer { status, code }
    }

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        for passing in [
            ServiceError::Late,
            ServiceError::Connection("refused".into()),
            answer(500, "InternalError"),
            answer(503, "SlowDown"),
            answer(429, ""),
            answer(408, "RequestTimeout"),
        ] {
            let error = BlobError::from(passing.clone());
            assert!(matches!(error, BlobError::Unreachable(_)), "{passing}");
        }
        for staying in [
            answer(403, "AccessDenied"),
            answer(404, "NoSuchBucket"),
            answer(400, ""),
            answer(301, "PermanentRedirect"),
            ServiceError::TooLong,
            ServiceError::Unreadable("no XML".into()),
        ] {
            let error = BlobError::from(staying.clone());
            assert!(matches!(error, BlobError::Refused(_)), "{staying}");
        }
    }

    #[test]
    fn a_quota_is_a_full_disk() {
        for full in [
            answer(403, "QuotaExceeded"),
            answer(400, "XMinioAdminBucketQuotaExceeded"),
            answer(507, ""),
        ] {
            let error = BlobError::from(full.clone());
            assert!(matches!(error, BlobError::Full), "{full}");
        }
    }
}
