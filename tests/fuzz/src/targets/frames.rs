//! The codec and the two directions of frames.

use bytes::{Bytes, BytesMut};
use wire_format::{
    ClientFrame, FrameCodec, FrameError, RawFrame, ServerFrame, limits::FRAME_BYTES,
};

use crate::Verdict;

/// All frames of a stream that came in one piece are those that come byte by byte.
pub(super) fn codec(input: &[u8]) -> Verdict {
    let whole = cut_all(&mut BytesMut::from(input));
    let mut dripped = Vec::new();
    let mut buffer = BytesMut::new();
    let mut end = Ok(());
    for byte in input {
        buffer.extend_from_slice(&[*byte]);
        let (frames, outcome) = cut_all(&mut buffer);
        dripped.extend(frames);
        if outcome.is_err() {
            end = outcome;
            break;
        }
    }
    assert_eq!(whole.0, dripped);
    assert_eq!(whole.1.is_err(), end.is_err());
    if whole.0.is_empty() {
        Verdict::Refused
    } else {
        Verdict::Accepted
    }
}

fn cut_all(buffer: &mut BytesMut) -> (Vec<RawFrame>, Result<(), FrameError>) {
    let codec = FrameCodec::new(FRAME_BYTES);
    let mut frames = Vec::new();
    loop {
        let before = buffer.len();
        match codec.cut(buffer) {
            Ok(Some(frame)) => {
                assert_eq!(before - buffer.len(), 4 + 1 + frame.body.len());
                frames.push(frame);
            }
            Ok(None) => {
                assert_eq!(
                    before,
                    buffer.len(),
                    "more is needed, so nothing is consumed"
                );
                return (frames, Ok(()));
            }
            Err(error) => {
                let _code = error.close_code();
                return (frames, Err(error));
            }
        }
    }
}

/// The first frame of a stream.
fn first(input: &[u8]) -> Option<RawFrame> {
    FrameCodec::new(FRAME_BYTES)
        .cut(&mut BytesMut::from(input))
        .ok()?
}

/// A frame to a server writes back the bytes it was read from.
pub(super) fn client_frame(input: &[u8]) -> Verdict {
    let Some(raw) = first(input) else {
        return Verdict::Refused;
    };
    let read = ClientFrame::parse(raw.clone());
    if let Ok(frame) = &read {
        same(
            &raw,
            &frame.encode().message(),
            matches!(frame, ClientFrame::Close(_)),
        );
    }
    Verdict::of(&read)
}

/// A frame to a client writes back the bytes it was read from.
pub(super) fn server_frame(input: &[u8]) -> Verdict {
    let Some(raw) = first(input) else {
        return Verdict::Refused;
    };
    let read = ServerFrame::parse(raw.clone());
    if let Ok(frame) = &read {
        same(
            &raw,
            &frame.encode().message(),
            matches!(frame, ServerFrame::Close(_)),
        );
    }
    Verdict::of(&read)
}

/// A close's sentence is derived from its code, so only its code must be the same.
fn same(raw: &RawFrame, written: &Bytes, is_close: bool) {
    assert_eq!(written[0], raw.kind as u8);
    if is_close {
        assert_eq!(&written[1..3], &raw.body[..2]);
    } else {
        assert_eq!(&written[1..], &raw.body[..]);
    }
}
