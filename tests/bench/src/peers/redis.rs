//! Redis' publish and subscribe, in RESP2; who listens and publishes speaks RESP3, where both go
//! over one connection.

use std::net::SocketAddr;

use chat_client::load::{Cut, Joined, Kind, LoadError, Seat, Wire};
use tokio::net::TcpStream;

use super::{inbox::Inbox, room_name};

/// Speaks to redis-server.
#[derive(Debug)]
pub(crate) struct Redis(pub(crate) SocketAddr);

impl Wire for Redis {
    fn address(&self) -> SocketAddr {
        self.0
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let mut inbox = Inbox::new(stream);
        if seat.listens && seat.publishes {
            inbox.send("HELLO", &command(&[b"HELLO", b"3"])).await?;
            // The answer is a map whose last entry is the list of modules, of which there are none.
            let end = b"modules\r\n*0\r\n";
            inbox.take_until("the answer to HELLO", end).await?;
        }
        if seat.listens {
            let room = room_name(seat.room);
            let subscribe = command(&[b"SUBSCRIBE", room.as_bytes()]);
            inbox.send("SUBSCRIBE", &subscribe).await?;
            inbox.take_until("the subscription", b":1\r\n").await?;
        } else {
            inbox.send("PING", &command(&[b"PING"])).await?;
            inbox.take_until("PONG", b"+PONG\r\n").await?;
        }
        Ok(inbox.joined(seat.listens))
    }

    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        let room = room_name(seat.room);
        append(out, &[b"PUBLISH", room.as_bytes(), payload]);
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some((first, start)) = line(bytes, 0)? else {
            return Ok(None);
        };
        match first.split_first() {
            Some((b'*' | b'>', count)) => cut_list(bytes, start, number(count)?),
            Some((b':' | b'+', _)) => Ok(Some(Cut {
                bytes: start,
                kind: Kind::Other,
            })),
            Some((b'-', reason)) => Ok(Some(Cut {
                bytes: start,
                kind: Kind::Closed(String::from_utf8_lossy(reason).into_owned()),
            })),
            _ => Err(wrong(first)),
        }
    }
}

/// `message`, the channel and the payload, or an answer of as many parts.
fn cut_list(bytes: &[u8], mut at: usize, count: usize) -> Result<Option<Cut<'_>>, LoadError> {
    let mut is_message = false;
    let mut last: &[u8] = b"";
    for part in 0..count {
        let Some((head, start)) = line(bytes, at)? else {
            return Ok(None);
        };
        at = start;
        last = b"";
        if let Some((b'$', length)) = head.split_first() {
            let end = start + number(length)?;
            if bytes.len() < end + 2 {
                return Ok(None);
            }
            last = &bytes[start..end];
            at = end + 2;
        }
        is_message |= part == 0 && last == b"message";
    }
    let kind = if is_message {
        Kind::Delivery(last)
    } else {
        Kind::Other
    };
    Ok(Some(Cut { bytes: at, kind }))
}

/// The line at `at` without its end, and where the next one starts.
fn line(bytes: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, LoadError> {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.iter().take(LINE_BYTES).position(|b| *b == b'\n') {
        Some(end) => Ok(Some((rest[..end].trim_ascii_end(), at + end + 1))),
        None if rest.len() < LINE_BYTES => Ok(None),
        None => Err(LoadError::Layout("a line that does not end".to_owned())),
    }
}

fn number(digits: &[u8]) -> Result<usize, LoadError> {
    let number = str::from_utf8(digits).ok().and_then(|n| n.parse().ok());
    number
        .filter(|n| *n <= BULK_BYTES)
        .ok_or_else(|| wrong(digits))
}

fn wrong(bytes: &[u8]) -> LoadError {
    LoadError::Layout(bytes.escape_ascii().to_string())
}

fn command(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out, parts);
    out
}

fn append(out: &mut Vec<u8>, parts: &[&[u8]]) {
    out.extend_from_slice(format!("*{}\r\n", parts.len()).as_bytes());
    for part in parts {
        out.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
}

/// Longest line; what is longer has its length in front.
const LINE_BYTES: usize = 1024;
/// Largest part: more than any payload here.
const BULK_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{super::dripped, *};

    const WIRE: Redis = Redis(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1));

    #[test]
    fn frames_are_cut_from_single_bytes() {
        let told = dripped(
            &WIRE,
            b"*3\r\n$7\r\nmessage\r\n$2\r\nr0\r\n$5\r\na\r\nbc\r\n\
              >3\r\n$7\r\nmessage\r\n$2\r\nr0\r\n$2\r\nde\r\n\
              *3\r\n$9\r\nsubscribe\r\n$2\r\nr0\r\n:1\r\n:100\r\n+PONG\r\n-ERR no\r\n",
        );
        assert_eq!(
            told,
            [
                "delivery a\r\nbc",
                "delivery de",
                "other",
                "other",
                "other",
                "closed ERR no"
            ]
        );
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for bad in [&b"*x\r\n"[..], b"*1\r\n$9999999999\r\n", b"?\r\n", b"\r\n"] {
            assert!(WIRE.cut(bad).is_err());
        }
        assert!(WIRE.cut(&[b'+'; LINE_BYTES]).is_err());
    }

    #[test]
    fn a_publish_is_its_literal_bytes() {
        let mut out = Vec::new();
        let seat = Seat {
            number: 0,
            room: 0,
            listens: false,
            publishes: true,
        };
        WIRE.publish(&seat, b"hello", &mut out);
        assert_eq!(out, b"*3\r\n$7\r\nPUBLISH\r\n$2\r\nr0\r\n$5\r\nhello\r\n");
    }
}
