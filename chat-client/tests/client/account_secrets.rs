//! What must not stand in a log, however talkative: passwords, their halves, codes, private keys,
//! tokens. In this process the client's and the server's logs are written at `trace`.

use std::{
    fs,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use chat_client::SignIn;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};
use wire_format::{
    Salt,
    passwords::{RecoveryCode, Rounds, ServerName},
};

use crate::owners::{
    House, PASSWORD,
    command::{Device, ran},
    liar::Liar,
    password,
};

/// A log that is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A secret in the forms that it could stand in a text.
fn forms(name: &str, secret: &[u8]) -> Vec<(String, String)> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    let mut forms = vec![
        (format!("{name}, HEX"), hex.to_uppercase()),
        (format!("{name}, hex"), hex),
        (format!("{name}, list"), list.join(", ")),
    ];
    if let Ok(text) = str::from_utf8(secret) {
        forms.push((format!("{name}, text"), text.to_owned()));
    }
    forms
}

fn found(text: &str, secrets: &[(String, String)]) -> Vec<String> {
    let there = secrets.iter().filter(|(_, secret)| text.contains(secret));
    there.map(|(name, _)| name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_an_account_stands_in_a_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("trace"))
        .with_writer(log.clone());
    subscriber.init();
    tracing::trace!("planted in the log");
    let house = House::start().await;
    let liar = Liar::before(house.address).await;
    let device = Device::of(liar.address);
    let mut register = device.command(&["register", "Ada"]);
    register
        .env("RUST_LOG", "trace")
        .env("SEALWIRE_PASSWORD", PASSWORD)
        .env("SEALWIRE_RECOVERY_FILE", device.file("code"));
    let registered = ran(register).await;
    assert_eq!(registered.code, Some(0), "{}", registered.err);
    let mut whoami = device.command(&["whoami", "--json"]);
    whoami.env("RUST_LOG", "trace");
    let seen = ran(whoami).await;
    let sign_in = SignIn::new(crate::owners::server_at(liar.address), "ada");
    let account = sign_in.with_password(password()).await.expect("signed in");

    let mut secrets = forms("password", PASSWORD.as_bytes());
    let code = fs::read_to_string(device.file("code")).expect("a code");
    secrets.extend(forms("code as shown", code.trim().as_bytes()));
    let code: RecoveryCode = code.trim().parse().expect("a code");
    let (params, _) = liar.reply("auth.params");
    let salt: Salt = params["salt"]
        .as_str()
        .expect("a salt")
        .parse()
        .expect("a salt");
    let server = ServerName::localhost();
    let halves = password()
        .halves(&salt, Rounds::NEW, &server)
        .expect("halves");
    let recovery = code.halves(account.id(), &server).expect("halves");
    secrets.extend(forms("login half", halves.login.as_bytes()));
    secrets.extend(forms("vault half", &halves.vault.as_bytes()[..32]));
    secrets.extend(forms("recovery login", recovery.login.as_bytes()));
    secrets.extend(forms("recovery vault", &recovery.vault.as_bytes()[..32]));
    let pss = account.keys().pss().to_pkcs8().expect("a key");
    secrets.extend(forms("PSS key", &pss[pss.len() - 24..]));
    let dsa = account.keys().dsa().private_bytes();
    secrets.extend(forms("DSA key", &dsa[..]));
    let token = account.kept().token;
    secrets.extend(forms("token", token.as_str().as_bytes()));
    let kept = serde_json::to_value(account.kept().vault_key).expect("JSON");
    let vault_key = kept["key"].as_str().expect("a key").to_owned();
    secrets.push(("vault key, hex".to_owned(), vault_key));

    let nothing: [String; 0] = [];
    assert_eq!(
        found(&log.text(), &secrets),
        nothing,
        "in this process's log"
    );
    for (what, ran) in [("register", &registered), ("whoami", &seen)] {
        assert_eq!(found(&ran.err, &secrets), nothing, "{what}: log");
        assert_eq!(found(&ran.out, &secrets), nothing, "{what}: output");
    }
    // The logs are read, and the scanner finds what is there.
    assert!(log.text().contains("planted in the log"), "trace is on");
    let planted = format!("x{}y", token.as_str());
    assert_eq!(found(&planted, &secrets), ["token, text"]);
    let state = fs::read_to_string(device.state()).expect("a file");
    assert_eq!(found(&state, &secrets[..forms("", b"x").len()]), nothing);
    drop((account, liar));
    house.stop().await;
}
