//! `run u32 | publisher u32 | number u64 | due u64`: what every payload starts with.

/// Which message a payload is, and since when it is under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// Drawn for each run: what an earlier one left in a room is not counted.
    pub run: u32,
    /// 0, 1, 2, … over the publishers.
    pub publisher: u32,
    /// 0, 1, 2, … of this publisher.
    pub number: u64,
    /// When it was due, in nanoseconds since the run began.
    pub due: u64,
}

/// How a wire carries payloads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notation {
    /// Any bytes: a stamp has 24.
    Bytes,
    /// Text: a stamp has 48 lower-case hexadecimal digits.
    Hex,
}

impl Notation {
    /// Bytes of a stamp.
    pub const fn stamp_bytes(self) -> usize {
        match self {
            Self::Bytes => STAMP_BYTES,
            Self::Hex => 2 * STAMP_BYTES,
        }
    }
}

impl Stamp {
    /// Writes it over the start of a payload, which has room for it.
    pub fn write(&self, notation: Notation, payload: &mut [u8]) {
        let bytes = self.bytes();
        match notation {
            Notation::Bytes => {
                if let Some(start) = payload.first_chunk_mut() {
                    *start = bytes;
                }
            }
            Notation::Hex => {
                for (digits, byte) in payload.chunks_exact_mut(2).zip(bytes) {
                    digits[0] = DIGITS[usize::from(byte >> 4)];
                    digits[1] = DIGITS[usize::from(byte & 15)];
                }
            }
        }
    }

    /// Reads it from the start of a payload; `None` if the payload is too short or not hexadecimal.
    pub fn read(notation: Notation, payload: &[u8]) -> Option<Self> {
        match notation {
            Notation::Bytes => payload.first_chunk().map(Self::of_bytes),
            Notation::Hex => {
                let digits = payload.first_chunk::<{ 2 * STAMP_BYTES }>()?;
                let mut bytes = [0; STAMP_BYTES];
                let mut wrong = 0;
                for (byte, digits) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let high = VALUES[usize::from(digits[0])];
                    let low = VALUES[usize::from(digits[1])];
                    wrong |= high | low;
                    *byte = high << 4 | low & 15;
                }
                (wrong < 16).then(|| Self::of_bytes(&bytes))
            }
        }
    }

    fn bytes(&self) -> [u8; STAMP_BYTES] {
        let mut bytes = [0; STAMP_BYTES];
        bytes[..4].copy_from_slice(&self.run.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.publisher.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.number.to_be_bytes());
        bytes[16..].copy_from_slice(&self.due.to_be_bytes());
        bytes
    }

    fn of_bytes(bytes: &[u8; STAMP_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
        let mut number = [0; 8];
        let mut due = [0; 8];
        number.copy_from_slice(&rest[..8]);
        due.copy_from_slice(&rest[8..]);
        Self {
            run: u32::from_be_bytes([*a, *b, *c, *d]),
            publisher: u32::from_be_bytes([*e, *f, *g, *h]),
            number: u64::from_be_bytes(number),
            due: u64::from_be_bytes(due),
        }
    }
}

const STAMP_BYTES: usize = 24;
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// The value of each digit; 255 for what is none.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        run: 0x0102_0304,
        publisher: 5,
        number: 0x0607,
        due: 0xfedc_ba98,
    };
    const HEX: &[u8] = b"010203040000000500000000000006070000000\
        0fedcba98";

    #[test]
    fn a_stamp_is_its_literal_bytes_and_leaves_the_rest() {
        let mut payload = [b'x'; 26];
        STAMP.write(Notation::Bytes, &mut payload);
        let bytes = b"\x01\x02\x03\x04\0\0\0\x05\0\0\0\0\0\0\x06\x07\0\0\0\0\xfe\xdc\xba\x98xx";
        assert_eq!(&payload, bytes);
        assert_eq!(Stamp::read(Notation::Bytes, &payload), Some(STAMP));
        let mut text = [b'x'; 50];
        STAMP.write(Notation::Hex, &mut text);
        assert_eq!(&text[..48], HEX);
        assert_eq!(&text[48..], b"xx");
        assert_eq!(Stamp::read(Notation::Hex, &text), Some(STAMP));
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        assert_eq!(Stamp::read(Notation::Bytes, &[0; 23]), None);
        assert_eq!(Stamp::read(Notation::Hex, &HEX[..47]), None);
        for wrong in [b'x', b'A', b'g', 0, 255] {
            let mut text = HEX.to_vec();
            text[13] = wrong;
            assert_eq!(Stamp::read(Notation::Hex, &text), None, "{wrong}");
        }
    }
}
