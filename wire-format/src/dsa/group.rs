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
