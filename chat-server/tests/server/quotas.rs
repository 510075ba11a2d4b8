//! How much of what an account writes is kept.

use chat_server::AccountLimits;
use sealwire_tests::conversation::hash;
use wire_format::{
    EpochNumber, ErrorCode, MessageId, PublishFlags, Sequence, Storage, command::messages::Delete,
};

use crate::{
    gathering::{Gathering, Published},
    owner::Folder,
};

const STORED: PublishFlags = PublishFlags::STORED;

/// Ada and Bob, each with space for so many bytes.
async fn with_storage(bytes: u64) -> Gathering {
    let folder = Folder::new();
    let limits = AccountLimits {
        storage_bytes: bytes,
        ..AccountLimits::default()
    };
    let house = folder.limited(limits).await;
    Gathering::at(folder, house, &["Ada", "Bob"]).await
}

/// The bytes of a short message and of a long one.
fn sizes() -> (u64, u64) {
    let ada = sealwire_tests::owner::Owner::named("Ada");
    let (mut room, _, _) = sealwire_tests::conversation::Conversation::group(&[&ada]);
    let mut size = |text: &str| {
        let sealed = room.sealed(&ada, Storage::Stored, text);
        u64::try_from(sealed.len()).expect("small")
    };
    (size("short"), size(&"long".repeat(2_000)))
}

#[tokio::test]
async fn who_has_no_space_writes_nothing_more_and_others_do() {
    let (short, _) = sizes();
    let mut here = with_storage(2 * short).await;
    assert_eq!(here.says(0, "below").await, 2);
    assert_eq!(here.says(0, "at the limit").await, 3);
    let sealed =
        |here: &mut Gathering, storage| here.room.sealed(&here.owners[0], storage, "above");
    let third = sealed(&mut here, Storage::Stored);
    let behind = sealed(&mut here, Storage::Passing);
    let frames = [
        here.room.publish(1 << 20, STORED, third.clone()),
        here.room
            .publish(2 << 20, PublishFlags::UNSTORED.following(), behind.clone()),
        here.room.publish(3 << 20, PublishFlags::UNSTORED, behind),
    ];
    let ada = &mut here.peers[0];
    for frame in frames {
        ada.send(frame).await;
    }
    for (request, expected) in [
        (1, Err(ErrorCode::OverQuota)),
        (2, Err(ErrorCode::OutOfTurn)),
        (3, Ok(0)),
    ] {
        let reply = ada.reply_to::<Published>(request << 20).await;
        let place = reply.map(|(published, _)| published.sequence.value());
        assert_eq!(place.map_err(|refusal| refusal.code), expected, "{request}");
    }
    // What is there already is no more than it was.
    assert_eq!(here.says(1, "Bob has space").await, 4);
    let refused = here.publishes(0, STORED, third).await;
    assert_eq!(refused, Err(ErrorCode::OverQuota));
    assert_eq!(here.history(1).await.len(), 4);
    here.close().await;
}

#[tokio::test]
async fn a_repetition_takes_no_space() {
    let (short, _) = sizes();
    let mut here = with_storage(short).await;
    let message = MessageId::from_bytes([5; 16]);
    let ada = &here.owners[0];
    let once = here.room.sealed_as(ada, Storage::Stored, message, "once");
    for _ in 0..3 {
        assert_eq!(here.publishes(0, STORED, once.clone()).await, Ok(2));
    }
    here.close().await;
}

#[tokio::test]
async fn who_erases_has_space_again() {
    let (short, long) = sizes();
    let mut here = with_storage(long).await;
    let text = "long".repeat(2_000);
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, &text);
    assert_eq!(here.publishes(0, STORED, sealed.clone()).await, Ok(2));
    let next = here.room.sealed(&here.owners[0], Storage::Stored, "next");
    let refused = here.publishes(0, STORED, next.clone()).await;
    assert_eq!(refused, Err(ErrorCode::OverQuota));
    let delete = Delete {
        channel: here.room.channel,
        sequence: Sequence::new(2),
        hash: hash(&sealed),
        n: EpochNumber::new(1),
    };
    let tombstone = here.room.sealed(&here.owners[0], Storage::Stored, "gone");
    let deleted = here.peers[0].call(&delete, tombstone).await;
    assert_eq!(deleted.expect("erased").0.sequence, Sequence::new(3));
    assert!(long >= 2 * short);
    assert_eq!(here.publishes(0, STORED, next).await, Ok(4));
    // It is counted in the data: a restart forgets nothing.
    here.close().await;
}

#[tokio::test]
async fn no_limit_is_no_limit() {
    let mut here = with_storage(0).await;
    assert_eq!(here.says(0, "as much as she likes").await, 2);
    here.close().await;
}
