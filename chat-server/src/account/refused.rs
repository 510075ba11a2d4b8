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
        _ => ErrorCode::NotAllowed,
    }
    .into()
}

/// What a failed store is told as; the cause goes to the log, here.
pub(crate) fn store_failed(error: StoreError) -> Refusal {
    match error {
        StoreError::Contended | StoreError::Closed => {
            Refusal::retry_after(ErrorCode::Busy, RETRY_MS)
        }
        StoreError::Full | StoreError::ReadOnly => {
            error!(%error, "the store takes no changes");
            Refusal::retry_after(ErrorCode::Busy, RETRY_MS)
        }
        StoreError::NumberTooLarge => ErrorCode::Malformed.into(),
        error => {
            let cause = error.source().map(ToString::to_string);
            error!(%error, cause, "the store failed");
            ErrorCode::Internal.into()
        }
    }
}

/// When a store that was busy may be asked again.
const RETRY_MS: u32 = 1_000;
