//! Wycheproof's vectors for what derives and authenticates: HMAC-SHA-256, HMAC-SHA-512, HKDF-SHA-512.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use wycheproof::{TestResult, hkdf as hkdf_vectors, mac};

#[test]
fn hmac_sha_256() {
    let run = run_hmac(mac::TestName::HmacSha256, |key, message| {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
        mac.chain_update(message).finalize().into_bytes().to_vec()
    });
    assert!(run >= 174, "only {run} vectors were run");
}

#[test]
fn hmac_sha_512() {
    let run = run_hmac(mac::TestName::HmacSha512, |key, message| {
        let mac = Hmac::<Sha512>::new_from_slice(key).expect("any key");
        mac.chain_update(message).finalize().into_bytes().to_vec()
    });
    assert!(run >= 174, "only {run} vectors were run");
}

fn run_hmac(name: mac::TestName, compute: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> usize {
    let set = mac::TestSet::load(name).expect("the vectors");
    let mut run = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            run += 1;
            let computed = compute(&test.key, &test.msg);
            let matches = computed[..group.tag_size / 8] == test.tag[..];
            let wanted = test.result == TestResult::Valid;
            assert_eq!(matches, wanted, "{}: {}", test.tc_id, test.comment);
        }
    }
    run
}

#[test]
fn hkdf_sha_512() {
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha512).expect("the vectors");
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        run += 1;
        let mut output = vec![0; test.size];
        let expanded =
            Hkdf::<Sha512>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut output);
        if test.result == TestResult::Valid {
            assert!(expanded.is_ok(), "{}", test.tc_id);
            assert_eq!(output, test.okm.to_vec(), "{}", test.tc_id);
        } else {
            assert!(expanded.is_err(), "{}: {}", test.tc_id, test.comment);
        }
    }
    assert!(run >= 83, "only {run} vectors were run");
}
