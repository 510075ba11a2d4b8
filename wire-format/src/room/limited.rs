//! What records hold as JSON, within limits: nothing beyond them is read or written.

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    json,
    open_error::{Field, OpenError, SealError},
};

/// A content that has limits beside the types of its fields.
pub(super) trait Limited: DeserializeOwned + Serialize {
    /// Whether it keeps them.
    fn is_within_limits(&self) -> bool;
}

/// Reads one object.
pub(super) fn parse<T: Limited>(text: &[u8]) -> Result<T, OpenError> {
    let content: T = json::object(text).map_err(|_| OpenError::Content)?;
    if content.is_within_limits() {
        Ok(content)
    } else {
        Err(OpenError::Content)
    }
}

/// Writes one object that [`parse`] reads.
pub(super) fn encode<T: Limited>(content: &T) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if !content.is_within_limits() {
        return Err(SealError::Field(Field::Text));
    }
    serde_json::to_vec(content)
        .map(Zeroizing::new)
        .map_err(|_| SealError::KeyOperation)
}
