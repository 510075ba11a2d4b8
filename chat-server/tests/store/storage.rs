//! What the envelopes of an account may take.

use bytes::Bytes;
use chat_server::store::{
    Database, Refusal, Store as _, accounts::DeleteAccount, audit::Actor, messages::MessageDraft,
};
use wire_format::MemberId;

use crate::{
    messages::{ADA, BOB, draft, erase, found, place, place_up_to},
    support::{House, NOW},
};

const FULL: Result<(u64, bool), Refusal> = Err(Refusal::OverQuota);

/// A message of so many bytes.
fn sized(byte: u8, number: u64, bytes: usize) -> MessageDraft {
    MessageDraft {
        envelope: Bytes::from(vec![7; bytes]),
        ..draft(byte, number)
    }
}

fn by(sender: MemberId, draft: MessageDraft) -> MessageDraft {
    MessageDraft { sender, ..draft }
}

pub(crate) async fn an_account_has_so_many_bytes_and_no_more(house: &House) {
    found(house, 1).await;
    found(house, 2).await;
    let put = async |drafts| place_up_to(house, 100, drafts).await;
    // Below and at the limit, over all rooms.
    let both = vec![sized(1, 1, 60), sized(2, 2, 39)];
    assert_eq!(put(both).await, [Ok((2, true)), Ok((2, true))]);
    assert_eq!(put(vec![sized(1, 3, 2)]).await, [FULL]);
    assert_eq!(put(vec![sized(1, 4, 1)]).await, [Ok((3, true))]);
    // Above it; others are not concerned, and a repetition takes nothing.
    let some = vec![
        sized(1, 5, 1),
        by(BOB, sized(1, 6, 100)),
        sized(1, 1, 60),
        by(BOB, sized(2, 7, 1)),
    ];
    let expected = [FULL, Ok((4, true)), Ok((2, false)), FULL];
    assert_eq!(put(some).await, expected);
    // A limit that was lowered refuses everything, one that was raised goes on.
    assert_eq!(place_up_to(house, 10, vec![sized(1, 8, 1)]).await, [FULL]);
    let raised = place_up_to(house, 101, vec![sized(1, 8, 1)]).await;
    assert_eq!(raised, [Ok((5, true))]);
}

pub(crate) async fn nothing_is_kept_behind_what_finds_no_space(house: &House) {
    found(house, 1).await;
    found(house, 2).await;
    let drafts = vec![
        sized(1, 1, 50),
        sized(2, 2, 51),
        sized(1, 3, 1),
        // The same again, in the same breath.
        sized(2, 2, 51),
        by(BOB, sized(1, 4, 10)),
    ];
    let placed = place_up_to(house, 100, drafts).await;
    let expected = [Ok((2, true)), FULL, FULL, FULL, Ok((3, true))];
    assert_eq!(placed, expected);
    // What was refused was not counted, and goes once there is space.
    let rest = place_up_to(house, 100, vec![sized(1, 3, 50)]).await;
    assert_eq!(rest, [Ok((4, true))]);
    let rest = place_up_to(house, 151, vec![sized(2, 2, 51)]).await;
    assert_eq!(rest, [Ok((2, true))]);
}

pub(crate) async fn many_senders_are_counted_at_once(house: &House) {
    found(house, 1).await;
    // More than one statement of them, with a last one that is not full.
    let senders = 1..=40_u8;
    let drafts = |first: u64| {
        let numbers = first..;
        let both = senders.clone().zip(numbers);
        both.map(|(sender, number)| {
            let sender = MemberId::from_bytes([sender; 16]);
            by(sender, sized(1, number, usize::from(sender.as_bytes()[0])))
        })
        .collect::<Vec<_>>()
    };
    assert!(
        place_up_to(house, 40, drafts(100))
            .await
            .iter()
            .all(Result::is_ok)
    );
    let second = place_up_to(house, 40, drafts(200)).await;
    for (sender, placed) in senders.clone().zip(second) {
        assert_eq!(placed.is_ok(), sender <= 20, "{sender}");
    }
}

pub(crate) async fn what_is_erased_gives_its_space_back(house: &House) {
    found(house, 1).await;
    let put = async |number, bytes| place_up_to(house, 100, vec![sized(1, number, bytes)]).await;
    assert_eq!(put(2, 100).await, [Ok((2, true))]);
    assert_eq!(put(3, 1).await, [FULL]);
    // A tombstone has space always, and counts: "envelope 1002" has 13 bytes.
    let erased = house.store.write(erase(1, 2, ADA)).await.expect("written");
    assert!(erased.expect("erased").is_new);
    let again = house.store.write(erase(1, 2, ADA)).await.expect("written");
    assert!(!again.expect("erased already").is_new);
    assert_eq!(put(4, 88).await, [FULL]);
    assert_eq!(put(4, 87).await, [Ok((4, true))]);
    // What somebody else erases is given back to who wrote it.
    let mut by_bob = erase(1, 4, BOB);
    (by_bob.may_erase_others, by_bob.hash) = (true, draft(1, 4).hash);
    let erased = house.store.write(by_bob).await.expect("written");
    erased.expect("erased");
    assert_eq!(put(6, 87).await, [Ok((6, true))]);
    assert_eq!(put(7, 1).await, [FULL]);
}

pub(crate) async fn what_a_deleted_account_took_is_forgotten(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    found(house, 1).await;
    for sender in [ann, bob] {
        let number = u64::from(sender.as_bytes()[0]);
        place(house, vec![by(sender, sized(1, number, 10))]).await;
    }
    let delete = DeleteAccount {
        account: bob,
        actor: Actor::Operator,
        now: NOW,
    };
    let deleted = house.store.write(delete).await.expect("written");
    deleted.expect("gone");
    let rows = house.place.dump().await;
    let counted = rows.iter().filter(|row| row.starts_with("storage "));
    assert_eq!(counted.count(), 1, "{rows:?}");
}

pub(crate) async fn older_data_are_counted_once(house: &House) {
    found(house, 1).await;
    place(house, vec![sized(1, 2, 30), by(BOB, sized(1, 3, 40))]).await;
    let erased = house.store.write(erase(1, 2, ADA)).await.expect("written");
    erased.expect("erased");
    house.store.close().await;
    let before = house.place.dump().await;
    let older = "DROP TABLE storage; DELETE FROM _sqlx_migrations WHERE version = 3";
    house.tamper(older).await;
    let store = Database::open(house.place.location()).await;
    store.expect("brought up to date").close().await;
    assert_eq!(house.place.dump().await, before);
}
