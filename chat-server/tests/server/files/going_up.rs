//! Files go up: chunk by chunk, in any order, whatever is in between.

use std::{fs, sync::Arc};

use bytes::Bytes;
use tokio::task::JoinSet;
use wire_format::{
    ByteCount, ErrorCode,
    command::files::{ChunkRange, Create, Remove},
};

use super::{MIB, Upload, entries, of_house, sealed};
use crate::{
    gathering::{Gathering, refused},
    owner::AtServer as _,
};

#[tokio::test]
async fn what_goes_up_comes_down_and_everybody_is_told_when_it_is_whole() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    for size in [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB + 5] {
        let upload = Upload::of(size);
        let create = upload.create(&here);
        let ada = &mut here.peers[0];
        ada.call(&create, Bytes::new()).await.expect("announced");
        // Said twice, it is there once.
        ada.call(&create, Bytes::new()).await.expect("announced");
        assert_eq!(upload.held(ada).await.expect("held").have, []);
        // The last first: they come in any order.
        for index in (0..create.chunks).rev() {
            let held = upload.put(ada, index).await.expect("put");
            assert_eq!(held.have, [ChunkRange(index, create.chunks - 1)]);
            assert_eq!(held.chunks, create.chunks);
        }
        upload.told_whole(&mut here).await;
        let bob = &mut here.peers[1];
        for index in 0..create.chunks {
            let chunk = upload.get(bob, index).await.expect("a chunk");
            assert!(upload.chunks[usize::try_from(index).expect("few")] == chunk);
            assert!(upload.file.open(index, chunk).is_ok());
        }
        let behind = upload.get(bob, create.chunks).await;
        assert_eq!(behind, Err(ErrorCode::NoSuchFile));
        let sequence = here.says(0, "here it is").await;
        assert_eq!(upload.keep(&mut here, 0, sequence).await, Ok(()));
        for peer in &mut here.peers {
            peer.delivery().await;
        }
    }
    here.close().await;
}

#[tokio::test]
async fn holes_are_named_and_a_restart_forgets_nothing() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let upload = Upload::of(6 * MIB);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    for index in [0, 1, 3, 5] {
        upload.put(ada, index).await.expect("put");
    }
    let expected = [ChunkRange(0, 1), ChunkRange(3, 3), ChunkRange(5, 5)];
    assert_eq!(upload.held(ada).await.expect("held").have, expected);
    here.peers.clear();
    let Gathering {
        folder,
        house,
        room,
        owners,
        ..
    } = here;
    house.close().await;

    let house = folder.house().await;
    let mut peers = Vec::new();
    for owner in &owners {
        peers.push(owner.comes_again(&house).await.0);
    }
    let mut here = Gathering {
        folder,
        house,
        room,
        owners,
        peers,
    };
    let ada = &mut here.peers[0];
    assert_eq!(upload.held(ada).await.expect("held").have, expected);
    for index in [2, 4] {
        upload.put(ada, index).await.expect("put");
    }
    for index in 0..6 {
        let chunk = upload
            .get(&mut here.peers[1], index)
            .await
            .expect("a chunk");
        assert!(upload.chunks[usize::try_from(index).expect("few")] == chunk);
    }
    here.close().await;
}

#[tokio::test]
async fn the_same_chunk_is_taken_again_and_another_one_is_not() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(2 * MIB);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    let first = upload.put(ada, 0).await;
    assert_eq!(upload.put(ada, 0).await, first);
    let again = sealed(&upload.file, 0, 8);
    let refused = upload.put_as(ada, 0, again).await;
    assert_eq!(refused, Err(ErrorCode::NotAllowed));
    assert!(upload.chunks[0] == upload.get(ada, 0).await.expect("the first one"));
    here.close().await;
}

