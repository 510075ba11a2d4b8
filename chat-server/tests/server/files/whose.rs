//! Whose a file is, and for whom.

use bytes::Bytes;
use wire_format::{
    ChannelId, ErrorCode, Sequence,
    command::files::{Keep, Remove},
    room::Action,
};

use super::{MIB, Upload, of_house, vanishes};
use crate::{
    gathering::{Gathering, refused},
    owner::{AtServer as _, Owner},
};

#[tokio::test]
async fn a_file_is_its_uploaders_and_for_the_room_only() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let mallory = Owner::named("Mallory");
    let (mut outside, _) = mallory.arrives(&here.house).await;
    let upload = Upload::of(MIB + 5);
    let create = upload.create(&here);
    let code = refused(&mut outside, &create, Bytes::new()).await;
    assert_eq!(code, ErrorCode::NoSuchRoom);
    let bob = &mut here.peers[1];
    bob.call(&create, Bytes::new()).await.expect("announced");
    upload.put(bob, 0).await.expect("put");
    let sequence = here.says(1, "soon").await;

    let file = upload.id();
    let keep = |sequence: u64, channel: ChannelId| Keep {
        file,
        channel,
        sequence: Sequence::new(sequence),
    };
    let channel = here.room.channel;
    // To who is outside there is no such file; a member sees it, and leaves it alone.
    let none = Err(ErrorCode::NoSuchFile);
    assert_eq!(upload.put(&mut outside, 1).await, none);
    assert_eq!(upload.held(&mut outside).await, none);
    assert_eq!(
        upload.get(&mut outside, 0).await.map(drop),
        none.clone().map(drop)
    );
    for code in [
        refused(&mut outside, &keep(sequence, channel), Bytes::new()).await,
        refused(&mut outside, &Remove { file }, Bytes::new()).await,
    ] {
        assert_eq!(code, ErrorCode::NoSuchFile);
    }
    let ada = &mut here.peers[0];
    assert_eq!(upload.put(ada, 1).await, Err(ErrorCode::NotAllowed));
    assert!(upload.get(ada, 0).await.is_ok());

    // It is kept when it is whole, by who announced it, with a message of theirs.
    let bob = &mut here.peers[1];
    let code = refused(bob, &keep(sequence, channel), Bytes::new()).await;
    assert_eq!(code, ErrorCode::NoSuchFile);
    upload.put(bob, 1).await.expect("put");
    let adas = here.says(0, "mine").await;
    for (who, keep, expected) in [
        (0, keep(adas, channel), ErrorCode::NoSuchFile),
        (1, keep(adas, channel), ErrorCode::NoSuchMessage),
        (1, keep(1, channel), ErrorCode::NoSuchMessage),
        (1, keep(99, channel), ErrorCode::NoSuchMessage),
        (
            1,
            keep(sequence, ChannelId::from_bytes([1; 16])),
            ErrorCode::NoSuchMessage,
        ),
    ] {
        let code = refused(&mut here.peers[who], &keep, Bytes::new()).await;
        assert_eq!(code, expected);
    }
    assert_eq!(upload.keep(&mut here, 1, sequence).await, Ok(()));
    assert_eq!(upload.keep(&mut here, 1, sequence).await, Ok(()));
    drop(outside);
    here.close().await;
}

#[tokio::test]
async fn a_member_removes_its_own_and_an_owner_any() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let (adas, bobs, other) = (Upload::of(1), Upload::of(2), Upload::of(3));
    adas.whole(&mut here, 0).await;
    bobs.whole(&mut here, 1).await;
    other.whole(&mut here, 1).await;
    let code = refused(
        &mut here.peers[1],
        &Remove { file: adas.id() },
        Bytes::new(),
    )
    .await;
    assert_eq!(code, ErrorCode::NotAllowed);
    for (who, upload) in [(1, &bobs), (0, &other)] {
        let remove = Remove { file: upload.id() };
        let peer = &mut here.peers[who];
        peer.call(&remove, Bytes::new()).await.expect("removed");
        assert_eq!(upload.get(peer, 0).await, Err(ErrorCode::NoSuchFile));
        assert_eq!(upload.put(peer, 0).await, Err(ErrorCode::NoSuchFile));
        vanishes(&of_house(&here.folder, upload.id())).await;
    }
    assert!(adas.get(&mut here.peers[1], 0).await.is_ok());
    here.close().await;
}

#[tokio::test]
async fn who_leaves_meanwhile_neither_finishes_nor_reads() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let (adas, bobs) = (Upload::of(1), Upload::of(2 * MIB));
    adas.whole(&mut here, 0).await;
    let create = bobs.create(&here);
    let bob = &mut here.peers[1];
    bob.call(&create, Bytes::new()).await.expect("announced");
    bobs.put(bob, 0).await.expect("put");
    let leave = here.room.request(&here.owners[1], Action::Leave, None);
    let ask = wire_format::command::conversations::Request {};
    let bob = &mut here.peers[1];
    bob.call(&ask, leave.bytes().clone()).await.expect("asked");
    assert_eq!(bobs.put(bob, 1).await, Err(ErrorCode::NoSuchFile));
    assert_eq!(bobs.held(bob).await, Err(ErrorCode::NoSuchFile));
    assert_eq!(adas.get(bob, 0).await, Err(ErrorCode::NoSuchFile));
    let code = refused(bob, &Remove { file: bobs.id() }, Bytes::new()).await;
    assert_eq!(code, ErrorCode::NoSuchFile);
    let create = Upload::of(1).create(&here);
    let code = refused(&mut here.peers[1], &create, Bytes::new()).await;
    assert_eq!(code, ErrorCode::NoSuchRoom);
    here.close().await;
}
