//! `share.json`.

use serde_json::{Value, json};
use wire_format::{
    EpochSecret,
    rsa_keys::{ModulusSize, WrapPublicKey},
};

use super::{announcement, epoch, hex, keys::Session, random::Labelled, refused};

pub(crate) fn vectors() -> Value {
    let bob = Session::of("bob");
    let (start, _) = epoch::start();
    let secret = EpochSecret::from_bytes(epoch::secret_bytes());
    let mut rng = Labelled::new("share vectors");
    let (announced, _) = announcement::of(&bob);
    let share = announced.wrap(&secret, &mut rng).expect("a share");
    let open = |share: &[u8]| {
        bob.keys()
            .open_share(share, &start, &mut Labelled::new("blinding"))
    };
    assert!(open(&share).is_ok());
    json!({
        "about": "Shares of the epoch in epoch.json (docs/protocol.md#8-epochs-of-proxy-sealed-rooms), \
            wrapped to bob of keys.json. plain is what OAEP encrypts, with oaep_seed as its random \
            seed. A share in `invalid` is refused; `cause` names the first check that fails.",
        "valid": [{
            "to": bob.name,
            "plain": format!("01{}", hex(epoch::secret_bytes())),
            "oaep_seed": hex(rng.draws.first().expect("a seed")),
            "share": hex(&share),
        }],
        "invalid": invalid(&share, |share| open(share).err()),
    })
}

fn invalid(share: &[u8], open: impl Fn(&[u8]) -> Option<wire_format::OpenError>) -> Vec<Value> {
    let secret = epoch::secret_bytes();
    let wrap = |to: &'static str, plain: &[u8]| {
        let spki = Session::of(to).wrap().spki().clone();
        let key = WrapPublicKey::from_spki(&spki, ModulusSize::Exactly(2048)).expect("a key");
        key.wrap(plain, &mut Labelled::new("refused shares"))
            .expect("a share")
    };
    let mut flipped = share.to_vec();
    flipped[255] ^= 1;
    let other_secret: [u8; 32] = Labelled::array("another secret");
    let case = |why, share: &[u8], expected| refused(why, share, expected, open(share));
    vec![
        case("nothing", b"", "share"),
        case("one byte is missing", &share[..255], "share"),
        case("one byte too many", &[share, &[0]].concat(), "share"),
        case("a zero in front", &[&[0], share].concat(), "share"),
        case("one bit", &flipped, "share"),
        case("a number above the modulus", &[0xff; 256], "share"),
        case(
            "wrapped to carol",
            &wrap("carol", &[&[1][..], &secret].concat()),
            "share",
        ),
        case(
            "another first byte",
            &wrap("bob", &[&[2][..], &secret].concat()),
            "share",
        ),
        case("no first byte", &wrap("bob", &secret), "share"),
        case(
            "a short secret",
            &wrap("bob", &[&[1][..], &secret[..31]].concat()),
            "share",
        ),
        case(
            "a long secret",
            &wrap("bob", &[&[1][..], &secret, &[0]].concat()),
            "share",
        ),
        case("no secret", &wrap("bob", &[]), "share"),
        case(
            "another secret",
            &wrap("bob", &[&[1][..], &other_secret].concat()),
            "share_commitment",
        ),
    ]
}
