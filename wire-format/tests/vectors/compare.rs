//! `compare.json`.

use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use wire_format::{
    AccountId, CommitHash, Fingerprint,
    compare::{AccountKeys, Digits},
};

use super::{hex, random::Labelled};

pub(crate) fn vectors() -> Value {
    let keys = |account, fingerprint| AccountKeys {
        account: AccountId::from_bytes(Labelled::array(account)),
        fingerprint: Fingerprint::from_bytes(Labelled::array(fingerprint)),
    };
    let ada = keys("account vectors: ada", "compare vectors: ada");
    let bob = keys("account vectors: bob", "compare vectors: bob");
    let (first, second) = if ada.account < bob.account {
        (ada, bob)
    } else {
        (bob, ada)
    };
    let input = [
        &first.account.as_bytes()[..],
        first.fingerprint.as_bytes(),
        second.account.as_bytes(),
        second.fingerprint.as_bytes(),
    ]
    .concat();
    let commit: [u8; 32] = Labelled::array("compare vectors: commit");
    let safety = digits(b"sealwire/v1/safety-number\0", &input);
    assert_eq!(
        safety["digits"],
        json!(Digits::of_accounts(bob, ada).to_string())
    );
    let room = digits(b"sealwire/v1/room-number\0", &commit);
    let number = Digits::of_room(CommitHash::from_bytes(commit));
    assert_eq!(room["digits"], json!(number.to_string()));
    let accounts = [ada, bob].map(|keys| {
        json!({
            "account": keys.account,
            "fingerprint": keys.fingerprint,
            "qr": keys.to_string(),
        })
    });
    json!({
        "about": "Numbers to compare and QR texts (docs/protocol.md#141-records). hash is SHA-512 of \
            label and input.",
        "accounts": accounts,
        "safety_number": safety,
        "room_number": room,
        "refused_qr": [
            "",
            ada.to_string().to_lowercase(),
            ada.to_string().replace("SEALWIRE1", "SEALWIRE2"),
            format!("{ada}0"),
            format!(" {ada}"),
        ],
    })
}

fn digits(label: &[u8], input: &[u8]) -> Value {
    let hash = Sha512::new()
        .chain_update(label)
        .chain_update(input)
        .finalize();
    let groups: Vec<String> = hash
        .chunks_exact(5)
        .map(|bytes| {
            let number = bytes
                .iter()
                .fold(0, |sum, &byte| sum * 256 + u64::from(byte));
            format!("{:05}", number % 100_000)
        })
        .collect();
    json!({ "input": hex(input), "hash": hex(hash), "digits": groups[..12].join(" ") })
}
