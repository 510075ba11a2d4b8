//! The client protocol of nats-server: lines, and payloads behind their length.

use std::{net::SocketAddr, time::Duration};

use chat_client::load::{Cut, Heartbeat, Joined, Kind, LoadError, Seat, Wire};
use tokio::net::TcpStream;

use super::{inbox::Inbox, room_name};

/// Speaks to nats-server.
#[derive(Debug)]
pub(crate) struct Nats(pub(crate) SocketAddr);

impl Wire for Nats {
    fn address(&self) -> SocketAddr {
        self.0
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let mut inbox = Inbox::new(stream);
        inbox.take_until("the server's INFO", b"\r\n").await?;
        let mut hello = r#"CONNECT {"verbose":false,"pedantic":false}"#.to_owned() + "\r\n";
        if seat.listens {
            hello += &format!("SUB {} 1\r\n", room_name(seat.room));
        }
        hello += "PING\r\n";
        inbox.send("CONNECT", hello.as_bytes()).await?;
        inbox.take_until("PONG", b"PONG\r\n").await?;
        Ok(inbox.joined(seat.listens))
    }

    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        let line = format!("PUB {} {}\r\n", room_name(seat.room), payload.len());
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some(end) = bytes.iter().take(LINE_BYTES).position(|b| *b == b'\n') else {
            return match bytes.len() {
                0..LINE_BYTES => Ok(None),
                _ => Err(LoadError::Layout("a line that does not end".to_owned())),
            };
        };
        let line = bytes[..end].trim_ascii_end();
        if let Some(message) = line.strip_prefix(b"MSG ") {
            return cut_message(bytes, end + 1, message);
        }
        let kind = if line == b"PING" {
            Kind::Answer(b"PONG\r\n".to_vec())
        } else if let Some(reason) = line.strip_prefix(b"-ERR ") {
            Kind::Closed(String::from_utf8_lossy(reason).into_owned())
        } else {
            Kind::Other
        };
        let bytes = end + 1;
        Ok(Some(Cut { bytes, kind }))
    }

    fn heartbeat(&self) -> Option<Heartbeat> {
        Some(Heartbeat {
            every: PING_EVERY,
            settled: FIRST_PING_WITHIN,
        })
    }
}

/// `MSG <subject> <sid> [reply-to] <bytes>`, the payload and an end of line.
fn cut_message<'a>(
    bytes: &'a [u8],
    start: usize,
    line: &[u8],
) -> Result<Option<Cut<'a>>, LoadError> {
    let wrong = || LoadError::Layout(format!("MSG {}", line.escape_ascii()));
    let length = line.rsplit(|b| *b == b' ').next().ok_or_else(wrong)?;
    let length = str::from_utf8(length).ok().and_then(|n| n.parse().ok());
    let length: usize = length.filter(|n| *n <= PAYLOAD_BYTES).ok_or_else(wrong)?;
    let end = start + length;
    if bytes.len() < end + 2 {
        return Ok(None);
    }
    Ok(Some(Cut {
        bytes: end + 2,
        kind: Kind::Delivery(&bytes[start..end]),
    }))
}

/// Longest line: INFO with every field.
const LINE_BYTES: usize = 4096;
/// nats-server's own default.
const PAYLOAD_BYTES: usize = 1024 * 1024;

/// nats-server's own default; it is set to more here.
const PING_EVERY: Duration = Duration::from_secs(120);
/// Whatever is set, a first ping comes 2.0 to 2.4 s after a client: the server measures the way to it.
const FIRST_PING_WITHIN: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{super::dripped, *};

    const WIRE: Nats = Nats(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1));

    #[test]
    fn frames_are_cut_from_single_bytes() {
        let told = dripped(
            &WIRE,
            b"INFO {\"x\":1}\r\nMSG r0 1 5\r\na\r\nbc\r\nPING\r\n+OK\r\n-ERR 'Slow Consumer'\r\n",
        );
        assert_eq!(
            told,
            [
                "other",
                "delivery a\r\nbc",
                "answer PONG\\r\\n",
                "other",
                "closed 'Slow Consumer'"
            ]
        );
    }

    #[test]
    fn what_is_no_line_or_length_is_refused() {
        for bad in [&b"MSG r0 1 x\r\n"[..], b"MSG r0 1 9999999999\r\n"] {
            assert!(WIRE.cut(bad).is_err());
        }
        assert!(WIRE.cut(&[b'x'; LINE_BYTES]).is_err());
    }

    #[test]
    fn a_publish_is_its_literal_bytes() {
        let mut out = Vec::new();
        let seat = Seat {
            number: 0,
            room: 3,
            listens: false,
            publishes: true,
        };
        WIRE.publish(&seat, b"hello", &mut out);
        assert_eq!(out, b"PUB r3 5\r\nhello\r\n");
    }
}
