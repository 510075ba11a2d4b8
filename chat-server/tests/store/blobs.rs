//! The contract of `Blobs`, on a folder and on a real S3 service, and what only the latter promises.

use std::{
    future::poll_fn,
    pin::pin,
    sync::atomic::{AtomicU32, Ordering},
    task::Poll,
};

use bytes::Bytes;
use chat_server::blobs::{AnyBlobs, BlobError, BlobKey, Blobs as _, BlobsPlace};
use sealwire_tests::s3::S3Server;
use wire_format::{FileId, limits::FILE_CHUNK_RECORD_BYTES};

use crate::{service::place_at, support::Folder};

/// A place with nothing in it, to be opened as often as a case likes.
pub(crate) struct House {
    place: BlobsPlace,
    /// What else is there is deleted with it.
    _folder: Option<Folder>,
}

impl House {
    fn folder() -> Self {
        let folder = Folder::new();
        let path = folder.path().join("files");
        Self {
            place: BlobsPlace::Folder(path),
            _folder: Some(folder),
        }
    }

    /// A prefix that nobody else has.
    fn s3(server: &S3Server) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = place_at(server, &format!("case/{number}"));
        Self {
            place,
            _folder: None,
        }
    }

    async fn open(&self) -> AnyBlobs {
        let opened = AnyBlobs::open(self.place.clone()).await;
        opened.expect("a place for blobs")
    }
}

/// Runs every case on both. On S3 they are one test, so that they share one service even where every test is a
/// process.
macro_rules! contract {
    ($($case:ident)+) => {
        mod on_a_folder {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&super::House::folder()).await;
            })+
        }

        #[tokio::test]
        async fn s3_keeps_the_contract() {
            let server = S3Server::start().await;
            $(
                eprintln!("{}", stringify!($case));
                Box::pin($case(&House::s3(&server))).await;
            )+
        }
    };
}

contract! {
    what_was_put_is_read_as_it_was
    one_place_of_a_file_has_as_many_blobs_as_were_put
    a_blob_goes_alone
    a_file_goes_with_all_its_blobs
    files_are_listed_ascending_behind_one_of_them
    a_place_is_theirs_who_took_it_first
    of_many_who_take_a_place_one_has_it
    a_put_that_is_given_up_left_all_of_it_or_nothing
}

pub(crate) fn id(byte: u8) -> FileId {
    FileId::from_bytes([byte; 16])
}

fn blob(size: usize, byte: u8) -> Bytes {
    vec![byte; size].into()
}

/// Puts one into a place of a file.
pub(crate) async fn put(blobs: &AnyBlobs, file: u8, place: u32) -> (BlobKey, Bytes) {
    let bytes = blob(100, file);
    let key = BlobKey::of(id(file), place, &bytes);
    blobs.put(key, bytes.clone()).await.expect("put");
    (key, bytes)
}

async fn what_was_put_is_read_as_it_was(house: &House) {
    let blobs = house.open().await;
    for (place, size) in [(0, 0), (1, 1), (2, 1 << 20), (3, FILE_CHUNK_RECORD_BYTES)] {
        let bytes = blob(size, 7);
        let key = BlobKey::of(id(1), place, &bytes);
        assert_eq!(blobs.read(key).await.expect("read"), None);
        // Once more is no error.
        for _ in 0..2 {
            blobs.put(key, bytes.clone()).await.expect("put");
            let read = blobs.read(key).await.expect("read").expect("a blob");
            assert!(read == bytes, "{size} bytes");
        }
        let again = house.open().await;
        assert!(again.read(key).await.expect("read").is_some());
        let other = BlobKey::of(id(2), place, &bytes);
        assert_eq!(blobs.read(other).await.expect("read"), None);
    }
}

async fn one_place_of_a_file_has_as_many_blobs_as_were_put(house: &House) {
    let blobs = house.open().await;
    let both = [blob(10, 1), blob(10, 2)];
    let keys = both.clone().map(|bytes| BlobKey::of(id(1), 0, &bytes));
    for (key, bytes) in keys.iter().zip(&both) {
        blobs.put(*key, bytes.clone()).await.expect("put");
    }
    for (key, bytes) in keys.iter().zip(&both) {
        let read = blobs.read(*key).await.expect("read");
        assert_eq!(read.as_ref(), Some(bytes));
    }
}

async fn a_blob_goes_alone(house: &House) {
    let blobs = house.open().await;
    let (gone, bytes) = put(&blobs, 1, 0).await;
    let (kept, _) = put(&blobs, 1, 1).await;
    // One that is not there is gone, also one of a file that nobody knows.
    for key in [gone, gone, BlobKey::of(id(9), 0, &bytes)] {
        blobs.remove(key).await.expect("removed");
    }
    assert_eq!(blobs.read(gone).await.expect("read"), None);
    assert_eq!(blobs.read(kept).await.expect("read"), Some(bytes));
}

