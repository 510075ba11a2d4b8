//! MQTT 3.1.1 with quality of service 0, as mosquitto speaks it.

use std::net::SocketAddr;

use chat_client::load::{Cut, Joined, Kind, LoadError, Seat, Wire};
use tokio::net::TcpStream;

use super::{inbox::Inbox, room_name};

/// Speaks to mosquitto.
#[derive(Debug)]
pub(crate) struct Mqtt(pub(crate) SocketAddr);

impl Wire for Mqtt {
    fn address(&self) -> SocketAddr {
        self.0
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let mut inbox = Inbox::new(stream);
        inbox.send("CONNECT", &connect(seat)).await?;
        expect(&mut inbox, "CONNACK", CONNACK).await?;
        if seat.listens {
            inbox.send("SUBSCRIBE", &subscribe(seat)).await?;
            expect(&mut inbox, "SUBACK", SUBACK).await?;
        }
        Ok(inbox.joined(seat.listens))
    }

    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        let topic = text(&room_name(seat.room));
        out.push(PUBLISH);
        append_length(out, topic.len() + payload.len());
        out.extend_from_slice(&topic);
        out.extend_from_slice(payload);
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some((body, end)) = packet(bytes)? else {
            return Ok(None);
        };
        let kind = if bytes[0] & 0xf0 == PUBLISH {
            let body = &bytes[body..end];
            let payload = body.split_first_chunk().and_then(|(length, rest)| {
                let topic = usize::from(u16::from_be_bytes(*length));
                rest.get(topic..)
            });
            let wrong = || LoadError::Layout("a PUBLISH without a topic".to_owned());
            Kind::Delivery(payload.ok_or_else(wrong)?)
        } else {
            Kind::Other
        };
        Ok(Some(Cut { bytes: end, kind }))
    }
}

async fn expect(inbox: &mut Inbox<'_>, step: &'static str, kind: u8) -> Result<(), LoadError> {
    let answer = inbox.take(step, |bytes| {
        let packet = packet(bytes)?;
        Ok(packet.map(|(body, end)| (end, (bytes[0], bytes[body..end].last().copied()))))
    });
    match answer.await? {
        // The last byte of both answers is the code, and 0 is yes.
        (first, Some(0)) if first == kind => Ok(()),
        other => Err(LoadError::Refused {
            step,
            reason: format!("{other:?}"),
            hint: None,
        }),
    }
}

/// Where the body of the packet at the start begins and ends; `None` if it is not all there.
fn packet(bytes: &[u8]) -> Result<Option<(usize, usize)>, LoadError> {
    let mut length = 0;
    for (place, byte) in bytes.iter().enumerate().skip(1) {
        if place > 4 {
            return Err(LoadError::Layout("a length of five bytes".to_owned()));
        }
        length |= usize::from(byte & 0x7f) << (7 * (place - 1));
        if byte & 0x80 == 0 {
            let body = place + 1;
            let end = body + length;
            return Ok((bytes.len() >= end).then_some((body, end)));
        }
    }
    Ok(None)
}

fn connect(seat: &Seat) -> Vec<u8> {
    // Protocol level 4, a clean session, no keep-alive.
    let mut body = b"\x00\x04MQTT\x04\x02\x00\x00".to_vec();
    body.extend(text(&format!("load-{}", seat.number)));
    whole(CONNECT, &body)
}

fn subscribe(seat: &Seat) -> Vec<u8> {
    let mut body = vec![0, 1];
    body.extend(text(&room_name(seat.room)));
    body.push(0);
    whole(SUBSCRIBE, &body)
}

fn whole(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![kind];
    append_length(&mut packet, body.len());
    packet.extend_from_slice(body);
    packet
}

fn text(text: &str) -> Vec<u8> {
    // Names of rooms and connections have a few letters.
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn append_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let seven = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        if length == 0 {
            return out.push(seven);
        }
        out.push(seven | 0x80);
    }
}

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{super::dripped, *};

    const WIRE: Mqtt = Mqtt(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1));

    const SEAT: Seat = Seat {
        number: 7,
        room: 0,
        listens: true,
        publishes: true,
    };

    #[test]
    fn frames_are_cut_from_single_bytes() {
        let told = dripped(
            &WIRE,
            b"\x30\x07\0\x02r0abc\xd0\0\x20\x02\0\0\x31\x04\0\x02r0",
        );
        assert_eq!(told, ["delivery abc", "other", "other", "delivery "]);
    }

    #[test]
    fn a_long_payload_has_a_length_of_two_bytes() {
        let mut out = Vec::new();
        WIRE.publish(&SEAT, &[b'x'; 128], &mut out);
        assert_eq!(&out[..7], b"\x30\x84\x01\0\x02r0");
        let told = dripped(&WIRE, &out);
        assert_eq!(told, [format!("delivery {}", "x".repeat(128))]);
    }

    #[test]
    fn the_requests_are_their_literal_bytes() {
        assert_eq!(
            connect(&SEAT),
            b"\x10\x12\0\x04MQTT\x04\x02\0\0\0\x06load-7"
        );
        assert_eq!(subscribe(&SEAT), b"\x82\x07\0\x01\0\x02r0\0");
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        assert!(WIRE.cut(b"\x30\xff\xff\xff\xff\xff\x01").is_err());
        assert!(WIRE.cut(b"\x30\x03\0\x05r").is_err());
    }
}
