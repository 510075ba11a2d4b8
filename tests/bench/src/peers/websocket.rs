//! As much of RFC 6455 as a load generator needs: the upgrade, masked text frames out, plain ones in.

use chat_client::load::LoadError;

use super::inbox::Inbox;

/// Asks for the upgrade and waits for it.
///
/// # Errors
/// [`LoadError::Refused`] for another answer than 101.
pub(super) async fn upgrade(inbox: &mut Inbox<'_>, path: &str) -> Result<(), LoadError> {
    // The key's answer is not checked: nothing here could be taken for a WebSocket by accident.
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    inbox.send("the upgrade", request.as_bytes()).await?;
    let answer = inbox.take_until("the upgrade", b"\r\n\r\n").await?;
    if answer.starts_with(b"HTTP/1.1 101 ") {
        return Ok(());
    }
    let first = answer.split(|byte| *byte == b'\r').next();
    Err(LoadError::Refused {
        step: "the upgrade",
        reason: String::from_utf8_lossy(first.unwrap_or_default()).into_owned(),
        hint: None,
    })
}

/// A frame of the server's.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Frame<'a> {
    /// How many bytes it takes.
    pub(super) bytes: usize,
    /// What it is.
    pub(super) opcode: u8,
    /// What is in it.
    pub(super) payload: &'a [u8],
}

/// A text frame.
pub(super) const TEXT: u8 = 1;
/// The last frame.
pub(super) const CLOSE: u8 = 8;
/// Answered with a pong.
pub(super) const PING: u8 = 9;
/// The answer.
pub(super) const PONG: u8 = 10;

/// The whole frame at the start; `None` if it is not all there.
///
/// # Errors
/// [`LoadError::Layout`] for a frame in pieces or a masked one, which no server sends here.
pub(super) fn frame(bytes: &[u8]) -> Result<Option<Frame<'_>>, LoadError> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0xf0 != 0x80 || second & 0x80 != 0 {
        let wrong = format!("a frame that starts {first:#04x} {second:#04x}");
        return Err(LoadError::Layout(wrong));
    }
    let (length, start) = match second {
        126 => match rest.first_chunk() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(length) => (u64::from_be_bytes(*length), 10),
            None => return Ok(None),
        },
        short => (u64::from(*short), 2),
    };
    let length = usize::try_from(length).ok().filter(|n| *n <= FRAME_BYTES);
    let length = length.ok_or_else(|| LoadError::Layout("too large a frame".to_owned()))?;
    let end = start + length;
    Ok(bytes.get(start..end).map(|payload| Frame {
        bytes: end,
        opcode: first & 0x0f,
        payload,
    }))
}

/// Appends a frame as a client sends it, in one piece and masked.
pub(super) fn append(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ ..126), _) => out.push(0x80 | short),
        (_, Ok(length)) => {
            out.push(0x80 | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(a, b)| a ^ b));
}

/// The mask keeps scripts from writing what a cache would take for HTTP; here it only has to be there.
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
/// Largest frame: more than any message here.
const FRAME_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_all_lengths_are_cut() {
        assert_eq!(frame(b"\x81").expect("no fault"), None);
        let short = frame(b"\x81\x02hi!").expect("a frame");
        assert_eq!(
            short,
            Some(Frame {
                bytes: 4,
                opcode: TEXT,
                payload: b"hi"
            })
        );
        let mut long = b"\x82\x7e\x01\x00".to_vec();
        long.extend([7; 256]);
        assert_eq!(frame(&long[..259]).expect("no fault"), None);
        let cut = frame(&long).expect("a frame").expect("all of it");
        assert_eq!((cut.bytes, cut.payload.len()), (260, 256));
    }

    #[test]
    fn pieces_masks_and_giants_are_refused() {
        for bad in [
            &b"\x01\x02hi"[..],
            b"\x81\x82",
            b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(frame(bad).is_err());
        }
    }

    #[test]
    fn what_is_sent_is_masked() {
        let mut out = Vec::new();
        append(&mut out, TEXT, b"40");
        assert_eq!(out, b"\x81\x82\x12\x34\x56\x78\x26\x04");
        let mut long = Vec::new();
        append(&mut long, TEXT, &[0; 300]);
        assert_eq!(&long[..4], b"\x81\xfe\x01\x2c");
        assert_eq!(long.len(), 8 + 300);
    }
}
