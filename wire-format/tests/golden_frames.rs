//! The golden vectors of frames, identifiers and codes, which every client in every language shares.

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use wire_format::{
    Challenge, ChannelId, ClientFrame, CloseCode, ErrorCode, FrameCodec, FrameError, GuestToken,
    ProxyKey, RawFrame, RoomId, ServerFrame, limits,
};

fn testdata(name: &str) -> Value {
    let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the vectors are there");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

fn cases<'a>(vectors: &'a Value, list: &str) -> &'a [Value] {
    let cases = vectors[list].as_array().expect("a list");
    assert!(!cases.is_empty(), "{list} is empty");
    cases
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} of {case}"))
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cut(stream: &[u8], limit: usize) -> Result<Option<RawFrame>, FrameError> {
    FrameCodec::new(limit).cut(&mut BytesMut::from(stream))
}

/// What a frame says, in the form of the vectors, and its bytes when written again.
fn read(direction: &str, frame: RawFrame) -> Result<(Value, Bytes), FrameError> {
    Ok(match direction {
        "to_server" => {
            let frame = ClientFrame::parse(frame)?;
            (client_fields(&frame), frame.encode().stream())
        }
        _ => {
            let frame = ServerFrame::parse(frame)?;
            (server_fields(&frame), frame.encode().stream())
        }
    })
}

fn client_fields(frame: &ClientFrame) -> Value {
    match frame {
        ClientFrame::Command(command) => serde_json::json!({
            "request": command.request,
            "header": String::from_utf8_lossy(&command.header),
            "tail": hex(&command.tail),
        }),
        ClientFrame::Publish(publish) => serde_json::json!({
            "request": publish.request,
            "channel": publish.channel,
            "epoch": publish.epoch,
            "flags": publish.flags.bits(),
            "payload": hex(&publish.payload),
        }),
        ClientFrame::Ping(token) | ClientFrame::Pong(token) => token_fields(*token),
        ClientFrame::Close(close) => close_fields(close.code),
    }
}

fn server_fields(frame: &ServerFrame) -> Value {
    match frame {
        ServerFrame::Reply(reply) => serde_json::json!({
            "request": reply.request,
            "header": String::from_utf8_lossy(&reply.header),
            "tail": hex(&reply.tail),
        }),
        ServerFrame::Event(event) => serde_json::json!({
            "header": String::from_utf8_lossy(&event.header),
            "tail": hex(&event.tail),
        }),
        ServerFrame::Deliver(deliver) => serde_json::json!({
            "channel": deliver.channel,
            "sequence": deliver.sequence,
            "time": deliver.time,
            "flags": ([0, 1, 3][deliver.flags as usize]),
            "sender": deliver.sender,
            "name": deliver.name.as_str(),
            "payload": hex(&deliver.payload),
        }),
        ServerFrame::Ping(token) | ServerFrame::Pong(token) => token_fields(*token),
        ServerFrame::Close(close) => close_fields(close.code),
    }
}

fn token_fields(token: [u8; 8]) -> Value {
    serde_json::json!({ "token": hex(&token) })
}

fn close_fields(code: CloseCode) -> Value {
    serde_json::json!({ "code": code.number(), "sentence": code.sentence() })
}

#[test]
fn every_frame_reads_and_writes_as_the_vectors_say() {
    for case in cases(&testdata("frames.json"), "frames") {
        let stream = unhex(text(case, "frame"));
        let raw = cut(&stream, limits::FRAME_BYTES)
            .expect("a frame")
            .expect("a whole frame");
        let (fields, again) = read(text(case, "direction"), raw).expect("a valid frame");
        assert_eq!(fields, case["fields"], "{}", text(case, "name"));
        assert_eq!(again, stream, "{}", text(case, "name"));
    }
}

#[test]
fn every_truncation_asks_for_more() {
    for case in cases(&testdata("frames.json"), "frames") {
        let stream = unhex(text(case, "frame"));
        for length in 0..stream.len() {
            let partial = cut(&stream[..length], limits::FRAME_BYTES);
            assert_eq!(partial, Ok(None), "{} at {length}", text(case, "name"));
        }
    }
}

#[test]
fn every_invalid_frame_ends_with_its_close_code() {
    for case in cases(&testdata("frames.json"), "invalid") {
        let limit = usize::try_from(case["limit"].as_u64().expect("a limit")).expect("a size");
        let stream = unhex(text(case, "frame"));
        let read = cut(&stream, limit)
            .and_then(|raw| read(text(case, "direction"), raw.expect("a whole frame")).map(drop));
        let code = read.map_err(|error| error.close_code().as_str());
        assert_eq!(code, Err(text(case, "error")), "{}", text(case, "name"));
    }
}

#[test]
fn identifiers_are_derived_as_the_vectors_say() {
    let vectors = testdata("ids.json");
    for case in cases(&vectors, "rooms") {
        let room = RoomId::of_name(text(case, "name"));
        assert_eq!(room.to_string(), text(case, "room"));
        assert_eq!(ChannelId::main_of(room).to_string(), text(case, "channel"));
    }
    for case in cases(&vectors, "members") {
        let token: GuestToken = text(case, "token").parse().expect("a token");
        assert_eq!(token.member().to_string(), text(case, "member"));
    }
    for case in cases(&vectors, "carry") {
        let key: ProxyKey = text(case, "proxy_key").parse().expect("a key");
        let challenge: Challenge = text(case, "challenge").parse().expect("a challenge");
        let proof = key.prove(&challenge, text(case, "address"));
        assert_eq!(proof.to_string(), text(case, "proof"));
    }
}

#[test]
fn codes_and_sentences_are_those_of_the_vectors() {
    let vectors = testdata("codes.json");
    let errors: Vec<Value> = ErrorCode::ALL
        .iter()
        .map(|code| serde_json::json!({ "code": code.as_str(), "status": code.http_status(), "sentence": code.sentence() }))
        .collect();
    assert_eq!(errors, cases(&vectors, "errors"));
    let closes: Vec<Value> = CloseCode::ALL
        .iter()
        .map(|code| serde_json::json!({ "number": code.number(), "code": code.as_str(), "sentence": code.sentence() }))
        .collect();
    assert_eq!(closes, cases(&vectors, "closes"));
}
