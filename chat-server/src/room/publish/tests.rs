use std::sync::Arc;

use wire_format::{EpochNumber, PublishFlags, RawFrame};

use super::*;
use crate::{
    figures::Figures,
    room::{
        stream::{Chunk, Told},
        tests,
    },
};

const NOW: Millis = Millis::new(1);

fn publish(room: &Room, bytes: usize) -> Publish {
    Publish {
        request: 1,
        channel: room.channel(),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::UNSTORED,
        payload: vec![0; bytes].into(),
    }
}

/// What a reader does with one publish.
async fn insist(
    room: Arc<Room>,
    session: Arc<Session>,
    seat: Arc<Seat>,
    mut wanted: Publish,
) -> Sequence {
    loop {
        match room.publish(&session, &seat, wanted, NOW) {
            Ok(published) => return published.sequence,
            Err(Unpublished::Crowded(again)) => wanted = again,
            Err(Unpublished::Refused(refusal)) => panic!("{refusal:?}"),
            Err(Unpublished::Elsewhere(_)) => panic!("the room is the one that is entered"),
        }
        room.until_taken().await;
    }
}

/// What the room's task does with what waits.
fn take(room: &Room) -> Option<Chunk> {
    let chunk = room.lock().stream.take();
    room.taken.notify_waiters();
    chunk
}

fn frames(chunk: &Chunk) -> &[u8] {
    match &chunk.told {
        Told::Frames(bytes) => bytes,
        Told::Places(_) => panic!("nothing stands in many places here"),
    }
}

/// The numbers of the deliveries in a chunk.
fn sequences(chunk: &Chunk) -> Vec<u64> {
    let codec = wire_format::FrameCodec::new(FRAME_BYTES);
    let mut bytes = bytes::BytesMut::from(frames(chunk));
    let frames = std::iter::from_fn(|| codec.cut(&mut bytes).expect("a whole frame"));
    let delivery = |frame: RawFrame| match wire_format::ServerFrame::parse(frame) {
        Ok(wire_format::ServerFrame::Deliver(deliver)) => Some(deliver.sequence.value()),
        _ => None,
    };
    frames.filter_map(delivery).collect()
}

#[tokio::test]
async fn no_flush_is_larger_than_one_frame() {
    const PUBLISHERS: usize = 8;

    let figures = Arc::new(Figures::new());
    let room = tests::room(&figures);
    let mut publishers = tokio::task::JoinSet::new();
    for number in 0..PUBLISHERS {
        let session = tests::session(number, &figures);
        let seat = room.enter(&session, 1, None).expect("a place");
        let wanted = publish(&room, 1024 * 1024);
        publishers.spawn(insist(Arc::clone(&room), session, seat, wanted));
    }
    let mut delivered = Vec::new();
    while delivered.len() < PUBLISHERS {
        // All that can go on does so before the next chunk is taken.
        tokio::task::yield_now().await;
        if let Some(chunk) = take(&room) {
            assert!(frames(&chunk).len() <= CROWDED_BYTES + FRAME_BYTES);
            let inside = sequences(&chunk);
            assert!(inside.len() <= 1, "{inside:?} in one chunk");
            delivered.extend(inside);
        }
    }
    assert_eq!(delivered, [1, 2, 3, 4, 5, 6, 7, 8]);
    let mut told = publishers.join_all().await;
    told.sort_unstable();
    assert_eq!(told, (1..=8).map(Sequence::new).collect::<Vec<_>>());
}

#[tokio::test]
async fn small_payloads_share_a_flush() {
    let figures = Arc::new(Figures::new());
    let room = tests::room(&figures);
    let session = tests::session(1, &figures);
    let seat = room.enter(&session, 1, None).expect("a place");
    let say = |bytes| room.publish(&session, &seat, publish(&room, bytes), NOW);
    for _ in 0..3 {
        let published = say(300 * 1024);
        assert!(published.is_ok());
    }
    let crowded = say(300 * 1024);
    assert!(matches!(crowded, Err(Unpublished::Crowded(_))));
    // A smaller one still fits.
    assert!(say(1024).is_ok());
    let chunk = take(&room).expect("a chunk");
    assert_eq!(sequences(&chunk), [1, 2, 3, 4]);
}
