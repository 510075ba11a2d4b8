//! What opens an account, looked for where it must not be, while somebody registers, signs in on a
//! second device, changes the password, recovers with the code, keeps something in the vault and
//! makes a new wrap key; straight at the chat-server, and from a page.
//!
//! | canary | page to proxy, proxy to server | server: memory | server: database, log | proxy: memory | proxy: log, files |
//! |---|---|---|---|---|---|
//! | password: typed, prepared, its beginning, stretched | absent | absent | absent | absent | absent |
//! | recovery code: text, bytes | absent | absent | absent | absent | absent |
//! | vault halves of both | absent | absent | absent | absent | absent |
//! | private keys, vault key, item keys, items' contents | absent | absent | absent | absent | absent |
//! | login half, recovery login | pass | gone after the answer | absent | pass | absent |
//! | session's token | passes | passes | absent | is in use | absent |
//!
//! The tiers speak plain TCP here, so that the relays see what TLS would hide. Every place is also
//! searched for something that is there, so that finding nothing means something.

use std::{fs, net::SocketAddr, time::Duration};

use chat_client::{
    Account, AccountServer, Registration, SignIn,
    account::{NewItem, Rehearsal, Renewal, WRAP_KEY_AGE},
};
use sealwire_tests::{
    folder::Folder,
    memory::{Canary, in_bytes, in_folder, in_process},
    owner::{self, Owner},
    page::Session,
    program::Program,
    relay::Relay,
    tiers::WebProxy,
};
use wire_format::{
    CommitHash, EpochNumber, Millis, Revision, RoomId,
    passwords::RecoveryCode,
    vault::{EpochSecretNote, ItemContent, ItemName, KeyBytes, Rest},
};

use crate::secrets::{Secrets, Typed, salt_of};

const NOWHERE: [&str; 0] = [];
const TRACE: &[(&str, &str)] = &[("RUST_LOG", "trace")];
/// What goes to the server, which is to forget it with its answer.
const HALVES: [&str; 2] = ["login half", "recovery login"];

pub(crate) fn server_at(address: SocketAddr) -> AccountServer {
    AccountServer::new(address.to_string().parse().expect("an address"))
}

pub(crate) fn name(beginning: &str) -> String {
    format!("{beginning}{:012x}", rand::random::<u64>() >> 16)
}

fn code() -> RecoveryCode {
    RecoveryCode::generate(&mut rand::rng())
}

/// The secret of an epoch, as a vault keeps it.
fn epoch_secret(secrets: &mut Secrets) -> NewItem {
    let secret = KeyBytes::generate(&mut rand::rng());
    secrets.own("content of an item", secret.as_bytes());
    NewItem {
        name: ItemName::EpochSecret(RoomId::of_name("lobby"), EpochNumber::new(1)),
        number: 1,
        forget_at: None,
        content: ItemContent::EpochSecret(EpochSecretNote {
            secret,
            commit: CommitHash::from_bytes([1; 32]),
            rest: Rest::default(),
        }),
    }
}

/// Somebody's account from its beginning to its third password, at an address of the chat-server.
/// Gives a session that is connected.
async fn lives(at: SocketAddr, name: &str, secrets: &mut Secrets) -> Account {
    let passwords = [Typed::new(), Typed::new(), Typed::new()];
    let [first, second, third] = &passwords;
    let codes = [code(), code(), code()];
    let registration = Registration::begin(server_at(at), name).await;
    let registration = registration.expect("a server");
    let registered = registration.register(first.prepared(), codes[0].clone(), Rehearsal::Skipped);
    let mut here = registered.await.expect("an account");
    secrets.password(first, salt_of(at, name).await);
    secrets.code(&codes[0], here.id());
    secrets.account(&mut here).await;
    let item = epoch_secret(secrets);
    here.put_items(&[item]).await.expect("kept");

    let there = SignIn::new(server_at(at), name).with_password(first.prepared());
    let mut there = there.await.expect("a second device");
    let (items, _) = there.items(None, Revision::new(0)).await.expect("items");
    assert!(items.len() == 1 && items[0].content.is_ok());
    there.close().await;

    let code = codes[1].clone();
    let changed = here.change_password(first.prepared(), second.prepared(), code);
    changed.await.expect("a new password");
    secrets.password(second, salt_of(at, name).await);
    secrets.code(&codes[1], here.id());
    let renewed = here.renew_wrap_key(a_week_later()).await;
    assert!(matches!(renewed, Ok(Renewal::Renewed(_))), "{renewed:?}");
    secrets.account(&mut here).await;
    let kept = here.kept();
    here.close().await;
    let again = SignIn::again(server_at(at), &kept).await;
    again.expect("the session").close().await;

    let recovering = SignIn::new(server_at(at), name).with_code(codes[1].clone());
    let mut recovered = recovering.await.expect("a session");
    let set = recovered.set_password(third.prepared(), codes[2].clone());
    set.await.expect("a third password");
    secrets.password(third, salt_of(at, name).await);
    secrets.code(&codes[2], recovered.id());
    secrets.account(&mut recovered).await;
    recovered
}

