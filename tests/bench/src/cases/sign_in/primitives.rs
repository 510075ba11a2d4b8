//! The primitives that a guest's way into a room needs (docs/protocol.md, sections 7 and 8), alone.

use rand::rng;
use wire_format::{
    dsa::{DsaPrivateKey, DsaPublicKey},
    rsa_keys::{ModulusSize, PssPrivateKey, PssPublicKey, WrapPrivateKey, WrapPublicKey},
};

use crate::{account::cost_of, case::Case};

/// Their CPU for one sign-in, in µs: the newcomer signs its announcement with both keys; a holder
/// verifies both and wraps the room's secret; the newcomer unwraps it. The first of a proxy also
/// verifies the announcement and the start of the room's epoch, which the proxy remembers.
///
/// # Errors
/// They do not fit each other.
pub(super) fn needed(case: Case) -> anyhow::Result<f64> {
    let costs = Costs::measure()?;
    let announcement = costs.dsa_key + costs.pss_verify + costs.dsa_verify;
    let start = costs.pss_verify + costs.dsa_verify;
    let always = costs.pss_sign + costs.dsa_sign + announcement + costs.wrap + costs.unwrap;
    Ok(match case {
        Case::SignInElsewhere => always + announcement + start,
        _ => always,
    })
}

/// One turn of each, in µs.
struct Costs {
    pss_sign: f64,
    pss_verify: f64,
    dsa_sign: f64,
    /// The subgroup check of a key that came from somebody else.
    dsa_key: f64,
    dsa_verify: f64,
    wrap: f64,
    unwrap: f64,
}

impl Costs {
    fn measure() -> anyhow::Result<Self> {
        let rng = &mut rng();
        let hash = [7; 32];
        let pss = PssPrivateKey::generate(rng)?;
        let dsa = DsaPrivateKey::generate(rng)?;
        let wrap = WrapPrivateKey::generate(rng)?;
        let session = ModulusSize::Exactly(2048);
        let pss_public = PssPublicKey::from_spki(pss.spki().clone(), session)?;
        let y = dsa.public_bytes();
        let dsa_public = DsaPublicKey::from_bytes(&y)?;
        let wrap_public = WrapPublicKey::from_spki(wrap.spki(), session)?;
        let pss_signature = pss.sign(&hash, rng)?;
        let dsa_signature = dsa.sign(&hash, rng)?;
        let share = wrap_public.wrap(&SECRET, rng)?;
        wrap.unwrap(&share, rng)?;
        Ok(Self {
            pss_sign: cost_of(TURNS, || pss.sign(&hash, rng)),
            pss_verify: cost_of(TURNS, || pss_public.verify(&hash, &pss_signature)),
            dsa_sign: cost_of(TURNS, || dsa.sign(&hash, rng)),
            dsa_key: cost_of(TURNS, || DsaPublicKey::from_bytes(&y)),
            dsa_verify: cost_of(TURNS, || dsa_public.verify(&hash, &dsa_signature)),
            wrap: cost_of(TURNS, || wrap_public.wrap(&SECRET, rng)),
            unwrap: cost_of(TURNS, || wrap.unwrap(&share, rng)),
        })
    }
}

/// As long as the version byte and the secret of an epoch.
const SECRET: [u8; 33] = [1; 33];
const TURNS: u32 = 100;
