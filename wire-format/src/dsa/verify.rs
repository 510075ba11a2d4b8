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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsa::{DsaPublicKey, PUBLIC_KEY_BYTES};
    use crate::open_error::OpenError;

    fn bytes_of(number: &U2048) -> [u8; PUBLIC_KEY_BYTES] {
        let mut bytes = [0; PUBLIC_KEY_BYTES];
        bytes.copy_from_slice(number.to_be_bytes().as_ref());
        bytes
    }

    #[test]
    fn only_numbers_of_the_subgroup_are_keys() {
        let group = Group::pinned();
        let g = group.g().retrieve();
        let p = *group.p();
        let one = U2048::ONE;
        assert!(DsaPublicKey::from_bytes(&bytes_of(&g)).is_ok());
        let refused = [
            ("zero", U2048::ZERO),
            ("one", one),
            ("two, whose order is not q", U2048::from_u8(2)),
            ("minus one, of order two", p.wrapping_sub(&one)),
            ("p", p),
            ("g + p, the same residue", g.wrapping_add(&p)),
            ("the largest", U2048::MAX),
            ("minus g, of order 2q", p.wrapping_sub(&g)),
        ];
        for (why, y) in refused {
            let key = DsaPublicKey::from_bytes(&bytes_of(&y));
            assert_eq!(key, Err(OpenError::DsaKey), "{why}");
        }
    }

    #[test]
    fn r_and_s_are_between_zero_and_q() {
        let group = Group::pinned();
        let y = group.g().retrieve();
        let q: &U256 = group.q().as_ref();
        let edge = [U256::ZERO, *q, q.wrapping_add(&U256::ONE), U256::MAX];
        for bad in edge {
            for (r, s) in [(bad, U256::ONE), (U256::ONE, bad), (bad, bad)] {
                let mut signature = [0; SIGNATURE_BYTES];
                signature[..32].copy_from_slice(r.to_be_bytes().as_ref());
                signature[32..].copy_from_slice(s.to_be_bytes().as_ref());
                assert!(!verify(group, &y, &[1; 32], &signature));
            }
        }
    }
}
