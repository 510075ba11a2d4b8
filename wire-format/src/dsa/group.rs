//! The pinned group (testdata/dsa_group.json) and the arithmetic in it.

use std::sync::LazyLock;

use crypto_bigint::{
    Odd, U256, U2048,
    modular::{FixedMontyForm, FixedMontyParams},
};

/// A number modulo p, in Montgomery form.
pub(super) type Element = FixedMontyForm<{ U2048::LIMBS }>;

/// Domain parameters with what is computed from them once.
pub(super) struct Group {
    p: FixedMontyParams<{ U2048::LIMBS }>,
    q: FixedMontyParams<{ U256::LIMBS }>,
    g: Element,
}

impl Group {
    /// The one group of the protocol.
    pub(super) fn pinned() -> &'static Self {
        &PINNED
    }

    /// Takes domain parameters as they are; only the pinned ones are validated, by their tests.
    pub(super) fn new(p: Odd<U2048>, q: Odd<U256>, g: &U2048) -> Self {
        let p = FixedMontyParams::new_vartime(p);
        Self {
            p,
            q: FixedMontyParams::new_vartime(q),
            g: Element::new(g, &p),
        }
    }

    pub(super) fn p(&self) -> &U2048 {
        self.p.modulus().as_ref()
    }

    pub(super) fn q(&self) -> &Odd<U256> {
        self.q.modulus()
    }

    pub(super) fn q_params(&self) -> &FixedMontyParams<{ U256::LIMBS }> {
        &self.q
    }

    pub(super) fn g(&self) -> &Element {
        &self.g
    }

    /// A number below p as an element.
    pub(super) fn element(&self, value: &U2048) -> Element {
        Element::new(value, &self.p)
    }

    /// The remainder modulo q of an element's value.
    pub(super) fn modulo_q(&self, element: &Element) -> U256 {
        element.retrieve().rem(self.q().as_nz_ref())
    }
}

static PINNED: LazyLock<Group> = LazyLock::new(|| Group::new(P, Q, &G));

/// The numbers of the pinned group as big-endian hexadecimal digits.
pub(super) const P_HEX: &str = concat!(
    "8a31427d8fe593f1fa600f28e8b2700fdfea54a3c05d4ce3ba0122199599e8d0",
    "854124d307bbdcb9e0c6fc2bf68db2068c5d99d4e52455a91002c3463d6e702c",
    "4f82e2cded8273e2b06b60e31ba36e59b006947e264ffba18d5f0e2276616f28",
    "1ca46b43e49fc94364a9acc6405943be0cdb12eb5bfd1c0fe402451e6515c5fc",
    "b523bf34acb30f824b93e05ff18e1880e628cd7bdb4ea719d02c8af067f4e97d",
    "289622039be8e0674c285557afa28f6888e8f84ce836de6deee221c3d1508573",
    "233057671edb8e8863ae6395bccd46b01840d65688c53c07db447da0ec87f490",
    "d5d9df45a9679c1114e21bf63d5bae237e425c1c2da3ad42c7245e447a7f2dd9",
);
pub(super) const Q_HEX: &str = "921433f35c112c4d1c5bfad3d96b845833a127aae10258574da229d325096025";
pub(super) const G_HEX: &str = concat!(
    "21e6c5dc2d6d0e47187ce4ea6d7c2a0a4a217b795cd72c42b2bb5409b875eb49",
    "e8ec1f2faca4bc37c843f590a25a198c24ac630fb65f867c6b376f3a54f6c108",
    "5de6641e30f14733eb0d8460af37a863650ea1b654c29ee49ff02854b62db4a8",
    "a5deb710d2b6e96cad0540c9b213ddea86bacfecd065b3c0f42d13e1ad2f572b",
    "eda3d23ede52cb9b56d415fac34f57395b6f1231b0b37b985017d5f301f4e564",
    "4b4d315ec6edd12b32438a731787f2a076e22fa639b6fc8d566a832b9af1b063",
    "9439115496749dacb47e77940de2c471c38c9a06f34aa67370289ff7008e38b2",
    "6d53bd9fe99fbd924eed17ab9fd24d20504fa09bcc184ee3b62bec03e85e1cd3",
);

