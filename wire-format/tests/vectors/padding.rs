//! `padding.json`.

use serde_json::{Value, json};
use wire_format::padding;

use super::{cause, hex};

pub(crate) fn vectors() -> Value {
    let lengths = [
        0, 1, 254, 255, 256, 511, 512, 1023, 1024, 2047, 4095, 8191, 16383, 32767, 32768, 65534,
        65535, 65536, 131_071, 131_072, 262_144, 1_048_574, 1_048_575,
    ];
    let buckets: Vec<Value> = lengths
        .into_iter()
        .map(|length| {
            let bucket = padding::bucket(length).expect("it fits");
            json!({ "content_bytes": length, "bucket": bucket })
        })
        .collect();
    assert!(padding::bucket(1_048_576).is_err());
    json!({
        "about": "Padding to buckets (docs/protocol.md#9-the-envelope): how long the padded content \
            is, in bytes; contents of 1048576 bytes and more are refused. `padded` gives whole \
            padded contents, `invalid` padded contents that are refused.",
        "buckets": buckets,
        "padded": padded(),
        "invalid": invalid(),
    })
}

fn padded() -> Vec<Value> {
    let contents = [
        &b""[..],
        b"a",
        b"ends in the mark \x80",
        b"ends in zeros\0\0",
        &[0x80; 255],
    ];
    contents
        .into_iter()
        .map(|content| {
            let mut padded = vec![0; 256];
            padded[..content.len()].copy_from_slice(content);
            padded[content.len()] = 0x80;
            assert_eq!(padding::content_bytes(&padded), Ok(content.len()));
            json!({ "content": hex(content), "padded": hex(&padded) })
        })
        .collect()
}

fn invalid() -> Vec<Value> {
    let with = |length: usize, at: usize, byte: u8| {
        let mut padded = vec![0; length];
        padded[at] = byte;
        padded
    };
    let cases = [
        ("nothing", Vec::new()),
        ("zeros only", vec![0; 256]),
        ("another end mark", with(256, 3, 0x81)),
        ("something behind the end mark", {
            let mut p = with(256, 3, 0x80);
            p[255] = 1;
            p
        }),
        ("a bucket too large", with(512, 254, 0x80)),
        ("shorter than a bucket", with(255, 3, 0x80)),
        ("between two buckets", with(384, 300, 0x80)),
    ];
    cases
        .into_iter()
        .map(|(why, padded)| {
            let error = padding::content_bytes(&padded).expect_err(why);
            json!({ "why": why, "cause": cause(error), "padded": hex(&padded) })
        })
        .collect()
}
