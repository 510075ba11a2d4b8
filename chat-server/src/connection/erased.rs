//! Commands in memory that is erased: what signs somebody in comes in their headers.

use bytes::{Buf as _, Bytes, BytesMut};
use wire_format::{FrameCodec, FrameError, Kind, RawFrame};
use zeroize::{Zeroize as _, Zeroizing};

/// Takes a whole frame off the front of the buffer, as [`FrameCodec::cut`] does. A command's body is
/// a copy that is erased with the last who has it, and its place in the buffer is erased at once.
///
/// # Errors
/// As [`FrameCodec::cut`].
pub(super) fn cut(
    codec: &FrameCodec,
    buffer: &mut BytesMut,
) -> Result<Option<RawFrame>, FrameError> {
    let Some((kind @ Kind::Command, body)) = codec.front(buffer)? else {
        return codec.cut(buffer);
    };
    let taken = FrameCodec::HEAD_BYTES + body.len();
    let body = Bytes::from_owner(Zeroizing::new(body.to_vec()));
    buffer[..taken].zeroize();
    buffer.advance(taken);
    Ok(Some(RawFrame { kind, body }))
}

#[cfg(test)]
mod tests {
    use wire_format::{ClientFrame, CommandFrame, command::rooms::Open, limits::FRAME_BYTES};

    use super::*;

    #[test]
    fn frames_are_cut_as_by_the_codec() {
        let open = Open { room: "ops".into() };
        let frames = [
            ClientFrame::Command(CommandFrame::new(7, &open, Bytes::from_static(b"tail"))),
            ClientFrame::Ping([7; 8]),
            ClientFrame::Command(CommandFrame::new(8, &open, Bytes::new())),
        ];
        let codec = FrameCodec::new(FRAME_BYTES);
        let mut buffer = BytesMut::new();
        let mut cut_here = Vec::new();
        for byte in frames.iter().flat_map(|frame| frame.encode().stream()) {
            buffer.extend_from_slice(&[byte]);
            while let Some(raw) = cut(&codec, &mut buffer).expect("a frame") {
                cut_here.push(ClientFrame::parse(raw).expect("a client's frame"));
            }
        }
        assert_eq!(cut_here, frames);
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let codec = FrameCodec::new(FRAME_BYTES);
        for bad in [&[0, 0, 0, 0][..], &[0xff; 5]] {
            let mut buffer = BytesMut::from(bad);
            assert_eq!(cut(&codec, &mut buffer), codec.clone().cut(&mut buffer));
            assert!(cut(&codec, &mut buffer).is_err());
        }
    }
}
