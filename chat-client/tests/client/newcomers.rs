//! Who comes to a room of many reads everybody's keys together, and pins them together.

use chat_client::{Conversations, account::Account};
use chat_server::Rate;
use sealwire_tests::relay::Relay;
use tokio::time::timeout;
use wire_format::AccountId;

use crate::owners::{House, PATIENCE, server_at};

/// So many commands of a kind were sent through a relay.
fn sent(relay: &Relay, command: &str) -> usize {
    let needle = format!("\"command\":\"{command}\"");
    let passed = relay.passed();
    let sent = passed
        .iter()
        .flat_map(|passed| passed.sent.windows(needle.len()));
    sent.filter(|window| *window == needle.as_bytes()).count()
}

async fn conversations(account: Account) -> Conversations {
    Conversations::begin(account).await.expect("a vault")
}

/// What somebody sends who reads a room of so many for the first time.
async fn puts_of_a_newcomer(house: &House, names: &[&str]) -> (usize, usize) {
    let relay = Relay::start(house.address).await;
    let mut ids: Vec<AccountId> = Vec::new();
    for name in names {
        let (account, _) = house.register(name).await;
        ids.push(account.id());
        account.close().await;
    }
    let others = &ids[1..];
    // Only now: a connection on which nothing is said for half a minute is closed.
    let mut founder = conversations(house.sign_in(names[0]).await).await;
    let room = founder.make_group("hall", others).await.expect("a room");
    let last = names.last().expect("somebody");
    let signing_in = chat_client::SignIn::new(server_at(relay.address()), *last);
    let signing_in = signing_in.with_password(crate::owners::password());
    let mut newcomer = conversations(signing_in.await.expect("signed in")).await;
    let sync = timeout(PATIENCE, newcomer.sync(room)).await;
    sync.expect("in time").expect("the room");
    let all = others.iter().chain([&others[0]]);
    for account in all {
        assert!(newcomer.name_of(*account).is_some(), "{account}");
    }
    let puts = (sent(&relay, "vault.put"), sent(&relay, "keys.chain"));
    newcomer.into_account().close().await;
    founder.into_account().close().await;
    relay.stop().await;
    puts
}

#[tokio::test]
async fn a_larger_room_takes_a_newcomer_no_more_writes() {
    let house = House::with_commands(Rate::UNLIMITED).await;
    let (small, _) = puts_of_a_newcomer(&house, &["Ada", "Bob"]).await;
    let (large, asked) = puts_of_a_newcomer(&house, &["Cyd", "Dan", "Eve", "Fay", "Gus"]).await;
    assert!(large <= small + 1, "{large} writes, {small} before");
    assert!(asked <= 7, "each is asked about once: {asked}");
    house.stop().await;
}
