//! After the period nothing that is left anywhere opens what was said: not with all that passed, every
//! vault, every password and every recovery code. A backup that is put back and a device that was away
//! obey, too. (The server's part, with what it tells, is tested with the server.)

use chat_client::{Account, Conversations, SignIn};
use chat_server::{
    backup::{self, Target},
    store::{Database, Location, Store as _},
};
use sealwire_tests::memory::{Canary, in_folder};
use serde_json::Value;
use wire_format::{
    EpochNumber, EpochSecret, Revision, Storage,
    envelope::{Delivery, EpochKeys, UnverifiedSignedEnvelope},
    identity::AccountWrapKey,
    passwords::{Password, RecoveryCode},
    room::{KeepDays, RoomContent},
    vault::{EpochSecretNote, ItemContent},
};

use crate::owners::{
    Folder, House,
    command::Device,
    past::{Past, registers},
};

mod wraps;

const NOWHERE: [&str; 0] = [];
const TEXT: &str = "The canary sings at four in the morning.";

/// What a vault holds that opens anything.
#[derive(Default)]
struct Held {
    secrets: Vec<EpochSecretNote>,
    wraps: Vec<AccountWrapKey>,
}

impl Held {
    async fn takes(&mut self, mut account: Account) {
        let items = account.items(None, Revision::new(0)).await;
        let (items, _) = items.expect("items");
        let secrets = items.into_iter().filter_map(|item| match item.content {
            Ok(ItemContent::EpochSecret(note)) => Some(note),
            _ => None,
        });
        self.secrets.extend(secrets);
        self.takes_root(account).await;
    }

    async fn takes_root(&mut self, mut account: Account) {
        let mut root = None;
        let looked = account.set_root(|content| root = Some(content.clone()));
        looked.await.expect("a root");
        let wraps = root.expect("a root").wraps;
        let wraps = wraps.iter().map(|entry| entry.key().expect("a wrap key"));
        self.wraps.extend(wraps);
        account.close().await;
    }

    /// What it opens of the grants that passed.
    fn granted(&self, past: &Past) -> Vec<EpochSecret> {
        let (room, rng) = (&past.room, &mut rand::rng());
        let mut secrets = Vec::new();
        for (request, grant) in &past.grants {
            for wrap in &self.wraps {
                let grant = grant.clone();
                let granted = grant.accept(request, wrap, &room.chain, &room.keysets, rng);
                let granted = granted.map(|granted| granted.secrets);
                secrets.extend(granted.into_iter().flatten().map(|(_, secret)| secret));
            }
        }
        secrets
    }

    /// What it opens of all that passed.
    fn opens(&self, past: &Past) -> Vec<String> {
        let rng = &mut rand::rng();
        let kept = self.secrets.iter().map(EpochSecretNote::to_secret);
        let mut secrets: Vec<EpochSecret> = kept.collect();
        for (share, wrap) in past
            .shares
            .iter()
            .flat_map(|share| self.wraps.iter().map(move |wrap| (share, wrap)))
        {
            secrets.extend(wrap.open_secret(share, rng));
        }
        secrets.extend(self.granted(past));
        let mut texts = Vec::new();
        for envelope in &past.envelopes {
            let envelope = UnverifiedSignedEnvelope::parse(envelope.clone()).expect("an envelope");
            let delivery = Delivery {
                channel: past.room.channel,
                sender: past.ada.account.into(),
                storage: Storage::Stored,
            };
            let n = envelope.header().epoch;
            let envelope = envelope.verify(&delivery, &past.room.chain, &past.room.keysets);
            let envelope = envelope.expect("a member's");
            let entry = past.room.chain.entry(n).expect("an epoch");
            for secret in &secrets {
                let opened = EpochKeys::of_commit(secret, entry);
                let opened = opened.ok().and_then(|keys| envelope.open(&keys).ok());
                let content = opened.map(|opened| RoomContent::parse(&opened.content));
                if let Some(Ok(RoomContent::Text(text))) = content {
                    texts.push(text.text);
                }
            }
        }
        texts
    }
}

