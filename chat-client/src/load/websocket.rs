//! The frames of a WebSocket, client's side (RFC 6455, section 5): a server's are read where they lie.

use super::error::LoadError;

/// A whole frame of a server.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Message<'a> {
    /// How long it is.
    pub(super) bytes: usize,
    pub(super) opcode: u8,
    pub(super) payload: &'a [u8],
}

/// The next whole frame; `None`: more bytes are needed.
///
/// # Errors
/// [`LoadError::Layout`] for a frame in parts or masked, which a server here does not send.
pub(super) fn cut(bytes: &[u8]) -> Result<Option<Message<'_>>, LoadError> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & FIN == 0 || second & MASKED != 0 {
        let layout = "a WebSocket frame in parts, or masked by a server";
        return Err(LoadError::Layout(layout.to_owned()));
    }
    let (length, head) = match second {
        LENGTH_16 => match rest.first_chunk() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 2),
            None => return Ok(None),
        },
        LENGTH_64 => match rest.first_chunk() {
            Some(length) => (u64::from_be_bytes(*length), 8),
            None => return Ok(None),
        },
        length => (u64::from(length), 0),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MESSAGE_BYTES {
        return Err(LoadError::Layout(format!("a message of {length} bytes")));
    }
    let payload = rest.get(head..head + length);
    Ok(payload.map(|payload| Message {
        bytes: 2 + head + length,
        opcode: first & OPCODE,
        payload,
    }))
}

/// Appends a whole frame of a client, which is masked.
pub(super) fn put(out: &mut Vec<u8>, opcode: u8, mask: [u8; 4], payload: &[u8]) {
    out.push(FIN | opcode);
    match payload.len() {
        length @ 0..=125 => out.push(MASKED | u8::try_from(length).unwrap_or(LENGTH_16)),
        length => match u16::try_from(length) {
            Ok(length) => {
                out.push(MASKED | LENGTH_16);
                out.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                out.push(MASKED | LENGTH_64);
                let length = u64::try_from(length).unwrap_or(u64::MAX);
                out.extend_from_slice(&length.to_be_bytes());
            }
        },
    }
    out.extend_from_slice(&mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    out.extend(masked.map(|(byte, mask)| byte ^ mask));
}

pub(super) const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
pub(super) const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xa;

const FIN: u8 = 0x80;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;
/// Largest message, in bytes: a frame of the protocol and some.
const MESSAGE_BYTES: usize = 2 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_dripped_one_byte_at_a_time_are_cut_when_they_are_whole() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![7; length];
            let mut bytes = vec![FIN | BINARY];
            match length {
                0..=125 => bytes.push(u8::try_from(length).expect("small")),
                126..=65_535 => {
                    bytes.push(126);
                    bytes.extend(u16::try_from(length).expect("16 bits").to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend(u64::try_from(length).expect("64 bits").to_be_bytes());
                }
            }
            bytes.extend_from_slice(&payload);
            for end in 0..bytes.len() {
                assert_eq!(cut(&bytes[..end]).expect("valid bytes"), None);
            }
            bytes.push(0x89);
            let message = cut(&bytes).expect("valid bytes").expect("a whole frame");
            assert_eq!((message.bytes, message.opcode), (bytes.len() - 1, BINARY));
            assert_eq!(message.payload, payload);
        }
    }

    #[test]
    fn what_a_server_does_not_send_is_an_error() {
        for bad in [
            &[0x02, 0][..],
            &[0x82, 0x81],
            &[0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0],
        ] {
            assert!(cut(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_clients_frame_is_masked_as_the_rfc_shows() {
        // RFC 6455, section 5.7: a masked "Hello", here as a binary message.
        let mut out = Vec::new();
        put(&mut out, BINARY, [0x37, 0xfa, 0x21, 0x3d], b"Hello");
        let expected = [
            0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(out, expected);
        for (length, head) in [(126, 8), (65_535, 8), (65_536, 14)] {
            out.clear();
            put(&mut out, BINARY, [0; 4], &vec![7; length]);
            assert_eq!(out.len(), head + length);
        }
    }
}
