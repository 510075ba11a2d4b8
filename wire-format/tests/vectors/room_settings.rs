//! `room_settings.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, Fingerprint, Millis, SettingsNumber,
    room::{
        KnownSettings, RoomSettings, RoomSettingsContent, RoomSettingsDraft, RoomSettingsError,
        UnverifiedRoomSettings,
    },
};

use super::{
    accounts::{Account, Identity},
    hex,
    random::Labelled,
    rooms::{People, Story, fingerprint, room, signed},
};

mod refused;

const LABEL: &[u8] = b"sealwire/v1/room-settings\0";
const MADE_AT: u64 = 1_797_200_090_000;
/// The commit after which they are signed: ada owns the room, bob is an admin, carol a member.
const AFTER: usize = 4;

/// The fields of room settings.
#[derive(Clone)]
pub(crate) struct Fields {
    start: [u8; 2],
    room: [u8; 16],
    number: u64,
    author: AccountId,
    fingerprint: Fingerprint,
    commit: [u8; 32],
    content: Vec<u8>,
}

/// What a room's settings say.
pub(crate) fn content(name: &str) -> Value {
    let id = |label| hex(Labelled::array::<16>(label));
    json!({
        "name": name,
        "topic": "what burns",
        "channels": [{ "id": id("room state vectors: channel"), "name": "main", "topic": "" }],
        "pins": [{
            "channel": id("room state vectors: channel"),
            "message": id("room state vectors: message"),
            "hash": hex(Labelled::array::<32>("room state vectors: hash")),
        }],
        "from_a_newer_version": { "colour": "teal" },
    })
}

impl Fields {
    fn new(story: &Story, author: &Account, number: u64, content: &Value) -> Self {
        let content = RoomSettingsContent::parse(content.to_string().as_bytes());
        Self {
            start: [1, 0x1e],
            room: room(),
            number,
            author: author.account,
            fingerprint: fingerprint(&author.identities[0]),
            commit: story.hash_of(AFTER),
            content: content.expect("a content").encode().expect("JSON").to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.content.len()).expect("short");
        [
            &self.start[..],
            &self.room,
            &self.number.to_be_bytes(),
            self.author.as_bytes(),
            self.fingerprint.as_bytes(),
            &self.commit,
            &MADE_AT.to_be_bytes(),
            &length.to_be_bytes(),
            &self.content,
        ]
        .concat()
    }

    fn signed(&self, by: &Identity) -> Vec<u8> {
        signed(&self.bytes(), LABEL, by).0
    }
}

/// The first settings of the room, by ada, as a room state carries them along.
pub(crate) fn first(story: &Story) -> Vec<u8> {
    let ada = &story.people.ada;
    Fields::new(story, ada, 1, &content("作战室 ops")).signed(&ada.identities[0])
}

/// Which settings of the room they are.
fn known(story: &Story, record: &[u8]) -> KnownSettings {
    let settings = UnverifiedRoomSettings::parse(Bytes::copy_from_slice(record));
    let chain = story.chain().expect("a chain");
    settings.expect("a layout").known(&chain).expect("a commit")
}

/// What a member says to settings after the commit of this number.
fn take(
    story: &Story,
    record: &[u8],
    known: Option<KnownSettings>,
) -> Result<RoomSettings, RoomSettingsError> {
    let chain = story.chain().expect("a chain");
    UnverifiedRoomSettings::parse(Bytes::copy_from_slice(record))?.verify(
        &chain,
        &story.people.keysets,
        known,
    )
}

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let People { ada, bob, .. } = story.people;
    json!({
        "about": "Room settings (docs/protocol.md#1414-room-state) of the room in commit.json, signed after \
            its first four commits. Those of `valid` follow each other. A record in `refused` has \
            another layout. One in `invalid` is judged after the first `after` commits where the first \
            of `valid` are known, and one in `confirmed` is taken there though its author's place has \
            changed; `known` says whether it is the known one itself, or false in `invalid` that none are known. \
            `cause` names the first check that fails. Those in `held_once` were an owner's or admin's by the commit that \
            they name, whoever is one after `after` commits; those in `never_held` were not.",
        "valid": [
            valid(&story, ada, 1, &content("作战室 ops"), None),
            valid(&story, bob, 2, &content("war room"), Some(known(&story, &first(&story)))),
        ],
        "confirmed": confirmed(&story),
        "refused": refused::layouts(&story),
        "invalid": refused::invalid(&story),
        "held_once": held(&story, true),
        "never_held": held(&story, false),
    })
}