async fn a_file_goes_with_all_its_blobs(house: &House) {
    let blobs = house.open().await;
    let mut gone = Vec::new();
    for place in 0..5 {
        gone.push(put(&blobs, 1, place).await.0);
    }
    let (kept, bytes) = put(&blobs, 2, 0).await;
    // One that is not there is gone.
    for file in [1, 1, 9] {
        blobs.remove_file(id(file)).await.expect("removed");
    }
    for key in gone {
        assert_eq!(blobs.read(key).await.expect("read"), None);
    }
    assert_eq!(blobs.read(kept).await.expect("read"), Some(bytes));
    assert_eq!(blobs.files(None, 10).await.expect("listed"), [id(2)]);
    // It may come back.
    let (key, bytes) = put(&blobs, 1, 0).await;
    assert_eq!(blobs.read(key).await.expect("read"), Some(bytes));
}

async fn files_are_listed_ascending_behind_one_of_them(house: &House) {
    let blobs = house.open().await;
    assert_eq!(blobs.files(None, 10).await.expect("listed"), []);
    // Whose place it is is no file, wherever it sorts.
    blobs.claim("these").await.expect("taken");
    assert_eq!(blobs.files(None, 10).await.expect("listed"), []);
    let bytes = [0xff, 0x00, 0xbe, 0x7f, 0x10, 0xbd];
    for byte in bytes {
        for place in 0..3 {
            put(&blobs, byte, place).await;
        }
    }
    let mut all = bytes.map(id);
    all.sort();
    for limit in 0..=all.len() + 1 {
        let listed = blobs.files(None, limit).await.expect("listed");
        assert_eq!(listed, all[..limit.min(all.len())], "{limit} at most");
    }
    for (index, after) in all.iter().enumerate() {
        let listed = blobs.files(Some(*after), 10).await.expect("listed");
        assert_eq!(listed, all[index + 1..], "behind {after}");
        let next = blobs.files(Some(*after), 1).await.expect("listed");
        assert_eq!(next, all[index + 1..][..next.len()]);
    }
    // One that is not there has a place among them, too.
    let listed = blobs.files(Some(id(0x80)), 10).await.expect("listed");
    assert_eq!(listed, [id(0xbd), id(0xbe), id(0xff)]);
}

async fn a_place_is_theirs_who_took_it_first(house: &House) {
    let blobs = house.open().await;
    for _ in 0..2 {
        blobs.claim("these").await.expect("taken");
    }
    let again = house.open().await;
    again.claim("these").await.expect("it is theirs");
    for other in ["those", "", "these and those"] {
        let refused = again.claim(other).await;
        // In a folder what is there could be half of the last one.
        let is_theirs = matches!(refused, Err(BlobError::Foreign | BlobError::Halved { .. }));
        assert!(is_theirs, "{other}: {refused:?}");
    }
    let (key, bytes) = put(&blobs, 1, 0).await;
    assert_eq!(again.read(key).await.expect("read"), Some(bytes));
}

async fn of_many_who_take_a_place_one_has_it(house: &House) {
    let blobs = house.open().await;
    let claims = (0..8).map(|number| {
        let blobs = blobs.clone();
        tokio::spawn(async move { blobs.claim(&format!("data {number}")).await })
    });
    let claims: Vec<_> = claims.collect();
    let mut takers = Vec::new();
    for (number, claim) in claims.into_iter().enumerate() {
        match claim.await.expect("a task") {
            Ok(()) => takers.push(number),
            Err(refused) => assert!(matches!(refused, BlobError::Foreign), "{refused:?}"),
        }
    }
    let [taker] = takers[..] else {
        panic!("{takers:?} have it");
    };
    let owner = format!("data {taker}");
    blobs.claim(&owner).await.expect("it is theirs");
}

async fn a_put_that_is_given_up_left_all_of_it_or_nothing(house: &House) {
    let blobs = house.open().await;
    let bytes = blob(1 << 20, 5);
    for polls in 0..12 {
        let key = BlobKey::of(id(polls), 0, &bytes);
        let mut put = pin!(blobs.put(key, bytes.clone()));
        let mut left = polls;
        // As often as it wakes, at most; some have done their work by then.
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            put.as_mut().poll(context).map(drop)
        })
        .await;
    }
    for polls in 0..12 {
        let key = BlobKey::of(id(polls), 0, &bytes);
        let read = blobs.read(key).await.expect("read");
        assert!(read.is_none_or(|read| read == bytes), "{polls}");
    }
}
