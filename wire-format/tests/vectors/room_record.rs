//! `room_record.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{RoomId, room::RoomRecord};

use super::{
    hex, refused,
    rooms::{Story, room},
};

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let valid: Vec<Value> = story.steps.iter().map(|step| valid(&step.record)).collect();
    json!({
        "about": "Room records (docs/protocol.md#147-rooms-roles-and-policy) as they are after each \
            commit of commit.json. members_hash is SHA-256(L\"sealwire/v1/members\" || room || record).",
        "room": hex(room()),
        "valid": valid,
        "invalid": invalid(&story),
    })
}

fn valid(record: &super::rooms::Record) -> Value {
    let bytes = record.bytes();
    let read = RoomRecord::parse(bytes.clone().into()).expect("a record");
    assert_eq!(read.encode(), bytes);
    let hash = read.members_hash(RoomId::from_bytes(room()));
    assert_eq!(hash.as_bytes(), &record.hash());
    let [kind, join, history, invite, high, low, ..] = record.policy;
    let members: Vec<Value> = record
        .members
        .iter()
        .map(|(account, (fingerprint, role))| {
            json!({ "account": account, "fingerprint": fingerprint, "role": role })
        })
        .collect();
    json!({
        "policy": {
            "kind": kind,
            "join": join,
            "history": history,
            "invite": invite,
            "keep_days": u16::from_be_bytes([high, low]),
        },
        "members": members,
        "banned": record.banned,
        "record": hex(&bytes),
        "members_hash": hash,
    })
}

fn invalid(story: &Story) -> Vec<Value> {
    let case = |why: &str, bytes: &[u8], expected: &str| {
        let found = RoomRecord::parse(Bytes::copy_from_slice(bytes)).err();
        refused(why, bytes, expected, found)
    };
    // Two members, nobody banned: members at 12 and 61, banned_count at 110.
    let two = story.steps[2].record.bytes();
    // After the removal: carol is banned, at 114.
    let banned = story.steps[5].record.bytes();
    let changed = |at: usize, value: u8| {
        let mut bytes = two.clone();
        bytes[at] = value;
        bytes
    };
    let exchanged = [&two[..12], &two[61..110], &two[12..61], &two[110..]].concat();
    let twice = [&two[..12], &two[12..61], &two[12..61], &two[110..]].concat();
    let member_banned = [&banned[..114], &banned[12..28]].concat();
    let nobody = [&two[..8], &[0; 4], &two[110..]].concat();
    vec![
        case("one byte is missing", &two[..two.len() - 1], "truncated"),
        case("one byte too many", &[&two[..], &[0]].concat(), "left_over"),
        case("kind 0", &changed(0, 0), "field"),
        case("kind 5", &changed(0, 5), "field"),
        case("join 3", &changed(1, 3), "field"),
        case("history 0", &changed(2, 0), "field"),
        case("invite 3", &changed(3, 3), "field"),
        case("kept for 2 days", &changed(5, 2), "field"),
        case("a byte that is not zero", &changed(7, 1), "field"),
        case("no members", &nobody, "field"),
        case("role 0", &changed(60, 0), "field"),
        case("role 5", &changed(60, 5), "field"),
        case("members that do not ascend", &exchanged, "field"),
        case("a member twice", &twice, "field"),
        case("a member that is banned", &member_banned, "field"),
    ]
}
