//! Writes the golden vectors of keys, epochs, shares and envelopes into `testdata/`:
//! `cargo run -p wire-format --example seal_vectors`. With the argument `keys` or `account_keys` it makes
//! new test keys of sessions or accounts first, and everything else changes with them.

use serde_json::{Value, json};
use wire_format::{
    dsa::DsaPrivateKey,
    rsa_keys::{PssPrivateKey, WrapPrivateKey},
};

use vectors::random::Labelled;

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
            let made = vectors::accounts::make();
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
