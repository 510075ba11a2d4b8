//! What stands in a deleted message's place.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    ids::{EnvelopeHash, Sequence},
    open_error::{Field, OpenError},
    record::{self, Record},
};

/// The payload that a fetch gives for a deleted message; believed only together with its tombstone,
/// opened and verified (docs/protocol.md#1410-messages).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Erased {
    /// SHA-256 of the envelope that was here.
    pub hash: EnvelopeHash,
    /// The tombstone's place in this channel.
    pub tombstone: Sequence,
}

impl Erased {
    /// Size in bytes.
    pub const LEN: usize = 2 + EnvelopeHash::LEN + 8;

    /// Reads the record.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::ERASED, Self::LEN)?;
        let hash = EnvelopeHash::from_bytes(record.array()?);
        let tombstone = Sequence::new(record.counted(Field::Number)?);
        record.finish()?;
        Ok(Self { hash, tombstone })
    }

    /// Writes the record.
    pub fn encode(&self) -> Bytes {
        let mut record = BytesMut::with_capacity(Self::LEN);
        record.put_slice(&[record::VERSION, record::ERASED]);
        record.put_slice(self.hash.as_bytes());
        record.put_u64(self.tombstone.value());
        record.freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_and_no_part_of_it(hash: [u8; 32], tombstone in 1_u64..) {
            let erased = Erased {
                hash: EnvelopeHash::from_bytes(hash),
                tombstone: Sequence::new(tombstone),
            };
            let bytes = erased.encode();
            prop_assert_eq!(Erased::parse(bytes.clone()), Ok(erased));
            for length in 0..bytes.len() {
                let cut = Erased::parse(bytes.slice(..length));
                prop_assert_eq!(cut, Err(OpenError::Truncated));
            }
            let longer = Erased::parse([&bytes[..], &[0]].concat().into());
            let is_too_large = matches!(longer, Err(OpenError::TooLarge { .. }));
            prop_assert!(is_too_large);
        }
    }

    #[test]
    fn a_tombstone_has_a_place() {
        let erased = Erased {
            hash: EnvelopeHash::from_bytes([7; 32]),
            tombstone: Sequence::new(0),
        };
        let number = OpenError::Field(Field::Number);
        assert_eq!(Erased::parse(erased.encode()), Err(number));
    }
}
