//! A disk that is full, and one that is slow, under what people write.
//!
//! The full one is a small one in memory, mounted in a name space of a process of its own: this test
//! program again, with the one ignored test that is not a test but that process.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use bytes::Bytes;
use chat_server::{
    AccountLimits, BindError, Server,
    blobs::{BlobError, BlobsPlace},
};
use sealwire_tests::conversation::renamed;
use wire_format::{
    ErrorCode, MessageId, PublishFlags, Storage, command::conversations::Unfollow,
    room::CommitReason,
};

use crate::{
    files::{Upload, entries, place},
    gathering::{Gathering, Published},
    owner::Folder,
    rounds::Dam,
    support::House,
};

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    in_a_name_space("disks::on_a_small_disk");
}

#[test]
fn a_full_disk_of_files_refuses_chunks_and_leaves_no_part_of_one() {
    in_a_name_space("disks::on_a_small_disk_of_files");
}

#[test]
fn a_full_disk_of_files_leaves_no_half_of_whose_they_are() {
    in_a_name_space("disks::on_a_full_disk_of_files");
}

/// Runs one of the tests below where it may mount.
fn in_a_name_space(test: &str) {
    let folder = Folder::new();
    let disk = folder.path().join("disk");
    fs::create_dir_all(&disk).expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let status = Command::new("unshare")
        .args(["--mount", "--map-root-user", "--"])
        .arg(program)
        .args(["--exact", test, "--ignored", "--nocapture"])
        // Where folders for data are made.
        .env("TMPDIR", &disk)
        .stdin(Stdio::null())
        .status();
    assert!(status.expect("unshare").success());
}

#[tokio::test]
#[ignore = "it is the process that the test above starts, with a mount of its own"]
async fn on_a_small_disk() {
    let disk = std::env::temp_dir();
    mount(&["-t", "tmpfs", "-o", "size=8m", "tmpfs"], &disk);
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let text = "x".repeat(100 * 1024);
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, &text);
    let mut newest = 1;
    let refused = loop {
        let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
        match here.publishes(0, PublishFlags::STORED, sealed).await {
            Ok(place) => newest = place,
            Err(code) => break code,
        }
        assert_eq!(here.peers[1].delivery().await.sequence.value(), newest);
    };
    assert_eq!(refused, ErrorCode::Busy);
    // What is not stored goes on; nobody is cut, and nothing of a commit stands.
    let typing = here
        .room
        .sealed(&here.owners[0], Storage::Passing, "typing");
    let went = here
        .publishes(0, PublishFlags::UNSTORED, typing.clone())
        .await;
    assert_eq!(went, Ok(0));
    assert_eq!(here.peers[1].delivery().await.payload, typing);
    let large = here.room.draft(&here.owners[0], Vec::new());
    let command = large.command(here.room.room);
    let mut commits = 0;
    let refused = loop {
        // The last pages may still hold a small one.
        match here.peers[0].call(&command, large.tail.clone()).await {
            Ok(_) => commits += 1,
            Err(refusal) => break refusal.code,
        }
    };
    match commits {
        0 => assert_eq!(refused, ErrorCode::Busy),
        _ => {
            assert_eq!(refused, ErrorCode::CommitConflict);
            here.room.takes(&large);
        }
    }

    mount(&["-o", "remount,size=64m"], &disk);
    let next = newest + commits + 1;
    assert_eq!(here.says(0, "there is space again").await, next);
    let (fields, tail) = here
        .room
        .next(&here.owners[0], CommitReason::OnDemand, Vec::new());
    here.peers[0].call(&fields, tail).await.expect("a commit");
    assert_eq!(here.says(1, "in the next epoch").await, next + 2);
    let history = here.history(1).await;
    let places = history.iter().map(|deliver| deliver.sequence.value());
    assert!(places.eq(1..=next + 2));
    here.close().await;
}

