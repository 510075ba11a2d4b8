//! Files: which chunks are there, what they take, and when they go.

use chat_server::{
    blobs::BlobKey,
    store::{
        Change, Refusal, Store as _, Verdict,
        files::{
            ChunkPut, CreateFile, ExpireFiles, FindChunk, FindFile, ForgetGone, KeepFile, ListGone,
            MarkGone, PutChunk, ReadHeld, RemoveFile,
        },
    },
};
use wire_format::{
    ByteCount, ChannelId, FileId, MemberId, RoomId, Sequence,
    command::files::ChunkRange,
    file::{FileCut, SealedCut},
};

use crate::{
    messages::{ADA, BOB, draft, erase, found, place, place_up_to},
    support::{House, NOW, after, refusal},
};

const CHUNKS: u32 = 5;
const NO_LIMIT: u64 = u64::MAX;

fn id(byte: u8) -> FileId {
    FileId::from_bytes([byte; 16])
}

fn cut() -> SealedCut {
    let size = ByteCount::new(u64::from(CHUNKS) << 20);
    FileCut::of_size(size).expect("a file").sealed()
}

fn bytes() -> u64 {
    cut().bytes().value()
}

fn create(file: u8) -> CreateFile {
    CreateFile {
        file: id(file),
        room: RoomId::from_bytes([1; 16]),
        uploader: ADA,
        cut: cut(),
        most_bytes: NO_LIMIT,
        most_of_all: NO_LIMIT,
        now: NOW,
    }
}

fn put(file: u8, place: u32) -> PutChunk {
    PutChunk {
        file: id(file),
        uploader: ADA,
        place,
        hash: [file; 32],
        now: NOW,
    }
}

async fn make<C: Change>(house: &House, change: C) -> Verdict<C::Answer> {
    house.store.write(change).await.expect("written")
}

async fn whole(house: &House, file: u8) {
    make(house, create(file)).await.expect("announced");
    for place in 0..CHUNKS {
        make(house, put(file, place)).await.expect("put");
    }
}

async fn gone(house: &House) -> Vec<FileId> {
    let gone = house
        .store
        .read(ListGone {
            after: None,
            limit: 10,
        })
        .await;
    gone.expect("read")
}

/// Something in every table of files, in a room that is there.
pub(crate) async fn fill(house: &House, room: RoomId, uploader: MemberId) {
    let create = |file| CreateFile {
        room,
        uploader,
        ..create(file)
    };
    for file in [1, 2] {
        make(house, create(file)).await.expect("announced");
    }
    let put = PutChunk {
        uploader,
        ..put(1, 0)
    };
    make(house, put).await.expect("put");
    let remove = RemoveFile {
        file: id(2),
        account: uploader,
        may_remove_others: false,
    };
    make(house, remove).await.expect("removed");
}

pub(crate) async fn chunks_are_held_in_ranges_until_the_file_is_whole(house: &House) {
    found(house, 1).await;
    make(house, create(1)).await.expect("announced");
    let mut all = Vec::new();
    for place in [4, 0, 2, 2, 1] {
        let ChunkPut { held, made_whole } = make(house, put(1, place)).await.expect("put");
        assert_eq!((held.chunks, made_whole), (CHUNKS, false));
        all.push(held.have);
    }
    let range = ChunkRange;
    let expected = [
        vec![range(4, 4)],
        vec![range(0, 0), range(4, 4)],
        vec![range(0, 0), range(2, 2), range(4, 4)],
        vec![range(0, 0), range(2, 2), range(4, 4)],
        vec![range(0, 2), range(4, 4)],
    ];
    assert_eq!(all, expected);
    let last = make(house, put(1, 3)).await.expect("put");
    assert!(last.made_whole && last.held.have == [range(0, 4)]);
    let again = make(house, put(1, 3)).await.expect("put");
    assert!(!again.made_whole, "it was whole before");
    let read = house.store.read(ReadHeld { file: id(1) }).await;
    assert_eq!(read.expect("read"), Some(again.held));
    let found = FindChunk {
        file: id(1),
        place: 3,
    };
    let found = house
        .store
        .read(found)
        .await
        .expect("read")
        .expect("a file");
    assert!(found.file.is_whole() && found.hash == Some([1; 32]));
}

