//! Room settings that nobody takes.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, Fingerprint,
    room::{KnownSettings, RoomSettingsError, UnverifiedRoomSettings},
};

use super::{AFTER, Fields, LABEL, content, first, known, take};
use crate::vectors::{
    accounts::Account,
    hex, refused,
    rooms::{People, Story, causes, fingerprint, role, signed},
};

pub(super) fn layouts(story: &Story) -> Vec<Value> {
    let ada = &story.people.ada;
    let by = &ada.identities[0];
    let good = Fields::new(story, ada, 2, &content("war room"));
    let record = good.signed(by);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedRoomSettings::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let most = with(&|fields| fields.number = (1 << 53) - 1);
    assert!(UnverifiedRoomSettings::parse(most.into()).is_ok());
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
            "above 144 KiB",
            &[&record[..], &[0; 147_456]].concat(),
            "too_large",
        ),
        case(
            "another version",
            &with(&|fields| fields.start[0] = 2),
            "version",
        ),
        case(
            "another type",
            &with(&|fields| fields.start[1] = 0x1a),
            "record_type",
        ),
        case("number 0", &with(&|fields| fields.number = 0), "field"),
        case(
            "number 2^53",
            &with(&|fields| fields.number = 1 << 53),
            "field",
        ),
    ]
}

pub(super) fn invalid(story: &Story) -> Vec<Value> {
    let People {
        ada, bob, carol, ..
    } = story.people;
    let by = &ada.identities[0];
    let good = Fields::new(story, ada, 2, &content("war room"));
    let known = Some(known(story, &first(story)));
    let at = |story: &Story, after: usize, why: &str, record: &[u8], expected: &str| {
        let error = take(&story.up_to(after), record, known).expect_err("refused");
        let found = causes(&format!("{error:?}"));
        assert_eq!(found, expected, "{why}");
        json!({ "why": why, "after": after, "cause": expected, "record": hex(record) })
    };
    let unknown = |why: &str, record: &[u8], expected: &str| {
        let error = take(&story.up_to(AFTER), record, None).expect_err("refused");
        assert_eq!(causes(&format!("{error:?}")), expected, "{why}");
        json!({ "why": why, "after": AFTER, "known": false, "cause": expected, "record": hex(record) })
    };
    let case = |why: &str, record: &[u8], expected: &str| at(story, AFTER, why, record, expected);
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let of = |author: &Account| {
        let fields = Fields::new(story, author, 2, &content("mine"));
        fields.signed(&author.identities[0])
    };
    let said = |content: &[u8]| with(&|fields| fields.content = content.to_vec());
    let body = good.bytes();
    let (_, own) = signed(&body, LABEL, by);
    let (_, other) = signed(&body, LABEL, &bob.identities[0]);
    let blocks = |pss: &[u8], dsa: &[u8; 64]| [&body[..], &[1, 0x80], pss, dsa].concat();
    // Bob was no admin before commit 3.
    let before_he_was = {
        let mut fields = Fields::new(story, bob, 2, &content("war room"));
        fields.commit = story.hash_of(2);
        fields.signed(&bob.identities[0])
    };
    vec![
        case(
            "no newer than the known ones",
            &with(&|fields| fields.number = 1),
            "older",
        ),
        case(
            "above the known ones, after an earlier commit",
            &with(&|fields| {
                fields.number = (1 << 53) - 1;
                fields.commit = story.hash_of(AFTER - 1);
            }),
            "older",
        ),
        case(
            "of another room",
            &with(&|fields| fields.room[0] ^= 1),
            "other_room",
        ),
        case(
            "at a commit that is not in the chain",
            &with(&|fields| fields.commit[0] ^= 1),
            "unknown_commit",
        ),
        case("by a member", &of(carol), "not_confirmed"),
        case(
            "by somebody who is not a member",
            &with(&|fields| fields.author = AccountId::from_bytes([7; 16])),
            "not_confirmed",
        ),
        unknown(
            "by an admin who was none then",
            &before_he_was,
            "not_confirmed",
        ),
        case(
            "by keys that the list does not have yet",
            &{
                let mut fields = good.clone();
                fields.fingerprint = fingerprint(&ada.identities[1]);
                fields.signed(&ada.identities[1])
            },
            "not_confirmed",
        ),
        at(
            story,
            9,
            "after its author began anew",
            &good.signed(by),
            "not_confirmed",
        ),
        at(
            story,
            11,
            "after its author left",
            &good.signed(by),
            "not_confirmed",
        ),
        case(
            "by keys that are nobody's",
            &with(&|fields| fields.fingerprint = Fingerprint::from_bytes([7; 32])),
            "unknown_keys",
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
        case("not JSON", &said(b"{"), "content"),
        case("a list", &said(b"[]"), "content"),
        case(
            "without a name",
            &said(br#"{"topic":"","channels":[],"pins":[]}"#),
            "content",
        ),
        demoted(story, &of(bob), known),
    ]
}

/// Bob was an admin when he signed, and is made a member: who knew his settings goes on with them.
fn demoted(story: &Story, record: &[u8], first: Option<KnownSettings>) -> Value {
    let People { ada, bob, .. } = story.people;
    let mut after = story.up_to(AFTER);
    let step = after.step((ada, 0), 7, vec![role(bob, 3)]);
    let commit = step.signed().0;
    after.push(step);
    let why = "by an admin who is a member now";
    let error = take(&after, record, first).expect_err("refused");
    assert!(matches!(error, RoomSettingsError::NotConfirmed(_)));
    assert!(take(&after, record, Some(known(story, record))).is_ok());
    json!({
        "why": why,
        "after": AFTER,
        "then": hex(commit),
        "cause": "not_confirmed",
        "record": hex(record),
    })
}
