//! The golden vectors of keys, epochs, shares and envelopes, which every client in every language
//! shares. Making them already checks each valid and each refused record; here it is checked that the
//! files are what would be made, and that the keys in them belong together.

use serde_json::Value;

mod vectors;

fn file(name: &str) -> String {
    std::fs::read_to_string(vectors::path(name)).expect("the vectors are there")
}

#[test]
fn the_files_are_current() {
    for (name, value) in vectors::all() {
        assert!(
            file(name) == vectors::text(&value),
            "{name} is not what `cargo run -p wire-format --example seal_vectors` writes"
        );
    }
}

#[test]
fn public_and_private_halves_belong_together() {
    let keys: Value = serde_json::from_str(&file("keys.json")).expect("JSON");
    let sessions = keys["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 3);
    for (session, name) in sessions.iter().zip(["alice", "bob", "carol"]) {
        let keys = vectors::keys::Session::of(name);
        let (pss, wrap, dsa) = (keys.pss(), keys.wrap(), keys.dsa());
        let again = vectors::keys::session(name, keys.member.as_bytes(), &pss, &wrap, &dsa);
        assert_eq!(*session, again);
    }
}

#[test]
fn rfc_7518_seals_and_opens() {
    let vectors: Value = serde_json::from_str(&file("seal.json")).expect("JSON");
    let case = &vectors["cases"][0];
    let bytes = |field: &str| vectors::unhex(case[field].as_str().expect("text"));
    let key = bytes("key").try_into().expect("64 bytes");
    let iv = bytes("iv").try_into().expect("16 bytes");
    let tag: [u8; 32] = bytes("tag").try_into().expect("32 bytes");
    let associated_data = bytes("associated_data");
    let sealed = wire_format::seal::seal(&key, &iv, &associated_data, &bytes("plaintext"));
    assert_eq!(sealed, Ok((bytes("ciphertext"), tag)));
    let opened = wire_format::seal::open(&key, &iv, &associated_data, &bytes("ciphertext"), &tag);
    assert_eq!(opened, Ok(bytes("plaintext")));
}
