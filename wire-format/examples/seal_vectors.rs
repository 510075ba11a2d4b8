//! Writes the golden vectors of keys, epochs, shares and envelopes into `testdata/`:
//! `cargo run -p wire-format --example seal_vectors`. With the argument `keys` or `account_keys` it makes
//! new test keys of sessions or accounts first, and everything else changes with them.

use serde_json::{Value, json};
use wire_format::{
    dsa::DsaPrivateKey,
    identity::IdentityKeys,
    rsa_keys::{PssPrivateKey, WrapPrivateKey},
};

use vectors::{hex, random::Labelled};

#[path = "../tests/vectors/mod.rs"]
mod vectors;

const SESSIONS: [(&str, &str); 3] = [
    ("alice", "key vectors: alice"),
    ("bob", "key vectors: bob"),
    ("carol", "key vectors: carol"),
];

fn main() -> std::io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("keys") => std::fs::write(vectors::path("keys.json"), vectors::text(&keys()))?,
        Some("account_keys") => {
            let made = account_keys();
            std::fs::write(vectors::path("account_keys.json"), vectors::text(&made))?;
        }
        _ => {}
    }
    for (name, value) in vectors::all() {
        std::fs::write(vectors::path(name), vectors::text(&value))?;
    }
    Ok(())
}

fn keys() -> Value {
    let sessions = SESSIONS.map(|(name, label)| {
        let mut rng = Labelled::new(label);
        let pss = PssPrivateKey::generate(&mut rng).expect("a key");
        let wrap = WrapPrivateKey::generate(&mut rng).expect("a key");
        let dsa = DsaPrivateKey::generate(&mut rng).expect("a key");
        vectors::keys::session(name, &Labelled::array(label), &pss, &wrap, &dsa)
    });
    json!({
        "about": "Test keys, published here and good for nothing else. PKCS #8 and \
            SubjectPublicKeyInfo are DER, y is 256 bytes, all hexadecimal. fingerprint is \
            SHA-256(L\"sealwire/v1/fingerprint\" || u16 length || pss_spki || y).",
        "sessions": sessions,
    })
}

/// `account_keys.json` made anew; takes a while.
fn account_keys() -> Value {
    let account =
        |name: &str, id: &'static str, identities: &[&'static str], wraps: &[&'static str]| {
            let identities: Vec<Value> = identities.iter().map(|label| identity(label)).collect();
            let wraps: Vec<Value> = wraps.iter().map(|label| wrap(label)).collect();
            let id = hex(Labelled::array::<16>(id));
            json!({ "name": name, "account": id, "identities": identities, "wraps": wraps })
        };
    json!({
        "about": "Test accounts, whose keys are published here and good for nothing else. PKCS #8 and \
            SubjectPublicKeyInfo are DER; x and y are the private and the public DSA number.",
        "accounts": [
            account(
                "ada",
                "account vectors: ada",
                &["identity vectors: ada 1", "identity vectors: ada 2", "identity vectors: ada 3"],
                &["wrap vectors: ada 1", "wrap vectors: ada 2", "wrap vectors: ada 3"],
            ),
            account(
                "bob",
                "account vectors: bob",
                &["identity vectors: bob 1"],
                &["wrap vectors: bob 1"],
            ),
            account(
                "carol",
                "account vectors: carol",
                &["identity vectors: carol 1"],
                &["wrap vectors: carol 1"],
            ),
        ],
    })
}

fn identity(label: &'static str) -> Value {
    let keys = IdentityKeys::generate(&mut Labelled::new(label)).expect("keys");
    json!({
        "pss_pkcs8": hex(&*keys.pss().to_pkcs8().expect("encoded")),
        "pss_spki": hex(keys.pss().spki()),
        "x": hex(*keys.dsa().private_bytes()),
        "y": hex(keys.dsa().public_bytes()),
        "fingerprint": keys.fingerprint(),
    })
}

fn wrap(label: &'static str) -> Value {
    let key = WrapPrivateKey::generate_for_account(&mut Labelled::new(label)).expect("a key");
    json!({
        "pkcs8": hex(&*key.to_pkcs8().expect("encoded")),
        "spki": hex(key.spki()),
    })
}
