//! Many in a room, each keeping count of what it hears.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::future::join_all;
use wire_format::Deliver;

use crate::wire::{Wire, publish};

/// Brings so many guests into the lobby, all at once; they are called `name 0`, `name 1` and so on.
///
/// # Panics
/// If the server refuses one.
pub async fn enter(address: SocketAddr, name: &str, count: usize) -> Vec<Wire> {
    let entering = (0..count).map(|number| async move {
        let (mut wire, _) = Wire::guest(address, &format!("{name} {number}")).await;
        wire.enter("lobby").await;
        wire
    });
    join_all(entering).await
}

/// What one member has heard of numbered messages; notices every hole, repetition and exchange.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The messages heard so far.
    pub heard: u64,
    /// The place in the channel of the last one; 0 before the first.
    sequence: Option<u64>,
    /// The number that each publisher's next message must have.
    next: Vec<u64>,
}

impl Tally {
    /// Of a room with so many publishers.
    pub fn new(publishers: usize) -> Self {
        Self {
            heard: 0,
            sequence: None,
            next: vec![0; publishers],
        }
    }

    /// Takes note of a message.
    ///
    /// # Panics
    /// If it is not the next one of its publisher and of the channel, or not whole.
    pub fn note(&mut self, deliver: &Deliver) {
        let place = deliver.sequence.value();
        let expected = self.sequence.map_or(place, |last| last + 1);
        assert_eq!(place, expected, "a hole in the channel");
        self.sequence = Some(place);
        let (publisher, number) = numbers(&deliver.payload);
        let next = &mut self.next[publisher];
        assert_eq!(number, *next, "publisher {publisher}");
        let fill = &deliver.payload[HEAD_BYTES..];
        assert!(fill.iter().all(|byte| *byte == FILL), "not as it was sent");
        *next += 1;
        self.heard += 1;
    }
}

/// The frame of a publisher's numbered message with a payload of so many bytes, unacknowledged.
///
/// # Panics
/// If it is shorter than its numbers.
pub fn numbered(publisher: usize, number: u64, payload_bytes: usize) -> Bytes {
    let mut payload = vec![FILL; payload_bytes];
    let publisher = u64::try_from(publisher).expect("a small number");
    payload[..8].copy_from_slice(&publisher.to_be_bytes());
    payload[8..HEAD_BYTES].copy_from_slice(&number.to_be_bytes());
    publish(0, "lobby", payload.into()).encode().stream()
}

fn numbers(payload: &[u8]) -> (usize, u64) {
    let number = |at: usize| {
        let bytes = payload[at..at + 8].try_into().expect("eight bytes");
        u64::from_be_bytes(bytes)
    };
    let publisher = usize::try_from(number(0)).expect("a small number");
    (publisher, number(8))
}

/// Publisher and number, u64 each, at the start of a payload.
const HEAD_BYTES: usize = 16;
/// What the rest of a payload is made of.
const FILL: u8 = 0xa5;
