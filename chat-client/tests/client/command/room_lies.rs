//! The built command in a room with several channels, behind a server that shows its channels
//! differently: what it says is named, with the next step, and everything else goes on.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{DeliverFlags, Kind, RawFrame, Sequence, ServerFrame, record_list};

use crate::owners::{
    House,
    command::Device,
    liar::Liar,
    telling::{comes_in, device, does, heard, makes, named, texts},
};

/// Ada, and Bob, who is behind the liar, in a public room with a second channel, in which something was
/// said under each of three keys.
struct Scene {
    house: House,
    liar: Liar,
    ada: Device,
    bob: Device,
    room: String,
    /// The other channel.
    dev: String,
}

impl Scene {
    async fn begins() -> Self {
        let house = House::start().await;
        let liar = Liar::before(house.address).await;
        let (ada, bob) = (device(&house, "Ada").await, Device::of(liar.address));
        bob.register("Bob").await.well();
        let room = makes(&ada, &["rooms", "create", "square", "--public"]).await;
        let made = does(&ada, &["channels", "create", "#square", "dev"]).await;
        let dev = made["channel"].as_str().expect("a channel").to_owned();
        bob.run(&["rooms", "join", "#square"]).await.well();
        let scene = Self {
            house,
            liar,
            ada,
            bob,
            room,
            dev,
        };
        scene.says(&["one"]).await;
        for text in ["two", "three"] {
            scene.ada.run(&["keys", "rotate", "#square"]).await.well();
            scene.says(&[text]).await;
        }
        scene
    }

    /// Ada says something in the other channel.
    async fn says(&self, texts: &[&str]) {
        for text in texts {
            let send = ["send", "#square", "--channel", "dev", text];
            self.ada.run(&send).await.well();
        }
    }

    async fn heard(&self) -> Vec<Value> {
        heard(&self.bob, &["--from", "1"]).await
    }

    async fn stop(self) {
        drop(self.liar);
        self.house.stop().await;
    }
}

/// Changes what is fetched of a channel: its deliveries are numbered anew, so that no number tells.
fn fetched(
    channel: &str,
    mut change: impl FnMut(&mut Vec<Bytes>) + Send + 'static,
) -> impl FnMut(&str, &mut Value, &mut Bytes) + Send + 'static {
    let channel = channel.to_owned();
    move |name, ok, tail| {
        if name != "messages.fetch" || tail.is_empty() {
            return;
        }
        let mut records = record_list::parse(tail.clone(), 500).expect("deliveries");
        if delivered(&records[0]).channel.to_string() != channel {
            return;
        }
        change(&mut records);
        let numbered = (1..).zip(&records).map(|(number, record)| {
            let mut deliver = delivered(record);
            deliver.sequence = Sequence::new(number);
            // The body of the frame: the message without its kind.
            ServerFrame::Deliver(deliver).encode().message().slice(1..)
        });
        let records: Vec<Bytes> = numbered.collect();
        ok["last"] = json!(records.len().to_string());
        *tail = record_list::encode(&records).expect("a list");
    }
}

fn delivered(record: &Bytes) -> wire_format::Deliver {
    let raw = RawFrame {
        kind: Kind::Deliver,
        body: record.clone(),
    };
    match ServerFrame::parse(raw) {
        Ok(ServerFrame::Deliver(deliver)) => deliver,
        other => panic!("no delivery: {other:?}"),
    }
}

