//! The three test sessions of `keys.json`. Their private keys are published, so they protect nothing.

use serde_json::{Value, json};
use wire_format::{
    Fingerprint, MemberId, SessionKeys,
    dsa::DsaPrivateKey,
    rsa_keys::{ModulusSize, PssPrivateKey, WrapPrivateKey},
};

use super::{hex, path, unhex};

const SIZE: ModulusSize = ModulusSize::Exactly(2048);

/// A test session's keys, one by one.
pub(crate) struct Session {
    pub(crate) name: &'static str,
    pub(crate) member: MemberId,
    pub(crate) fingerprint: Fingerprint,
    pss: Vec<u8>,
    wrap: Vec<u8>,
    dsa: Vec<u8>,
}

impl Session {
    pub(crate) fn of(name: &'static str) -> Self {
        let text = std::fs::read_to_string(path("keys.json")).expect("keys.json is there");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let sessions = file["sessions"].as_array().expect("sessions");
        let session = sessions
            .iter()
            .find(|session| session["name"] == name)
            .expect("a session");
        let bytes = |field: &str| unhex(session[field].as_str().expect("text"));
        Self {
            name,
            member: MemberId::from_bytes(bytes("member").try_into().expect("16 bytes")),
            fingerprint: Fingerprint::from_bytes(
                bytes("fingerprint").try_into().expect("32 bytes"),
            ),
            pss: bytes("pss_pkcs8"),
            wrap: bytes("wrap_pkcs8"),
            dsa: bytes("dsa_pkcs8"),
        }
    }

    pub(crate) fn pss(&self) -> PssPrivateKey {
        PssPrivateKey::from_pkcs8(&self.pss, SIZE).expect("a key")
    }

    pub(crate) fn wrap(&self) -> WrapPrivateKey {
        WrapPrivateKey::from_pkcs8(&self.wrap, SIZE).expect("a key")
    }

    pub(crate) fn dsa(&self) -> DsaPrivateKey {
        DsaPrivateKey::from_pkcs8(&self.dsa).expect("a key")
    }

    pub(crate) fn keys(&self) -> SessionKeys {
        SessionKeys::from_parts(self.pss(), self.wrap(), self.dsa()).expect("keys")
    }
}

/// A session as `keys.json` has it.
pub(crate) fn session(
    name: &str,
    member: &[u8; 16],
    pss: &PssPrivateKey,
    wrap: &WrapPrivateKey,
    dsa: &DsaPrivateKey,
) -> Value {
    let mut value = json!({
        "name": name,
        "member": hex(member),
        "pss_pkcs8": hex(&*pss.to_pkcs8().expect("encoded")),
        "pss_spki": hex(pss.spki()),
        "wrap_pkcs8": hex(&*wrap.to_pkcs8().expect("encoded")),
        "wrap_spki": hex(wrap.spki()),
        "dsa_pkcs8": hex(&*dsa.to_pkcs8().expect("encoded")),
        "y": hex(dsa.public_bytes()),
    });
    let parts = |der: &str| unhex(value[der].as_str().expect("text"));
    let keys = SessionKeys::from_parts(
        PssPrivateKey::from_pkcs8(&parts("pss_pkcs8"), SIZE).expect("a key"),
        WrapPrivateKey::from_pkcs8(&parts("wrap_pkcs8"), SIZE).expect("a key"),
        DsaPrivateKey::from_pkcs8(&parts("dsa_pkcs8")).expect("a key"),
    );
    value["fingerprint"] = json!(keys.expect("keys").fingerprint());
    value
}
