//! Keysets that nobody takes.

use serde_json::{Value, json};
use wire_format::identity::ChainError;

use super::{Body, LABEL, Made, ROTATION_LABEL, follow};
use crate::vectors::{
    accounts::{Account, Block, Identity, exponent_3, one_bit_less},
    hex,
    keys::Session,
    refused, snake,
};

pub(super) fn all(ada: &Account, bob: &Account, made: &Made) -> Vec<Value> {
    let case = |after: usize, why: &str, record: &[u8], expected: &str| {
        let found = follow(ada, made, after, record);
        let mut value = match found {
            Some(ChainError::Record(error)) => refused(why, record, expected, Some(error)),
            other => {
                let found = other.map(|error| snake(&format!("{error:?}")));
                assert_eq!(found.as_deref(), Some(expected), "{why}");
                json!({ "why": why, "cause": expected, "record": hex(record) })
            }
        };
        value["after"] = json!(after);
        value
    };
    let [first, second, _] = &made.bodies[..] else {
        panic!("three keysets");
    };
    let [one, two, three] = &ada.identities[..] else {
        panic!("three identities");
    };
    let firsts = |change: &dyn Fn(&mut Body)| {
        let mut body = first.clone();
        change(&mut body);
        body.signed(one, None).0
    };
    let seconds = |change: &dyn Fn(&mut Body), before: Option<&Identity>| {
        let mut body = second.clone();
        change(&mut body);
        body.signed(two, before).0
    };
    let other_bob = |body: &mut Body| body.account = bob.account;
    let small = Session::of("alice").pss().spki().to_vec();
    let exponent_3 = exponent_3(&first.pss_spki);
    let too_small = one_bit_less(&small);
    let good = &made.records[0];
    let rotated = &made.records[1];
    let own_only = rotated[..rotated.len() - (2 + 384 + 64)].to_vec();
    let with_block = |block: &Block| [&own_only[..], &block.bytes()].concat();
    let rotation = one.sign(ROTATION_LABEL, &own_only, "keyset vectors: rotation");
    vec![
        case(0, "nothing", b"", "truncated"),
        case(
            0,
            "one byte is missing",
            &good[..good.len() - 1],
            "truncated",
        ),
        case(
            0,
            "one byte too many",
            &[&good[..], &[0]].concat(),
            "left_over",
        ),
        case(
            0,
            "above 4 KiB",
            &[&good[..], &[0; 4096]].concat(),
            "too_large",
        ),
        case(
            0,
            "another version",
            &firsts(&|body| body.start[0] = 2),
            "version",
        ),
        case(
            0,
            "another type",
            &firsts(&|body| body.start[1] = 0x11),
            "record_type",
        ),
        case(
            0,
            "an empty name",
            &firsts(&|body| body.name.clear()),
            "field",
        ),
        case(0, "number 0", &firsts(&|body| body.number = 0), "field"),
        case(0, "link 0", &firsts(&|body| body.link = 0), "field"),
        case(0, "link 4", &firsts(&|body| body.link = 4), "field"),
        case(0, "another account", &firsts(&other_bob), "other_account"),
        case(
            0,
            "another user name",
            &firsts(&|body| body.name = b"Adb".to_vec()),
            "other_name",
        ),
        case(
            0,
            "it begins with number 2",
            &firsts(&|body| body.number = 2),
            "number",
        ),
        case(
            0,
            "it begins with a reset",
            &firsts(&|body| body.link = 3),
            "link",
        ),
        case(
            0,
            "it begins with a previous one",
            &firsts(&|body| body.previous[31] = 1),
            "previous",
        ),
        case(
            0,
            "an exponent of 3",
            &firsts(&|body| body.pss_spki.clone_from(&exponent_3)),
            "rsa_key",
        ),
        case(
            0,
            "a modulus of 2047 bits",
            &firsts(&|body| body.pss_spki.clone_from(&too_small)),
            "rsa_key",
        ),
        case(
            0,
            "a key that did not sign",
            &firsts(&|body| body.pss_spki.clone_from(&small)),
            "pss_length",
        ),
        case(
            0,
            "y = 1",
            &firsts(&|body| {
                body.y.fill(0);
                body.y[255] = 1;
            }),
            "dsa_key",
        ),
        case(
            0,
            "y outside the group",
            &firsts(&|body| {
                body.y.fill(0);
                body.y[255] = 2;
            }),
            "dsa_key",
        ),
        case(
            0,
            "signed by other keys",
            &first.signed(two, None).0,
            "pss_signature",
        ),
        case(1, "the first once more", good, "number"),
        case(
            1,
            "a second first",
            &seconds(&|body| body.link = 1, None),
            "link",
        ),
        case(
            1,
            "another previous one",
            &seconds(&|body| body.previous[0] ^= 1, Some(one)),
            "previous",
        ),
        case(
            1,
            "a rotation without its second block",
            &own_only,
            "truncated",
        ),
        case(
            1,
            "a reset with a second block",
            &seconds(&|body| body.link = 3, Some(one)),
            "left_over",
        ),
        case(
            1,
            "a rotation by others than the keys before",
            &seconds(&|_| {}, Some(three)),
            "pss_signature",
        ),
        case(
            1,
            "a rotation signed by itself twice",
            &seconds(&|_| {}, Some(two)),
            "pss_signature",
        ),
        case(
            1,
            "a rotation under the keyset's label",
            &with_block(&one.sign(LABEL, &own_only, "keyset vectors: rotation")),
            "pss_signature",
        ),
        case(
            1,
            "PSS of the rotation by another",
            &with_block(&Block {
                pss: three
                    .sign(ROTATION_LABEL, &own_only, "keyset vectors: rotation")
                    .pss,
                ..rotation.clone()
            }),
            "pss_signature",
        ),
        case(
            1,
            "DSA of the rotation by another",
            &with_block(&Block {
                dsa: three
                    .sign(ROTATION_LABEL, &own_only, "keyset vectors: rotation")
                    .dsa,
                ..rotation
            }),
            "dsa_signature",
        ),
        case(
            1,
            "a rotation to the same keys",
            &{
                let mut body = Body::of(ada, 1, 2, second.previous);
                body.number = 2;
                body.signed(one, Some(one)).0
            },
            "keys_again",
        ),
        case(
            2,
            "a reset to the first keys",
            &{
                let mut body = Body::of(ada, 1, 3, made.bodies[2].previous);
                body.number = 3;
                body.signed(one, None).0
            },
            "keys_again",
        ),
        case(1, "a keyset left out", &made.records[2], "number"),
    ]
}
