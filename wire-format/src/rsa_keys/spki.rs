//! The one encoding of an RSA public key: DER of a SubjectPublicKeyInfo with `rsaEncryption`, NULL
//! parameters and the exponent 65537 (RFC 3279 §2.3.1, RFC 8017 A.1.1).

use bytes::{BufMut, Bytes, BytesMut};

use super::ModulusSize;

/// The one public exponent.
pub(super) const EXPONENT: u32 = 65537;

/// Why bytes are not the public key that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RsaKeyError {
    /// Not the DER that a canonical encoder writes.
    #[error("not a canonical SubjectPublicKeyInfo of an RSA key")]
    Encoding,
    /// A modulus of another size.
    #[error("a modulus of {0} bits")]
    Size(usize),
    /// A modulus that is no product of odd primes.
    #[error("a modulus that is even")]
    Modulus,
    /// Another public exponent than 65537.
    #[error("another public exponent than 65537")]
    Exponent,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// `SEQUENCE { OBJECT IDENTIFIER rsaEncryption, NULL }`
const ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// `INTEGER 65537`
const EXPONENT_DER: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];

/// Bytes of the encoding of a modulus of 2048 to 4096 bits.
pub(super) const fn length(modulus_bytes: usize) -> usize {
    modulus_bytes + 38
}

/// The modulus in `spki`, without leading zeros.
pub(super) fn modulus(spki: &[u8], size: ModulusSize) -> Result<&[u8], RsaKeyError> {
    let mut outside = Der(spki);
    let mut info = Der(outside.value(SEQUENCE)?);
    outside.end()?;
    info.literal(&ALGORITHM)?;
    let mut bits = Der(info.value(BIT_STRING)?);
    info.end()?;
    // No unused bits.
    bits.literal(&[0])?;
    let mut key = Der(bits.value(SEQUENCE)?);
    bits.end()?;
    let modulus = key.positive()?;
    let exponent = key.positive()?;
    key.end()?;

    let bits = bit_length(modulus);
    if !size.allows(bits) {
        return Err(RsaKeyError::Size(bits));
    }
    if exponent != &EXPONENT_DER[2..] {
        return Err(RsaKeyError::Exponent);
    }
    if modulus.last().is_none_or(|last| last.is_multiple_of(2)) {
        return Err(RsaKeyError::Modulus);
    }
    Ok(modulus)
}

/// Writes the encoding of a modulus given without leading zeros.
pub(super) fn encode(modulus: &[u8]) -> Bytes {
    let mut integer = BytesMut::with_capacity(modulus.len() + 1);
    if modulus.first().is_some_and(|first| first & 0x80 != 0) {
        integer.put_u8(0);
    }
    integer.put_slice(modulus);
    let mut key = BytesMut::with_capacity(modulus.len() + 38);
    put_value(&mut key, INTEGER, &integer);
    key.put_slice(&EXPONENT_DER);
    let mut bits = BytesMut::with_capacity(key.len() + 5);
    bits.put_u8(0);
    put_value(&mut bits, SEQUENCE, &key);
    let mut info = BytesMut::with_capacity(bits.len() + 20);
    info.put_slice(&ALGORITHM);
    put_value(&mut info, BIT_STRING, &bits);
    let mut spki = BytesMut::with_capacity(info.len() + 4);
    put_value(&mut spki, SEQUENCE, &info);
    spki.freeze()
}

