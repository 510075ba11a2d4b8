//! Announcements with keys that are refused.

use serde_json::Value;

use super::{
    super::{keys::Session, unhex},
    Body, case,
    der::{spki, value},
    signed,
};

pub(crate) fn all(alice: &Session) -> Vec<Value> {
    let f4 = [1, 0, 1];
    let modulus = |bytes: usize| {
        let mut modulus = vec![0xc5; bytes];
        modulus[bytes - 1] |= 1;
        modulus
    };
    let good = spki(&modulus(256), &f4);
    let even = {
        let mut even = modulus(256);
        even[255] = 0xc4;
        spki(&even, &f4)
    };
    let odd_size = {
        let mut long = modulus(513);
        long[0] = 1;
        spki(&long, &f4)
    };
    let long_form = [&good[..1], &[0x83, 0], &good[2..]].concat();
    let other_use = {
        let mut other = good.clone();
        other[16] = 10;
        other
    };
    let no_null = {
        let algorithm = [0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1];
        value(0x30, &[&algorithm[..], &good[19..]].concat())
    };
    let zeros = {
        let mut zeros = vec![0, 0];
        zeros.extend(modulus(256));
        spki(&zeros, &f4)
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("1024 bits", spki(&modulus(128), &f4)),
        ("3072 bits, good elsewhere", spki(&modulus(384), &f4)),
        ("4097 bits", odd_size),
        ("e = 3", spki(&modulus(256), &[3])),
        ("e = 65539", spki(&modulus(256), &[1, 0, 3])),
        ("an even modulus", even),
        ("a length that is not the shortest", long_form),
        ("needless zeros in front of the modulus", zeros),
        ("id-RSASSA-PSS in place of rsaEncryption", other_use),
        ("no NULL parameters", no_null),
        ("a byte behind the key", [&good[..], &[0]].concat()),
        ("no key", Vec::new()),
    ];
    let body = Body::of(alice);
    let mut refused = Vec::new();
    for (why, key) in cases {
        let pss = Body {
            pss_spki: key.clone(),
            ..body.clone()
        };
        let wrap = Body {
            wrap_spki: key,
            ..body.clone()
        };
        refused.push(case(
            &format!("PSS key: {why}"),
            &signed(&pss, alice),
            "rsa_key",
        ));
        refused.push(case(
            &format!("wrap key: {why}"),
            &signed(&wrap, alice),
            "rsa_key",
        ));
    }
    refused.extend(refused_y(alice, &body));
    refused
}

fn refused_y(alice: &Session, body: &Body) -> Vec<Value> {
    let text = include_str!("../../../testdata/dsa_group.json");
    let group: Value = serde_json::from_str(text).expect("the group");
    let p = unhex(group["p"].as_str().expect("p"));
    let number = |last: u8| {
        let mut number = vec![0; 256];
        number[255] = last;
        number
    };
    let less_one = {
        let mut number = p.clone();
        number[255] -= 1;
        number
    };
    let other_group = unhex(&rfc_6979()["y"].as_str().expect("y").to_lowercase());
    let cases = [
        ("y = 0", number(0)),
        ("y = 1", number(1)),
        ("y = 2, outside the subgroup", number(2)),
        ("y = p - 1", less_one),
        ("y = p", p),
        ("y = 2^2048 - 1", vec![0xff; 256]),
        ("y of another group (RFC 6979 A.2.2)", other_group),
    ];
    cases
        .into_iter()
        .map(|(why, y)| case(why, &signed(&Body { y, ..body.clone() }, alice), "dsa_key"))
        .collect()
}

fn rfc_6979() -> Value {
    serde_json::from_str(include_str!("../../../testdata/dsa_rfc6979.json")).expect("vectors")
}
