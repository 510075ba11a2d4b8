//! The chat-server's own protocol, with payloads that are not sealed.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use rand::RngExt as _;
use tokio::{net::TcpStream, time::sleep};
use wire_format::{
    ClientFrame, EpochNumber, ErrorCode, GuestToken, Publish, PublishFlags,
    command::{Operation as _, auth, rooms},
    limits,
};

use super::{
    calls::{Calls, PUBLISH, refused},
    error::LoadError,
    frames::{Meaning, meaning},
    plan::Seat,
    rooms::Rooms,
    wire::{Cut, Heartbeat, Joined, Kind, Wire},
};

/// A chat-server over plain TCP: guests in a room that publish opaque payloads.
#[derive(Debug)]
pub struct Raw {
    address: SocketAddr,
    rooms: Rooms,
}

impl Raw {
    /// Guests in `room`; in further rooms `room-1`, `room-2`, … where a plan has them.
    pub const fn new(address: SocketAddr, room: String) -> Self {
        Self {
            address,
            rooms: Rooms::new(room),
        }
    }
}

impl Wire for Raw {
    fn address(&self) -> SocketAddr {
        self.address
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let mut calls = Calls::begin(stream).await?;
        sign_in(&mut calls, seat).await?;
        let room = self.rooms.name_of(seat);
        let open = rooms::Open { room: room.clone() };
        calls.of(&open).await?;
        let enter = rooms::Enter { room, resume: None };
        let entered = calls.of(&enter).await?;
        self.rooms.entered(seat, entered.channel);
        Ok(Joined {
            // Everyone in a room gets what is published there, the publisher included.
            hears: true,
            left: calls.left(),
        })
    }

    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        let publish = Publish {
            request: 0,
            channel: self.rooms.channel_of(seat),
            epoch: EpochNumber::new(0),
            flags: PublishFlags::UNSTORED,
            payload: Bytes::copy_from_slice(payload),
        };
        out.extend_from_slice(&ClientFrame::Publish(publish).encode().stream());
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length == 0 || length > limits::FRAME_BYTES {
            return Err(LoadError::Layout(format!("a frame of {length} bytes")));
        }
        let Some(frame) = rest.get(..length) else {
            return Ok(None);
        };
        let kind = match meaning(frame)? {
            Meaning::Payload(payload) => Kind::Delivery(payload),
            Meaning::Ping(token) => {
                Kind::Answer(ClientFrame::Pong(token).encode().stream().to_vec())
            }
            Meaning::Closed(code) => Kind::Closed(code.to_string()),
            Meaning::Refused(refusal) => return Err(refused(PUBLISH, refusal)),
            Meaning::Other => Kind::Other,
        };
        let bytes = LENGTH_BYTES + length;
        Ok(Some(Cut { bytes, kind }))
    }

    fn heartbeat(&self) -> Option<Heartbeat> {
        Some(Heartbeat {
            every: limits::PING_EVERY,
            settled: Duration::ZERO,
        })
    }
}

/// Signs in; the name of a run before is free in a moment.
async fn sign_in(calls: &mut Calls<'_>, seat: &Seat) -> Result<(), LoadError> {
    let guest = auth::Guest {
        name: seat.name(),
        token: Some(GuestToken::from_bytes(rand::rng().random())),
    };
    for _ in 0..NAME_TRIES {
        match calls.outcome(&guest).await? {
            Ok(_) => return Ok(()),
            Err(refusal) if refusal.code == ErrorCode::NameTaken => sleep(NAME_WAIT).await,
            Err(refusal) => return Err(refused(auth::Guest::NAME, refusal)),
        }
    }
    Err(refused(auth::Guest::NAME, ErrorCode::NameTaken.into()))
}

/// Bytes of a frame before its kind.
const LENGTH_BYTES: usize = 4;
const NAME_TRIES: u32 = 50;
const NAME_WAIT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use wire_format::{CloseCode, Deliver, Refusal, ReplyFrame, ServerFrame};

    use super::{super::stamp::Notation, *};

    fn raw() -> Raw {
        Raw::new((Ipv4Addr::LOCALHOST, 1).into(), "load".to_owned())
    }

    #[test]
    fn a_frame_is_cut_when_its_last_byte_has_come() {
        let ping = ServerFrame::Ping(*b"12345678").encode().stream();
        let close = ServerFrame::Close(CloseCode::TooSlow.into());
        let close = close.encode().stream();
        let stream = [&ping[..], &close[..]].concat();
        let mut seen = Vec::new();
        let mut begun = 0;
        for end in 1..=stream.len() {
            if let Some(cut) = raw().cut(&stream[begun..end]).expect("valid bytes") {
                begun += cut.bytes;
                assert_eq!(begun, end, "as soon as it is whole");
                seen.push(cut.kind);
            }
        }
        let pong = ClientFrame::Pong(*b"12345678").encode().stream().to_vec();
        assert_eq!(
            seen,
            [Kind::Answer(pong), Kind::Closed("too_slow".to_owned())]
        );
    }

    /// Discarded at the end of a connection, it is not taken for a delivery.
    #[test]
    fn a_close_is_shorter_than_any_delivery() {
        let least = LENGTH_BYTES + 1 + Deliver::HEAD_BYTES + Notation::Bytes.stamp_bytes();
        for code in CloseCode::ALL {
            let close = ServerFrame::Close((*code).into()).encode().stream();
            assert!(close.len() < least, "{code}");
        }
    }

    #[test]
    fn a_refused_publish_names_the_flag_that_lifts_the_limit() {
        let refusal = Refusal::retry_after(ErrorCode::RateLimited, 50);
        let frame = ServerFrame::Reply(ReplyFrame::refused(0, &refusal));
        let error = raw().cut(&frame.encode().stream()).expect_err("refused");
        assert_eq!(
            (error.to_string().as_str(), error.hint()),
            (
                "publish was refused: Too many requests. Wait a moment.",
                Some("Start the server with --messages 0.")
            )
        );
    }

    #[test]
    fn lengths_above_the_limit_end_the_run() {
        for length in [0, limits::FRAME_BYTES + 1] {
            let length = u32::try_from(length).expect("32 bits").to_be_bytes();
            let cut = raw().cut(&length).map(|_| ());
            assert!(matches!(cut, Err(LoadError::Layout(_))));
        }
    }
}