pub(crate) async fn a_chunk_is_refused_where_it_does_not_belong(house: &House) {
    found(house, 1).await;
    make(house, create(1)).await.expect("announced");
    make(house, put(1, 0)).await.expect("put");
    let another = PutChunk {
        hash: [9; 32],
        ..put(1, 0)
    };
    assert_eq!(refusal(make(house, another).await), Refusal::NotTheirs);
    let others = PutChunk {
        uploader: BOB,
        ..put(1, 1)
    };
    for change in [others, put(1, CHUNKS), put(2, 0)] {
        assert_eq!(refusal(make(house, change).await), Refusal::NoSuchFile);
    }
    // The id stands for the first one.
    let shorter = CreateFile {
        cut: FileCut::of_size(ByteCount::new(1))
            .expect("a file")
            .sealed(),
        ..create(1)
    };
    let bobs = CreateFile {
        uploader: BOB,
        ..create(1)
    };
    for change in [shorter, bobs] {
        assert_eq!(refusal(make(house, change).await), Refusal::NotTheirs);
    }
    make(house, create(1)).await.expect("the same again");
}

pub(crate) async fn what_a_file_takes_is_counted_until_it_goes(house: &House) {
    found(house, 1).await;
    let limited = |file| CreateFile {
        most_bytes: 2 * bytes(),
        ..create(file)
    };
    for file in [1, 2, 1] {
        make(house, limited(file)).await.expect("space");
    }
    assert_eq!(refusal(make(house, limited(3)).await), Refusal::OverQuota);
    // Messages find no space either, and a refused file took none.
    let full = place_up_to(house, 2 * bytes(), vec![draft(1, 1)]).await;
    assert_eq!(full, [Err(Refusal::OverQuota)]);
    let of_all = |file, files: u64| CreateFile {
        uploader: BOB,
        most_of_all: files * bytes(),
        ..create(file)
    };
    assert_eq!(refusal(make(house, of_all(4, 2)).await), Refusal::OverQuota);
    make(house, of_all(4, 3)).await.expect("space for three");
    let remove = RemoveFile {
        file: id(1),
        account: ADA,
        may_remove_others: false,
    };
    make(house, remove).await.expect("removed");
    assert_eq!(gone(house).await, [id(1)]);
    make(house, limited(3)).await.expect("space again");
    assert_eq!(refusal(make(house, of_all(5, 3)).await), Refusal::OverQuota);
    // An id comes back when nothing is left of the first file.
    assert_eq!(refusal(make(house, create(1)).await), Refusal::FileGoing);
    make(house, ForgetGone { file: id(1) })
        .await
        .expect("forgotten");
    make(house, create(1)).await.expect("announced");
}

pub(crate) async fn a_file_goes_with_its_message_or_after_a_while(house: &House) {
    found(house, 1).await;
    for file in [1, 2, 3] {
        whole(house, file).await;
    }
    make(house, create(4)).await.expect("announced");
    let later = PutChunk {
        now: after(1_000),
        ..put(4, 0)
    };
    make(house, later).await.expect("put");
    let channel = ChannelId::main_of(RoomId::from_bytes([1; 16]));
    let keep = |file, sequence| KeepFile {
        file: id(file),
        uploader: ADA,
        channel,
        sequence: Sequence::new(sequence),
    };
    place(house, vec![draft(1, 2), draft(1, 3)]).await;
    // The commit is nobody's message; part of a file is none.
    assert_eq!(
        refusal(make(house, keep(1, 1)).await),
        Refusal::NoSuchMessage
    );
    assert_eq!(refusal(make(house, keep(4, 2)).await), Refusal::NoSuchFile);
    make(house, keep(1, 2)).await.expect("kept");
    make(house, keep(2, 3)).await.expect("kept");
    // It stays with the first.
    make(house, keep(1, 3)).await.expect("nothing changes");
    let expire = |before| ExpireFiles { before, limit: 10 };
    assert_eq!(make(house, expire(NOW)).await, Ok(false));
    assert_eq!(gone(house).await, []);
    assert_eq!(make(house, expire(after(1_000))).await, Ok(false));
    assert_eq!(gone(house).await, [id(3)], "nothing came since");
    make(house, erase(1, 2, ADA)).await.expect("erased");
    assert_eq!(gone(house).await, [id(1), id(3)]);
    let found = house.store.read(FindFile { file: id(2) }).await;
    assert!(found.expect("read").is_some());
    // What is known is not marked.
    make(house, MarkGone { file: id(2) })
        .await
        .expect("nothing");
    make(house, MarkGone { file: id(8) }).await.expect("marked");
    assert_eq!(gone(house).await, [id(1), id(3), id(8)]);
    let key = BlobKey::of(id(2), 0, b"chunk");
    assert_eq!(key.to_string().len(), 8 + 1 + 32);
}
