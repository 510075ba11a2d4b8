//! Lines of an HTTP/1.1 head end with CR LF and nothing else.
//!
//! The parser behind this also takes a bare LF (RFC 9112 §2.2 allows it), and what two servers read
//! differently can hide one request inside another. Here a bare LF in a head becomes a byte that no
//! head may hold, so that the parser answers 400 and closes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A transport whose incoming heads are checked.
#[derive(Debug)]
pub(super) struct StrictLines<S> {
    inner: S,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Between the first byte of a request and the empty line.
    Head(Head),
    /// So many bytes of a body are to come.
    Body(u64),
    /// Not looked at: another protocol, or a connection that is about to be closed.
    Opaque,
}

/// What is known of a head so far.
#[derive(Debug, Default)]
struct Head {
    /// The beginning of the present line.
    line: Vec<u8>,
    after_cr: bool,
    has_lines: bool,
    body_bytes: u64,
    is_last: bool,
}

impl<S> StrictLines<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            state: State::Head(Head::default()),
        }
    }

    /// The transport behind it, unchecked.
    pub(super) fn into_inner(self) -> S {
        self.inner
    }
}

impl State {
    /// Goes through bytes as they arrive, in pieces of any size.
    fn check(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let used = match self {
                Self::Opaque => return,
                Self::Body(left) => {
                    let here = usize::try_from(*left)
                        .unwrap_or(usize::MAX)
                        .min(bytes.len());
                    *left -= u64::try_from(here).unwrap_or(u64::MAX);
                    if *left == 0 {
                        *self = Self::Head(Head::default());
                    }
                    here
                }
                Self::Head(head) => {
                    if let Some(next) = head.take(&mut bytes[0]) {
                        *self = next;
                    }
                    1
                }
            };
            bytes = &mut bytes[used..];
        }
    }
}

impl Head {
    /// Takes one byte; gives what follows the head when it ends.
    fn take(&mut self, byte: &mut u8) -> Option<State> {
        let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
        if *byte != b'\n' {
            if *byte != b'\r' && self.line.len() < LINE_BYTES {
                self.line.push(*byte);
            }
            return None;
        }
        if !after_cr {
            *byte = NOT_IN_A_HEAD;
            return Some(State::Opaque);
        }
        if !self.line.is_empty() {
            self.end_line();
            return None;
        }
        // Empty lines before a request are skipped (RFC 9112 §2.2).
        self.has_lines.then_some(match self.body_bytes {
            _ if self.is_last => State::Opaque,
            0 => State::Head(Self::default()),
            length => State::Body(length),
        })
    }

    fn end_line(&mut self) {
        self.has_lines = true;
        if let Some(colon) = self.line.iter().position(|&byte| byte == b':') {
            let (name, value) = self.line.split_at(colon);
            if name.eq_ignore_ascii_case(b"content-length") {
                // What is no number is refused by the parser.
                let value = str::from_utf8(&value[1..]).unwrap_or_default();
                self.body_bytes = value.trim().parse().unwrap_or(0);
            } else if name.eq_ignore_ascii_case(b"transfer-encoding")
                || name.eq_ignore_ascii_case(b"upgrade")
            {
                self.is_last = true;
            }
        }
        self.line.clear();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictLines<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.state.check(&mut buffer.filled_mut()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StrictLines<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// As much of a line as the names and values that count are long.
const LINE_BYTES: usize = 64;
/// NUL, which neither names nor values may hold (RFC 9110 §5.5).
const NOT_IN_A_HEAD: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes as the parser gets them, in one piece and one by one.
    fn checked(text: &str) -> String {
        let mut whole = text.as_bytes().to_vec();
        State::Head(Head::default()).check(&mut whole);
        let mut dripped = text.as_bytes().to_vec();
        let mut state = State::Head(Head::default());
        for byte in dripped.chunks_mut(1) {
            state.check(byte);
        }
        assert_eq!(whole, dripped);
        String::from_utf8(whole).expect("text")
    }

    #[test]
    fn proper_requests_pass_unchanged() {
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "\r\nPOST / HTTP/1.1\r\ncontent-LENGTH: 5\r\n\r\na\nb\ncGET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\n\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\na\nb\nc",
        ] {
            assert_eq!(checked(text), text);
        }
    }

    #[test]
    fn a_bare_line_feed_in_a_head_is_spoilt() {
        let text = "GET / HTTP/1.1\nHost: a\r\n\r\n";
        assert_eq!(checked(text), "GET / HTTP/1.1\0Host: a\r\n\r\n");
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\n";
        assert_eq!(checked(text), "GET / HTTP/1.1\r\nHost: a\r\n\0");
        let second = "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n\nGET / HTTP/1.1\n\n";
        let spoilt = "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n\nGET / HTTP/1.1\0\n";
        assert_eq!(checked(second), spoilt);
    }
}
