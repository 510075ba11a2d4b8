//! Wycheproof's vectors for DSA. Their groups are their own, so they enter below the check that pins
//! the group.

use crypto_bigint::{Odd, U256, U2048};
use sha2::{Digest, Sha256};
use wycheproof::{TestResult, dsa};

use super::{SIGNATURE_BYTES, group::Group, verify};

#[test]
fn signatures_as_they_travel() {
    let set = dsa::TestSet::load(dsa::TestName::Dsa2048_256Sha256P1363).expect("the vectors");
    let mut run = 0;
    for group in &set.test_groups {
        let (parameters, y) = parameters(group);
        assert!(verify::is_in_group(&parameters, &y));
        for test in &group.tests {
            run += 1;
            let verified = <&[u8; SIGNATURE_BYTES]>::try_from(test.sig.as_slice())
                .is_ok_and(|sig| verify::verify(&parameters, &y, &hash(test), sig));
            let wanted = test.result == TestResult::Valid;
            assert_eq!(verified, wanted, "{}: {}", test.tc_id, test.comment);
        }
    }
    assert!(run >= 139, "only {run} vectors were run");
}

#[test]
fn der_is_refused_by_its_length() {
    let set = dsa::TestSet::load(dsa::TestName::Dsa2048_256Sha256).expect("the vectors");
    let mut run = 0;
    for group in &set.test_groups {
        let (parameters, y) = parameters(group);
        for test in &group.tests {
            run += 1;
            let verified = <&[u8; SIGNATURE_BYTES]>::try_from(test.sig.as_slice())
                .is_ok_and(|sig| verify::verify(&parameters, &y, &hash(test), sig));
            assert!(!verified, "{}: {}", test.tc_id, test.comment);
        }
    }
    assert!(run >= 200, "only {run} vectors were run");
}

fn hash(test: &dsa::Test) -> [u8; 32] {
    Sha256::digest(test.msg.as_slice()).into()
}

fn parameters(group: &dsa::TestGroup) -> (Group, U2048) {
    let p = Odd::new(number(&group.key.p))
        .into_option()
        .expect("p is odd");
    let q = Odd::new(U256::from_be_slice(trimmed(&group.key.q, 32)))
        .into_option()
        .expect("q is odd");
    (
        Group::new(p, q, &number(&group.key.g)),
        number(&group.key.y),
    )
}

fn number(digits: &[u8]) -> U2048 {
    let digits = trimmed(digits, 256);
    let mut bytes = [0; 256];
    bytes[256 - digits.len()..].copy_from_slice(digits);
    U2048::from_be_slice(&bytes)
}

/// Without the zero that keeps a DER INTEGER positive.
fn trimmed(digits: &[u8], length: usize) -> &[u8] {
    &digits[digits.len().saturating_sub(length)..]
}
