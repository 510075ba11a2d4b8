//! Typed text and secrets, looked for in the chat-server's memory, files and most talkative log, in
//! all that passes between the tiers, and in the proxy's log and files.
//!
//! | canary | server: memory | server: log, files | between the tiers | proxy: log, files |
//! |---|---|---|---|---|
//! | typed text, by page, terminal and wire | absent | absent | absent | absent |
//! | epoch secret | absent | absent | absent | absent |
//! | a member's private keys | absent | absent | absent | absent |
//! | a page's cookie | absent | absent | absent | absent |
//! | a guest's token | passes through | absent | passes through | absent |
//! | proxy key | is kept there | absent | absent | absent |
//!
//! The tiers speak plain TCP here, so that the relay sees what TLS would hide. Every place is also
//! searched for something that is there, so that finding nothing means something.

use rand::{SeedableRng, rngs::StdRng};
use sealwire_tests::{
    folder::Folder,
    insider::Insider,
    memory::{Canary, in_bytes, in_folder, in_process},
    page::{Path, Session},
    program::Program,
    relay::Relay,
    tiers::WebProxy,
    wire::Wire,
};
use serde_json::json;
use wire_format::{
    SessionKeys,
    dsa::DsaPrivateKey,
    rsa_keys::{PssPrivateKey, WrapPrivateKey},
};

const NOWHERE: [&str; 0] = [];
const TRACE: &[(&str, &str)] = &[("RUST_LOG", "trace")];

/// Keys, and canaries cut out of their private halves.
fn keys() -> (SessionKeys, Vec<Canary>) {
    let rng = &mut StdRng::from_seed(rand::random());
    let pss = PssPrivateKey::generate(rng).expect("a key");
    let wrap = WrapPrivateKey::generate(rng).expect("a key");
    let dsa = DsaPrivateKey::generate(rng).expect("a key");
    let mut canaries = Vec::new();
    // The last bytes are private in all three: the RSA coefficient, and x.
    let ends = [
        ("PSS key", pss.to_pkcs8().expect("PKCS #8")),
        ("wrap key", wrap.to_pkcs8().expect("PKCS #8")),
        ("DSA key", dsa.to_pkcs8().expect("PKCS #8")),
    ];
    for (name, der) in &ends {
        canaries.extend(Canary::new(name, &der[der.len() - 24..]).forms());
    }
    (
        SessionKeys::from_parts(pss, wrap, dsa).expect("keys"),
        canaries,
    )
}

