//! DER, as much of it as a key needs, right and wrong.

/// A SubjectPublicKeyInfo that no private key belongs to.
pub(crate) fn spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let integer = |digits: &[u8]| match digits.first() {
        Some(0x80..) => value(0x02, &[&[0], digits].concat()),
        _ => value(0x02, digits),
    };
    let key = value(0x30, &[integer(modulus), integer(exponent)].concat());
    let algorithm = [
        0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0,
    ];
    let bits = value(0x03, &[&[0][..], &key].concat());
    value(0x30, &[&algorithm[..], &bits].concat())
}

pub(crate) fn value(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len())
        .expect("a short value")
        .to_be_bytes();
    let head = match length {
        [0, short @ ..=0x7f] => vec![tag, short],
        [0, byte] => vec![tag, 0x81, byte],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [&head[..], value].concat()
}
