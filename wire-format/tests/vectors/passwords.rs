//! `passwords.json`.

use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use wire_format::{
    AccountId, Salt,
    passwords::{Password, RecoveryCode, Rounds, ServerName},
};

use super::{hex, random::Labelled};

pub(crate) fn vectors() -> Value {
    let cases = [
        (
            "correct horse battery staple",
            "correct horse battery staple",
            600_000,
            "chat.example",
        ),
        (
            "Pa\u{a0}ss\u{3000}wo\u{308}rd",
            "Pa ss wörd",
            600_000,
            "localhost",
        ),
        ("密码🔑", "密码🔑", 600_001, "chat.example"),
    ];
    let salts = [
        "password vectors: 0",
        "password vectors: 1",
        "password vectors: 2",
    ];
    let valid: Vec<Value> = cases
        .into_iter()
        .zip(salts)
        .map(|((typed, prepared, rounds, server), salt)| {
            password(typed, prepared, Labelled::array(salt), rounds, server)
        })
        .collect();
    let codes = ["recovery vectors: 0", "recovery vectors: 1"].map(recovery);
    let text = RecoveryCode::from_bytes(Labelled::array("recovery vectors: 0")).to_text();
    json!({
        "about": "Passwords and recovery codes (docs/protocol.md#142-passwords-and-recovery-codes). \
            `prepared` is `typed` after the profile OpaqueString. A number of rounds, a typed \
            password or a typed code in `refused` is refused.",
        "passwords": valid,
        "recovery": codes,
        "refused": {
            "rounds": [0, 599_999, 10_000_001],
            "passwords": ["", "tab\t", "\u{7f}"],
            "codes": [
                "",
                &text[..text.len() - 1],
                format!("{}0", *text),
                format!("U{}", &text[1..]),
                format!("{}1", &text[..text.len() - 1]),
                if text.starts_with('0') { text.replacen('0', "2", 1) } else { format!("0{}", &text[1..]) },
            ],
        },
    })
}

fn expand(input: &[u8], salt: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    Hkdf::<Sha512>::new(Some(salt), input)
        .expand(&info.concat(), &mut output)
        .expect("a short output");
    output
}

fn password(typed: &str, prepared: &str, salt: [u8; 16], rounds: u32, server: &str) -> Value {
    let mut stretched = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), &salt, rounds, &mut stretched);
    let login_info: [&[u8]; 2] = [b"sealwire/v1/login\0", server.as_bytes()];
    let login = expand(&stretched, &salt, &login_info, 32);
    let vault = expand(&stretched, &salt, &[b"sealwire/v1/vault-password\0"], 64);
    let halves = Password::prepare(typed)
        .expect("a password")
        .halves(
            &Salt::from_bytes(salt),
            Rounds::try_from(rounds).expect("rounds"),
            &ServerName::parse(server).expect("a name"),
        )
        .expect("halves");
    assert_eq!(halves.login.as_bytes()[..], login);
    assert_eq!(halves.vault.as_bytes()[..], vault);
    json!({
        "typed": typed,
        "prepared": prepared,
        "salt": hex(salt),
        "rounds": rounds,
        "server": server,
        "stretched": hex(stretched),
        "login": hex(login),
        "vault": hex(vault),
    })
}

fn recovery(label: &'static str) -> Value {
    let code: [u8; 16] = Labelled::array(label);
    let account: [u8; 16] = Labelled::array("account vectors: ada");
    let server = "chat.example";
    let login_info: [&[u8]; 2] = [b"sealwire/v1/recovery-login\0", server.as_bytes()];
    let login = expand(&code, &account, &login_info, 32);
    let vault = expand(&code, &account, &[b"sealwire/v1/vault-recovery\0"], 64);
    let read = RecoveryCode::from_bytes(code);
    let halves = read
        .halves(
            AccountId::from_bytes(account),
            &ServerName::parse(server).expect("a name"),
        )
        .expect("halves");
    assert_eq!(halves.login.as_bytes()[..], login);
    assert_eq!(halves.vault.as_bytes()[..], vault);
    let text = read.to_text();
    let typed = text
        .to_lowercase()
        .replace('-', " ")
        .replace('0', "o")
        .replace('1', "L");
    for text in [&*text, &typed] {
        assert!(text.parse() == Ok(read.clone()));
    }
    json!({
        "code": hex(code),
        "text": &*text,
        "typed": typed,
        "account": hex(account),
        "server": server,
        "login": hex(login),
        "vault": hex(vault),
    })
}
