//! `file_chunk.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire_format::{
    ByteCount, FileId,
    file::{ChunkError, FileCut, FileSecret, SealedCut, SealedFile},
};

use super::{
    cause, hex,
    random::Labelled,
    rooms::{derived, sealed_part},
    snake,
};

const MIB: usize = 1024 * 1024;
const FILL: usize = 16 * 1024;
/// A chunk of each kind: the size of its file, and its place.
const VALID: [(usize, u32); 9] = [
    (5, 0),
    (0, 0),
    (1, 0),
    (FILL, 0),
    (FILL + 1, 0),
    (MIB - 1, 0),
    (MIB, 0),
    (MIB + 1, 0),
    (MIB + 1, 1),
];

fn id() -> [u8; 16] {
    Labelled::array("file vectors: file")
}

fn secret() -> [u8; 32] {
    Labelled::array("file vectors: secret")
}

fn iv() -> [u8; 16] {
    Labelled::array("file vectors: iv")
}

/// What the test files hold: byte i is i modulo 251.
fn content(size: usize, index: u32) -> Vec<u8> {
    let from = usize::try_from(index).expect("small") * MIB;
    let until = size.min(from + MIB);
    let byte = |at: usize| u8::try_from(at % 251).expect("a byte");
    (from..until).map(byte).collect()
}

fn chunks(size: usize) -> u32 {
    u32::try_from(size.div_ceil(MIB).max(1)).expect("few")
}

fn key(index: u32, last: bool) -> [u8; 64] {
    let info = [
        &b"sealwire/v1/file-chunk\0"[..],
        &index.to_be_bytes(),
        &[u8::from(last)],
    ];
    derived(&secret(), &id(), &info.concat())
}

/// A record whose sealed part holds exactly these bytes.
fn record(index: u32, last: bool, filled: &[u8]) -> Vec<u8> {
    let above = [
        &[1, 0x1b][..],
        &id(),
        &index.to_be_bytes(),
        &[u8::from(last)],
    ];
    sealed_part(&above.concat(), &key(index, last), &iv(), filled)
}

fn filled(size: usize, index: u32) -> Vec<u8> {
    let mut plain = content(size, index);
    let until = plain.len().max(1).next_multiple_of(FILL);
    plain.resize(until, 0);
    plain
}

fn chunk_of(size: usize, index: u32) -> Vec<u8> {
    record(index, index + 1 == chunks(size), &filled(size, index))
}

fn cut(size: usize) -> FileCut {
    FileCut::of_size(ByteCount::new(size as u64)).expect("a file")
}

fn file(id: [u8; 16], secret: [u8; 32], size: usize) -> SealedFile {
    let secret = FileSecret::from_bytes(secret);
    SealedFile::new(FileId::from_bytes(id), secret, cut(size))
}

pub(crate) fn vectors() -> Value {
    json!({
        "about": "Chunks of files (docs/protocol.md#1412-files). Byte i of every file here is i modulo \
            251; all have the same id, secret and IV. cuts: how many chunks a file of this size has, how \
            long the last one travels, and all of them. A chunk in `valid` is made from its size and \
            place; sha256 is that of the record, which stands there only once. One in `invalid` is made \
            from the valid one with the number `of`, cut or filled with zeros to `bytes`, with `changes` \
            [[at, bytes]], and refused where the chunk at the place `index` of a file of this size, id \
            and secret was asked for.",
        "file": hex(id()),
        "secret": hex(secret()),
        "iv": hex(iv()),
        "cuts": cuts(),
        "too_large": ["4294967297", "18446744073709551615"],
        "no_cuts": no_cuts(),
        "valid": valid(),
        "invalid": invalid(),
    })
}

fn cuts() -> Vec<Value> {
    let sizes = [
        0,
        1,
        5,
        16_383,
        16_384,
        16_385,
        1_048_575,
        1_048_576,
        1_048_577,
        5_000_000,
        1_073_741_824,
        4_294_967_296,
    ];
    let cut = |size: u64| {
        let cut = FileCut::of_size(ByteCount::new(size)).expect("a file");
        let sealed = cut.sealed();
        let last = sealed.chunk_bytes(cut.chunks() - 1).expect("a chunk");
        assert_eq!(SealedCut::of(cut.chunks(), sealed.bytes()), Some(sealed));
        json!({
            "size": size.to_string(),
            "chunks": cut.chunks(),
            "last_bytes": last,
            "bytes": sealed.bytes(),
        })
    };
    sizes.into_iter().map(cut).collect()
}

