//! What files take, and what becomes of those that nobody keeps.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use bytes::Bytes;
use chat_server::{
    AccountLimits, BindError, Rate, Server,
    blobs::{BlobError, BlobsPlace},
};
use sealwire_tests::conversation::hash;
use wire_format::{
    EpochNumber, ErrorCode, FileId, PublishFlags, Sequence, Storage,
    command::{
        files::{GetChunk, Remove},
        messages::Delete,
    },
};

use super::{MIB, Upload, entries, of_house, vanishes};
use crate::{
    gathering::{Gathering, refused},
    owner::{AtServer as _, Folder},
};

async fn with_limits(change: impl FnOnce(&mut AccountLimits)) -> Gathering {
    let folder = Folder::new();
    let mut limits = AccountLimits::default();
    change(&mut limits);
    let house = folder.limited(limits).await;
    Gathering::at(folder, house, &["Ada", "Bob"]).await
}

/// Seldom enough that what a sweep deletes is not in the way of what is done meanwhile.
const SWEPT_EVERY: Duration = Duration::from_secs(3);

/// What a file of one small chunk takes.
fn small() -> u64 {
    Upload::of(1).file.cut().sealed().bytes().value()
}

#[tokio::test]
async fn an_account_has_space_for_messages_and_files_together() {
    let mut here = with_limits(|limits| limits.storage_bytes = 2 * small() + 100).await;
    let (first, second, third) = (Upload::of(1), Upload::of(1), Upload::of(1));
    for upload in [&first, &second] {
        let create = upload.create(&here);
        here.peers[0]
            .call(&create, Bytes::new())
            .await
            .expect("space");
    }
    let above = third.create(&here);
    let code = refused(&mut here.peers[0], &above, Bytes::new()).await;
    assert_eq!(code, ErrorCode::OverQuota);
    // Nothing of it is left, and messages have no space either.
    assert_eq!(
        third.held(&mut here.peers[0]).await,
        Err(ErrorCode::NoSuchFile)
    );
    let text = here
        .room
        .sealed(&here.owners[0], Storage::Stored, "no space");
    let said = here.publishes(0, PublishFlags::STORED, text).await;
    assert_eq!(said, Err(ErrorCode::OverQuota));
    // What was announced has its space; others have theirs.
    first
        .put(&mut here.peers[0], 0)
        .await
        .expect("it was counted");
    let create = third.create(&here);
    here.peers[1]
        .call(&create, Bytes::new())
        .await
        .expect("Bob's own");
    let remove = Remove { file: first.id() };
    here.peers[0]
        .call(&remove, Bytes::new())
        .await
        .expect("removed");
    let fourth = Upload::of(1).create(&here);
    here.peers[0]
        .call(&fourth, Bytes::new())
        .await
        .expect("space again");
    here.close().await;
}

#[tokio::test]
async fn a_file_and_all_files_have_limits() {
    let mut here = with_limits(|limits| {
        limits.file_bytes = 2 * small();
        limits.files_bytes = 3 * small();
    })
    .await;
    let large = Upload::of(2 * 16_384 + 1).create(&here);
    let code = refused(&mut here.peers[0], &large, Bytes::new()).await;
    assert_eq!(code, ErrorCode::TooLarge);
    for who in [0, 1, 0] {
        let create = Upload::of(1).create(&here);
        here.peers[who]
            .call(&create, Bytes::new())
            .await
            .expect("space");
    }
    let create = Upload::of(1).create(&here);
    let code = refused(&mut here.peers[1], &create, Bytes::new()).await;
    assert_eq!(code, ErrorCode::OverQuota);
    here.close().await;
}

#[tokio::test]
async fn a_message_takes_its_file_with_it() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let upload = Upload::of(5);
    upload.whole(&mut here, 0).await;
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, "a file");
    let sequence = here
        .publishes(0, PublishFlags::STORED, sealed.clone())
        .await;
    let sequence = sequence.expect("stored");
    assert_eq!(upload.keep(&mut here, 0, sequence).await, Ok(()));
    let delete = Delete {
        channel: here.room.channel,
        sequence: Sequence::new(sequence),
        hash: hash(&sealed),
        n: EpochNumber::new(1),
    };
    let tombstone = here.room.sealed(&here.owners[0], Storage::Stored, "gone");
    here.peers[0]
        .call(&delete, tombstone)
        .await
        .expect("erased");
    let gone = upload.get(&mut here.peers[1], 0).await;
    assert_eq!(gone, Err(ErrorCode::NoSuchFile));
    here.close().await;
}

