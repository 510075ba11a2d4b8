//! `room_state.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, EpochNumber, Fingerprint, Millis, StateNumber,
    room::{OpenedRoomState, RoomStateContent, RoomStateDraft, SeenState, UnverifiedRoomState},
};

use super::{
    accounts::{Account, Identity},
    hex,
    random::Labelled,
    room_settings,
    rooms::{Story, derived, epoch_secret, fingerprint, padded, room, sealed_part, secret, signed},
};

mod refused;

const LABEL: &[u8] = b"sealwire/v1/room-state\0";
const MADE_AT: u64 = 1_797_200_120_000;
/// The commit after which everything here happens: bob is an admin, carol a member.
const AFTER: usize = 4;
const EPOCH: u64 = 4;

/// The fields of a room state.
#[derive(Clone)]
struct Fields {
    start: [u8; 2],
    room: [u8; 16],
    n: u64,
    commit: [u8; 32],
    number: u64,
    author: AccountId,
    fingerprint: Fingerprint,
    /// What is sealed: settings behind their length and the content, padded.
    padded: Vec<u8>,
}

/// `settings_length u32 | room settings | JSON`.
fn plain(settings: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(settings.len()).expect("short").to_be_bytes();
    [&length, settings, content].concat()
}

fn iv() -> [u8; 16] {
    Labelled::array("room state vectors: iv")
}

fn content(people: &super::rooms::People) -> Value {
    json!({
        "resources": [{
            "id": hex(Labelled::array::<16>("room state vectors: resource")),
            "title": "Runbook",
            "url": "https://chat.example/runbook",
            "by": people.ada.account,
            "at": MADE_AT.to_string(),
        }],
        "from_a_newer_version": { "colour": "teal" },
    })
}

fn with_resource(people: &super::rooms::People) -> Value {
    let mut state = content(people);
    let file = json!({
        "id": hex(Labelled::array::<16>("room state vectors: another resource")),
        "title": "Plan",
        "file": hex(Labelled::array::<16>("room state vectors: file")),
        "by": people.carol.account,
        "at": MADE_AT.to_string(),
    });
    state["resources"]
        .as_array_mut()
        .expect("a list")
        .push(file);
    state
}

impl Fields {
    fn new(story: &Story, author: &Account, number: u64, plain: &[u8]) -> Self {
        Self {
            start: [1, 0x1a],
            room: room(),
            n: u64::try_from(AFTER).expect("few"),
            commit: story.hash_of(AFTER),
            number,
            author: author.account,
            fingerprint: fingerprint(&author.identities[0]),
            padded: padded(plain),
        }
    }

    fn info(&self) -> Vec<u8> {
        [
            &b"sealwire/v1/room-state-key\0"[..],
            &self.room,
            &self.n.to_be_bytes(),
            &self.number.to_be_bytes(),
            self.author.as_bytes(),
        ]
        .concat()
    }

    fn key(&self) -> [u8; 64] {
        derived(
            &secret(u64::try_from(AFTER).expect("few")),
            &self.commit,
            &self.info(),
        )
    }

    fn bytes(&self) -> Vec<u8> {
        let above = [
            &self.start[..],
            &self.room,
            &self.n.to_be_bytes(),
            &self.commit,
            &self.number.to_be_bytes(),
            self.author.as_bytes(),
            self.fingerprint.as_bytes(),
            &MADE_AT.to_be_bytes(),
        ]
        .concat();
        sealed_part(&above, &self.key(), &iv(), &self.padded)
    }

    fn signed(&self, by: &Identity) -> Vec<u8> {
        signed(&self.bytes(), LABEL, by).0
    }
}

fn read(content: &Value) -> RoomStateContent {
    RoomStateContent::parse(content.to_string().as_bytes()).expect("a content")
}

