//! A web-proxy, spoken to as its page does: clear messages that it seals, opened ones that it gives.

mod http;
mod talk;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use tokio::net::TcpStream;
use wire_format::{
    ClearMessage, ClientFrame, CommandFrame, Content, EpochNumber, ErrorCode, MessageId, Publish,
    PublishFlags, Refusal,
    command::{auth, rooms},
};

use self::{http::Page, talk::Talk};
use super::{
    error::LoadError,
    frames::{Meaning, meaning},
    plan::Seat,
    rooms::Rooms,
    stamp::Notation,
    websocket,
    wire::{Cut, Joined, Kind, Wire},
};

/// A web-proxy over plain HTTP: guests with a WebSocket each, who talk in a sealed room.
#[derive(Debug)]
pub struct Browser {
    page: Page,
    rooms: Rooms,
    /// A text content up to its text, as this version writes it.
    before_text: Vec<u8>,
}

impl Browser {
    /// Guests in `room` on the proxy at `address`, whose pages have `authority` in their address: a
    /// host and a port.
    ///
    /// # Errors
    /// [`LoadError::Plan`] for an authority that no page can have.
    pub fn new(address: SocketAddr, authority: &str, room: String) -> Result<Self, LoadError> {
        // A content is an object that ends with its text.
        let sample = Content::encode_text("x").unwrap_or_default();
        let before_text = sample.strip_suffix(SAMPLE_END.as_bytes());
        Ok(Self {
            page: Page::new(address, authority)?,
            rooms: Rooms::new(room),
            before_text: before_text.unwrap_or_default().to_vec(),
        })
    }

    /// The text of an opened message (docs/protocol.md#11-the-browsers-tier).
    fn text<'a>(&self, opened: &'a [u8]) -> Option<&'a [u8]> {
        let content = opened.get(OPENED_HEAD_BYTES..)?;
        content.strip_prefix(&self.before_text[..])
    }
}

impl Wire for Browser {
    fn address(&self) -> SocketAddr {
        self.page.address()
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let left = self.page.open(stream, &seat.name()).await?;
        let mut talk = Talk::new(stream, left);
        let room = self.rooms.name_of(seat);
        talk.call(&rooms::Open { room: room.clone() }).await?;
        let entered = talk.call(&rooms::Enter { room, resume: None }).await?;
        self.rooms.entered(seat, entered.channel);
        talk.keyed(entered.id).await?;
        Ok(Joined {
            // A page gets what it published as everyone does.
            hears: true,
            left: talk.left(),
        })
    }

    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        // The payload is hexadecimal digits and letters: nothing to escape.
        let content = [&self.before_text[..], payload, TEXT_END.as_bytes()].concat();
        let message = ClearMessage {
            message: MessageId::from_bytes(rand::random()),
            content: content.into(),
        };
        let publish = Publish {
            request: 0,
            channel: self.rooms.channel_of(seat),
            epoch: EpochNumber::new(0),
            flags: PublishFlags::UNSTORED,
            payload: message.encode(),
        };
        put(out, &ClientFrame::Publish(publish));
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some(message) = websocket::cut(bytes)? else {
            return Ok(None);
        };
        let kind = match message.opcode {
            websocket::BINARY => self.kind(message.payload)?,
            websocket::PING => Kind::Answer(pong(message.payload)),
            websocket::CLOSE => Kind::Closed("without a word".to_owned()),
            _ => Kind::Other,
        };
        let bytes = message.bytes;
        Ok(Some(Cut { bytes, kind }))
    }

    fn farewell(&self, out: &mut Vec<u8>) {
        let frame = CommandFrame::new(u32::MAX, &auth::Logout {}, Bytes::new());
        put(out, &ClientFrame::Command(frame));
    }

    fn notation(&self) -> Notation {
        Notation::Hex
    }

    /// A thousand sessions' keys take a proxy more than a minute to make.
    fn patience(&self) -> Duration {
        Duration::from_secs(180)
    }
}

impl Browser {
    fn kind<'a>(&self, frame: &'a [u8]) -> Result<Kind<'a>, LoadError> {
        Ok(match meaning(frame)? {
            Meaning::Payload(opened) => self.text(opened).map_or(Kind::Other, Kind::Delivery),
            Meaning::Ping(token) => {
                let mut out = Vec::new();
                put(&mut out, &ClientFrame::Pong(token));
                Kind::Answer(out)
            }
            Meaning::Closed(code) => Kind::Closed(code.to_string()),
            Meaning::Refused(refusal) => return Err(refused("publish", refusal)),
            Meaning::Other => Kind::Other,
        })
    }
}

/// Appends a frame as a masked binary message.
fn put(out: &mut Vec<u8>, frame: &ClientFrame) {
    let message = frame.encode().message();
    websocket::put(out, websocket::BINARY, rand::random(), &message);
}