fn a_week_later() -> Millis {
    let age = WRAP_KEY_AGE + Duration::from_secs(1);
    let age = u64::try_from(age.as_millis()).expect("a short time");
    Millis::new(owner::now().value() + age)
}

/// Somebody at a page that came from this proxy. Gives a session there.
async fn lives_at_a_page(proxy: SocketAddr, name: &str, secrets: &mut Secrets) -> Session {
    let (typed, code) = (Typed::new(), code());
    let owner = Owner::with_secrets(name, &typed.prepared(), &code);
    secrets.password(&typed, owner.salt);
    secrets.code(&code, owner.account);
    secrets.root(&owner.content, &owner.lock.to_kept());
    let here = Session::register(proxy, &owner).await;
    let item = owner::list(&[owner.item(1, 1)]);
    here.carry_out("vault.put", item).await;
    let there = Session::login(proxy, &owner).await;
    let wrap = owner::list(&[owner.wrap_key(2), owner.root(2)]);
    there.carry_out("keys.wrap", wrap).await;
    let recovered = Session::recover(proxy, &owner).await;
    for session in [&here, &there, &recovered] {
        let token = Canary::new("session's token", session.secret().as_bytes());
        secrets.tokens.extend(token.forms());
    }
    recovered
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_an_account_stays_with_its_owner() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let key: [u8; 32] = rand::random();
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let key_file = format!("--proxy-key={}", folder.write("proxy.key", key).display());
    let arguments = [
        "--listen=127.0.0.1:0".to_owned(),
        key_file.clone(),
        format!("--data={}", data.display()),
    ];
    let mut server = Program::start_with("chat-server", arguments, TRACE);
    let address = server.listening().await;
    let between = Relay::start(address).await;
    let backend = [format!("--backend={}", between.address()), key_file];
    let proxy = WebProxy::start_with(&backend, TRACE).await;
    let from_page = Relay::start(proxy.address).await;

    let (ada, ben) = (name("ada"), name("ben"));
    let mut secrets = Secrets::default();
    let account = lives(between.address(), &ada, &mut secrets).await;
    let page = lives_at_a_page(from_page.address(), &ben, &mut secrets).await;
    let Secrets {
        own,
        halves,
        tokens,
    } = secrets;

    // What is there to be found: the derivations are right, and every place is looked into.
    let names = [
        Canary::new("Ada", ada.as_bytes()),
        Canary::new("Ben", ben.as_bytes()),
    ];
    let seen = [between.seen(), from_page.seen()];
    assert_eq!(in_bytes(&seen[0], &halves), HALVES);
    assert_eq!(in_bytes(&seen[1], &halves), HALVES);
    assert_eq!(in_process(server.process(), &names), ["Ada", "Ben"]);
    assert_eq!(in_process(proxy.program.process(), &names), ["Ben"]);
    assert_eq!(in_folder(&data, &names), ["Ada", "Ben"]);
    for (log, address) in [
        (server.printed(), address),
        (proxy.program.printed(), proxy.address),
    ] {
        let listening = [Canary::new("address", address.to_string())];
        assert_eq!(in_bytes(log.as_bytes(), &listening), ["address"]);
    }

    for (place, bytes) in ["from proxy to server", "from page to proxy"]
        .iter()
        .zip(&seen)
    {
        assert_eq!(in_bytes(bytes, &own), NOWHERE, "{place}");
    }
    let in_server = [own.clone(), halves.clone()].concat();
    assert_eq!(
        in_process(server.process(), &in_server),
        NOWHERE,
        "in the chat-server's memory"
    );
    assert_eq!(
        in_process(proxy.program.process(), &own),
        NOWHERE,
        "in the proxy's memory"
    );
    let all = [own, halves, tokens].concat();
    for (log, of) in [
        (server.printed(), "chat-server"),
        (proxy.program.printed(), "web-proxy"),
    ] {
        assert_eq!(
            in_bytes(log.as_bytes(), &all),
            NOWHERE,
            "in the log of {of}"
        );
    }
    // Once with the write-ahead log as it is, and once when everything is in its place.
    let log_bytes = fs::read_dir(&data).expect("data").filter_map(Result::ok);
    let has_log = |path: &std::path::Path| path.to_string_lossy().ends_with("-wal");
    assert!(
        log_bytes
            .filter(|entry| has_log(&entry.path()))
            .any(|entry| entry.metadata().is_ok_and(|log| log.len() > 0)),
        "there is a write-ahead log"
    );
    assert_eq!(in_folder(&data, &all), NOWHERE, "in the database");
    let files = proxy.folder.path().to_owned();
    assert_eq!(in_folder(&files, &all), NOWHERE, "in the proxy's files");
    account.close().await;
    drop(page);
    drop(server);
    assert_eq!(in_folder(&data, &names), ["Ada", "Ben"]);
    assert_eq!(in_folder(&data, &all), NOWHERE, "in the database at rest");
    fs::write(data.join("planted"), &all[0].bytes).expect("a file for the scanner to find");
    let planted = ["beginning of the password", "password as typed"];
    assert_eq!(in_folder(&data, &all), planted);
    drop(proxy);
    from_page.stop().await;
    between.stop().await;
}
