//! The built command on a server that takes few commands at a time: what it refuses for going too fast
//! is done a moment later, over the same connection.

use chat_server::Rate;

use crate::owners::{House, command::Device, liar::Liar};

/// The commands of one run of the program.
async fn commands(liar: &Liar, device: &Device, arguments: &[&str]) -> Vec<String> {
    liar.log();
    device.run(arguments).await.well();
    liar.log()
}

fn count(log: &[String], name: &str) -> usize {
    log.iter().filter(|command| *command == name).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_commands_than_a_connection_may_send_at_once_are_sent_over_one_connection() {
    let house = House::with_commands(Rate::per_second(100, 20)).await;
    let relay = Liar::before(house.address).await;
    let ada = Device::of(relay.address);
    ada.register("Ada").await.well();
    for group in ["one", "two", "three", "four", "five", "six"] {
        ada.run(&["group", "new", group]).await.well();
    }
    let log = commands(&relay, &ada, &["listen", "--once"]).await;
    assert_eq!(count(&log, "auth.resume"), 1, "{log:?}");
    // Each is asked for five times the price of a plain command, and some were refused at first.
    assert!(count(&log, "epochs.chain") >= 6, "{log:?}");
    drop(relay);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_members_is_read_once_for_all_of_them() {
    let house = House::start().await;
    let relay = Liar::before(house.address).await;
    let ada = Device::of(relay.address);
    ada.register("Ada").await.well();
    for name in ["Bob", "Eve", "Dan"] {
        let device = Device::of(house.address);
        device.register(name).await.well();
    }
    let mut sent = Vec::new();
    // By its id: a name is looked for in every room.
    for members in [&["bob"][..], &["bob", "eve", "dan"]] {
        let made = [&["group", "new", "ops", "--json"], members].concat();
        let made = ada.run(&made).await.object();
        let room = made["room"].as_str().expect("a room");
        sent.push(commands(&relay, &ada, &["send", room, "to all"]).await);
    }
    let [few, many] = [&sent[0], &sent[1]];
    assert!(
        count(many, "keys.chain") > count(few, "keys.chain"),
        "{few:?} {many:?}"
    );
    assert_eq!(count(many, "vault.items"), count(few, "vault.items"));
    drop(relay);
    house.stop().await;
}