/// Settings that nobody takes any more, and those that nobody ever had to.
fn held(story: &Story, once: bool) -> Vec<Value> {
    let People {
        ada, bob, carol, ..
    } = story.people;
    let at = |author: &Account, n: usize, by: usize| {
        let mut fields = Fields::new(story, author, 2, &content("war room"));
        fields.commit = story.hash_of(n);
        fields.fingerprint = fingerprint(&author.identities[by]);
        fields.signed(&author.identities[by])
    };
    let case = |why: &str, after: usize, record: &[u8]| {
        let chain = story.up_to(after).chain().expect("a chain");
        let settings = UnverifiedRoomSettings::parse(Bytes::copy_from_slice(record));
        let held = settings
            .expect("a layout")
            .check_once_held(&chain, &story.people.keysets);
        assert_eq!(held.is_ok(), once, "{why}: {held:?}");
        json!({ "why": why, "after": after, "record": hex(record) })
    };
    if once {
        return vec![
            case("before the author left", 11, &at(ada, 4, 0)),
            case("before the author began anew", 9, &at(ada, 6, 1)),
            case("by an admin who is one still", 11, &at(bob, 4, 0)),
        ];
    }
    let mut forged = at(ada, 4, 0);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    vec![
        case("by a member", 4, &at(carol, 4, 0)),
        case("by an admin who was none then", 11, &at(bob, 2, 0)),
        case(
            "by keys that the list did not have then",
            11,
            &at(ada, 4, 1),
        ),
        case("with a signature that does not verify", 11, &forged),
    ]
}

fn valid(
    story: &Story,
    author: &Account,
    number: u64,
    content: &Value,
    known: Option<KnownSettings>,
) -> Value {
    let by = &author.identities[0];
    let fields = Fields::new(story, author, number, content);
    let (record, block) = signed(&fields.bytes(), LABEL, by);
    let story = story.up_to(AFTER);
    let taken = take(&story, &record, known).expect("taken");
    assert_eq!(taken.record().made_at(), Millis::new(MADE_AT));
    let draft = RoomSettingsDraft {
        author: author.account,
        number: SettingsNumber::new(number),
        made_at: Millis::new(MADE_AT),
        content: taken.content(),
    };
    let mut rng = Labelled::new("room vectors: salt");
    let chain = story.chain().expect("a chain");
    let written = by.keys().sign_room_settings(&chain, &draft, &mut rng);
    let bytes = fields.bytes();
    assert_eq!(written.expect("signed").bytes()[..bytes.len()], bytes);
    json!({
        "room": hex(fields.room),
        "number": number.to_string(),
        "author": fields.author,
        "fingerprint": fields.fingerprint,
        "commit": hex(fields.commit),
        "made_at": MADE_AT.to_string(),
        "content": str::from_utf8(&fields.content).expect("UTF-8"),
        "signed_bytes": hex(&bytes),
        "hash": hex(block.hash),
        "block": block.value(),
        "record": hex(record),
    })
}

/// What still counts, though the author's keys or role are not what they were.
fn confirmed(story: &Story) -> Vec<Value> {
    let People { ada, bob, .. } = story.people;
    let case = |why: &str, after: usize, record: &[u8], known: Option<KnownSettings>| {
        let taken = take(&story.up_to(after), record, known);
        assert!(taken.is_ok(), "{why}");
        json!({ "why": why, "after": after, "known": known.is_some(), "record": hex(record) })
    };
    let first = first(story);
    let first_known = known(story, &first);
    let at = |author: &Account, n: usize, number: u64| {
        let mut fields = Fields::new(story, author, number, &content("war room"));
        fields.commit = story.hash_of(n);
        fields.signed(&author.identities[0])
    };
    let by_bob = Fields::new(story, bob, 2, &content("war room"));
    let by_bob = by_bob.signed(&bob.identities[0]);
    assert!(
        story
            .up_to(11)
            .chain()
            .expect("a chain")
            .record()
            .member(ada.account)
            .is_none()
    );
    vec![
        case(
            "by keys that a rotation led from to the listed ones",
            5,
            &first,
            None,
        ),
        case(
            "known, after the author began anew",
            9,
            &first,
            Some(first_known),
        ),
        case(
            "known, after the author left",
            11,
            &first,
            Some(first_known),
        ),
        case("by an admin who is one still", 11, &by_bob, None),
        case(
            "numbered from 1 again, after a later commit",
            11,
            &at(bob, 5, 1),
            Some(first_known),
        ),
    ]
}
