//! Taking what arrives off a connection without looking at it, and counting deliveries by their bytes.
//!
//! Whoever reads copies every byte out of the kernel and pushes the server's own data out of the
//! cache that both cores share: with everyone reading, a delivery cost the server half as much again
//! as with listeners that throw it away. So a [`Sample`] reads and checks, and the others discard.
//!
//! Counting stays exact. All deliveries of a run have one [`Length`], which everyone learns by reading
//! a message of every publisher before discarding anything, and which the sample goes on checking;
//! TCP loses nothing in between. What else comes is a heartbeat: a listener reads again before its
//! next one is due and until it has come, so that none is ever among the bytes that are discarded, and
//! each is answered. When nothing more is published, everyone reads. A rest of bytes that is no
//! delivery then, or more deliveries than were published, refuses the count instead of guessing
//! ([`LoadError::Uncountable`](super::LoadError::Uncountable)).

use std::{
    io,
    mem::MaybeUninit,
    num::NonZeroUsize,
    task::{Context, Poll, ready},
};

use socket2::SockRef;
use tokio::{io::Interest, net::TcpStream};

use super::plan::Seat;

/// Who reads everything, of those who hear.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// By the seat's number; seats behind the last one do not.
    discards: Vec<bool>,
}

impl Sample {
    /// Every publisher, since refusals come to it, every 16th of the others, and two in all.
    pub(super) fn of(listeners: &[Seat]) -> Self {
        let seats = listeners.iter().map(|seat| seat.number + 1).max();
        let mut discards = vec![false; seats.unwrap_or(0)];
        let mut readers = listeners.iter().filter(|seat| seat.publishes).count();
        let others = listeners.iter().filter(|seat| !seat.publishes);
        for (place, seat) in others.enumerate() {
            let reads = place % SAMPLED == 0 || readers < READERS_AT_LEAST;
            readers += usize::from(reads);
            discards[seat.number] = !reads;
        }
        Self { discards }
    }

    /// Whether a seat may discard what it has learnt to count.
    pub(super) fn discards(&self, seat: usize) -> bool {
        self.discards.get(seat).copied().unwrap_or(false)
    }
}

/// How long the deliveries of a run are, their frames included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Length {
    /// None was read yet.
    #[default]
    Unknown,
    /// All that were read had so many bytes.
    Even(NonZeroUsize),
    /// They differ, or not all were of this run.
    Uneven,
}

impl Length {
    /// A delivery of so many bytes was read.
    pub(super) fn note(&mut self, bytes: usize) {
        *self = match (*self, NonZeroUsize::new(bytes)) {
            (Self::Unknown, Some(bytes)) => Self::Even(bytes),
            (Self::Even(length), Some(bytes)) if length == bytes => return,
            _ => Self::Uneven,
        };
    }
}

/// Deliveries that are counted by their bytes, from the end of a frame on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Discarded {
    length: NonZeroUsize,
    /// Bytes of a delivery whose end has not come.
    begun: usize,
}

impl Discarded {
    pub(super) const fn new(length: NonZeroUsize) -> Self {
        Self { length, begun: 0 }
    }

    /// So many bytes were discarded; gives how many deliveries ended in them.
    pub(super) fn take(&mut self, bytes: usize) -> u64 {
        let bytes = self.begun.saturating_add(bytes);
        self.begun = bytes % self.length;
        u64::try_from(bytes / self.length).unwrap_or(u64::MAX)
    }

    /// Bytes of a delivery whose end has not come.
    pub(super) const fn begun(&self) -> usize {
        self.begun
    }

    /// Bytes of it that are still to come.
    pub(super) const fn remaining(&self) -> usize {
        self.length.get() - self.begun
    }
}

/// Where nothing is written: the kernel wants the length of a buffer, and does not touch it.
pub(super) struct Void(Box<[MaybeUninit<u8>]>);

impl Void {
    pub(super) fn new() -> Self {
        Self(Box::new_uninit_slice(AT_ONCE_BYTES))
    }

