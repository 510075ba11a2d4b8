//! Socket.IO 5 over Engine.IO 4, WebSocket only: `42["event", …]` in text frames.

use std::net::SocketAddr;

use chat_client::load::{Cut, Joined, Kind, LoadError, Notation, Seat, Wire};
use tokio::net::TcpStream;

use super::{inbox::Inbox, websocket};

/// Speaks to socket.io, Flask-SocketIO and the two-tier chat in Python.
#[derive(Debug)]
pub(crate) struct SocketIo {
    /// Where it is.
    pub(crate) address: SocketAddr,
    /// Which events it knows.
    pub(crate) dialect: Dialect,
}

/// Which events carry messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dialect {
    /// `msg` with the text, both ways.
    Broadcast,
    /// `login` first; `send_message` out and `new_message` in, with the sender's name before the text.
    TwoTier,
}

impl Wire for SocketIo {
    fn address(&self) -> SocketAddr {
        self.address
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let mut inbox = Inbox::new(stream);
        websocket::upgrade(&mut inbox, "/socket.io/?EIO=4&transport=websocket").await?;
        expect(&mut inbox, "the session", b"0{").await?;
        send(&mut inbox, "the connect packet", b"40").await?;
        expect(&mut inbox, "the namespace", b"40").await?;
        if self.dialect == Dialect::TwoTier {
            let login = format!(r#"42["login",{{"username":"load-{}"}}]"#, seat.number);
            send(&mut inbox, "login", login.as_bytes()).await?;
            expect(&mut inbox, "login", br#"42["login_response""#).await?;
        }
        // Whoever is connected hears, as in a chat.
        Ok(inbox.joined(true))
    }

    fn publish(&self, _seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        let (before, after): (&[u8], &[u8]) = match self.dialect {
            Dialect::Broadcast => (br#"42["msg",""#, br#""]"#),
            Dialect::TwoTier => (br#"42["send_message",{"message":""#, br#""}]"#),
        };
        let packet = [before, payload, after].concat();
        websocket::append(out, websocket::TEXT, &packet);
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some(frame) = websocket::frame(bytes)? else {
            return Ok(None);
        };
        let kind = match frame.opcode {
            websocket::TEXT => self.text(frame.payload),
            websocket::PING => {
                let mut pong = Vec::new();
                websocket::append(&mut pong, websocket::PONG, frame.payload);
                Kind::Answer(pong)
            }
            websocket::CLOSE => Kind::Closed("a close frame".to_owned()),
            _ => Kind::Other,
        };
        let bytes = frame.bytes;
        Ok(Some(Cut { bytes, kind }))
    }

    fn notation(&self) -> Notation {
        Notation::Hex
    }
}

impl SocketIo {
    fn text<'a>(&self, packet: &'a [u8]) -> Kind<'a> {
        let message = match self.dialect {
            Dialect::Broadcast => between(packet, br#"42["msg",""#, br#""]"#),
            Dialect::TwoTier => {
                let said = between(packet, br#"42["new_message",{"message":""#, br#""}]"#);
                said.and_then(|said| {
                    let colon = said.windows(2).position(|two| two == b": ")?;
                    said.get(colon + 2..)
                })
            }
        };
        match (message, packet) {
            (Some(text), _) => Kind::Delivery(text),
            (None, b"2") => {
                let mut pong = Vec::new();
                websocket::append(&mut pong, websocket::TEXT, b"3");
                Kind::Answer(pong)
            }
            (None, b"1" | b"41") => Kind::Closed("a disconnect packet".to_owned()),
            _ => Kind::Other,
        }
    }
}

fn between<'a>(packet: &'a [u8], before: &[u8], after: &[u8]) -> Option<&'a [u8]> {
    packet.strip_prefix(before)?.strip_suffix(after)
}

async fn send(inbox: &mut Inbox<'_>, step: &'static str, packet: &[u8]) -> Result<(), LoadError> {
    let mut out = Vec::new();
    websocket::append(&mut out, websocket::TEXT, packet);
    inbox.send(step, &out).await
}

/// Waits for the packet that starts so, past whatever the others say meanwhile.
async fn expect(
    inbox: &mut Inbox<'_>,
    step: &'static str,
    start: &'static [u8],
) -> Result<(), LoadError> {
    loop {
        let found = inbox.take(step, |bytes| {
            let frame = websocket::frame(bytes)?;
            Ok(frame.map(|frame| (frame.bytes, frame.payload.starts_with(start))))
        });
        if found.await? {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::dripped, *};

    fn wire(dialect: Dialect) -> SocketIo {
        SocketIo {
            address: ([127, 0, 0, 1], 1).into(),
            dialect,
        }
    }

    fn text(packet: &str) -> Vec<u8> {
        let mut frame = vec![0x81, u8::try_from(packet.len()).expect("a short packet")];
        frame.extend_from_slice(packet.as_bytes());
        frame
    }

    #[test]
    fn frames_are_cut_from_single_bytes() {
        let packets = [r#"42["msg","00ff"]"#, "2", r#"40{"sid":"x"}"#, "41"];
        let told = dripped(&wire(Dialect::Broadcast), &packets.map(text).concat());
        let pong = "answer \\x81\\x81\\x124Vx!";
        assert_eq!(
            told,
            ["delivery 00ff", pong, "other", "closed a disconnect packet"]
        );
        let closing = dripped(&wire(Dialect::Broadcast), b"\x88\x02\x03\xe8");
        assert_eq!(closing, ["closed a close frame"]);
    }

    #[test]
    fn the_two_tier_chat_puts_a_name_before_the_text() {
        let packet = r#"42["new_message",{"message":"load-12: 00ff"}]"#;
        let told = dripped(&wire(Dialect::TwoTier), &text(packet));
        assert_eq!(told, ["delivery 00ff"]);
    }

    #[test]
    fn what_is_published_is_what_the_server_expects() {
        let seat = Seat {
            number: 0,
            room: 0,
            listens: true,
            publishes: true,
        };
        let mut out = Vec::new();
        wire(Dialect::Broadcast).publish(&seat, b"00ff", &mut out);
        let unmasked: Vec<u8> = out[6..]
            .iter()
            .zip([0x12, 0x34, 0x56, 0x78].iter().cycle())
            .map(|(a, b)| a ^ b)
            .collect();
        assert_eq!(unmasked, br#"42["msg","00ff"]"#);
    }
}
