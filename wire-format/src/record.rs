//! Reading a binary record: version, type, fields, and nothing behind them.

use bytes::Bytes;

use crate::{
    cursor::Cursor,
    ids::EpochNumber,
    limits::EPOCH_NUMBER,
    open_error::{Field, OpenError},
};

/// The version of every record in this protocol.
pub(crate) const VERSION: u8 = 1;

/// The types of docs/protocol.md#1-conventions that are built.
pub(crate) const ANNOUNCEMENT: u8 = 0x01;
pub(crate) const EPOCH_START: u8 = 0x02;
pub(crate) const ENVELOPE: u8 = 0x03;
pub(crate) const SIGNED_ENVELOPE: u8 = 0x04;
pub(crate) const OPENED_MESSAGE: u8 = 0x05;
pub(crate) const CLEAR_MESSAGE: u8 = 0x06;
/// Those of docs/protocol.md#141-records that are built.
pub(crate) const KEYSET: u8 = 0x10;
pub(crate) const WRAP_KEY: u8 = 0x11;
pub(crate) const KEYS_PROOF: u8 = 0x12;
pub(crate) const VAULT_ROOT: u8 = 0x13;
pub(crate) const VAULT_ITEM: u8 = 0x14;
pub(crate) const COMMIT: u8 = 0x15;
pub(crate) const REQUEST: u8 = 0x16;
pub(crate) const INVITATION: u8 = 0x17;
pub(crate) const KEY_REQUEST: u8 = 0x18;
pub(crate) const GRANT: u8 = 0x19;
pub(crate) const ROOM_STATE: u8 = 0x1a;
pub(crate) const FILE_CHUNK: u8 = 0x1b;
pub(crate) const REPORT: u8 = 0x1c;
pub(crate) const ERASED: u8 = 0x1d;
pub(crate) const ROOM_SETTINGS: u8 = 0x1e;

/// A record that is read field by field.
pub(crate) struct Record {
    whole: Bytes,
    fields: Cursor,
}

impl Record {
    /// Compares the size with its limit, then version and type.
    pub(crate) fn open(whole: Bytes, record_type: u8, limit: usize) -> Result<Self, OpenError> {
        if whole.len() > limit {
            return Err(OpenError::TooLarge {
                length: whole.len(),
                limit,
            });
        }
        let mut record = Self {
            fields: Cursor::new(whole.clone()),
            whole,
        };
        let version = record.u8()?;
        if version != VERSION {
            return Err(OpenError::Version(version));
        }
        let found = record.u8()?;
        if found != record_type {
            return Err(OpenError::RecordType(found));
        }
        Ok(record)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, OpenError> {
        self.fields.u8().ok_or(OpenError::Truncated)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, OpenError> {
        self.fields.u16().ok_or(OpenError::Truncated)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, OpenError> {
        self.fields.u32().ok_or(OpenError::Truncated)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, OpenError> {
        self.fields.u64().ok_or(OpenError::Truncated)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], OpenError> {
        self.fields.array().ok_or(OpenError::Truncated)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<Bytes, OpenError> {
        self.fields.bytes(length).ok_or(OpenError::Truncated)
    }

    /// An epoch number that an epoch can have: 1 … 2^53 − 1.
    pub(crate) fn epoch_number(&mut self) -> Result<EpochNumber, OpenError> {
        let n = self.u64()?;
        if !(1..=EPOCH_NUMBER).contains(&n) {
            return Err(OpenError::Field(Field::EpochNumber));
        }
        Ok(EpochNumber::new(n))
    }

    /// A text behind its length.
    pub(crate) fn text(&mut self, field: Field) -> Result<String, OpenError> {
        let length = usize::from(self.u8()?);
        let bytes = self.bytes(length)?;
        let text = str::from_utf8(&bytes).map_err(|_| OpenError::Field(field))?;
        Ok(text.to_owned())
    }

    /// A number that counts from 1.
    pub(crate) fn counted(&mut self, field: Field) -> Result<u64, OpenError> {
        match self.u64()? {
            0 => Err(OpenError::Field(field)),
            number => Ok(number),
        }
    }

    /// A number that counts from 1 and that every language can count to: at most 2^53 − 1.
    pub(crate) fn bounded(&mut self, field: Field) -> Result<u64, OpenError> {
        let number = self.counted(field)?;
        if number > EPOCH_NUMBER {
            return Err(OpenError::Field(field));
        }
        Ok(number)
    }

    /// Everything read so far, as it came.
    pub(crate) fn so_far(&self) -> Bytes {
        self.whole
            .slice(..self.whole.len() - self.fields.remaining())
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> Bytes {
        self.fields.rest()
    }

    /// Ends the reading; the whole record as it came.
    pub(crate) fn finish(self) -> Result<Bytes, OpenError> {
        match self.fields.remaining() {
            0 => Ok(self.whole),
            left => Err(OpenError::LeftOver(left)),
        }
    }
}
