//! Messages: numbered without gaps, each stored once, and erased for good.

use bytes::Bytes;
use chat_server::store::{
    Refusal, Store as _,
    messages::{
        EraseMessage, FetchMessages, MessageDraft, Page, PlaceMessages, Placed, StoredPayload,
    },
    rooms::{Comes, Commit, FoundRoom, Member},
};
use wire_format::{ChannelId, EnvelopeHash, MemberId, MessageId, RoomId, RunId, Sequence};

use crate::support::{House, NOW, refusal};

pub(crate) const ADA: MemberId = MemberId::from_bytes([0xad; 16]);
pub(crate) const BOB: MemberId = MemberId::from_bytes([0xb0; 16]);

fn room(byte: u8) -> RoomId {
    RoomId::from_bytes([byte; 16])
}

/// Makes a room with Ada and Bob in it; its commit has the first place.
pub(crate) async fn found(house: &House, byte: u8) {
    let member = |account, role, comes| Member {
        account,
        fingerprint: [7; 32],
        role,
        comes,
    };
    let found = FoundRoom {
        kind: 3,
        commit: Commit {
            room: room(byte),
            n: 1,
            hash: [byte; 32],
            author: ADA,
            name: "Ada".into(),
            record: b"commit 1".to_vec(),
            members: vec![ADA, BOB],
            wraps: vec![0, 0],
            shares: vec![0; 2 * 384],
            put: vec![member(ADA, 1, Comes::Itself), member(BOB, 3, Comes::Placed)],
            newest: vec![0, 0],
            rooms_most: 100,
            keep_days: 0,
            now: NOW,
        },
        channel: ChannelId::main_of(room(byte)),
        run: RunId::from_bytes([byte; 16]),
        pair: None,
        face: None,
    };
    let founded = house.store.write(found).await.expect("written");
    founded.expect("founded");
}