    /// Discards what has arrived, at most `limit` bytes; gives how many, 0 at the end.
    ///
    /// # Errors
    /// Why the connection broke.
    pub(super) fn poll_discard(
        &mut self,
        stream: &TcpStream,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let limit = limit.min(self.0.len());
        let space = &mut self.0[..limit];
        loop {
            ready!(stream.poll_read_ready(cx))?;
            let mut taken = 0;
            let outcome = stream.try_io(Interest::READABLE, || {
                taken = SockRef::from(stream).recv_with_flags(space, MSG_TRUNC)?;
                if (1..limit).contains(&taken) {
                    // The socket is empty: spares the call that would say so.
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            match outcome {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                Err(_) if taken == 0 => {}
                _ => return Poll::Ready(Ok(taken)),
            }
        }
    }
}

/// One of so many listeners reads: few enough to leave the server's cost alone, and more than sixty
/// of a thousand to take percentiles from.
const SAMPLED: usize = 16;
/// Readers of a small room: one could be the exception.
const READERS_AT_LEAST: usize = 2;
/// What one system call may discard: more than Linux lets a socket hold (tcp(7), `tcp_rmem`).
const AT_ONCE_BYTES: usize = 8 << 20;
/// Of a TCP stream: discards instead of copying (tcp(7)).
const MSG_TRUNC: i32 = 0x20;

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, net::Ipv4Addr};

    use tokio::{
        io::AsyncWriteExt as _,
        net::{TcpListener, TcpStream},
    };

    use super::*;

    fn length(bytes: usize) -> NonZeroUsize {
        NonZeroUsize::new(bytes).expect("not zero")
    }

    fn readers(publishers: usize, listeners: usize) -> Vec<usize> {
        let seat = |number| Seat {
            number,
            room: 0,
            listens: true,
            publishes: number < publishers,
        };
        let seats: Vec<_> = (0..listeners).map(seat).collect();
        let sample = Sample::of(&seats);
        let reads = (0..listeners).filter(|&seat| !sample.discards(seat));
        reads.collect()
    }

    #[test]
    fn publishers_and_every_sixteenth_of_the_others_read() {
        assert_eq!(readers(0, 33), [0, 1, 16, 32]);
        assert_eq!(readers(2, 20), [0, 1, 2, 18]);
        assert_eq!(readers(0, 10), [0, 1]);
        assert_eq!(readers(1, 11), [0, 1]);
        assert_eq!(readers(0, 1), [0]);
        assert!(!Sample::default().discards(7));
    }

    #[test]
    fn one_delivery_of_another_length_makes_all_uneven() {
        let mut noted = Length::default();
        for _ in 0..2 {
            noted.note(190);
            assert_eq!(noted, Length::Even(length(190)));
        }
        noted.note(191);
        assert_eq!(noted, Length::Uneven);
        noted.note(190);
        assert_eq!(noted, Length::Uneven);
    }

    #[test]
    fn deliveries_are_counted_where_they_end() {
        let mut discarded = Discarded::new(length(10));
        let counts: Vec<_> = [9, 1, 10, 25, 4, 1, 0]
            .map(|bytes| discarded.take(bytes))
            .into();
        assert_eq!(counts, [0, 1, 1, 2, 0, 1, 0]);
        assert_eq!((discarded.begun(), discarded.remaining()), (0, 10));
        assert_eq!(discarded.take(13), 1);
        assert_eq!((discarded.begun(), discarded.remaining()), (3, 7));
    }

    #[tokio::test]
    async fn what_is_discarded_is_counted_to_the_last_byte() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (mut peer, _) = listener.accept().await.expect("a connection");
        let mut void = Void::new();
        let mut discard = async |limit| {
            let discarded = poll_fn(|cx| void.poll_discard(&stream, limit, cx)).await;
            discarded.expect("an open connection")
        };
        peer.write_all(&[7; 100]).await.expect("room for it");
        assert_eq!(discard(30).await, 30);
        assert_eq!(discard(70).await, 70);
        peer.write_all(&[7; 5]).await.expect("room for it");
        assert_eq!(discard(usize::MAX).await, 5);
        drop(peer);
        assert_eq!(discard(usize::MAX).await, 0);
    }
}
