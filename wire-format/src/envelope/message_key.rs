//! The key of one message, which a report gives away (docs/protocol.md#1415-reports).

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{ids::Commitment, seal::KEY_BYTES};

/// What opens one message and no other; erased from memory when dropped. Nothing can be computed from
/// it about the epoch's secret or about the keys of other messages.
#[derive(Clone)]
pub struct MessageKey(Zeroizing<[u8; KEY_BYTES]>);

impl MessageKey {
    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes as they stand in a report.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// What an envelope's header commits to this key with.
    pub(super) fn commitment(&self) -> Commitment {
        let hash = Sha256::new()
            .chain_update(b"sealwire/v1/key-commitment\0")
            .chain_update(self.as_bytes())
            .finalize();
        Commitment::from_bytes(hash.into())
    }

    /// Whether a header commits to this key, compared in constant time.
    pub(super) fn is_committed_to_by(&self, commitment: &Commitment) -> bool {
        self.commitment()
            .as_bytes()
            .ct_eq(commitment.as_bytes())
            .into()
    }
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_key_does_not_show() {
        let key = MessageKey::from_bytes([7; KEY_BYTES]);
        assert_eq!(format!("{key:?}"), "MessageKey(..)");
    }
}
