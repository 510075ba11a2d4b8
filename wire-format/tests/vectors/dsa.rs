//! `dsa.json`: signatures of the pinned group, with the nonces behind them.

use crypto_bigint::U256;
use rfc6979::KGenerator;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::dsa::DsaPublicKey;

use super::{hex, keys::Session, random::Labelled, unhex};

pub(crate) fn vectors() -> Value {
    let alice = Session::of("alice");
    let y = alice.dsa().public_bytes();
    let key = DsaPublicKey::from_bytes(&y).expect("a key");
    let messages = [&b""[..], b"sample", "Zoë, 鲍勃 & Çarol".as_bytes()];
    let labels = ["dsa vectors: 0", "dsa vectors: 1", "dsa vectors: 2"];
    let cases: Vec<Value> = messages
        .into_iter()
        .zip(labels)
        .map(|(message, label)| {
            let hash: [u8; 32] = Sha256::digest(message).into();
            let mut rng = Labelled::new(label);
            let signature = alice.dsa().sign(&hash, &mut rng).expect("a signature");
            key.verify(&hash, &signature).expect("a good signature");
            let additional = &rng.draws[0];
            json!({
                "message": hex(message),
                "hash": hex(hash),
                "additional_data": hex(additional),
                "k": hex(nonce(&x_of(&alice), &hash, additional)),
                "signature": hex(signature),
            })
        })
        .collect();
    json!({
        "about": "DSA in the group of dsa_group.json with the key of alice in keys.json (x is her \
            private number, y the public one): nonces by RFC 6979 section 3.6, where \
            additional_data is what follows bits2octets(h1) in steps d and f. signature is r || s.",
        "x": hex(x_of(&alice)),
        "y": hex(y),
        "cases": cases,
    })
}

/// The private number, which ends its PKCS #8 form.
fn x_of(session: &Session) -> [u8; 32] {
    let der = session.dsa().to_pkcs8().expect("encoded");
    let mut x = [0; 32];
    x.copy_from_slice(&der[der.len() - 32..]);
    x
}

fn nonce(x: &[u8], hash: &[u8], additional: &[u8]) -> [u8; 32] {
    let text = include_str!("../../testdata/dsa_group.json");
    let group: Value = serde_json::from_str(text).expect("the group");
    let q = U256::from_be_slice(&unhex(group["q"].as_str().expect("q")));
    let mut k = [0; 32];
    KGenerator::<Sha256, U256>::new(x, hash, additional, &q).fill_next_k(&mut k);
    k
}
