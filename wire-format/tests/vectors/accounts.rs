//! The test accounts of `account_keys.json`, and signing as vectors of section 14 do: DSA with
//! plain RFC 6979. Their private keys are published, so they protect nothing.

use dsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::{
    AccountId, WrapNumber,
    dsa::DsaPrivateKey,
    identity::{AccountWrapKey, IdentityKeys},
    rsa_keys::{ModulusSize, PssPrivateKey},
};

use super::{hex, path, random::Labelled, unhex};

/// Two identity keys, one by one.
#[derive(Clone)]
pub(crate) struct Identity {
    pss: Vec<u8>,
    x: [u8; 32],
}

impl Identity {
    fn of(value: &Value) -> Self {
        let bytes = |field: &str| unhex(value[field].as_str().expect("text"));
        Self {
            pss: bytes("pss_pkcs8"),
            x: bytes("x").try_into().expect("32 bytes"),
        }
    }

    pub(crate) fn pss(&self) -> PssPrivateKey {
        PssPrivateKey::from_pkcs8(&self.pss, ModulusSize::Accepted).expect("a key")
    }

    pub(crate) fn dsa(&self) -> DsaPrivateKey {
        DsaPrivateKey::from_private_bytes(&self.x).expect("a key")
    }

    pub(crate) fn keys(&self) -> IdentityKeys {
        IdentityKeys::from_parts(self.pss(), self.dsa()).expect("keys")
    }

    /// Signs label ‖ body.
    pub(crate) fn sign(&self, label: &[u8], body: &[u8], salt: &'static str) -> Block {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(label)
            .chain_update(body)
            .finalize()
            .into();
        let mut rng = Labelled::new(salt);
        let pss = self.pss().sign(&hash, &mut rng).expect("a signature");
        Block {
            hash,
            salt: rng.draws.swap_remove(0),
            pss,
            dsa: self.sign_plainly(&hash),
        }
    }

    /// DSA with the nonce of RFC 6979 §3.2, nothing added.
    fn sign_plainly(&self, hash: &[u8; 32]) -> [u8; 64] {
        let der = self.dsa().to_pkcs8().expect("encoded");
        let key = dsa::SigningKey::from_pkcs8_der(&der).expect("a key");
        let signature = key
            .sign_prehashed_rfc6979::<Sha256>(hash)
            .expect("a signature");
        let mut bytes = [0; 64];
        let (r, s) = bytes.split_at_mut(32);
        for (place, number) in [(r, signature.r()), (s, signature.s())] {
            let digits = number.to_be_bytes();
            let kept = &digits[digits.len().saturating_sub(32)..];
            place[32 - kept.len()..].copy_from_slice(kept);
        }
        bytes
    }
}

/// A signature block, and what went into it.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) hash: [u8; 32],
    pub(crate) salt: Vec<u8>,
    pub(crate) pss: Vec<u8>,
    pub(crate) dsa: [u8; 64],
}

impl Block {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.pss.len()).expect("a short signature");
        [&length.to_be_bytes()[..], &self.pss, &self.dsa].concat()
    }

    pub(crate) fn value(&self) -> Value {
        json!({
            "hash": hex(self.hash),
            "pss_salt": hex(&self.salt),
            "pss": hex(&self.pss),
            "dsa": hex(self.dsa),
        })
    }
}

/// A test account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) name: &'static str,
    pub(crate) account: AccountId,
    pub(crate) identities: Vec<Identity>,
    wraps: Vec<Vec<u8>>,
}

impl Account {
    pub(crate) fn of(name: &'static str) -> Self {
        let text = std::fs::read_to_string(path("account_keys.json")).expect("it is there");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let accounts = file["accounts"].as_array().expect("accounts");
        let account = accounts.iter().find(|account| account["name"] == name);
        let account = account.expect("an account");
        let list = |field: &str| account[field].as_array().expect("a list").iter();
        Self {
            name,
            account: account["account"]
                .as_str()
                .and_then(|id| id.parse().ok())
                .expect("an id"),
            identities: list("identities").map(Identity::of).collect(),
            wraps: list("wraps")
                .map(|wrap| unhex(wrap["pkcs8"].as_str().expect("text")))
                .collect(),
        }
    }

    /// The wrap key of this number.
    pub(crate) fn wrap(&self, number: usize) -> AccountWrapKey {
        let numbered = WrapNumber::new(u64::try_from(number).expect("a number"));
        AccountWrapKey::from_pkcs8(numbered, &self.wraps[number - 1]).expect("a key")
    }
}

/// A SubjectPublicKeyInfo whose modulus has one bit less: without its first bit, and so without the
/// zero byte that kept it positive.
pub(crate) fn one_bit_less(spki: &[u8]) -> Vec<u8> {
    let mut spki = spki.to_vec();
    assert_eq!(spki.remove(32), 0);
    spki[32] = spki[32] & 0x7f | 0x40;
    shorten(&mut spki, &[2, 21, 26, 30], 1);
    spki
}

/// A SubjectPublicKeyInfo with the public exponent 3.
pub(crate) fn exponent_3(spki: &[u8]) -> Vec<u8> {
    let mut spki = spki.to_vec();
    let at = spki.len() - 5;
    spki.splice(at.., [2, 1, 3]);
    shorten(&mut spki, &[2, 21, 26], 2);
    spki
}

/// The two-byte lengths at these places: of the whole, the bit string, the key and the modulus.
fn shorten(spki: &mut [u8], places: &[usize], by: u16) {
    for &at in places {
        let length = u16::from_be_bytes([spki[at], spki[at + 1]]) - by;
        spki[at..at + 2].copy_from_slice(&length.to_be_bytes());
    }
}