/// The places of commits among deliveries.
fn commits(records: &[Bytes]) -> Vec<usize> {
    let at = records
        .iter()
        .enumerate()
        .filter(|(_, record)| delivered(record).flags == DeliverFlags::Commit);
    at.map(|(at, _)| at).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_one_channel_only_is_named() {
    let scene = Scene::begins().await;
    let honest = scene.heard().await;
    assert_eq!(
        (texts(&honest), named(&honest)),
        (vec!["one", "two", "three"], vec![])
    );
    scene.liar.lies(fetched(&scene.dev, |records| {
        let at = commits(records);
        records.remove(*at.last().expect("a commit"));
    }));
    let heard = scene.heard().await;
    assert_eq!(texts(&heard), ["one", "two", "three"]);
    assert_eq!(named(&heard), ["commit_left_out"]);
    let alarm = heard.iter().find(|one| one["type"] == "alarm");
    let alarm = alarm.expect("an alarm");
    assert_eq!(alarm["room"], json!(scene.room));
    assert!(
        alarm["next"]
            .as_str()
            .is_some_and(|next| next.contains(&scene.room))
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_order_in_one_channel_is_named() {
    let scene = Scene::begins().await;
    // Each commit behind what was said under its key.
    scene.liar.lies(fetched(&scene.dev, |records| {
        for at in commits(records).into_iter().rev() {
            if at + 1 < records.len() {
                records.swap(at, at + 1);
            }
        }
    }));
    let heard = scene.heard().await;
    assert_eq!(texts(&heard), ["one", "two", "three"]);
    let words = named(&heard);
    assert!(
        words.contains(&"commit_left_out") && words.contains(&"commit_order"),
        "{words:?}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_in_one_channel_is_not_shown_in_another() {
    let scene = Scene::begins().await;
    scene
        .ada
        .run(&["send", "#square", "in the main channel"])
        .await
        .well();
    // Handed out as it is where the other channel was asked for, and dressed up as one of it.
    let dev = scene.dev.clone();
    let mut of_main = Bytes::new();
    for is_dressed in [false, true] {
        let dev = dev.clone();
        let mut kept = std::mem::take(&mut of_main);
        scene.liar.lies(move |name, _, tail| {
            if name != "messages.fetch" || tail.is_empty() {
                return;
            }
            let records = record_list::parse(tail.clone(), 500).expect("deliveries");
            if delivered(&records[0]).channel.to_string() != dev {
                kept = tail.clone();
                return;
            }
            if !is_dressed {
                *tail = kept.clone();
                return;
            }
            let others = record_list::parse(kept.clone(), 500).expect("deliveries");
            let dressed = others.iter().map(|record| {
                let deliver = wire_format::Deliver {
                    channel: dev.parse().expect("a channel"),
                    ..delivered(record)
                };
                ServerFrame::Deliver(deliver).encode().message().slice(1..)
            });
            let dressed: Vec<Bytes> = dressed.collect();
            *tail = record_list::encode(&dressed).expect("a list");
        });
        let heard = scene.heard().await;
        assert_eq!(texts(&heard), ["in the main channel"], "{is_dressed}");
        let expected = if is_dressed {
            "misplaced"
        } else {
            "channel_mixed"
        };
        assert_eq!(named(&heard), [expected], "{is_dressed}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_another_room_is_named_and_stays_there() {
    let scene = Scene::begins().await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    ada.run(&["rooms", "create", "park", "--public"])
        .await
        .well();
    bob.run(&["rooms", "join", "#park"]).await.well();
    ada.run(&["send", "#park", "in the park"]).await.well();
    let other = does(bob, &["channels", "list", "#park"]).await;
    let foreign = other["channels"][0]["channel"].clone();
    // Bob reads the rooms in the order of their ids: whichever is second is told of the first one's.
    let square = does(bob, &["channels", "list", "#square"]).await;
    let own = square["channels"][0]["channel"].clone();
    scene.liar.lies(move |name, ok, _| {
        if name != "rooms.follow" {
            return;
        }
        let channels = ok["channels"].as_array_mut().expect("channels");
        let is_square = channels.iter().any(|one| one["channel"] == own);
        let mut stolen = channels[0].clone();
        stolen["channel"] = if is_square {
            foreign.clone()
        } else {
            own.clone()
        };
        channels.push(stolen);
    });
    let heard = scene.heard().await;
    let words = named(&heard);
    assert!(
        !words.is_empty() && words.iter().all(|word| *word == "channel_mixed"),
        "{words:?}"
    );
    let mut said = texts(&heard);
    said.sort_unstable();
    assert_eq!(said, ["in the park", "one", "three", "two"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_left_out_is_named_and_a_public_name_chooses_no_reader() {
    let scene = Scene::begins().await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    ada.run(&["rooms", "create", "cellar"]).await.well();
    let made = does(ada, &["channels", "create", "cellar", "plans"]).await;
    ada.run(&["rooms", "invite", "cellar", "bob"]).await.well();
    comes_in(bob).await;
    ada.run(&["send", "cellar", "for two"]).await.well();
    let hidden = made["channel"].clone();
    assert_eq!(named(&scene.heard().await), [""; 0]);
    scene.liar.lies(move |name, ok, _| {
        if name == "rooms.follow" {
            let channels = ok["channels"].as_array_mut().expect("channels");
            channels.retain(|channel| channel["channel"] != hidden);
        }
    });
    assert_eq!(named(&scene.heard().await), ["channel_withheld"]);

    // The private room's name is withheld, and a public one is said to have it.
    scene.liar.lies(|name, ok, tail| match name {
        "rooms.state" => {
            ok["number"] = json!("0");
            *tail = Bytes::new();
        }
        "rooms.follow" | "rooms.look" if ok["name"].is_string() => ok["name"] = json!("cellar"),
        _ => {}
    });
    scene.liar.log();
    let secret = bob.run(&["send", "cellar", "only for Ada"]).await;
    assert_ne!(secret.code, Some(0));
    let asked = scene.liar.log();
    assert!(!asked.iter().any(|command| command == "publish"));
    scene.liar.lies(|_, _, _| {});
    assert!(!texts(&heard(ada, &["--from", "1"]).await).contains(&"only for Ada"));
    scene.stop().await;
}
