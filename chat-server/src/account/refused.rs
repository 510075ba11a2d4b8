//! What a peer is told when the store refuses, or fails.

use std::error::Error as _;

use tracing::error;
use wire_format::{ErrorCode, Refusal};

use crate::store::{self, StoreError};

/// The one map from rules of the store to codes.
pub(crate) fn refused(refusal: store::Refusal) -> Refusal {
    use store::Refusal as By;

    match refusal {
        By::NameTaken => ErrorCode::NameTaken,
        By::TokenInvalid | By::AccountDisabled => ErrorCode::LoginFailed,
        By::NoSuchAccount => ErrorCode::NoSuchAccount,
        By::NoSuchSession => ErrorCode::NotSignedIn,
        By::KeysConflict => ErrorCode::KeysConflict,
        By::VaultConflict => ErrorCode::VaultConflict,
        By::OverQuota => ErrorCode::OverQuota,
        By::NotAsked => ErrorCode::NotAsked,
        By::NoSuchMessage => ErrorCode::NoSuchMessage,
        By::NoSuchFile => ErrorCode::NoSuchFile,
        By::NoSuchRoom => ErrorCode::NoSuchRoom,
        By::RoomTaken => ErrorCode::RoomTaken,
        By::CommitConflict => ErrorCode::CommitConflict,
        By::RequestsPending => ErrorCode::RequestsPending,
        By::WrapSuperseded => ErrorCode::WrapSuperseded,
        By::StateConflict => ErrorCode::StateConflict,
        By::NoSuchKeyRequest => ErrorCode::RequestInvalid,
        By::Closed => ErrorCode::Closed,
        By::FileGoing => return store_busy(),
        _ => ErrorCode::NotAllowed,
    }
    .into()
}

/// What a failed store is told as; the cause goes to the log, here.
pub(crate) fn store_failed(error: StoreError) -> Refusal {
    match error {
        StoreError::Contended | StoreError::Closed => store_busy(),
        StoreError::Full | StoreError::ReadOnly => {
            error!(%error, "the store takes no changes");
            store_busy()
        }
        StoreError::NumberTooLarge => ErrorCode::Malformed.into(),
        error => {
            let cause = error.source().map(ToString::to_string);
            error!(%error, cause, "the store failed");
            ErrorCode::Internal.into()
        }
    }
}

/// What is told where the same may be done in a moment.
pub(crate) fn store_busy() -> Refusal {
    Refusal::retry_after(ErrorCode::Busy, RETRY_MS)
}

/// When a store that was busy may be asked again.
const RETRY_MS: u32 = 1_000;