fn no_cuts() -> Vec<Value> {
    let whole = 1_048_667_u64;
    let cases = [
        ("no chunk", 0, 0),
        ("an empty last chunk", 1, 91),
        ("a last chunk that is not filled up", 1, 92),
        ("one byte too few", 2, whole + 16_474),
        ("one byte too many", 2, whole + 16_476),
        ("two whole chunks in one", 1, 2 * whole),
        ("fewer bytes than the first chunks have", 3, 2 * whole),
        ("too many chunks", 4097, 4097 * whole),
    ];
    let case = |(why, chunks, bytes)| {
        assert_eq!(SealedCut::of(chunks, ByteCount::new(bytes)), None, "{why}");
        json!({ "why": why, "chunks": chunks, "bytes": bytes.to_string() })
    };
    cases.into_iter().map(case).collect()
}

fn valid() -> Vec<Value> {
    let chunk = |(at, (size, index)): (usize, (usize, u32))| {
        let file = file(id(), secret(), size);
        let (plain, bytes) = (content(size, index), chunk_of(size, index));
        let sealed = file.seal(index, &plain, &iv()).expect("sealed");
        assert!(sealed == bytes, "{size}, chunk {index}");
        let opened = file.open(index, sealed).expect("opened");
        assert!(*opened == plain, "{size}, chunk {index}");
        let last = index + 1 == chunks(size);
        let mut chunk = json!({
            "size": size.to_string(),
            "index": index,
            "last": last,
            "key": hex(key(index, last)),
            "bytes": bytes.len(),
            "tag": hex(&bytes[bytes.len() - 32..]),
            "sha256": hex(Sha256::digest(&bytes)),
        });
        if at == 0 {
            chunk["record"] = json!(hex(&bytes));
        }
        chunk
    };
    VALID.into_iter().enumerate().map(chunk).collect()
}

/// A chunk that is refused: the valid one that it was made from, what became of it, and what was asked
/// for.
struct Bad {
    of: usize,
    bytes: Vec<u8>,
    asked: (usize, u32),
    id: [u8; 16],
    secret: [u8; 32],
}

impl Bad {
    fn new(of: usize, asked: (usize, u32)) -> Self {
        let (size, index) = VALID[of];
        Self {
            of,
            bytes: chunk_of(size, index),
            asked,
            id: id(),
            secret: secret(),
        }
    }

    /// The first one, which holds five bytes, asked for as what it is.
    fn small(change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bad = Self::new(0, VALID[0]);
        change(&mut bad.bytes);
        bad
    }

    fn case(self, why: &str, expected: &str) -> Value {
        let file = file(self.id, self.secret, self.asked.0);
        let found = file.open(self.asked.1, Bytes::from(self.bytes.clone()));
        let found = found.map(|_| "nothing".to_owned());
        assert_eq!(found.unwrap_or_else(of_error), expected, "{why}");
        json!({
            "why": why,
            "cause": expected,
            "of": self.of,
            "bytes": self.bytes.len(),
            "changes": self.changes(),
            "size": self.asked.0.to_string(),
            "index": self.asked.1,
            "file": hex(self.id),
            "secret": hex(self.secret),
        })
    }

    /// Where it differs from what it was made from, in runs.
    fn changes(&self) -> Vec<Value> {
        let (size, index) = VALID[self.of];
        let mut before = chunk_of(size, index);
        before.resize(self.bytes.len(), 0);
        let mut runs = Vec::<(usize, usize)>::new();
        let pairs = before.iter().zip(&self.bytes).enumerate();
        for (at, _) in pairs.filter(|(_, (a, b))| a != b) {
            match runs.last_mut() {
                Some((_, until)) if at < *until + 8 => *until = at + 1,
                _ => runs.push((at, at + 1)),
            }
        }
        let run = |(from, until): (usize, usize)| json!([from, hex(&self.bytes[from..until])]);
        runs.into_iter().map(run).collect()
    }
}