#[tokio::test]
async fn of_a_chunk_that_is_put_several_times_at_once_one_blob_is_kept() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Arc::new(Upload::of(2 * MIB));
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    let mut putting = Vec::new();
    for iv in 0..8 {
        let (peer, _) = here.owners[0].comes_again(&here.house).await;
        putting.push((peer, sealed(&upload.file, 0, iv)));
    }
    let mut puts = JoinSet::new();
    for (mut peer, chunk) in putting {
        let upload = Arc::clone(&upload);
        puts.spawn(async move { upload.put_as(&mut peer, 0, chunk).await });
    }
    let puts = puts.join_all().await;
    let (taken, refused): (Vec<_>, Vec<_>) = puts.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), refused.len()), (1, 7));
    assert!(refused.iter().all(|put| *put == Err(ErrorCode::NotAllowed)));
    let blobs = entries(&of_house(&here.folder, upload.id()));
    assert_eq!(blobs.len(), 1, "{blobs:?}");
    assert!(upload.get(&mut here.peers[0], 0).await.is_ok());
    here.close().await;
}

#[tokio::test]
async fn a_file_is_announced_again_when_nothing_is_left_of_the_first() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(1);
    upload.whole(&mut here, 0).await;
    let blobs = of_house(&here.folder, upload.id());
    // Deleting takes its while.
    for number in 0..20_000 {
        fs::write(blobs.join(format!("{number:08x}-{:032x}", 0)), "").expect("written");
    }
    let (create, file) = (upload.create(&here), upload.id());
    let ada = &mut here.peers[0];
    ada.call(&Remove { file }, Bytes::new())
        .await
        .expect("removed");
    let again = async {
        while let Err(refused) = ada.call(&create, Bytes::new()).await {
            assert_eq!(refused.code, ErrorCode::Busy);
        }
    };
    let again = tokio::time::timeout(crate::support::PATIENCE, again).await;
    again.expect("the id is free");
    assert_eq!(entries(&blobs), [""; 0]);
    upload.put(ada, 0).await.expect("put");
    assert!(upload.chunks[0] == upload.get(ada, 0).await.expect("it stays"));
    here.close().await;
}

#[tokio::test]
async fn a_chunk_that_does_not_belong_there_is_malformed() {
    let mut here = Gathering::of(&["Ada"]).await;
    let upload = Upload::of(MIB + 5);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    let longer = Upload::with(upload.id(), 2 * MIB);
    let shorter = Upload::with(upload.id(), MIB);
    let other = Upload::of(MIB + 5);
    let cut = upload.chunks[0].slice(..1000);
    for (why, index, chunk) in [
        ("the second one as the first", 0, &upload.chunks[1]),
        ("the first one as the second", 1, &upload.chunks[0]),
        ("one behind the last", 2, &upload.chunks[1]),
        ("one of another file", 0, &other.chunks[0]),
        ("a last one that is too long", 1, &longer.chunks[1]),
        ("one that says it is the last", 0, &shorter.chunks[0]),
        ("one that is cut off", 0, &cut),
        ("nothing", 0, &Bytes::new()),
        ("something else", 0, &Bytes::from_static(b"<html>")),
    ] {
        let refused = upload.put_as(ada, index, chunk.clone()).await;
        assert_eq!(refused, Err(ErrorCode::Malformed), "{why}");
    }
    let above = Bytes::from([&upload.chunks[0][..], &[0]].concat());
    let refused = upload.put_as(ada, 0, above).await;
    assert_eq!(refused, Err(ErrorCode::TooLarge));
    assert_eq!(upload.held(ada).await.expect("held").have, []);
    assert_eq!(entries(&of_house(&here.folder, upload.id())), [""; 0]);
    here.close().await;
}

#[tokio::test]
async fn what_no_file_has_is_not_announced() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let upload = Upload::of(MIB + 5);
    let good = upload.create(&here);
    for (chunks, bytes) in [(0, 0), (1, good.bytes.value()), (2, 5), (4_097, u64::MAX)] {
        let create = Create {
            chunks,
            bytes: ByteCount::new(bytes),
            ..good
        };
        let refused = refused(&mut here.peers[0], &create, Bytes::new()).await;
        assert_eq!(
            refused,
            ErrorCode::Malformed,
            "{chunks} chunks, {bytes} bytes"
        );
    }
    here.peers[0]
        .call(&good, Bytes::new())
        .await
        .expect("announced");
    // The id is Ada's, and stands for this one.
    let other = Upload::with(upload.id(), 1).create(&here);
    for (who, create) in [(0, other), (1, good)] {
        let refused = refused(&mut here.peers[who], &create, Bytes::new()).await;
        assert_eq!(refused, ErrorCode::NotAllowed);
    }
    here.close().await;
}
