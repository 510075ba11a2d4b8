//! Reading a connection: through one shared buffer, frame by frame.

use std::{
    cell::RefCell,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::tcp::OwnedReadHalf,
};

use super::{
    clock::Clock,
    error::LoadError,
    stamp::{Notation, Stamp},
    tally::Tally,
    wire::{Kind, Wire},
};

/// What all connections read into and count in.
pub(super) struct Ears {
    scratch: Vec<u8>,
    pub(super) tally: Tally,
    /// Answers that are to be sent, and by which seat.
    pub(super) answers: Vec<(usize, Vec<u8>)>,
    /// When the last bytes arrived.
    pub(super) heard_at: u64,
    clock: Clock,
}

impl Ears {
    pub(super) fn new(tally: Tally, clock: Clock) -> Self {
        Self {
            scratch: vec![0; SCRATCH_BYTES],
            tally,
            answers: Vec::new(),
            heard_at: clock.now(),
            clock,
        }
    }
}

/// A connection that is read until it ends; gives its seat, and why it ended.
pub(super) struct Listening<'a, W> {
    wire: &'a W,
    notation: Notation,
    ears: &'a RefCell<Ears>,
    seat: usize,
    half: OwnedReadHalf,
    /// The start of a frame whose end has not come.
    kept: Vec<u8>,
    is_new: bool,
}

impl<'a, W: Wire> Listening<'a, W> {
    /// Goes on behind `left`, the bytes that were read already.
    pub(super) fn new(
        wire: &'a W,
        ears: &'a RefCell<Ears>,
        seat: usize,
        half: OwnedReadHalf,
        left: Vec<u8>,
    ) -> Self {
        Self {
            wire,
            notation: wire.notation(),
            ears,
            seat,
            half,
            kept: left,
            is_new: true,
        }
    }

    /// Reads behind what was kept; gives how many bytes there are now.
    fn read(&mut self, ears: &mut Ears, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let kept = self.kept.len();
        if kept > ears.scratch.len() / 2 {
            ears.scratch.resize(kept * 2, 0);
        }
        let (start, free) = ears.scratch.split_at_mut(kept);
        let mut free = ReadBuf::new(free);
        ready!(Pin::new(&mut self.half).poll_read(cx, &mut free))?;
        let read = free.filled().len();
        if read == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        start.copy_from_slice(&self.kept);
        ears.heard_at = ears.clock.now();
        Poll::Ready(Ok(kept + read))
    }

    /// Counts the frames among the first bytes of the shared buffer and keeps an unfinished one.
    fn walk(&mut self, ears: &mut Ears, filled: usize) -> Result<Option<String>, LoadError> {
        let Ears {
            scratch,
            tally,
            answers,
            heard_at,
            ..
        } = ears;
        let mut rest = scratch.get(..filled).unwrap_or_default();
        while let Some(cut) = self.wire.cut(rest)? {
            match cut.kind {
                Kind::Delivery(payload) => {
                    if let Some(stamp) = Stamp::read(self.notation, payload) {
                        tally.count(self.seat, stamp, *heard_at);
                    }
                }
                Kind::Answer(bytes) => answers.push((self.seat, bytes)),
                Kind::Closed(reason) => return Ok(Some(reason)),
                Kind::Other => {}
            }
            rest = rest.get(cut.bytes.max(1)..).unwrap_or_default();
        }
        self.kept.clear();
        self.kept.extend_from_slice(rest);
        Ok(None)
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<String, LoadError>> {
        let ears = &mut *self.ears.borrow_mut();
        loop {
            let filled = if std::mem::take(&mut self.is_new) {
                let left = self.kept.len();
                if ears.scratch.len() < left {
                    ears.scratch.resize(left, 0);
                }
                ears.scratch[..left].copy_from_slice(&self.kept);
                left
            } else {
                match ready!(self.read(ears, cx)) {
                    Ok(filled) => filled,
                    Err(error) => return Poll::Ready(Ok(reason(&error))),
                }
            };
            if let Some(reason) = self.walk(ears, filled)? {
                return Poll::Ready(Ok(reason));
            }
        }
    }
}

impl<W: Wire> Future for Listening<'_, W> {
    type Output = (usize, Result<String, LoadError>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let seat = this.seat;
        this.turn(cx).map(|ended| (seat, ended))
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "without a word".to_owned(),
        kind => kind.to_string(),
    }
}

/// What one system call may bring: a whole window of messages of ordinary size, and what a core's
/// second-level cache holds beside the counters.
const SCRATCH_BYTES: usize = 256 * 1024;
