//! Record lists: several records in one tail, each behind its length
//! (docs/protocol.md#141-records).

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::open_error::{Field, OpenError, SealError};

/// Writes records one behind the other.
///
/// # Errors
/// [`SealError::Field`] for an empty record or one of 4 GiB and more.
pub fn encode<'a>(records: impl IntoIterator<Item = &'a Bytes>) -> Result<Bytes, SealError> {
    let mut list = BytesMut::new();
    for record in records {
        let length = u32::try_from(record.len())
            .ok()
            .filter(|&length| length > 0);
        list.put_u32(length.ok_or(SealError::Field(Field::Length))?);
        list.put_slice(record);
    }
    Ok(list.freeze())
}

/// Reads the records of a tail, which share its memory.
///
/// # Errors
/// [`OpenError::Truncated`], [`OpenError::Field`] for an empty record, [`OpenError::TooLarge`] for
/// more than `most` records.
pub fn parse(mut list: Bytes, most: usize) -> Result<Vec<Bytes>, OpenError> {
    let mut records = Vec::new();
    while !list.is_empty() {
        if records.len() == most {
            return Err(OpenError::TooLarge {
                length: most.saturating_add(1),
                limit: most,
            });
        }
        let length = list.try_get_u32().map_err(|_| OpenError::Truncated)?;
        let length = usize::try_from(length).map_err(|_| OpenError::Truncated)?;
        if length == 0 {
            return Err(OpenError::Field(Field::Length));
        }
        if length > list.len() {
            return Err(OpenError::Truncated);
        }
        records.push(list.split_to(length));
    }
    Ok(records)
}

/// Reads a tail that holds exactly `N` records.
///
/// # Errors
/// As [`parse`]; [`OpenError::Truncated`] for fewer.
pub fn parse_exactly<const N: usize>(list: Bytes) -> Result<[Bytes; N], OpenError> {
    parse(list, N)?.try_into().map_err(|_| OpenError::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = &[0, 0, 0, 1, 7, 0, 0, 0, 2, 8, 9];

    #[test]
    fn records_stand_behind_their_lengths() {
        let records = [Bytes::from_static(&[7]), Bytes::from_static(&[8, 9])];
        assert_eq!(encode(&records).as_deref(), Ok(LIST));
        assert_eq!(parse(LIST.into(), 2), Ok(records.to_vec()));
        assert_eq!(parse_exactly(LIST.into()), Ok(records));
        assert_eq!(parse(Bytes::new(), 0), Ok(Vec::new()));
        let empty = encode(&[Bytes::new()]);
        assert_eq!(empty, Err(SealError::Field(Field::Length)));
    }

    #[test]
    fn a_list_that_is_cut_empty_or_too_long_is_refused() {
        for length in (0..LIST.len()).filter(|length| ![0, 5].contains(length)) {
            let cut = parse(LIST[..length].into(), 2);
            assert_eq!(cut, Err(OpenError::Truncated), "{length} bytes");
        }
        let empty = parse(Bytes::from_static(&[0; 4]), 2);
        assert_eq!(empty, Err(OpenError::Field(Field::Length)));
        let endless = parse(Bytes::from_static(&[0xff; 8]), 2);
        assert_eq!(endless, Err(OpenError::Truncated));
        let limit = OpenError::TooLarge {
            length: 2,
            limit: 1,
        };
        assert_eq!(parse(LIST.into(), 1), Err(limit));
        assert_eq!(parse_exactly::<3>(LIST.into()), Err(OpenError::Truncated));
        assert_eq!(parse_exactly::<1>(LIST.into()), Err(limit));
    }
}