#[tokio::test]
async fn what_nobody_keeps_for_a_day_is_collected() {
    let folder = Folder::new();
    let mut settings = folder.settings(AccountLimits::default());
    settings.limits.sweep_every = SWEPT_EVERY;
    let house = crate::support::House::with(settings).await;
    let mut here = Gathering::at(folder, house, &["Ada"]).await;
    let (kept, begun, named) = (Upload::of(1), Upload::of(MIB + 1), Upload::of(3));
    kept.whole(&mut here, 0).await;
    let sequence = here.says(0, "kept").await;
    assert_eq!(kept.keep(&mut here, 0, sequence).await, Ok(()));
    here.peers[0].delivery().await;
    named.whole(&mut here, 0).await;
    let create = begun.create(&here);
    here.peers[0]
        .call(&create, Bytes::new())
        .await
        .expect("announced");
    begun.put(&mut here.peers[0], 0).await.expect("put");
    // A day goes by for all of them.
    let sql = "UPDATE files SET touched_at = touched_at - 24 * 60 * 60 * 1000 - 1";
    crate::circle::tamper(&here.folder, sql).await;
    for upload in [&begun, &named] {
        vanishes(&of_house(&here.folder, upload.id())).await;
        let gone = upload.held(&mut here.peers[0]).await;
        assert_eq!(gone, Err(ErrorCode::NoSuchFile));
    }
    assert!(kept.get(&mut here.peers[0], 0).await.is_ok());
    here.close().await;
}

#[tokio::test]
async fn chunks_of_files_that_nobody_knows_are_deleted_at_the_next_start() {
    let mut here = Gathering::of(&["Ada"]).await;
    let (kept, unknown) = (Upload::of(1), FileId::from_bytes([7; 16]));
    kept.whole(&mut here, 0).await;
    let stray = of_house(&here.folder, unknown);
    fs::create_dir_all(&stray).expect("a folder");
    fs::write(stray.join("00000000-ab.part"), b"half a chunk").expect("a file");
    here.peers.clear();
    let Gathering {
        folder,
        house,
        owners,
        ..
    } = here;
    house.close().await;
    let mut settings = folder.settings(AccountLimits::default());
    settings.limits.sweep_every = SWEPT_EVERY;
    let house = crate::support::House::with(settings).await;
    vanishes(&stray).await;
    let (mut ada, _) = owners[0].comes_again(&house).await;
    assert!(kept.get(&mut ada, 0).await.is_ok());
    drop(ada);
    house.empties().await;
    house.close().await;
}

#[tokio::test]
async fn the_disk_has_ids_and_hashes_and_nothing_else() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(MIB + 1);
    upload.whole(&mut here, 0).await;
    let folder = of_house(&here.folder, upload.id());
    let names = entries(&folder);
    assert_eq!(names.len(), 2, "{names:?}");
    for (place, name) in names.iter().enumerate() {
        let hash = name
            .strip_prefix(&format!("{place:08x}-"))
            .expect("its place");
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(hash.len() == 32 && hash.chars().all(is_hex), "{name}");
        let mode = fs::metadata(folder.join(name))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let bytes = fs::read(folder.join(name)).expect("a chunk");
        assert!(bytes == upload.chunks[place], "as it came");
    }
    for folder in [&folder, &here.folder.path().join("files")] {
        let mode = fs::metadata(folder).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    here.close().await;
}

#[tokio::test]
async fn a_chunk_that_was_lost_is_not_there() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(1);
    upload.whole(&mut here, 0).await;
    fs::remove_dir_all(of_house(&here.folder, upload.id())).expect("removed");
    let lost = upload.get(&mut here.peers[0], 0).await;
    assert_eq!(lost, Err(ErrorCode::NoSuchFile));
    here.close().await;
}

#[tokio::test]
async fn chunks_have_a_rate_of_their_own() {
    let folder = Folder::new();
    let mut settings = folder.settings(AccountLimits::default());
    settings.limits.chunks = Rate::per_minute(1, 3);
    let house = crate::support::House::with(settings).await;
    let mut here = Gathering::at(folder, house, &["Ada"]).await;
    let upload = Upload::of(1);
    upload.whole(&mut here, 0).await;
    let ada = &mut here.peers[0];
    for expected in [true, true, false] {
        let got = upload.get(ada, 0).await;
        assert_eq!(got.is_ok(), expected);
        assert!(got.is_ok() || got == Err(ErrorCode::RateLimited));
    }
    assert!(upload.held(ada).await.is_ok(), "it is no chunk");
    here.close().await;
}

/// Many more than an outbox holds are asked for before the first is read.
#[tokio::test]
async fn chunks_do_not_gather_in_an_outbox() {
    const ASKED: u32 = 24;
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(MIB);
    upload.whole(&mut here, 0).await;
    let chunk = GetChunk {
        file: upload.id(),
        index: 0,
    };
    let ada = &mut here.peers[0];
    for request in 0..ASKED {
        let request = 1 << 20 | request;
        let command = wire_format::CommandFrame::new(request, &chunk, Bytes::new());
        ada.send(wire_format::ClientFrame::Command(command)).await;
    }
    for request in 0..ASKED {
        let reply = ada
            .reply_to::<serde::de::IgnoredAny>(1 << 20 | request)
            .await;
        let (_, tail) = reply.expect("a chunk");
        assert!(tail == upload.chunks[0]);
    }
    here.close().await;
}

#[tokio::test]
async fn a_server_on_other_data_leaves_these_files_alone() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(1);
    upload.whole(&mut here, 0).await;
    let other = Folder::new();
    let mut settings = other.settings(AccountLimits::default());
    let files = here.folder.path().join("files");
    settings.blobs = Some(BlobsPlace::Folder(files));
    let refused = Server::bind(settings).await.err();
    assert!(matches!(
        refused,
        Some(BindError::Blobs(BlobError::Foreign))
    ));
    assert!(upload.get(&mut here.peers[0], 0).await.is_ok());
    here.close().await;
}
