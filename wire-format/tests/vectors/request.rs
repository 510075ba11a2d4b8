//! `request.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    CommitHash, Millis, RoomId,
    room::{Action, RequestDraft, UnverifiedInvitation, UnverifiedRequest},
};

use super::{
    accounts::{Account, Identity},
    hex,
    random::Labelled,
    refused,
    rooms::{REQUEST, Request, Story, causes, joined, left, made_at, signed},
};

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let valid: Vec<Value> = story
        .requests
        .iter()
        .map(|(request, by)| {
            written_by_the_crate_reads(request, by);
            request.value(by)
        })
        .collect();
    json!({
        "about": "The requests (docs/protocol.md#148-requests-and-invitations) that the commits of \
            commit.json take in. signed_bytes is everything above the request's own signature block; \
            hash is SHA-256 of label and signed_bytes. A record in `refused` has another layout; one in \
            `invalid` no commit may take in after the first `after` commits of commit.json. `cause` \
            names the first check that fails.",
        "valid": valid,
        "refused": layouts(&story),
        "invalid": invalid(&story),
    })
}

fn written_by_the_crate_reads(request: &Request, by: &Identity) {
    let invitation = (!request.invitation.is_empty()).then(|| {
        let bytes = Bytes::copy_from_slice(&request.invitation);
        UnverifiedInvitation::parse(bytes).expect("a layout")
    });
    let draft = RequestDraft {
        room: RoomId::from_bytes(request.room),
        action: Action::from_byte(request.action).expect("an action"),
        account: request.account,
        commit: CommitHash::from_bytes(request.commit),
        made_at: Millis::new(request.made_at),
        invitation: invitation.as_ref(),
    };
    let mut rng = Labelled::new("room vectors: salt");
    let written = by.keys().sign_request(&draft, &mut rng).expect("signed");
    let bytes = request.bytes();
    assert_eq!(written.bytes()[..bytes.len()], bytes);
}

fn layouts(story: &Story) -> Vec<Value> {
    let (good, by) = &story.requests[0];
    let (record, _) = good.signed(by);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedRequest::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        request.signed(by).0
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
            "above 4 KiB",
            &[&record[..], &[0; 4096]].concat(),
            "too_large",
        ),
        case(
            "another version",
            &with(&|request| request.start[0] = 0),
            "version",
        ),
        case(
            "another type",
            &with(&|request| request.start[1] = 0x17),
            "record_type",
        ),
        case("action 0", &with(&|request| request.action = 0), "field"),
        case("action 3", &with(&|request| request.action = 3), "field"),
        case(
            "a leave with an invitation",
            &with(&|request| request.action = 2),
            "field",
        ),
        case(
            "an invitation of another type",
            &with(&|request| request.invitation[1] = 0x16),
            "record_type",
        ),
        case(
            "an invitation with a byte too many",
            &with(&|request| request.invitation.push(0)),
            "left_over",
        ),
    ]
}

fn invalid(story: &Story) -> Vec<Value> {
    let people = story.people;
    let (ada, bob, carol) = (&people.ada, &people.bob, &people.carol);
    let case = |after: usize, author: (&Account, usize), why: &str, record: &[u8], cause: &str| {
        let before = story.up_to(after);
        let change = match record[18] {
            1 => joined(record),
            _ => left(record),
        };
        let error = before.refusal(&before.step(author, 2, vec![change]).signed().0);
        let found = causes(&format!("{:?}", error.expect("refused")));
        assert_eq!(found, format!("change/request/{cause}"), "{why}");
        json!({ "why": why, "after": after, "cause": cause, "record": hex(record) })
    };
    let request = |action: u8, account: &Account, identity: usize, commit: usize, after: usize| {
        let known = story.hash_of(commit);
        let made = made_at(u64::try_from(after).expect("few")) + 1;
        Request::new(action, account, identity, known, made)
    };
    let by_carol = request(1, carol, 0, 2, 3);
    let (bare, first) = by_carol.signed(&carol.identities[0]);
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = by_carol.clone();
        change(&mut request);
        request.signed(&carol.identities[0]).0
    };
    let (_, second) = by_carol.signed(&bob.identities[0]);
    let by_two =
        |pss: &[u8], dsa: &[u8; 64]| [&by_carol.bytes()[..], &[1, 0x80], pss, dsa].concat();
    let as_commit = signed(
        &by_carol.bytes(),
        b"sealwire/v1/commit\0",
        &carol.identities[0],
    )
    .0;
    let other_label = signed(&by_carol.bytes(), REQUEST, &bob.identities[0]).0;
    let sign = |request: &Request, by: &Identity| request.signed(by).0;
    let again = sign(&request(1, bob, 0, 1, 3), &bob.identities[0]);
    let leave = |account: &Account, identity: usize, commit: usize, after: usize| {
        let leave = request(2, account, identity, commit, after);
        sign(&leave, &account.identities[identity])
    };
    let by_second = sign(&request(1, ada, 1, 4, 4), &ada.identities[1]);
    let of_another_room = with(&|request| request.room[0] ^= 1);
    let unknown = with(&|request| request.commit[0] ^= 1);
    let owner = (ada, 0);
    vec![
        case(
            3,
            owner,
            "about another room",
            &of_another_room,
            "other_room",
        ),
        case(6, (ada, 1), "by somebody who is banned", &bare, "banned"),
        case(3, owner, "by a member", &again, "member"),
        case(
            4,
            owner,
            "by a member with keys that rotation led to",
            &by_second,
            "member",
        ),
        case(
            3,
            owner,
            "at a commit that is not in the chain",
            &unknown,
            "unknown_commit",
        ),
        case(
            8,
            (bob, 0),
            "played again after its account came, was removed and unbanned",
            &bare,
            "replayed",
        ),
        case(
            3,
            owner,
            "signed by other keys",
            &other_label,
            "signature/pss_signature",
        ),
        case(
            3,
            owner,
            "signed as a commit",
            &as_commit,
            "signature/pss_signature",
        ),
        case(
            3,
            owner,
            "PSS by other keys",
            &by_two(&second.pss, &first.dsa),
            "signature/pss_signature",
        ),
        case(
            3,
            owner,
            "DSA by other keys",
            &by_two(&first.pss, &second.dsa),
            "signature/dsa_signature",
        ),
        case(
            2,
            owner,
            "without the invitation that the room asks for",
            &bare,
            "not_invited",
        ),
        case(
            3,
            owner,
            "a leave of somebody who is not a member",
            &leave(carol, 0, 2, 3),
            "not_member",
        ),
        case(
            5,
            (bob, 0),
            "a leave by keys that the list no longer has",
            &leave(ada, 0, 4, 5),
            "not_member",
        ),
        case(
            10,
            (bob, 0),
            "a leave from before the account came back",
            &leave(ada, 2, 8, 10),
            "replayed",
        ),
        case(
            4,
            owner,
            "a leave from before the account came",
            &leave(carol, 0, 3, 4),
            "replayed",
        ),
        case(
            2,
            (bob, 0),
            "a reset into a room by invitation, without one",
            &{
                let request = request(1, ada, 2, 2, 2);
                sign(&request, &ada.identities[2])
            },
            "not_invited",
        ),
    ]
}