/// The answer to a ping of the WebSocket.
fn pong(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    websocket::put(&mut out, websocket::PONG, rand::random(), payload);
    out
}

fn refused(step: &'static str, refusal: Refusal) -> LoadError {
    let hint = match (refusal.code, step) {
        (ErrorCode::RateLimited, "publish") => Some(
            "Start the web-proxy with a high --message-rate, and its chat-server with --messages 0.",
        ),
        (ErrorCode::RateLimited, "auth.guest") => Some(
            "Start the web-proxy with a high --sign-in-rate, --request-rate, --connection-rate and \
             --max-connections-per-address.",
        ),
        (ErrorCode::RateLimited, _) => Some(
            "Start the web-proxy with a high --command-rate, and its chat-server with --commands 0.",
        ),
        (ErrorCode::NameTaken, _) => Some("Is another load running against this proxy?"),
        (ErrorCode::RoomFull, _) => Some("Start the chat-server with a larger --members-per-room."),
        (ErrorCode::Unavailable, _) => Some("Is the chat-server behind the web-proxy running?"),
        _ => None,
    };
    LoadError::Refused {
        step,
        reason: refusal.to_string(),
        hint,
    }
}

/// How a content with the text "x" ends, from the text on.
const SAMPLE_END: &str = "x\"}";
/// How every text content ends behind its text.
const TEXT_END: &str = "\"}";
/// Bytes of an opened message before its content.
const OPENED_HEAD_BYTES: usize = 2 + MessageId::LEN + 8 + 8 + 1;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use wire_format::{ChannelId, Deliver, DeliverFlags, MemberId, Millis, Name, Sequence};
    use wire_format::{Marks, OpenedMessage, ServerFrame};

    use super::*;

    fn browser() -> Browser {
        let address = (Ipv4Addr::LOCALHOST, 5000).into();
        Browser::new(address, "127.0.0.1:5000", "load".to_owned()).expect("an address")
    }

    fn from_server(frame: &ServerFrame) -> Vec<u8> {
        let message = frame.encode().message();
        let length = u8::try_from(message.len()).expect("a byte");
        let mut bytes = vec![0x82];
        if length > 125 {
            bytes.extend([126, 0]);
        }
        bytes.push(length);
        bytes.extend_from_slice(&message);
        bytes
    }

    fn delivery(content: &[u8]) -> Vec<u8> {
        let opened = OpenedMessage {
            message: MessageId::from_bytes([1; 16]),
            epoch: EpochNumber::new(1),
            sent_at: Millis::new(2),
            marks: Marks::NONE,
            content: Bytes::copy_from_slice(content),
        };
        from_server(&ServerFrame::Deliver(Deliver {
            channel: ChannelId::from_bytes([1; 16]),
            sequence: Sequence::new(2),
            time: Millis::new(3),
            flags: DeliverFlags::Unstored,
            sender: MemberId::from_bytes([4; 16]),
            name: Name::try_from("Zoë").expect("a name"),
            payload: opened.encode(),
        }))
    }

    fn kind(bytes: &[u8]) -> Option<Kind<'_>> {
        let browser = browser();
        for end in 0..bytes.len() {
            assert_eq!(browser.cut(&bytes[..end]).expect("valid bytes"), None);
        }
        let cut = browser.cut(bytes).expect("valid bytes")?;
        assert_eq!(cut.bytes, bytes.len());
        Some(cut.kind)
    }

    #[test]
    fn a_published_text_comes_back_as_the_payload() {
        let content = Content::encode_text("0123xx").expect("a text");
        let bytes = delivery(&content);
        let Some(Kind::Delivery(payload)) = kind(&bytes) else {
            panic!("no delivery");
        };
        assert!(payload.starts_with(b"0123xx"));
        assert_eq!(kind(&delivery(b"{\"type\":\"tea\"}")), Some(Kind::Other));
        assert_eq!(kind(&delivery(b"")), Some(Kind::Other));
    }

    #[test]
    fn a_publish_is_a_clear_message_of_a_text() {
        let seat = Seat {
            number: 0,
            room: 0,
            listens: true,
            publishes: true,
        };
        let mut out = Vec::new();
        browser().publish(&seat, b"00ffxx", &mut out);
        // FIN and binary, masked, length, mask, then the frame.
        let mask = [out[2], out[3], out[4], out[5]];
        assert_eq!((out[0], usize::from(out[1] & 0x7f)), (0x82, out.len() - 6));
        let unmasked = out[6..].iter().zip(mask.iter().cycle());
        let frame: Vec<u8> = unmasked.map(|(byte, mask)| byte ^ mask).collect();
        let publish = Publish::parse(Bytes::copy_from_slice(&frame[1..])).expect("a publish");
        let clear = ClearMessage::parse(publish.payload).expect("a clear message");
        assert_eq!(
            Content::parse(&clear.content),
            Ok(Content::Text("00ffxx".to_owned()))
        );
    }
}
