//! What stands in the place of a share for a member whose newest wrap key is not by the keys in the
//! list (docs/protocol.md#149-commits).

use crate::{identity::WRAPPED_BYTES, ids::WrapNumber};

/// Where a share would be.
pub const PLACEHOLDER: [u8; WRAPPED_BYTES] = [0; WRAPPED_BYTES];

/// The wrap key that a placeholder is for: none.
pub const NO_WRAP: WrapNumber = WrapNumber::new(0);

/// Whether these bytes stand in the place of a share. No encryption gives them.
pub fn is_placeholder(share: &[u8]) -> bool {
    share == PLACEHOLDER
}