fn text(name: &'static str) -> (String, Vec<Canary>) {
    let text = format!("canary {name} {:032x}", rand::random::<u128>());
    let forms = Canary::new(name, text.as_bytes()).forms();
    (text, forms)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_and_no_secret_is_where_it_must_not_be() {
    let folder = Folder::new();
    let proxy_key: [u8; 32] = rand::random();
    let hex: String = proxy_key.iter().map(|byte| format!("{byte:02x}")).collect();
    let key_file = format!("--proxy-key={}", folder.write("proxy.key", hex).display());
    let data = folder.path().join("data");
    let arguments = [
        "--listen=127.0.0.1:0".to_owned(),
        key_file.clone(),
        format!("--data={}", data.display()),
    ];
    let mut server = Program::start_with("chat-server", arguments, TRACE);
    let address = server.listening().await;
    let relay = Relay::start(address).await;
    let backend = [format!("--backend={}", relay.address()), key_file];
    let proxy = WebProxy::start_with(&backend, TRACE).await;

    // Somebody whose keys are known starts the epoch that everybody talks in.
    let (keys, mut nowhere) = keys();
    let mut insider = Insider::announced_with(relay.address(), "insider", keys).await;
    insider.enter().await;
    let secret = insider.started.expect("the first epoch");
    nowhere.extend(Canary::new("epoch secret", secret).forms());
    let anna = Session::sign_in(proxy.address, "Anna").await;
    nowhere.extend(Canary::new("cookie", anna.secret().as_bytes()).forms());
    let entering = anna.enter(Path::Socket, "lobby");
    let (mut anna, ()) = tokio::join!(entering, insider.answer());
    let mut ben = Session::sign_in(proxy.address, "Ben")
        .await
        .enter(Path::Posts, "lobby")
        .await;
    let mut terminal = Program::start_with(
        "sealwire",
        [
            "join",
            &format!("--server={}", relay.address()),
            "--guest=terminal",
            "--room=lobby",
            "--json",
        ],
        TRACE,
    );
    terminal
        .line(|line| line.contains("keyed").then_some(()))
        .await;

    // Everybody says a canary, and Ben heard them all: they did pass.
    let (on_page, forms) = text("typed into a page");
    nowhere.extend(forms);
    anna.say(&on_page).await.expect("a message");
    let (in_terminal, forms) = text("typed into a terminal");
    nowhere.extend(forms);
    terminal.types(&in_terminal);
    let (by_hand, forms) = text("sealed by hand");
    nowhere.extend(forms);
    let envelope = insider.seal(0, &by_hand);
    insider.publish(envelope).await.expect("a message");
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(ben.hear().await.text);
    }
    for text in [&on_page, &in_terminal, &by_hand] {
        assert!(heard.contains(text));
    }

    // What is there to be found: sent unsealed, it lies in the ring and passed the relay.
    let (unsealed, there) = text("sent unsealed");
    let (mut careless, _) = Wire::guest(relay.address(), "careless").await;
    careless.enter("lobby").await;
    careless
        .publish("lobby", unsealed.clone())
        .await
        .expect("bytes that the server cannot judge");
    assert_eq!(in_process(server.process(), &there), ["sent unsealed"]);
    assert_eq!(in_bytes(&relay.seen(), &there), ["sent unsealed"]);
    let announced = Canary::new("announced key", &insider.announcement.bytes()[400..432]);
    assert_eq!(
        in_process(server.process(), std::slice::from_ref(&announced)),
        ["announced key"]
    );
    // What passes the server may not be logged either; the addresses prove that the logs are read.
    nowhere.extend(there);
    let token = Canary::new("token", insider.wire.token).forms();
    let proxy_key = Canary::new("proxy key", proxy_key).forms();
    let seen_at = |address: std::net::SocketAddr| Canary::new("address", address.to_string());
    assert_eq!(
        in_bytes(server.printed().as_bytes(), &[seen_at(address)]),
        ["address"]
    );
    assert_eq!(
        in_bytes(
            proxy.program.printed().as_bytes(),
            &[seen_at(proxy.address)]
        ),
        ["address"]
    );

    let sealed: Vec<_> = nowhere
        .iter()
        .filter(|canary| canary.name != "sent unsealed")
        .cloned()
        .collect();
    assert_eq!(
        in_process(server.process(), &sealed),
        NOWHERE,
        "in the chat-server's memory"
    );
    let passed = [sealed, proxy_key.clone()].concat();
    assert_eq!(
        in_bytes(&relay.seen(), &passed),
        NOWHERE,
        "between the tiers"
    );
    let all = [nowhere, token, proxy_key].concat();
    assert_eq!(
        in_bytes(server.printed().as_bytes(), &all),
        NOWHERE,
        "in the chat-server's log"
    );
    assert_eq!(
        in_bytes(proxy.program.printed().as_bytes(), &all),
        NOWHERE,
        "in the proxy's log"
    );
    for data in [data, proxy.folder.path().to_owned()] {
        std::fs::create_dir_all(&data).expect("a folder for data");
        assert_eq!(in_folder(&data, &all), NOWHERE, "in {}", data.display());
        std::fs::write(data.join("planted"), &on_page).expect("a file for the scanner to find");
        assert_eq!(in_folder(&data, &all), ["typed into a page"]);
    }

    terminal.types_end();
    assert!(terminal.wait().success());
    careless
        .command("auth.logout", json!({}))
        .await
        .expect("a goodbye");
    drop((anna, ben, insider, careless));
    drop((proxy, server));
    relay.stop().await;
}