/// A message with this number in its id.
pub(crate) fn draft(byte: u8, number: u64) -> MessageDraft {
    let mut id = [byte; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    MessageDraft {
        room: room(byte),
        channel: ChannelId::main_of(room(byte)),
        sender: ADA,
        name: "Ada".into(),
        n: 1,
        at: NOW,
        message: MessageId::from_bytes(id),
        hash: EnvelopeHash::from_bytes([number.to_be_bytes()[7]; 32]),
        envelope: Bytes::from(format!("envelope {number}")),
        is_answer: false,
    }
}

pub(crate) async fn place(house: &House, drafts: Vec<MessageDraft>) -> Vec<(u64, bool)> {
    let placed = place_up_to(house, u64::MAX, drafts).await.into_iter();
    placed.map(|placed| placed.expect("space")).collect()
}

/// Likewise, where one account may have so many bytes.
pub(crate) async fn place_up_to(
    house: &House,
    most_bytes: u64,
    drafts: Vec<MessageDraft>,
) -> Vec<Result<(u64, bool), Refusal>> {
    let change = PlaceMessages { drafts, most_bytes };
    let placed = house.store.write(change).await.expect("written");
    let placed = placed.expect("not refused as a whole").into_iter();
    let short = |placed: Placed| (placed.sequence.value(), placed.is_new);
    placed.map(|placed| placed.map(short)).collect()
}

fn everything(byte: u8) -> FetchMessages {
    FetchMessages {
        room: room(byte),
        channel: ChannelId::main_of(room(byte)),
        after: Some(Sequence::new(0)),
        before: None,
        limit: 500,
        bytes: 1 << 20,
    }
}

async fn fetch(house: &House, fetch: FetchMessages) -> Page {
    house.store.read(fetch).await.expect("read")
}

fn places(page: &Page) -> Vec<u64> {
    let deliveries = page.deliveries.iter();
    deliveries.map(|one| one.sequence.value()).collect()
}

pub(crate) async fn every_room_is_numbered_without_gaps(house: &House) {
    found(house, 1).await;
    found(house, 2).await;
    // More than one statement of each form, of two rooms in turn.
    let drafts: Vec<_> = (0..200)
        .map(|number| draft(1 + u8::from(number % 2 == 1), number))
        .collect();
    let placed = place(house, drafts).await;
    for (number, placed) in (0_u64..).zip(placed) {
        assert_eq!(placed, (2 + number / 2, true));
    }
    assert_eq!(place(house, vec![draft(2, 900)]).await, [(102, true)]);
    for (byte, last) in [(1, 101), (2, 102)] {
        let page = fetch(house, everything(byte)).await;
        assert!(places(&page).into_iter().eq(1..=last));
        assert_eq!((page.first.value(), page.last.value()), (1, last));
        let payload = &page.deliveries[0].payload;
        let commit = StoredPayload::Commit(Bytes::from_static(b"commit 1"));
        assert_eq!(*payload, commit);
        let message = &page.deliveries[100];
        assert_eq!((message.sender, message.name.as_str()), (ADA, "Ada"));
        assert_eq!(message.at, NOW);
        let envelope = format!("envelope {}", 197 + u64::from(byte));
        assert_eq!(message.payload, StoredPayload::Message(envelope.into()));
    }
}

pub(crate) async fn a_repetition_has_the_place_of_the_first(house: &House) {
    found(house, 1).await;
    let both = vec![draft(1, 5), draft(1, 6), draft(1, 5)];
    assert_eq!(place(house, both).await, [(2, true), (3, true), (2, false)]);
    let again = vec![draft(1, 6), draft(1, 7)];
    assert_eq!(place(house, again).await, [(3, false), (4, true)]);
    assert_eq!(fetch(house, everything(1)).await.deliveries.len(), 4);
}

pub(crate) async fn pages_are_bounded_by_count_and_by_bytes(house: &House) {
    found(house, 1).await;
    let large = |number| MessageDraft {
        envelope: vec![1; 400_000].into(),
        ..draft(1, number)
    };
    let drafts = vec![large(1), large(2), large(3), draft(1, 4)];
    place(house, drafts).await;
    let all = everything(1);
    let page = fetch(house, all).await;
    assert_eq!((places(&page), page.more), (vec![1, 2, 3], true));
    let newest = FetchMessages { after: None, ..all };
    let page = fetch(house, newest).await;
    assert_eq!((places(&page), page.more), (vec![3, 4, 5], true));
    let one = FetchMessages { bytes: 1, ..newest };
    let page = fetch(house, one).await;
    assert_eq!((places(&page), page.more), (vec![5], true));
    let front = FetchMessages {
        before: Some(Sequence::new(3)),
        limit: 2,
        ..newest
    };
    let page = fetch(house, front).await;
    assert_eq!((places(&page), page.more), (vec![1, 2], false));
    let nothing = FetchMessages {
        after: Some(Sequence::new(5)),
        ..all
    };
    let page = fetch(house, nothing).await;
    assert_eq!((places(&page), page.more), (vec![], false));
}

pub(crate) fn erase(byte: u8, target: u64, by: MemberId) -> EraseMessage {
    EraseMessage {
        tombstone: MessageDraft {
            sender: by,
            ..draft(byte, 1_000 + target)
        },
        sequence: Sequence::new(target),
        hash: draft(byte, target).hash,
        may_erase_others: false,
    }
}

pub(crate) async fn an_erased_message_leaves_its_hash_and_its_tombstone(house: &House) {
    found(house, 1).await;
    // So that place and number are the same.
    place(house, vec![draft(1, 2), draft(1, 3)]).await;
    let write =
        |erase: EraseMessage| async move { house.store.write(erase).await.expect("written") };
    let others = refusal(write(erase(1, 2, BOB)).await);
    assert_eq!(others, Refusal::NotTheirs);
    let wrong = EraseMessage {
        hash: EnvelopeHash::from_bytes([9; 32]),
        ..erase(1, 2, ADA)
    };
    assert_eq!(refusal(write(wrong).await), Refusal::NoSuchMessage);
    for target in [1, 4] {
        let nothing = refusal(write(erase(1, target, ADA)).await);
        assert_eq!(nothing, Refusal::NoSuchMessage, "{target}");
    }
    let placed = |sequence, is_new| {
        let sequence = Sequence::new(sequence);
        Ok(Placed { sequence, is_new })
    };
    assert_eq!(write(erase(1, 2, ADA)).await, placed(4, true));
    assert_eq!(write(erase(1, 2, ADA)).await, placed(4, false));
    let by_admin = EraseMessage {
        may_erase_others: true,
        ..erase(1, 3, BOB)
    };
    assert_eq!(write(by_admin).await, placed(5, true));
    let tombstone = EraseMessage {
        sequence: Sequence::new(4),
        hash: draft(1, 1_002).hash,
        ..erase(1, 9, ADA)
    };
    assert_eq!(refusal(write(tombstone).await), Refusal::NotTheirs);

    let page = fetch(house, everything(1)).await;
    let hash = draft(1, 2).hash;
    let tombstone = Sequence::new(4);
    let erased = StoredPayload::Erased { hash, tombstone };
    assert_eq!(page.deliveries[1].payload, erased);
    assert_eq!(page.deliveries[1].sender, ADA);
    let kept = StoredPayload::Message("envelope 1002".into());
    assert_eq!(page.deliveries[3].payload, kept);
    assert_eq!(place(house, vec![draft(1, 6)]).await, [(6, true)]);
    // Its id stays taken.
    assert_eq!(place(house, vec![draft(1, 2)]).await, [(2, false)]);
}
