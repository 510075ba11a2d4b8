//! Section 14.10: `messages.delete`.

use bytes::Bytes;
use sealwire_tests::conversation::hash;
use wire_format::{
    DeliverFlags, EnvelopeHash, EpochNumber, ErrorCode, MessageId, PublishFlags, Sequence, Storage,
    command::messages::Delete, limits::TOMBSTONE_BYTES, room::Erased,
};

use crate::gathering::{Gathering, refused};

fn delete(here: &Gathering, place: u64, hash: EnvelopeHash) -> Delete {
    Delete {
        channel: here.room.channel,
        sequence: Sequence::new(place),
        hash,
        n: EpochNumber::new(1),
    }
}

/// A message of one of them: its place, its hash and its bytes.
async fn said(here: &mut Gathering, who: usize, text: &str) -> (u64, EnvelopeHash, Bytes) {
    let sealed = here.room.sealed(&here.owners[who], Storage::Stored, text);
    let said = here.publishes(who, PublishFlags::STORED, sealed.clone());
    (said.await.expect("stored"), hash(&sealed), sealed)
}

fn tombstone(here: &mut Gathering, who: usize) -> Bytes {
    here.room.sealed(&here.owners[who], Storage::Stored, "gone")
}

#[tokio::test]
async fn a_sender_erases_a_message_and_everybody_gets_the_tombstone() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let (place, hash, sealed) = said(&mut here, 1, "a secret that slipped").await;
    let tombstone = tombstone(&mut here, 1);
    let command = delete(&here, place, hash);
    let deleted = here.peers[1].call(&command, tombstone.clone()).await;
    assert_eq!(deleted.expect("deleted").0.sequence, Sequence::new(3));
    // Once more, as who did not hear the answer does.
    let deleted = here.peers[1].call(&command, tombstone.clone()).await;
    assert_eq!(deleted.expect("deleted").0.sequence, Sequence::new(3));
    assert_eq!(here.peers[0].delivery().await.payload, sealed);
    let told = here.peers[0].delivery().await;
    assert_eq!(
        (told.sequence, &told.payload),
        (Sequence::new(3), &tombstone)
    );
    assert_eq!(told.flags, DeliverFlags::Stored);

    let history = here.history(0).await;
    assert_eq!(history.len(), 3);
    let erased = Erased::parse(history[1].payload.clone()).expect("erased");
    assert_eq!(erased.hash, hash);
    assert_eq!(erased.tombstone, Sequence::new(3));
    assert_eq!(history[1].sender, here.owners[1].account.into());
    assert_eq!(history[2].payload, tombstone);
    // Not in the file either, nor in what is written ahead of it, once that is in the file.
    let folder = here.folder.path().to_owned();
    here.close_and_keep(|| {
        let file = std::fs::read(folder.join("sealwire.db")).expect("the data");
        let needle = &sealed[223..255];
        assert!(!file.windows(needle.len()).any(|bytes| bytes == needle));
    })
    .await;
}

#[tokio::test]
async fn members_erase_their_own_and_owners_what_others_wrote() {
    let mut here = Gathering::of(&["Ada", "Bob", "Cyd"]).await;
    let (place, hash, _) = said(&mut here, 1, "Bob's").await;
    let by_cyd = tombstone(&mut here, 2);
    let command = delete(&here, place, hash);
    let code = refused(&mut here.peers[2], &command, by_cyd).await;
    assert_eq!(code, ErrorCode::NotAllowed);
    let by_ada = tombstone(&mut here, 0);
    let deleted = here.peers[0].call(&command, by_ada.clone()).await;
    let buried = deleted.expect("deleted").0.sequence;
    // A tombstone stays.
    let command = delete(
        &here,
        buried.value(),
        sealwire_tests::conversation::hash(&by_ada),
    );
    let again = tombstone(&mut here, 0);
    let code = refused(&mut here.peers[0], &command, again).await;
    assert_eq!(code, ErrorCode::NotAllowed);
    here.close().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_erased() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let (place, hash, _) = said(&mut here, 0, "hello").await;
    let other = EnvelopeHash::from_bytes([9; 32]);
    for (place, hash) in [(place, other), (place + 1, hash), (1, hash), (0, hash)] {
        let tombstone = tombstone(&mut here, 0);
        let command = delete(&here, place, hash);
        let code = refused(&mut here.peers[0], &command, tombstone).await;
        assert_eq!(code, ErrorCode::NoSuchMessage, "{place}");
    }
    let stale = Delete {
        n: EpochNumber::new(0),
        ..delete(&here, place, hash)
    };
    let sealed = tombstone(&mut here, 0);
    let code = refused(&mut here.peers[0], &stale, sealed.clone()).await;
    assert_eq!(code, ErrorCode::StaleEpoch);
    // The message id of another message, and no tombstone at all.
    let taken = MessageId::from_bytes([4; 16]);
    let first = here
        .room
        .sealed_as(&here.owners[0], Storage::Stored, taken, "first");
    let stored = here.publishes(0, PublishFlags::STORED, first.clone()).await;
    stored.expect("stored");
    let command = delete(&here, place, hash);
    let code = refused(&mut here.peers[0], &command, first).await;
    assert_eq!(code, ErrorCode::NotAllowed);
    let code = refused(&mut here.peers[0], &command, Bytes::from_static(b"x")).await;
    assert_eq!(code, ErrorCode::Malformed);
    here.peers[0].call(&command, sealed).await.expect("deleted");
    here.close().await;
}

#[tokio::test]
async fn a_tombstone_has_at_most_4_kib() {
    let mut here = Gathering::of(&["Ada"]).await;
    let (place, hash, _) = said(&mut here, 0, "hello").await;
    let command = delete(&here, place, hash);
    let bytes = |text: usize| "x".repeat(text);
    // Padding makes steps: 4 096 bytes of content are more than the limit, 2 048 less.
    let above = here
        .room
        .sealed(&here.owners[0], Storage::Stored, &bytes(3_000));
    assert!(above.len() > TOMBSTONE_BYTES);
    let code = refused(&mut here.peers[0], &command, above).await;
    assert_eq!(code, ErrorCode::TooLarge);
    for (length, code) in [
        (TOMBSTONE_BYTES, ErrorCode::Malformed),
        (TOMBSTONE_BYTES + 1, ErrorCode::TooLarge),
    ] {
        let junk = Bytes::from(vec![1; length]);
        assert_eq!(refused(&mut here.peers[0], &command, junk).await, code);
    }
    let below = here
        .room
        .sealed(&here.owners[0], Storage::Stored, &bytes(1_500));
    assert!(below.len() <= TOMBSTONE_BYTES);
    here.peers[0].call(&command, below).await.expect("deleted");
    here.close().await;
}