fn of_error(error: ChunkError) -> String {
    match error {
        ChunkError::Record(inner) => format!("record/{}", cause(inner)),
        ChunkError::Open(inner) => format!("open/{}", cause(inner)),
        other => snake(&format!("{other:?}")),
    }
}

/// A change to one byte.
fn at(at: usize, value: u8) -> impl FnOnce(&mut Vec<u8>) {
    move |bytes| bytes[at] = value
}

fn flip(at: usize) -> impl FnOnce(&mut Vec<u8>) {
    move |bytes| bytes[at] ^= 1
}

fn invalid() -> Vec<Value> {
    [unreadable(), misplaced(), unopened()].concat()
}

fn unreadable() -> Vec<Value> {
    let longer = |bytes: &mut Vec<u8>| {
        let tag = bytes.len() - 32;
        bytes.splice(tag..tag, [0; 16]);
        bytes[42] += 16;
    };
    vec![
        Bad::small(|bytes| bytes.truncate(bytes.len() - 1))
            .case("one byte is missing", "record/truncated"),
        Bad::small(|bytes| bytes.push(0)).case("one byte too many", "record/left_over"),
        Bad::small(|bytes| bytes.resize(1_048_668, 0))
            .case("more than any chunk has", "record/too_large"),
        Bad::small(at(0, 2)).case("another version", "record/version"),
        Bad::small(at(1, 0x1a)).case("another type", "record/record_type"),
        Bad::small(at(22, 2)).case("neither the last nor another one", "record/field"),
        Bad::small(at(22, 0)).case("not the last, and not whole", "record/field"),
        Bad::small(longer).case("a ciphertext that is not filled up", "record/field"),
    ]
}

/// Chunks that are whole and stand in the wrong place.
fn misplaced() -> Vec<Value> {
    let mut other = Bad::new(0, VALID[0]);
    other.id = Labelled::array("file vectors: another file");
    vec![
        other.case("a chunk of another file", "other_file"),
        Bad::new(8, (MIB + 1, 0)).case("the second chunk in the place of the first", "other_index"),
        Bad::new(0, (5, 1)).case("a place behind the last", "other_index"),
        Bad::new(7, (MIB, 0)).case("the first of two chunks as the only one", "last"),
        Bad::new(6, (MIB + 1, 0)).case("the only chunk as the first of two", "last"),
        Bad::new(0, (FILL + 1, 0)).case("a chunk of a shorter file", "length"),
        Bad::new(4, (5, 0)).case("a chunk of a longer file", "length"),
    ]
}

fn unopened() -> Vec<Value> {
    let mut swapped = Bad::new(0, VALID[0]);
    swapped.secret = Labelled::array("file vectors: another secret");
    let mut moved = Bad::new(6, (2 * MIB, 1));
    moved.bytes[18..22].copy_from_slice(&1_u32.to_be_bytes());
    let mut unfinished = Bad::new(6, (MIB + 1, 0));
    unfinished.bytes[22] = 0;
    let refilled = |fill: &dyn Fn(&mut Vec<u8>)| {
        let mut plain = filled(5, 0);
        fill(&mut plain);
        Bad::small(|bytes| *bytes = record(0, true, &plain))
    };
    vec![
        swapped.case("sealed under another file's secret", "open/tag"),
        moved.case("moved to another place", "open/tag"),
        unfinished.case("the last flag taken away", "open/tag"),
        Bad::small(flip(23)).case("one bit of the IV", "open/tag"),
        Bad::small(flip(43)).case("one bit of the ciphertext", "open/tag"),
        Bad::small(flip(16_474)).case("one bit of the tag", "open/tag"),
        refilled(&|plain| *plain.last_mut().expect("a byte") = 1)
            .case("filled with something else", "filling"),
        refilled(&|plain| plain.push(0)).case("one byte of filling too many", "filling"),
        Bad::new(0, (4, 0)).case("more of the file than its size says", "filling"),
    ]
}
