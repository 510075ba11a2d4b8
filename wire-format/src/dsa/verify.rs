//! Verifying, with exponents of 256 bits: about a tenth of the work of exponents as long as p.
//!
//! Everything here is public, so nothing here needs constant time.

use crypto_bigint::{MultiExponentiateBoundedExp, U256, U2048, modular::FixedMontyForm};

use super::{
    SIGNATURE_BYTES,
    group::{Element, Group},
};

/// Whether 2 ≤ y ≤ p − 2 and y^q mod p = 1 (FIPS 186-4 §A.2.2 for y).
pub(super) fn is_in_group(group: &Group, y: &U2048) -> bool {
    let least = U2048::from_u8(2);
    let most = group.p().wrapping_sub(&least);
    if *y < least || *y > most {
        return false;
    }
    let order = group
        .element(y)
        .pow_bounded_exp(group.q().as_ref(), U256::BITS);
    order.retrieve() == U2048::ONE
}

/// FIPS 186-4 §4.7 for a message whose SHA-256 is `hash`; y is known to lie in the group.
pub(super) fn verify(
    group: &Group,
    y: &U2048,
    hash: &[u8; 32],
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    let (r, s) = signature.split_at(SIGNATURE_BYTES / 2);
    let (r, s) = (U256::from_be_slice(r), U256::from_be_slice(s));
    let q: &U256 = group.q().as_ref();
    if r == U256::ZERO || r >= *q || s == U256::ZERO || s >= *q {
        return false;
    }
    let Some(w) = s.invert_odd_mod_vartime(group.q()).into_option() else {
        return false;
    };
    let modulo_q = |value: &U256| FixedMontyForm::new(value, group.q_params());
    let w = modulo_q(&w);
    // q has as many bits as the hash, so z is the whole hash.
    let u1 = (modulo_q(&U256::from_be_slice(hash)) * w).retrieve();
    let u2 = (modulo_q(&r) * w).retrieve();
    let v = Element::multi_exponentiate_bounded_exp(
        &[(*group.g(), u1), (group.element(y), u2)],
        U256::BITS,
    );
    group.modulo_q(&v) == r
}
