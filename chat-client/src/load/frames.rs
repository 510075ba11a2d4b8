//! What Sealwire's frames mean to the generator, on either tier.

use bytes::Bytes;
use wire_format::{Close, CloseCode, Deliver, FrameError, Kind, RawFrame, Refusal, ServerFrame};

use super::error::LoadError;

/// What a frame means.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Meaning<'a> {
    /// A delivery's payload.
    Payload(&'a [u8]),
    Ping([u8; 8]),
    Closed(CloseCode),
    /// Something that was asked is refused.
    Refused(Refusal),
    Other,
}

/// What a frame, kind and body, means.
///
/// A delivery is not parsed but for where its payload begins: it is most of what arrives.
pub(super) fn meaning(frame: &[u8]) -> Result<Meaning<'_>, LoadError> {
    if let [DELIVER, body @ ..] = frame {
        return payload(body).map(Meaning::Payload);
    }
    Ok(match parse(frame)? {
        ServerFrame::Ping(token) => Meaning::Ping(token),
        ServerFrame::Close(Close { code }) => Meaning::Closed(code),
        ServerFrame::Reply(reply) => {
            let outcome = reply.outcome::<serde_json::Value>().map_err(broken)?;
            outcome.map_or_else(Meaning::Refused, |_| Meaning::Other)
        }
        _ => Meaning::Other,
    })
}

/// A whole frame, kind and body.
pub(super) fn parse(frame: &[u8]) -> Result<ServerFrame, LoadError> {
    let frame = RawFrame::from_message(Bytes::copy_from_slice(frame)).map_err(broken)?;
    ServerFrame::parse(frame).map_err(broken)
}

fn payload(deliver: &[u8]) -> Result<&[u8], LoadError> {
    let name = deliver
        .get(Deliver::HEAD_BYTES - 1)
        .map(|&name| usize::from(name));
    let payload = name.and_then(|name| deliver.get(Deliver::HEAD_BYTES + name..));
    payload.ok_or_else(|| broken(FrameError::Truncated(Kind::Deliver)))
}

pub(super) fn broken(error: FrameError) -> LoadError {
    LoadError::Layout(error.to_string())
}

pub(super) fn closed(step: &'static str, code: CloseCode) -> LoadError {
    LoadError::Closed {
        step,
        reason: code.sentence().to_owned(),
    }
}

const DELIVER: u8 = Kind::Deliver as u8;

#[cfg(test)]
mod tests {
    use super::*;
    use wire_format::{
        ChannelId, DeliverFlags, ErrorCode, MemberId, Millis, Name, ReplyFrame, Sequence,
    };

    #[test]
    fn a_payload_stands_behind_the_name() {
        let deliver = ServerFrame::Deliver(Deliver {
            channel: ChannelId::from_bytes([1; 16]),
            sequence: Sequence::new(2),
            time: Millis::new(3),
            flags: DeliverFlags::Unstored,
            sender: MemberId::from_bytes([4; 16]),
            name: Name::try_from("Zoë").expect("a name"),
            payload: Bytes::from_static(b"opaque"),
        });
        let frame = deliver.encode().message();
        assert!(matches!(meaning(&frame), Ok(Meaning::Payload(b"opaque"))));
        for length in 1..frame.len() - b"opaque".len() {
            assert!(meaning(&frame[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_an_acknowledgement() {
        let ok = ReplyFrame::ok(0, &serde_json::json!({"sequence": "1"}), Bytes::new());
        let ok = ServerFrame::Reply(ok).encode().message();
        assert!(matches!(meaning(&ok), Ok(Meaning::Other)));
        let refusal = Refusal::retry_after(ErrorCode::RateLimited, 50);
        let refused = ServerFrame::Reply(ReplyFrame::refused(0, &refusal));
        let refused = refused.encode().message();
        assert!(matches!(meaning(&refused), Ok(Meaning::Refused(told)) if told == refusal));
        assert!(meaning(b"").is_err());
        assert!(meaning(b"\x09").is_err());
    }
}
