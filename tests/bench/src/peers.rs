//! How the servers that Sealwire is compared with are spoken to.

mod inbox;
mod mqtt;
mod nats;
mod redis;
mod socketio;
mod websocket;

pub(crate) use self::{
    mqtt::Mqtt,
    nats::Nats,
    redis::Redis,
    socketio::{Dialect, SocketIo},
};

/// The subject, channel or topic of a room.
fn room_name(room: usize) -> String {
    format!("r{room}")
}

/// Feeds a wire's frames to it one byte at a time, and says how it cut them.
#[cfg(test)]
fn dripped(wire: &impl chat_client::load::Wire, bytes: &[u8]) -> Vec<String> {
    use chat_client::load::Kind;

    let mut told = Vec::new();
    let mut buffer = Vec::new();
    for byte in bytes {
        buffer.push(*byte);
        let Some(cut) = wire.cut(&buffer).expect("what the server sends") else {
            continue;
        };
        assert_eq!(cut.bytes, buffer.len(), "a frame is cut where it ends");
        told.push(match cut.kind {
            Kind::Delivery(payload) => format!("delivery {}", String::from_utf8_lossy(payload)),
            Kind::Answer(bytes) => format!("answer {}", bytes.escape_ascii()),
            Kind::Closed(reason) => format!("closed {reason}"),
            Kind::Other => "other".to_owned(),
        });
        buffer.clear();
    }
    assert!(buffer.is_empty(), "nothing is left of whole frames");
    told
}
