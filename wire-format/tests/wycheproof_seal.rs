//! Wycheproof's vectors for what seals content: A256CBC-HS512 as a whole, AES-256-CBC below it.

use aes::{
    Aes256,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7},
};
use wire_format::seal;
use wycheproof::{TestResult, aead, cipher};

#[test]
fn a256cbc_hs512() {
    let set = aead::TestSet::load(aead::TestName::Aes256CbcHmacSha512).expect("the vectors");
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let (Ok(key), Ok(iv), Ok(tag)) = (
            test.key.as_slice().try_into(),
            test.nonce.as_slice().try_into(),
            test.tag.as_slice().try_into(),
        ) else {
            continue;
        };
        run += 1;
        let opened = seal::open(key, iv, &test.aad, &test.ct, tag);
        if test.result == TestResult::Valid {
            assert_eq!(opened.as_deref(), Ok(test.pt.as_slice()), "{}", test.tc_id);
            let sealed = seal::seal(key, iv, &test.aad, &test.pt).expect("sealed");
            assert_eq!(sealed, (test.ct.to_vec(), *tag), "{}", test.tc_id);
        } else {
            assert!(opened.is_err(), "{}: {}", test.tc_id, test.comment);
        }
    }
    assert!(run >= 94, "only {run} vectors were run");
}

#[test]
fn aes_256_cbc_pkcs7() {
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).expect("the vectors");
    let mut run = 0;
    for group in set.test_groups.iter().filter(|group| group.key_size == 256) {
        for test in &group.tests {
            run += 1;
            let key = test.key.as_slice();
            let iv = test.nonce.as_slice();
            let opened = cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
                .expect("a key and an IV")
                .decrypt_padded_vec::<Pkcs7>(&test.ct);
            if test.result == TestResult::Valid {
                assert_eq!(
                    opened.as_deref().ok(),
                    Some(test.pt.as_slice()),
                    "{}",
                    test.tc_id
                );
                let sealed = cbc::Encryptor::<Aes256>::new_from_slices(key, iv)
                    .expect("a key and an IV")
                    .encrypt_padded_vec::<Pkcs7>(&test.pt);
                assert_eq!(sealed, test.ct.to_vec(), "{}", test.tc_id);
            } else {
                assert!(opened.is_err(), "{}: {}", test.tc_id, test.comment);
            }
        }
    }
    assert!(run >= 72, "only {run} vectors were run");
}
