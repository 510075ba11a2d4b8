//! What whoever carries a file can do to its chunks: leave some out, change their order, cut them, take
//! them from other files, say of another one that it is the last. Nothing of it opens.

use bytes::Bytes;
use proptest::prelude::*;
use wire_format::{
    ByteCount, FileId, OpenError,
    file::{ChunkError, FileCut, FileSecret, SealedFile, UnopenedChunk},
    limits::FILE_CHUNK_RECORD_BYTES,
    seal::IV_BYTES,
};

const MIB: usize = 1024 * 1024;

fn file(id: u8, size: usize) -> SealedFile {
    let cut = FileCut::of_size(ByteCount::new(size as u64)).expect("a file");
    // The secret is the same on purpose: the id alone tells two files apart.
    let secret = FileSecret::from_bytes([7; 32]);
    SealedFile::new(FileId::from_bytes([id; 16]), secret, cut)
}

fn chunks(file: &SealedFile) -> Vec<Bytes> {
    let seal = |index| {
        let plain = vec![3; file.cut().plain_bytes(index).expect("a chunk")];
        file.seal(index, &plain, &[9; IV_BYTES]).expect("sealed")
    };
    (0..file.cut().chunks()).map(seal).collect()
}

/// Opens chunks as those of a file, in this order; the first that is refused, and why.
fn first_refused(file: &SealedFile, chunks: &[Bytes]) -> Option<(u32, ChunkError)> {
    let mut places = (0..).zip(chunks);
    places.find_map(|(index, chunk)| file.open(index, chunk.clone()).err().map(|e| (index, e)))
}

#[test]
fn chunks_open_in_their_own_places_only() {
    let file = file(1, 2 * MIB + 5);
    let whole = chunks(&file);
    assert_eq!(first_refused(&file, &whole), None);
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        let mut reordered = whole.clone();
        reordered.swap(first, second);
        let (at, error) = first_refused(&file, &reordered).expect("refused");
        assert_eq!(usize::try_from(at).ok(), Some(first));
        assert!(matches!(error, ChunkError::OtherIndex { .. }), "{error}");
    }
    let mut repeated = whole.clone();
    repeated[1] = whole[0].clone();
    let (at, error) = first_refused(&file, &repeated).expect("refused");
    assert!(at == 1 && matches!(error, ChunkError::OtherIndex { .. }));
    let mut dropped = whole.clone();
    dropped.remove(1);
    assert!(matches!(
        first_refused(&file, &dropped),
        Some((1, ChunkError::OtherIndex { .. }))
    ));
}

#[test]
fn a_file_cut_off_is_not_a_shorter_one() {
    let longer = file(1, 2 * MIB);
    let whole = chunks(&longer);
    let shorter = file(1, MIB);
    assert_eq!(
        first_refused(&shorter, &whole[..1]),
        Some((0, ChunkError::Last(0)))
    );
    // Whoever makes the first chunk say that it is the last has another key for it.
    let mut last = whole[0].to_vec();
    last[22] = 1;
    assert_eq!(
        first_refused(&shorter, &[last.into()]),
        Some((0, ChunkError::Open(OpenError::Tag)))
    );
}

#[test]
fn chunks_of_two_files_are_not_mixed() {
    let (one, two) = (file(1, MIB + 1), file(2, MIB + 1));
    let (ones, twos) = (chunks(&one), chunks(&two));
    let mixed = [ones[0].clone(), twos[1].clone()];
    assert_eq!(
        first_refused(&one, &mixed),
        Some((1, ChunkError::OtherFile(two.id())))
    );
    let mut renamed = twos[1].to_vec();
    renamed[2..18].copy_from_slice(one.id().as_bytes());
    assert_eq!(
        first_refused(&one, &[ones[0].clone(), renamed.into()]),
        Some((1, ChunkError::Open(OpenError::Tag)))
    );
}

#[test]
fn a_chunk_cut_anywhere_is_truncated() {
    let record = chunks(&file(1, 1)).remove(0);
    for length in 0..record.len() {
        let cut = UnopenedChunk::parse(record.slice(..length)).map(drop);
        assert_eq!(cut, Err(OpenError::Truncated), "{length} bytes");
    }
    let longer = UnopenedChunk::parse([&record[..], &[0]].concat().into()).map(drop);
    assert_eq!(longer, Err(OpenError::LeftOver(1)));
}

#[test]
fn the_largest_chunk_is_at_the_limit() {
    let record = chunks(&file(1, MIB)).remove(0);
    assert_eq!(record.len(), FILE_CHUNK_RECORD_BYTES);
    let longer = Bytes::from([&record[..], &[0]].concat());
    let above = OpenError::TooLarge {
        length: FILE_CHUNK_RECORD_BYTES + 1,
        limit: FILE_CHUNK_RECORD_BYTES,
    };
    assert_eq!(UnopenedChunk::parse(longer).map(drop), Err(above));
}

#[test]
fn only_what_belongs_to_a_place_is_sealed_for_it() {
    let file = file(1, MIB + 1);
    for (index, bytes) in [
        (0, MIB - 1),
        (0, MIB + 1),
        (1, 0),
        (1, 2),
        (2, 0),
        (u32::MAX, 0),
    ] {
        let sealed = file.seal(index, &vec![0; bytes], &[9; IV_BYTES]);
        assert!(sealed.is_err(), "{bytes} bytes as chunk {index}");
    }
    assert!(file.open(u32::MAX, chunks(&file).remove(1)).is_err());
}

#[test]
fn a_secret_does_not_show() {
    let shown = format!("{:?}", file(1, 1));
    assert!(
        shown.contains("KeyBytes(..)") && !shown.contains("7, 7"),
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_chunk_with_any_byte_changed_is_refused(at in 0_usize..16_475, flip in 1_u8..) {
        let file = file(1, 5);
        let mut record = chunks(&file).remove(0).to_vec();
        record[at] ^= flip;
        prop_assert!(file.open(0, record.into()).is_err());
    }

    #[test]
    fn no_bytes_reach_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), index: u32) {
        let _ = file(1, 5).open(index, bytes.into());
    }
}
