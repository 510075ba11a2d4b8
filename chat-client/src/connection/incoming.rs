//! From bytes to frames: looked at where they were read, kept only if they must be.

use std::fmt;

use bytes::{Buf, BytesMut};
use wire_format::{FrameCodec, FrameError, Kind, RawFrame, limits::FRAME_BYTES};

/// The whole frames at the front of what has come, read where they are.
pub struct Frames<'a> {
    bytes: &'a [u8],
    taken: usize,
}

/// What has come and was not taken: an unfinished frame, or frames that wait for their turn.
#[derive(Default)]
pub(super) struct Incoming {
    unread: BytesMut,
    /// The first frame is not all there.
    is_unfinished: bool,
}

impl<'a> Frames<'a> {
    /// Looks at a piece of a stream that begins with a frame.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// Kind and body of the next frame; `None` if it is not all there, or no frame at all.
    pub fn front(&self) -> Option<(Kind, &'a [u8])> {
        let rest = &self.bytes[self.taken..];
        CODEC.front(rest).ok().flatten()
    }

    /// Takes the next frame, whose body has this many bytes.
    pub fn take(&mut self, body_bytes: usize) {
        let end = self.taken + FrameCodec::HEAD_BYTES + body_bytes;
        self.taken = end.min(self.bytes.len());
    }

    /// Bytes of the frames that were taken.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Bytes that were not taken.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.taken
    }
}

impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frames({} bytes)", self.left())
    }
}

impl Incoming {
    /// Whether there may be a whole frame.
    pub(super) fn has_frames(&self) -> bool {
        !self.unread.is_empty() && !self.is_unfinished
    }

    /// Shows new bytes to `skim` where they are and keeps what it does not take; whether it took
    /// anything.
    pub(super) fn arrive(
        &mut self,
        mut bytes: &[u8],
        skim: &mut dyn FnMut(&mut Frames<'_>),
    ) -> Result<bool, FrameError> {
        let mut has_taken = false;
        if !self.unread.is_empty() {
            if !self.finish_first(&mut bytes)? {
                return Ok(false);
            }
            self.is_unfinished = false;
            has_taken = self.skim(skim);
        }
        if self.unread.is_empty() {
            let mut frames = Frames::new(bytes);
            skim(&mut frames);
            has_taken |= frames.taken > 0;
            bytes = &bytes[frames.taken..];
        }
        self.unread.extend_from_slice(bytes);
        self.is_unfinished = CODEC.front(&self.unread)?.is_none();
        Ok(has_taken)
    }

    /// Shows what was kept to `skim`; whether it took anything.
    pub(super) fn skim(&mut self, skim: &mut dyn FnMut(&mut Frames<'_>)) -> bool {
        let mut frames = Frames::new(&self.unread);
        skim(&mut frames);
        let taken = frames.taken;
        self.unread.advance(taken);
        self.tidy();
        taken > 0
    }

    /// Takes the next whole frame out.
    pub(super) fn cut(&mut self) -> Result<Option<RawFrame>, FrameError> {
        self.is_unfinished = CODEC.front(&self.unread)?.is_none();
        if self.is_unfinished {
            // The rest of a frame does not keep the memory of those before it.
            self.unread = BytesMut::from(&self.unread[..]);
            return Ok(None);
        }
        let frame = CODEC.cut(&mut self.unread)?;
        self.tidy();
        Ok(frame)
    }

    /// Moves bytes over until the first frame is whole; false if there are too few.
    fn finish_first(&mut self, bytes: &mut &[u8]) -> Result<bool, FrameError> {
        loop {
            if CODEC.front(&self.unread)?.is_some() {
                return Ok(true);
            }
            let whole = match self.unread.first_chunk() {
                Some(length) => u32::from_be_bytes(*length)
                    .try_into()
                    .map_or(usize::MAX, |length: usize| LENGTH_BYTES + length),
                None => LENGTH_BYTES,
            };
            let missing = whole.saturating_sub(self.unread.len()).min(bytes.len());
            if missing == 0 {
                return Ok(false);
            }
            let (first, rest) = bytes.split_at(missing);
            self.unread.extend_from_slice(first);
            *bytes = rest;
        }
    }

    /// What is over holds no memory.
    fn tidy(&mut self) {
        if self.unread.is_empty() {
            self.unread = BytesMut::new();
        }
    }
}

/// Frames of a server that the client is signed in at, or will be in a moment.
static CODEC: FrameCodec = FrameCodec::new(FRAME_BYTES);
/// Bytes of a frame's length.
const LENGTH_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use wire_format::{ReplyFrame, ServerFrame, command::Done};

    use super::*;

    fn stream() -> Bytes {
        let ping = ServerFrame::Ping(*b"12345678").encode().stream();
        let reply = ReplyFrame::ok(7, &Done {}, Bytes::new());
        let reply = ServerFrame::Reply(reply).encode().stream();
        [&ping[..], &ping, &reply, &ping].concat().into()
    }

    /// Takes pings.
    fn skim(count: &mut usize) -> impl FnMut(&mut Frames<'_>) {
        move |frames| {
            while let Some((Kind::Ping, body)) = frames.front() {
                frames.take(body.len());
                *count += 1;
            }
        }
    }

    #[test]
    fn pieces_of_every_size_are_the_same_frames() {
        let stream = stream();
        for size in 1..=stream.len() {
            let mut incoming = Incoming::default();
            let (mut skimmed, mut cut) = (0, Vec::new());
            for piece in stream.chunks(size) {
                incoming
                    .arrive(piece, &mut skim(&mut skimmed))
                    .expect("frames");
                while incoming.has_frames() {
                    if let Some(frame) = incoming.cut().expect("a frame") {
                        cut.push((frame.kind, skimmed));
                        incoming.skim(&mut skim(&mut skimmed));
                    }
                }
            }
            assert_eq!((skimmed, cut), (3, vec![(Kind::Reply, 2)]), "{size}");
            assert_eq!(incoming.unread.capacity(), 0);
        }
    }

    #[test]
    fn what_is_no_frame_is_an_error_as_soon_as_it_shows() {
        let mut incoming = Incoming::default();
        let mut skimmed = 0;
        let ping = &stream()[..13];
        let bytes = [ping, b"\0\0\0\x01\x63"].concat();
        for byte in &bytes[..17] {
            incoming
                .arrive(&[*byte], &mut skim(&mut skimmed))
                .expect("so far");
        }
        let arrived = incoming.arrive(&bytes[17..], &mut skim(&mut skimmed));
        assert_eq!((arrived, skimmed), (Err(FrameError::UnknownKind(0x63)), 1));
        let mut incoming = Incoming::default();
        let arrived = incoming.arrive(&bytes, &mut skim(&mut skimmed));
        assert_eq!((arrived, skimmed), (Err(FrameError::UnknownKind(0x63)), 2));
    }
}