#[tokio::test]
#[ignore = "it is the process that the test above starts, with a mount of its own"]
async fn on_a_small_disk_of_files() {
    let disk = std::env::temp_dir();
    mount(&["-t", "tmpfs", "-o", "size=64m", "tmpfs"], &disk);
    let folder = Folder::new();
    let blobs = disk.join("files");
    fs::create_dir(&blobs).expect("a folder");
    mount(&["-t", "tmpfs", "-o", "size=3m", "tmpfs"], &blobs);
    let mut settings = folder.settings(AccountLimits::default());
    settings.blobs = Some(BlobsPlace::Folder(blobs.clone()));
    let house = House::with(settings).await;
    let mut here = Gathering::at(folder, house, &["Ada"]).await;
    let upload = Upload::of(4 << 20);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    let mut held = 0;
    let refused = loop {
        match upload.put(ada, held).await {
            Ok(_) => held += 1,
            Err(code) => break code,
        }
    };
    assert_eq!((held, refused), (2, ErrorCode::Busy));
    let names = entries(&place(&blobs, upload.id()));
    assert_eq!(names.len(), 2, "nothing of the third: {names:?}");
    // What is there can be read, messages go on, and so does the file once there is space.
    assert!(upload.get(ada, 0).await.is_ok());
    here.says(0, "the disk of files is full").await;
    mount(&["-o", "remount,size=16m"], &blobs);
    let ada = &mut here.peers[0];
    for index in held..4 {
        upload.put(ada, index).await.expect("space again");
    }
    for index in 0..4 {
        assert!(upload.get(ada, index).await.is_ok());
    }
    here.close().await;
}

#[tokio::test]
#[ignore = "it is the process that the test above starts, with a mount of its own"]
async fn on_a_full_disk_of_files() {
    let disk = std::env::temp_dir();
    mount(&["-t", "tmpfs", "-o", "size=64m", "tmpfs"], &disk);
    let folder = Folder::new();
    let blobs = disk.join("files");
    fs::create_dir(&blobs).expect("a folder");
    mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], &blobs);
    let filler = blobs.join("filler");
    fs::write(&filler, vec![0; 2 << 20]).expect_err("it is full");
    let mut settings = folder.settings(AccountLimits::default());
    settings.blobs = Some(BlobsPlace::Folder(blobs.clone()));
    let refused = Server::bind(settings.clone()).await.err();
    assert!(
        matches!(refused, Some(BindError::Blobs(BlobError::Full))),
        "{refused:?}"
    );
    assert_eq!(entries(&blobs), ["filler"]);
    // With space it is taken, and is whose it is from then on.
    fs::remove_file(&filler).expect("removed");
    for _ in 0..2 {
        House::with(settings.clone()).await.close().await;
        assert_eq!(entries(&blobs), ["belongs-to"]);
    }
}

fn mount(arguments: &[&str], disk: &Path) {
    let status = Command::new("mount").args(arguments).arg(disk).status();
    assert!(status.expect("mount").success());
}

#[tokio::test]
async fn a_slow_disk_lets_as_much_wait_as_may_and_refuses_the_rest() {
    /// More than may wait, of [`TEXT`] bytes each.
    const SENT: u32 = 400;
    const TEXT: usize = 200 * 1024;
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let text = "x".repeat(TEXT);
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, &text);
    let frames: Vec<_> = (1..=SENT)
        .map(|request| {
            let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
            here.room
                .publish(request << 16, PublishFlags::STORED, sealed)
        })
        .collect();
    // Nobody is to read all of it here.
    let unfollow = Unfollow {
        room: here.room.room,
    };
    for peer in &mut here.peers {
        peer.call(&unfollow, Bytes::new()).await.expect("done");
    }
    let frames: Vec<_> = frames.iter().map(|frame| frame.encode().stream()).collect();
    let bytes = frames.concat();
    let dam = Dam::in_front_of(&here.folder).await;
    let ada = &mut here.peers[0];
    // In one piece: the store waits five seconds for the dam, and no longer.
    ada.write(&bytes).await;
    // The last is refused while the first still wait.
    let last = ada.reply_to::<Published>(SENT << 16).await;
    let last = last.expect_err("too much waits");
    assert_eq!(last.code, ErrorCode::Busy);
    assert!(last.retry_after_ms.is_some());
    dam.opens().await;
    let mut places = Vec::new();
    let mut refused = 1;
    for request in 1..SENT {
        match ada.reply_to::<Published>(request << 16).await {
            Ok((published, _)) => places.push(published.sequence.value()),
            Err(refusal) => {
                assert_eq!(refusal.code, ErrorCode::Busy);
                refused += 1;
            }
        }
    }
    let stored = u64::try_from(places.len()).expect("few");
    assert!(
        stored > 0 && refused > 1,
        "{stored} stored, {refused} refused"
    );
    assert!(places.into_iter().eq(2..2 + stored), "each in its turn");
    let history = here.history(1).await;
    let places = history.iter().map(|deliver| deliver.sequence.value());
    assert!(
        places.eq(1..2 + stored),
        "what was acknowledged, and no more"
    );
    here.close().await;
}
