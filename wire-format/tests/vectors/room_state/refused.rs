//! Room states that nobody takes.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{AccountId, room::UnverifiedRoomState};

use super::{AFTER, EPOCH, Fields, LABEL, content, plain, take, with_resource};
use crate::vectors::{
    hex, refused, room_settings,
    rooms::{Story, causes, fingerprint, padded, signed},
};

pub(super) fn layouts(story: &Story) -> Vec<Value> {
    let ada = &story.people.ada;
    let by = &ada.identities[0];
    let text = content(story.people).to_string();
    let good = Fields::new(story, ada, 2, &plain(&[], text.as_bytes()));
    let record = good.signed(by);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedRoomState::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    vec![
        case(
            "one byte is missing",
            &record[..record.len() - 1],
            "truncated",
        ),
        case(
            "one byte too many",
            &[&record[..], &[0]].concat(),
            "left_over",
        ),
        case(
            "another type",
            &with(&|fields| fields.start[1] = 0x19),
            "record_type",
        ),
        case("number 0", &with(&|fields| fields.number = 0), "field"),
        case(
            "number 2^53",
            &with(&|fields| fields.number = 1 << 53),
            "field",
        ),
        case("epoch 0", &with(&|fields| fields.n = 0), "field"),
    ]
}

pub(super) fn invalid(story: &Story) -> Vec<Value> {
    let people = story.people;
    let (ada, carol) = (&people.ada, &people.carol);
    let by = &ada.identities[0];
    let text = with_resource(people).to_string();
    let settings = room_settings::first(story);
    let good = Fields::new(story, ada, 2, &plain(&settings, text.as_bytes()));
    let after = |seen: (u64, u64), why: &str, record: &[u8], expected: &str| {
        let error = take(story, AFTER, record, seen).expect_err("refused");
        let found = causes(&format!("{error:?}"));
        assert_eq!(found, expected, "{why}");
        json!({ "why": why, "seen": seen.0, "n": seen.1, "cause": expected, "record": hex(record) })
    };
    let case = |why: &str, record: &[u8], expected: &str| after((1, EPOCH), why, record, expected);
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let holds = |plain: &[u8]| with(&|fields| fields.padded = padded(plain));
    let sealed = |text: &[u8]| holds(&plain(&settings, text));
    let body = good.bytes();
    let (_, own) = signed(&body, LABEL, by);
    let (_, other) = signed(&body, LABEL, &carol.identities[0]);
    let blocks = |pss: &[u8], dsa: &[u8; 64]| [&body[..], &[1, 0x80], pss, dsa].concat();
    let changed = |at: usize| {
        let mut body = body.clone();
        body[at] ^= 1;
        signed(&body, LABEL, by).0
    };
    vec![
        case(
            "of another room",
            &with(&|fields| fields.room[0] ^= 1),
            "other_room",
        ),
        case(
            "of an epoch to come",
            &with(&|fields| fields.n = 5),
            "unknown_epoch",
        ),
        case(
            "of another commit",
            &with(&|fields| fields.commit[0] ^= 1),
            "unknown_epoch",
        ),
        case(
            "no newer than the last",
            &with(&|fields| fields.number = 1),
            "older",
        ),
        after(
            (1, EPOCH + 1),
            "of an epoch before that of the last",
            &good.signed(by),
            "older",
        ),
        after(
            (0, 0),
            "by somebody who came in after its epoch",
            &{
                let mut fields = good.clone();
                fields.n = 3;
                fields.commit = story.hash_of(3);
                fields.author = carol.account;
                fields.fingerprint = fingerprint(&carol.identities[0]);
                fields.signed(&carol.identities[0])
            },
            "not_member",
        ),
        case(
            "by somebody who is not a member",
            &with(&|fields| fields.author = AccountId::from_bytes([7; 16])),
            "not_member",
        ),
        case(
            "by keys that the list does not have yet",
            &{
                let mut fields = good.clone();
                fields.fingerprint = fingerprint(&ada.identities[1]);
                fields.signed(&ada.identities[1])
            },
            "not_member",
        ),
        case(
            "signed by other keys",
            &blocks(&other.pss, &other.dsa),
            "signature/pss_signature",
        ),
        case(
            "PSS by other keys",
            &blocks(&other.pss, &own.dsa),
            "signature/pss_signature",
        ),
        case(
            "DSA by other keys",
            &blocks(&own.pss, &other.dsa),
            "signature/dsa_signature",
        ),
        case("one bit of the time", &changed(121), "open/tag"),
        case("one bit of the IV", &changed(122), "open/tag"),
        case("one bit of the tag", &changed(body.len() - 1), "open/tag"),
        case(
            "not padded",
            &with(&|fields| fields.padded = vec![0; 256]),
            "open/bucket_padding",
        ),
        case("not UTF-8", &sealed(b"\xff"), "open/not_utf8"),
        case("not JSON", &sealed(b"{"), "open/content"),
        case("a list", &sealed(b"[]"), "open/content"),
        case("no length of settings", &holds(&[0; 3]), "open/truncated"),
        case(
            "settings that are longer than what is there",
            &holds(&[0, 0, 0, 9, b'{', b'}']),
            "open/truncated",
        ),
        case(
            "settings that are none",
            &holds(&plain(&settings[..settings.len() - 1], text.as_bytes())),
            "open/truncated",
        ),
    ]
}
