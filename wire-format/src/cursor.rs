//! Reading a body front to back without a way to read past its end.

use bytes::{Buf, Bytes};

/// A body that is read field by field; every method answers `None` where bytes are missing.
#[derive(Debug)]
pub(crate) struct Cursor(Bytes);

impl Cursor {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.0.try_get_u8().ok()
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.0.try_get_u16().ok()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.0.try_get_u32().ok()
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.0.try_get_u64().ok()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = *self.0.first_chunk::<N>()?;
        self.0.advance(N);
        Some(array)
    }

    /// The next `length` bytes, sharing the body's memory.
    pub(crate) fn bytes(&mut self, length: usize) -> Option<Bytes> {
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> Bytes {
        self.0
    }

    /// How many bytes are left.
    pub(crate) fn remaining(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_not_all_there_consumes_nothing() {
        let mut cursor = Cursor::new(Bytes::from_static(&[1, 2, 3]));
        assert_eq!(cursor.u32(), None);
        assert_eq!(cursor.array::<4>(), None);
        assert_eq!(cursor.bytes(4), None);
        assert_eq!(cursor.u16(), Some(0x0102));
        assert_eq!(cursor.remaining(), 1);
        assert_eq!(cursor.u8(), Some(3));
        assert!(cursor.is_empty());
        assert_eq!(cursor.u8(), None);
    }
}
