//! Envelopes that are refused.

use aes::{
    Aes256,
    cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding},
};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha512;
use wire_format::{Envelope, OpenError};

use super::{
    super::{keys::Session, refused},
    Fields, keys, pad,
};

fn open(record: &[u8]) -> Result<(), OpenError> {
    Envelope::parse(Bytes::copy_from_slice(record))?
        .open(&keys())
        .map(|_| ())
}

fn case(why: &str, record: &[u8], expected: &str) -> Value {
    refused(why, record, expected, open(record).err())
}

pub(crate) fn all(bob: &Session) -> Vec<Value> {
    let content = wire_format::Content::encode_text("hi").expect("a content");
    let good = Fields::new(0).seal(bob, &pad(&content)).envelope();
    let mut cases = refused_layouts(&good);
    cases.extend(refused_changes(&good));
    cases.extend(refused_senders(bob, &content));
    cases
}

fn refused_layouts(good: &[u8]) -> Vec<Value> {
    let with = |at: usize, bytes: &[u8]| {
        let mut record = good.to_vec();
        record[at..at + bytes.len()].copy_from_slice(bytes);
        record
    };
    let n = |length: u32| with(219, &length.to_be_bytes());
    vec![
        case("nothing", b"", "truncated"),
        case("a header alone", &good[..203], "truncated"),
        case("one byte is missing", &good[..good.len() - 1], "truncated"),
        case("one byte too many", &[good, &[0]].concat(), "left_over"),
        case("another version", &with(0, &[2]), "version"),
        case("an end-to-end envelope", &with(1, &[4]), "record_type"),
        case("epoch 0", &with(34, &0_u64.to_be_bytes()), "field"),
        case(
            "epoch 2^53",
            &with(34, &(1_u64 << 53).to_be_bytes()),
            "field",
        ),
        case("an unknown flag", &with(146, &[2]), "field"),
        case("no ciphertext", &n(0), "field"),
        case(
            "a ciphertext length that is no multiple of 16",
            &n(271),
            "field",
        ),
        case("a ciphertext length behind the end", &n(288), "truncated"),
        case("a ciphertext length before the end", &n(256), "left_over"),
        case("a ciphertext length of 4 GiB", &n(0xffff_fff0), "truncated"),
    ]
}

fn refused_changes(good: &[u8]) -> Vec<Value> {
    let changed = |at: usize| {
        let mut record = good.to_vec();
        record[at] ^= 1;
        record
    };
    let cut = {
        let mut record = good.to_vec();
        record.drain(223..239);
        record[219..223].copy_from_slice(&256_u32.to_be_bytes());
        record
    };
    vec![
        case("another room", &changed(2), "other_epoch"),
        case("another channel", &changed(18), "key_commitment"),
        case("another epoch", &changed(41), "other_epoch"),
        case("another commit", &changed(42), "other_epoch"),
        case("another sender", &changed(74), "key_commitment"),
        case("another fingerprint", &changed(90), "tag"),
        case("another instance", &changed(122), "key_commitment"),
        case("another counter", &changed(145), "key_commitment"),
        case("another stored flag", &changed(146), "key_commitment"),
        case("another time", &changed(154), "tag"),
        case("another message id", &changed(155), "tag"),
        case("another key commitment", &changed(171), "key_commitment"),
        case("another IV", &changed(203), "tag"),
        case("another ciphertext", &changed(223), "tag"),
        case("a block less", &cut, "tag"),
        case("another tag", &changed(good.len() - 1), "tag"),
    ]
}

/// A sender that has the key and breaks the rules behind it.
fn refused_senders(bob: &Session, content: &[u8]) -> Vec<Value> {
    let fields = Fields::new(0);
    let sealed = |padded: &[u8]| fields.seal(bob, padded).envelope();
    let too_large = {
        let mut padded = pad(content);
        padded.resize(512, 0);
        padded
    };
    let behind = {
        let mut padded = pad(content);
        padded[255] = 1;
        padded
    };
    vec![
        case("not padded", &sealed(content), "bucket_padding"),
        case(
            "padded with zeros only",
            &sealed(&[0; 256]),
            "bucket_padding",
        ),
        case("a bucket too large", &sealed(&too_large), "bucket_padding"),
        case(
            "something behind the end mark",
            &sealed(&behind),
            "bucket_padding",
        ),
        case("no padded content", &sealed(b""), "bucket_padding"),
        case(
            "not UTF-8",
            &sealed(&pad(b"{\"type\":\"text\",\"text\":\"\xff\"}")),
            "not_utf8",
        ),
        case(
            "CBC padding of zeros",
            &unpadded(&fields, bob, 0),
            "cbc_padding",
        ),
        case(
            "CBC padding of 17",
            &unpadded(&fields, bob, 17),
            "cbc_padding",
        ),
    ]
}

/// An envelope with a right tag whose last block ends in `last`.
fn unpadded(fields: &Fields, bob: &Session, last: u8) -> Vec<u8> {
    let mut made = fields.seal(bob, &[]);
    let mut plain = vec![0; 272];
    plain[271] = last;
    let (mac_key, key) = made.message_key.split_at(32);
    made.ciphertext = cbc::Encryptor::<Aes256>::new_from_slices(key, &made.iv)
        .expect("a key")
        .encrypt_padded_vec::<NoPadding>(&plain);
    let mac = Hmac::<Sha512>::new_from_slice(mac_key)
        .expect("a key")
        .chain_update(&made.header)
        .chain_update(made.iv)
        .chain_update(&made.ciphertext)
        .chain_update((203_u64 * 8).to_be_bytes())
        .finalize()
        .into_bytes();
    made.tag.copy_from_slice(&mac[..32]);
    made.envelope()
}
