//! The primitives that messages and commits need (docs/protocol.md, sections 9 and 14.9), alone.

use rand::rng;
use wire_format::{
    dsa::DsaPublicKey,
    rsa_keys::{ModulusSize, PssPublicKey, WrapPublicKey},
    seal::{self, IV_BYTES, KEY_BYTES},
};

use super::{CONTENT, MEMBERS, Members};
use crate::{account::cost_of, case::Case};

/// One turn of each, in µs.
pub(super) struct Primitives {
    /// Both signatures, and the check of both before they leave.
    sign: f64,
    verify: f64,
    seal: f64,
    open: f64,
    wrap: f64,
}

impl Primitives {
    /// Measures them with the keys of the room.
    ///
    /// # Errors
    /// They do not fit each other.
    pub(super) fn measure(members: &Members) -> anyhow::Result<Self> {
        let rng = &mut rng();
        let hash = [7; 32];
        let (pss, dsa) = (members.keys.pss(), members.keys.dsa());
        let pss_public = PssPublicKey::from_spki(pss.spki().clone(), ModulusSize::Accepted)?;
        let dsa_public = DsaPublicKey::from_bytes(&dsa.public_bytes())?;
        let wrap = WrapPublicKey::from_spki(members.wrap.spki(), ModulusSize::Accepted)?;
        let (by_pss, by_dsa) = (pss.sign(&hash, rng)?, dsa.sign(&hash, rng)?);
        let sealed = seal::seal(&KEY, &IV, &HEADER, &PADDED)?;
        let (ciphertext, tag) = (&sealed.0, &sealed.1);
        let verify = cost_of(TURNS, || pss_public.verify(&hash, &by_pss))
            + cost_of(TURNS, || dsa_public.verify(&hash, &by_dsa));
        Ok(Self {
            sign: verify
                + cost_of(TURNS, || pss.sign(&hash, rng))
                + cost_of(TURNS, || dsa.sign(&hash, rng)),
            verify,
            seal: cost_of(TURNS, || seal::seal(&KEY, &IV, &HEADER, &PADDED)),
            open: cost_of(TURNS, || seal::open(&KEY, &IV, &HEADER, ciphertext, tag)),
            wrap: cost_of(TURNS, || wrap.wrap(&SECRET, rng)),
        })
    }

    /// What a case needs of them, in µs.
    pub(super) fn needed(&self, case: Case) -> f64 {
        match case {
            Case::OpenSigned => self.verify + self.open,
            Case::Commit => self.commit(MEMBERS),
            _ => self.sign + self.seal,
        }
    }

    /// What a commit with shares for so many needs of them, in µs.
    pub(super) fn commit(&self, members: u16) -> f64 {
        f64::from(members).mul_add(self.wrap, self.sign)
    }
}

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
const IV: [u8; IV_BYTES] = [9; IV_BYTES];
/// As long as an envelope's header.
const HEADER: [u8; 203] = [1; 203];
/// The bucket of the content.
const PADDED: [u8; 2 * CONTENT.len()] = [1; 2 * CONTENT.len()];
/// As long as the first byte and the secret of an epoch.
const SECRET: [u8; 33] = [1; 33];
const TURNS: u32 = 200;