/// What a member says to a state after so many commits, where the one with the number `seen` and this
/// epoch was taken last.
fn take(
    story: &Story,
    after: usize,
    record: &[u8],
    (seen, n): (u64, u64),
) -> Result<OpenedRoomState, wire_format::room::RoomStateError> {
    let chain = story.up_to(after).chain().expect("a chain");
    let secret = epoch_secret(u64::try_from(AFTER).expect("few"));
    let seen = SeenState {
        number: StateNumber::new(seen),
        n: EpochNumber::new(n),
    };
    UnverifiedRoomState::parse(Bytes::copy_from_slice(record))?
        .verify(&chain, &story.people.keysets, seen)?
        .open(&secret)
}

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let people = story.people;
    let (first, second) = (content(people), with_resource(people));
    let settings = room_settings::first(&story);
    json!({
        "about": "Room states (docs/protocol.md#1414-room-state) of the room in commit.json after its \
            first four commits; `plain` is `padded` without its padding: the settings that the state \
            carries along behind their length, and the content. They follow each other; the settings \
            are the first of room_settings.json. A record in `refused` has another layout; one in \
            `invalid` is not taken after the first state, or after the one of number `seen` in epoch `n`; one in `later` is \
            taken where nothing was seen, though its author is not in the list of `after` commits any more, or with other \
            keys. `cause` names the first check that fails.",
        "valid": [
            valid(&story, &people.ada, 1, &[], &first),
            valid(&story, &people.ada, 2, &settings, &first),
            valid(&story, &people.carol, 3, &settings, &second),
        ],
        "refused": refused::layouts(&story),
        "invalid": refused::invalid(&story),
        "later": later(&story),
    })
}

/// States by members of their epoch, as they are read long after.
fn later(story: &Story) -> Vec<Value> {
    let people = story.people;
    let (ada, carol) = (&people.ada, &people.carol);
    let text = content(people).to_string();
    let by = |author: &Account| {
        Fields::new(story, author, 2, &plain(&[], text.as_bytes())).signed(&author.identities[0])
    };
    let case = |why: &str, after: usize, record: &[u8]| {
        let taken = take(story, after, record, (0, 0));
        assert!(taken.is_ok(), "{why}: {:?}", taken.err());
        json!({ "why": why, "after": after, "record": hex(record) })
    };
    vec![
        case("by a member who was removed since", 6, &by(carol)),
        case("by keys that the list has no more", 5, &by(ada)),
        case("by a member who began anew since", 9, &by(ada)),
        case("by a member who left since", 11, &by(ada)),
    ]
}

fn valid(story: &Story, author: &Account, number: u64, settings: &[u8], content: &Value) -> Value {
    let by = &author.identities[0];
    let text = read(content).encode().expect("JSON");
    let plain = plain(settings, &text);
    let fields = Fields::new(story, author, number, &plain);
    let (record, block) = signed(&fields.bytes(), LABEL, by);
    let taken = take(story, AFTER, &record, (number - 1, EPOCH)).expect("taken");
    assert_eq!(taken.content, read(content));
    let carried = taken.settings.as_ref().map(|carried| &carried.bytes()[..]);
    assert_eq!(carried.unwrap_or_default(), settings);
    let chain = story.up_to(AFTER).chain().expect("a chain");
    let draft = RoomStateDraft {
        author: author.account,
        number: StateNumber::new(number),
        made_at: Millis::new(MADE_AT),
        settings: taken.settings.as_ref(),
        content: &taken.content,
        secret: &epoch_secret(fields.n),
        iv: &iv(),
    };
    let mut rng = Labelled::new("room vectors: salt");
    let written = by.keys().sign_room_state(&chain, &draft, &mut rng);
    let bytes = fields.bytes();
    assert_eq!(written.expect("signed").bytes()[..bytes.len()], bytes);
    json!({
        "room": hex(fields.room),
        "n": fields.n.to_string(),
        "commit": hex(fields.commit),
        "number": number.to_string(),
        "author": fields.author,
        "fingerprint": fields.fingerprint,
        "made_at": MADE_AT.to_string(),
        "secret": hex(secret(fields.n)),
        "info": hex(fields.info()),
        "key": hex(fields.key()),
        "iv": hex(iv()),
        "settings": hex(settings),
        "content": str::from_utf8(&text).expect("UTF-8"),
        "plain": hex(&plain),
        "padded": hex(&fields.padded),
        "signed_bytes": hex(&bytes),
        "hash": hex(block.hash),
        "block": block.value(),
        "record": hex(record),
    })
}