fn put_value(out: &mut BytesMut, tag: u8, value: &[u8]) {
    out.put_u8(tag);
    let length = value.len().to_be_bytes();
    let significant = length
        .iter()
        .position(|&byte| byte != 0)
        .unwrap_or(length.len() - 1);
    let digits = &length[significant..];
    if let [short @ 0..=0x7f] = digits {
        out.put_u8(*short);
    } else {
        // At most eight digits: the count always fits.
        out.put_u8(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
        out.put_slice(digits);
    }
    out.put_slice(value);
}

fn bit_length(modulus: &[u8]) -> usize {
    modulus.first().map_or(0, |first| {
        modulus.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    })
}

/// DER that has not been read yet; refuses every length that is not the shortest.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn literal(&mut self, expected: &[u8]) -> Result<(), RsaKeyError> {
        self.0 = self.0.strip_prefix(expected).ok_or(RsaKeyError::Encoding)?;
        Ok(())
    }

    fn value(&mut self, tag: u8) -> Result<&'a [u8], RsaKeyError> {
        let (length, rest) = match *self.0 {
            [first, length @ 0..=0x7f, ref rest @ ..] if first == tag => {
                (usize::from(length), rest)
            }
            [first, 0x81, length @ 0x80..=0xff, ref rest @ ..] if first == tag => {
                (usize::from(length), rest)
            }
            [first, 0x82, high @ 1..=0xff, low, ref rest @ ..] if first == tag => {
                (usize::from(u16::from_be_bytes([high, low])), rest)
            }
            _ => return Err(RsaKeyError::Encoding),
        };
        let (value, rest) = rest.split_at_checked(length).ok_or(RsaKeyError::Encoding)?;
        self.0 = rest;
        Ok(value)
    }

    /// A positive INTEGER in its shortest form, without the zero that keeps it positive.
    fn positive(&mut self) -> Result<&'a [u8], RsaKeyError> {
        match self.value(INTEGER)? {
            [0, digits @ ..] if matches!(digits, [0x80..=0xff, ..]) => Ok(digits),
            digits @ [1..=0x7f, ..] => Ok(digits),
            _ => Err(RsaKeyError::Encoding),
        }
    }

    fn end(&self) -> Result<(), RsaKeyError> {
        self.0.is_empty().then_some(()).ok_or(RsaKeyError::Encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus_of(bytes: usize) -> Vec<u8> {
        let mut modulus = vec![0xc5; bytes];
        modulus[bytes - 1] |= 1;
        modulus
    }

    #[test]
    fn what_is_written_is_read() {
        for bits in [2048, 2304, 3072, 4096] {
            let wanted = modulus_of(bits / 8);
            let spki = encode(&wanted);
            assert_eq!(spki.len(), length(bits / 8));
            assert_eq!(modulus(&spki, ModulusSize::Accepted), Ok(&wanted[..]));
            assert_eq!(modulus(&spki, ModulusSize::Exactly(bits)), Ok(&wanted[..]));
            let other = modulus(&spki, ModulusSize::Exactly(bits + 256));
            assert_eq!(other, Err(RsaKeyError::Size(bits)));
        }
    }

    #[test]
    fn sizes_are_counted_in_bits() {
        let mut short = modulus_of(256);
        short[0] = 0x7f;
        let long = [&[1][..], &modulus_of(512)].concat();
        for (modulus_bytes, bits) in [
            (modulus_of(128), 1024),
            (short, 2047),
            (modulus_of(260), 2080),
            (long, 4097),
        ] {
            let found = modulus(&encode(&modulus_bytes), ModulusSize::Accepted).err();
            assert_eq!(found, Some(RsaKeyError::Size(bits)));
        }
    }

    #[test]
    fn every_byte_in_front_of_the_modulus_and_behind_it_counts() {
        let good = encode(&modulus_of(256));
        let behind = good.len() - EXPONENT_DER.len();
        for at in (0..33).chain(behind..good.len()) {
            for bit in 0..8 {
                let mut changed = good.to_vec();
                changed[at] ^= 1 << bit;
                assert!(
                    modulus(&changed, ModulusSize::Accepted).is_err(),
                    "byte {at}, bit {bit}"
                );
            }
        }
        for length in 0..good.len() {
            let cut = modulus(&good[..length], ModulusSize::Accepted);
            assert_eq!(cut, Err(RsaKeyError::Encoding), "{length} bytes");
        }
    }

    #[test]
    fn exponents_and_even_moduli_are_named() {
        let mut even = modulus_of(256);
        even[255] = 0xc4;
        assert_eq!(
            modulus(&encode(&even), ModulusSize::Accepted),
            Err(RsaKeyError::Modulus)
        );
        let mut other = encode(&modulus_of(256)).to_vec();
        if let Some(last) = other.last_mut() {
            *last = 3;
        }
        assert_eq!(
            modulus(&other, ModulusSize::Accepted),
            Err(RsaKeyError::Exponent)
        );
    }
}
