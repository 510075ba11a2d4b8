//! The built command, behind a server that garbles or keeps back what the vault kept of a conversation:
//! that is named, nothing is sent there, and nothing takes its place.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{record_list, vault::ItemKind};

use crate::owners::{House, command::Device, liar::Liar};

/// Where an item has its kind: behind version, type, account and item key.
const KIND_AT: usize = 34;
/// Where a room head has its number: behind kind, length of the name and name.
const NUMBER_AT: usize = 52;

/// Changes the items of one kind on their way; those that become empty are left out.
fn items(
    kind: ItemKind,
    mut change: impl FnMut(&mut Vec<u8>) + Send,
) -> impl FnMut(&str, &mut Value, &mut Bytes) + Send {
    move |name, _, tail| {
        if name != "vault.items" || tail.is_empty() {
            return;
        }
        let records = record_list::parse(tail.clone(), 10_000).expect("items");
        let records = records.into_iter().map(|record| record.to_vec());
        let changed = records.map(|mut record| {
            if record[KIND_AT] == kind.byte() {
                change(&mut record);
            }
            record
        });
        let left: Vec<Bytes> = changed
            .filter(|record| !record.is_empty())
            .map(Bytes::from)
            .collect();
        *tail = record_list::encode(&left).expect("a list");
    }
}

fn garble(record: &mut [u8]) {
    if let Some(last) = record.last_mut() {
        *last ^= 1;
    }
}

/// Garbles the head that comes first, and not what is put in its place.
fn first_head_garbled() -> impl FnMut(&mut Vec<u8>) + Send {
    let mut first = None;
    move |record| {
        let number = record[NUMBER_AT..][..8].to_vec();
        if *first.get_or_insert_with(|| number.clone()) == number {
            garble(record);
        }
    }
}

fn objects(printed: &str) -> Vec<Value> {
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_open_stops_its_room_and_one_that_is_left_out_everything() {
    let house = House::start().await;
    let liar = Liar::before(house.address).await;
    let (ada, bob) = (Device::of(house.address), Device::of(liar.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    ada.run(&["send", "bob", "first"]).await.well();
    let listen = ["listen", "--once", "--json", "--from", "1"];
    for _ in 0..2 {
        let heard = objects(&bob.run(&listen).await.well());
        assert!(heard.iter().all(|object| object["type"] != "alarm"));
    }
    liar.lies(items(ItemKind::RoomHead, |record| {
        garble(record);
        // As high as anybody likes: what does not open is not remembered.
        record[NUMBER_AT + 5] = 1;
    }));
    let heard = objects(&bob.run(&listen).await.well());
    let alarm = heard.iter().find(|object| object["type"] == "alarm");
    let alarm = alarm.expect("an alarm");
    assert_eq!(alarm["code"], "room_head_lost");
    assert!(alarm["next"].as_str().is_some_and(|next| !next.is_empty()));
    assert!(heard.iter().any(|object| object["text"] == "first"));
    let send = ["send", "ada", "into which", "--json"];
    bob.run(&send).await.failed();
    liar.lies(items(ItemKind::RoomHead, Vec::clear));
    let (said, code) = bob.run(&["listen", "--once", "--json"]).await.failed();
    assert_eq!(said["code"], "vault_rolled_back");
    assert_eq!(code, Some(7));
    // What was there is there still.
    liar.lies(|_, _, _| {});
    let heard = objects(&bob.run(&listen).await.well());
    assert!(heard.iter().all(|object| object["type"] != "alarm"));
    bob.run(&["send", "ada", "second"]).await.well();
    drop(liar);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_user_goes_on_where_what_the_vault_kept_of_a_room_is_lost() {
    let house = House::start().await;
    let liar = Liar::before(house.address).await;
    let (ada, bob) = (Device::of(house.address), Device::of(liar.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    let sent = ada.run(&["send", "bob", "first", "--json"]).await.object();
    let room = sent["room"].as_str().expect("a room");
    bob.run(&["listen", "--once"]).await.well();
    liar.lies(items(ItemKind::RoomHead, first_head_garbled()));
    let send = ["send", "ada", "into which", "--json"];
    bob.run(&send).await.failed();
    let open = bob.run(&["group", "decide", room, "--json"]).await.object();
    assert_eq!(
        (&open["stopped"], &open["decided"]),
        (&json!(true), &json!(false))
    );
    let decide = ["group", "decide", room, "--yes", "--json"];
    assert_eq!(bob.run(&decide).await.object()["decided"], json!(true));
    bob.run(&["send", "ada", "second"]).await.well();
    let heard = objects(&bob.run(&["listen", "--once", "--json"]).await.well());
    assert!(heard.iter().all(|object| object["type"] != "alarm"));
    drop(liar);
    house.stop().await;
}
