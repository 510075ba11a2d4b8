//! Wrap keys: none goes that another room may need, and those of a room that was left go when they are due.

use chat_client::{Account, account::NewItem};
use serde_json::json;
use wire_format::{
    Revision, RoomId,
    room::KeepDays,
    vault::{ItemContent, ItemKind, ItemName, Rest, RoomHeadNote},
};

use super::{Held, NOWHERE, device, shows};
use crate::owners::{
    House,
    command::Device,
    liar::Liar,
    past::{Past, registers},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_key_goes_that_another_room_may_need() {
    let mut house = House::start().await;
    let (ada, _) = registers(&house, "Ada").await;
    let (bob, _) = registers(&house, "Bob").await;
    let mut past = Past::of(&house, (ada, bob), 72, KeepDays::Forever).await;
    let ada = device(&house, "Ada").await;
    let sent = ada.run(&["send", "Bob", "For ever.", "--json"]).await;
    let kept = sent.object()["room"].as_str().expect("a room").to_owned();
    let kept: RoomId = kept.parse().expect("an id");
    house.rests().await;
    past.keeps(&house, 36, KeepDays::One).await;
    house.goes_on(None).await;

    let liar = Liar::before(house.address).await;
    let bob = Device::of(liar.address);
    bob.with_password(&["login", "Bob"]).await.well();
    // The room that keeps everything does not hold for once.
    liar.lies(move |command, _, tail| {
        let mut of_it = tail.windows(16).filter(|found| found == kept.as_bytes());
        if command == "epochs.chain" && of_it.next().is_some() {
            let mut garbled = tail.to_vec();
            *garbled.last_mut().expect("a signature") ^= 1;
            *tail = garbled.into();
        }
    });
    let lied = bob.run(&["listen", "--once", "--json"]).await;
    assert!(lied.out.contains("alarm"), "{lied:?}");
    liar.lies(|_, _, _| {});
    assert_eq!(shows(&bob).await, ["For ever."]);
    house.stop().await;
}

/// What Bob's vault has of the room's head, as its content, and the item's number.
async fn kept_head(account: &mut Account) -> (RoomHeadNote, u64) {
    let kind = Some(ItemKind::RoomHead);
    let (items, _) = account.items(kind, Revision::new(0)).await.expect("items");
    let mut heads = items.into_iter().filter_map(|item| match item.content {
        Ok(ItemContent::RoomHead(note)) => Some((note, item.number)),
        _ => None,
    });
    heads.next().expect("a head")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_keeps_no_key_that_opens_what_is_due_since() {
    let mut house = House::start().await;
    let (ada, _) = registers(&house, "Ada").await;
    let (bob, _) = registers(&house, "Bob").await;
    // The newest key is over a day after its commit, and is due a day later: in eight hours.
    let past = Past::of(&house, (ada, bob), 40, KeepDays::One).await;
    house.rests().await;
    house.goes_on(None).await;
    let device = device(&house, "Bob").await;
    assert_eq!(shows(&device).await, NOWHERE);
    let room = past.room.room.to_string();
    device.run(&["group", "leave", &room]).await.well();
    let mut before = Held::default();
    before.takes_root(house.sign_in("Bob").await).await;
    let opens = |held: &Held| {
        let rng = &mut rand::rng();
        let mut wraps = held.wraps.iter();
        wraps.any(|wrap| wrap.open_secret(&past.shares[0], rng).is_ok())
    };
    assert!(opens(&before));

    let mut account = house.sign_in("Bob").await;
    let (note, number) = kept_head(&mut account).await;
    let made_at = past.room.chain.head().made_at().value();
    let span = |due: u64| json!([{ "from": made_at.to_string(), "due": due.to_string() }]);
    let day = 24 * 60 * 60 * 1_000;
    assert_eq!(note.rest.as_map()["spans"], span(made_at + 2 * day));
    // As it is when that is over by some minutes.
    let mut rest = note.rest.as_map().clone();
    rest.insert("spans".to_owned(), span(made_at + day));
    let head = NewItem {
        name: ItemName::RoomHead(past.room.room),
        number: number + 1,
        forget_at: None,
        content: ItemContent::RoomHead(RoomHeadNote {
            rest: Rest::from(rest),
            ..note
        }),
    };
    account.put_items(&[head]).await.expect("put");
    account.close().await;
    assert_eq!(shows(&device).await, NOWHERE);
    let mut after = Held::default();
    let mut account = house.sign_in("Bob").await;
    let (note, _) = kept_head(&mut account).await;
    assert!(note.rest.as_map().contains_key("left"), "{note:?}");
    after.takes_root(account).await;
    assert!(!after.wraps.is_empty() && !opens(&after));
    house.stop().await;
}
