//! Cutting a stream into frames (docs/protocol.md#2-frames).

use bytes::{Buf, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::{
    error::{CodecError, FrameError},
    frame::{Encoded, Kind, RawFrame},
};

/// Finds frames in a buffer; keeps nothing between calls but the limit in force.
#[derive(Clone, Debug)]
pub struct FrameCodec {
    limit: usize,
}

impl FrameCodec {
    /// Bytes of a frame before its body: length and kind.
    pub const HEAD_BYTES: usize = LENGTH_BYTES + 1;

    /// Refuses frames whose `length` is above `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self { limit }
    }

    /// Changes the limit for the frames that follow.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes one whole frame off the front of the buffer.
    ///
    /// `None` means that more bytes are needed, and nothing was consumed. Memory for a frame is
    /// reserved only after its length was compared with the limit.
    ///
    /// # Errors
    /// [`FrameError::Empty`], [`FrameError::TooLarge`] and [`FrameError::UnknownKind`], as soon as
    /// the bytes that show it are there.
    pub fn cut(&self, buffer: &mut BytesMut) -> Result<Option<RawFrame>, FrameError> {
        let Some((kind, length)) = self.head(buffer)? else {
            return Ok(None);
        };
        if buffer.len() < LENGTH_BYTES + length {
            buffer.reserve(LENGTH_BYTES + length - buffer.len());
            return Ok(None);
        }
        buffer.advance(LENGTH_BYTES + 1);
        let body = buffer.split_to(length - 1).freeze();
        Ok(Some(RawFrame { kind, body }))
    }

    /// Kind and body of the whole frame at the front, where they are; nothing is consumed. The frame
    /// is [`FrameCodec::HEAD_BYTES`] longer than its body.
    ///
    /// # Errors
    /// As [`FrameCodec::cut`].
    pub fn front<'a>(&self, bytes: &'a [u8]) -> Result<Option<(Kind, &'a [u8])>, FrameError> {
        let Some((kind, length)) = self.head(bytes)? else {
            return Ok(None);
        };
        let body = bytes.get(Self::HEAD_BYTES..LENGTH_BYTES + length);
        Ok(body.map(|body| (kind, body)))
    }

    /// Kind and length of the frame at the front, once both are there.
    fn head(&self, buffer: &[u8]) -> Result<Option<(Kind, usize)>, FrameError> {
        let Some((length, rest)) = buffer.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length == 0 {
            return Err(FrameError::Empty);
        }
        if length > self.limit {
            return Err(FrameError::TooLarge {
                length,
                limit: self.limit,
            });
        }
        let Some(&kind) = rest.first() else {
            return Ok(None);
        };
        Ok(Some((kind.try_into()?, length)))
    }
}

impl Decoder for FrameCodec {
    type Item = RawFrame;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<RawFrame>, CodecError> {
        Ok(self.cut(buffer)?)
    }
}

impl Encoder<Encoded> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, frame: Encoded, buffer: &mut BytesMut) -> Result<(), CodecError> {
        buffer.extend_from_slice(&frame.stream());
        Ok(())
    }
}

/// Bytes of a frame's length.
const LENGTH_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::ClientFrame;

    const LIMIT: usize = 64;

    fn stream(frames: &[ClientFrame]) -> Vec<u8> {
        frames
            .iter()
            .flat_map(|frame| frame.encode().stream())
            .collect()
    }

    #[test]
    fn bytes_dripped_one_at_a_time_make_the_same_frames() {
        let frames = [
            ClientFrame::Ping(*b"12345678"),
            ClientFrame::Pong(*b"abcdefgh"),
        ];
        let codec = FrameCodec::new(LIMIT);
        let mut buffer = BytesMut::new();
        let mut seen = Vec::new();
        for byte in stream(&frames) {
            buffer.extend_from_slice(&[byte]);
            let front = codec.front(&buffer).expect("a valid stream");
            let front = front.map(|(kind, body)| (kind, body.to_vec()));
            if let Some(frame) = codec.cut(&mut buffer).expect("a valid stream") {
                assert_eq!(front, Some((frame.kind, frame.body.to_vec())));
                seen.push(ClientFrame::parse(frame).expect("a valid frame"));
            }
        }
        assert_eq!(seen, frames);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_length_is_refused_at_its_first_four_bytes() {
        let codec = FrameCodec::new(LIMIT);
        let cut = |bytes: &[u8]| codec.cut(&mut BytesMut::from(bytes));
        assert_eq!(cut(&[0, 0, 0, 0]), Err(FrameError::Empty));
        let above = FrameError::TooLarge {
            length: LIMIT + 1,
            limit: LIMIT,
        };
        assert_eq!(cut(&[0, 0, 0, 65]), Err(above));
        assert_eq!(cut(&[0, 0, 0, 64]), Ok(None));
        assert_eq!(cut(&[0, 0, 0, 64, 9]), Err(FrameError::UnknownKind(9)));
    }

    #[test]
    fn a_large_length_reserves_nothing() {
        let mut buffer = BytesMut::from(&100_000_000_u32.to_be_bytes()[..]);
        let before = buffer.capacity();
        assert!(FrameCodec::new(LIMIT).cut(&mut buffer).is_err());
        assert_eq!(buffer.capacity(), before);
    }

    #[test]
    fn the_largest_frame_passes() {
        let mut bytes = vec![0, 0, 0, 64, 4];
        bytes.resize(4 + LIMIT, 0);
        let frame = FrameCodec::new(LIMIT).cut(&mut BytesMut::from(&bytes[..]));
        assert_eq!(
            frame.map(|frame| frame.map(|frame| frame.body.len())),
            Ok(Some(LIMIT - 1))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = FrameCodec::new(LIMIT).cut(&mut buffer) {
                let _ = ClientFrame::parse(frame.clone());
                let _ = crate::frame::ServerFrame::parse(frame);
            }
        }
    }
}