async fn device(house: &House, name: &str) -> Device {
    let device = Device::of(house.address);
    device.with_password(&["login", name]).await.well();
    device
}

/// The texts that a device shows, when nothing is named and nothing cannot be read.
async fn shows(device: &Device) -> Vec<String> {
    let listen = ["listen", "--once", "--json", "--from", "1"];
    let printed = device.run(&listen).await.well();
    let objects = printed.lines().map(|line| {
        let object: Value = serde_json::from_str(line).expect("an object");
        let is_named = matches!(object["type"].as_str(), Some("alarm" | "unreadable"));
        assert!(!is_named, "{object}");
        object
    });
    let texts = objects.filter(|object| object["kind"] == "text");
    let texts = texts.map(|object| object["text"].as_str().expect("a text").to_owned());
    texts.collect()
}

/// Everything that is sealed about the message: as it lies there, and as a copy of it would.
fn sealed(past: &Past) -> Vec<Canary> {
    let envelope = &past.envelopes[0];
    let middle = envelope.len() / 2;
    let mut sealed = vec![Canary::new("envelope", envelope.slice(middle..middle + 32))];
    for share in &past.shares[..2] {
        sealed.push(Canary::new("share", share.slice(..32)));
    }
    for (_, grant) in &past.grants {
        let middle = grant.bytes().len() / 2;
        let part = grant.bytes().slice(middle..middle + 32);
        sealed.push(Canary::new("grant", part));
    }
    sealed
}

/// Whose data the server goes on with.
#[derive(Clone, Copy, Debug)]
enum GoesOn {
    /// Its own, after a rest.
    WithItsOwn,
    /// What was put back from a backup that holds everything.
    WithABackup,
}

async fn backed_up(house: &House, sealed: &[Canary]) -> Folder {
    let location = Location::Sqlite(house.data().to_owned());
    let store = Database::open(location).await.expect("the store");
    let backups = Folder::new();
    let made = backup::make(&store, backups.path())
        .await
        .expect("a backup");
    store.close().await;
    assert_eq!(
        in_folder(backups.path(), sealed),
        ["envelope", "grant", "share"]
    );
    let restored = Folder::new();
    let location = Location::Sqlite(restored.path().to_owned());
    let outcome = backup::restore(location, &made.path, Target::Empty).await;
    outcome.expect("restored");
    assert_eq!(in_folder(restored.path(), sealed), NOWHERE, "put back");
    restored
}

/// Signs in with the recovery code, as somebody does who lost the password.
async fn recovered(house: &House, name: &str, code: &RecoveryCode) -> Account {
    let signing_in = SignIn::new(house.server(), name).with_code(code.clone());
    let mut account = signing_in.await.expect("signed in");
    let password = Password::prepare("another horse, another battery").expect("a password");
    let next = RecoveryCode::generate(&mut rand::rng());
    account.set_password(password, next).await.expect("set");
    account
}