const P: Odd<U2048> = Odd::<U2048>::from_be_hex(P_HEX);
const Q: Odd<U256> = Odd::<U256>::from_be_hex(Q_HEX);
const G: U2048 = U2048::from_be_hex(G_HEX);

/// The numbers are made again from their seed, as FIPS 186-4 Appendix A says.
#[cfg(test)]
mod tests {
    use crypto_bigint::{BoxedUint, NonZero, Resize};
    use serde_json::Value;
    use sha2::{Digest, Sha256};

    use super::*;

    fn testdata() -> Value {
        serde_json::from_str(include_str!("../../testdata/dsa_group.json")).expect("the group")
    }

    fn seed() -> U256 {
        let label = testdata()["seed_label"]
            .as_str()
            .expect("a label")
            .to_owned();
        U256::from_be_slice(&Sha256::digest(label))
    }

    fn hash_of(value: &U256) -> U256 {
        U256::from_be_slice(&Sha256::digest(value.to_be_bytes()))
    }

    #[test]
    fn the_constants_are_those_of_the_vectors() {
        let group = testdata();
        assert_eq!(group["p"], P_HEX);
        assert_eq!(group["q"], Q_HEX);
        assert_eq!(group["g"], G_HEX);
        let text = group["domain_parameter_seed"].as_str().expect("a seed");
        assert_eq!(U256::from_be_hex(text), seed());
    }

    #[test]
    fn q_comes_from_the_seed() {
        // A.1.1.2, steps 6 and 7; setting bit 255 and bit 0 is the sum for 256 bits.
        let top = U256::ONE.shl_vartime(255);
        assert_eq!(*Q.as_ref(), hash_of(&seed()) | top | U256::ONE);
    }

    #[test]
    fn p_comes_from_the_seed_and_the_counter() {
        let counter = testdata()["pgen_counter"].as_u64().expect("a counter");
        // A.1.1.2, steps 11 and 12: eight hashes, the last cut to 255 bits, then bit 2047.
        let first = seed().wrapping_add(&U256::from_u64(1 + 8 * counter));
        let mut digits = [0; 256];
        for (j, chunk) in (0_u64..).zip(digits.rchunks_mut(32)) {
            let hash = hash_of(&first.wrapping_add(&U256::from_u64(j)));
            chunk.copy_from_slice(hash.to_be_bytes().as_ref());
        }
        digits[0] |= 0x80;
        let x = U2048::from_be_slice(&digits);
        let twice_q = NonZero::new(Q.as_ref().resize::<{ U2048::LIMBS }>().shl_vartime(1));
        let c = x.rem_vartime(&twice_q.into_option().expect("not zero"));
        assert_eq!(*P.as_ref(), x.wrapping_sub(&c).wrapping_add(&U2048::ONE));
    }

    #[test]
    fn g_comes_from_the_seed_and_generates_the_subgroup() {
        // A.2.3: the first count gives a generator.
        let mut hash = Sha256::new();
        hash.update(seed().to_be_bytes());
        hash.update(b"ggen\x01\x00\x01");
        let w = U256::from_be_slice(&hash.finalize()).resize::<{ U2048::LIMBS }>();
        let q = NonZero::new(BoxedUint::from(Q.as_ref()).resize(2048)).expect("not zero");
        let e = (BoxedUint::from(P.as_ref()) - BoxedUint::one_with_precision(2048)) / &q;
        let e = U2048::from_be_slice(&e.to_be_bytes());
        let group = Group::pinned();
        assert_eq!(group.element(&w).pow(&e).retrieve(), G);
        assert_ne!(G, U2048::ONE);
        assert_eq!(group.g().pow(Q.as_ref()).retrieve(), U2048::ONE);
    }

    #[test]
    fn p_and_q_pass_a_test_for_primes() {
        let two = U2048::from_u8(2);
        let less_one = P.as_ref().wrapping_sub(&U2048::ONE);
        assert_eq!(
            Group::pinned().element(&two).pow(&less_one).retrieve(),
            U2048::ONE
        );
        let q = FixedMontyForm::new(&U256::from_u8(2), Group::pinned().q_params());
        let less_one = Q.as_ref().wrapping_sub(&U256::ONE);
        assert_eq!(q.pow(&less_one).retrieve(), U256::ONE);
    }
}