async fn after_the_period_nothing_opens_it(goes_on: GoesOn) {
    let mut house = House::start().await;
    let (ada, adas_code) = registers(&house, "Ada").await;
    let (bob, bobs_code) = registers(&house, "Bob").await;
    let mut past = Past::of(&house, (ada, bob), 72, KeepDays::Forever).await;
    past.said(&house, 70, TEXT).await;
    past.granted(&house, 69).await;
    let devices = [
        device(&house, "Ada").await,
        device(&house, "Bob").await,
        device(&house, "Bob").await,
    ];
    let mut before = Held::default();
    for device in &devices {
        assert_eq!(shows(device).await, [TEXT]);
    }
    for name in ["Ada", "Bob"] {
        before.takes(house.sign_in(name).await).await;
    }
    // Each by the secret in the vault, by every share, and by the grant.
    assert!(before.opens(&past).len() >= 2);
    assert!(!before.granted(&past).is_empty());

    house.rests().await;
    past.keeps(&house, 36, KeepDays::One).await;
    let sealed = sealed(&past);
    assert_eq!(
        in_folder(house.data(), &sealed),
        ["envelope", "grant", "share"]
    );
    let restored = backed_up(&house, &sealed).await;
    house
        .goes_on(match goes_on {
            GoesOn::WithItsOwn => None,
            GoesOn::WithABackup => Some(restored),
        })
        .await;
    assert_eq!(in_folder(house.data(), &sealed), NOWHERE, "while it runs");

    // Whichever comes first shows nothing; the one that was away does not, either.
    let [ada, bob, away] = &devices;
    for device in [bob, away, ada] {
        assert_eq!(shows(device).await, NOWHERE);
    }
    let mut after = Held::default();
    for name in ["Ada", "Bob"] {
        after.takes(house.sign_in(name).await).await;
    }
    // It goes on with another key.
    let room = past.room.room.to_string();
    bob.run(&["send", &room, "Is anybody there?"]).await.well();
    for device in [ada, away] {
        assert_eq!(shows(device).await, ["Is anybody there?"]);
    }
    for name in ["Ada", "Bob"] {
        after.takes(house.sign_in(name).await).await;
    }
    for (name, code) in [("Ada", &adas_code), ("Bob", &bobs_code)] {
        after.takes(recovered(&house, name, code).await).await;
    }
    assert!(!after.secrets.is_empty() && !after.wraps.is_empty());
    assert_eq!(after.opens(&past), NOWHERE);

    let mut kept = sealed;
    kept.extend(Canary::new("text", TEXT).forms());
    for secret in &before.secrets {
        kept.extend(Canary::new("secret", secret.secret.as_bytes().to_vec()).forms());
    }
    for device in &devices {
        assert_eq!(in_folder(device.folder.path(), &kept), NOWHERE);
    }
    house.rests().await;
    assert_eq!(in_folder(house.data(), &kept), NOWHERE, "at rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_period_nothing_that_is_left_opens_what_was_said() {
    after_the_period_nothing_opens_it(GoesOn::WithItsOwn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_put_back_opens_nothing_either() {
    after_the_period_nothing_opens_it(GoesOn::WithABackup).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_was_quiet_for_too_long_is_named_anew() {
    let mut house = House::start().await;
    let (ada, _) = registers(&house, "Ada").await;
    let (bob, _) = registers(&house, "Bob").await;
    let mut past = Past::of(&house, (ada, bob), 72, KeepDays::Forever).await;
    let room = past.room.room.to_string();
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    ada.run(&["group", "rename", &room, "cellar"]).await.well();
    house.rests().await;
    // Nobody was there before every key of it was due, that of the newest epoch, too.
    past.keeps(&house, 49, KeepDays::One).await;
    house.goes_on(None).await;
    ada.run(&["resources", "add", &room, "Plans", "https://a.example/"])
        .await
        .well();
    ada.run(&["group", "rename", &room, "attic"]).await.well();
    let mine = bob.run(&["group", "--json"]).await.object();
    assert_eq!(mine["conversations"][0]["name"], "attic");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_room_keeps_its_state_as_long_as_somebody_is_there() {
    let mut house = House::start().await;
    let (ada, _) = registers(&house, "Ada").await;
    let (bob, _) = registers(&house, "Bob").await;
    // Its only key has been over for six hours, and is due in eighteen.
    let past = Past::of(&house, (ada, bob), 30, KeepDays::One).await;
    past.has_a_state(&house, 29).await;
    house.rests().await;
    house.goes_on(None).await;
    let conversations = Conversations::begin(house.sign_in("Ada").await).await;
    let mut there = conversations.expect("signed in");
    there.enter(past.room.room).await.expect("there");
    assert_eq!(past.state_number(&house).await, 1);
    there.forget_due().await.expect("forgotten");
    let room = there.conversation(past.room.room).expect("read");
    assert_eq!(room.chain().head().n(), EpochNumber::new(2));
    assert_eq!(past.state_number(&house).await, 2);
    // Once, and not again.
    there.forget_due().await.expect("forgotten");
    assert_eq!(past.state_number(&house).await, 2);
    there.into_account().close().await;
    house.stop().await;
}
