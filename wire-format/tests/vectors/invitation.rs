//! `invitation.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    Fingerprint, Millis,
    identity::IdentityKeys,
    room::{InvitationDraft, UnverifiedInvitation},
};

use super::{
    accounts::Identity,
    hex,
    random::Labelled,
    refused,
    rooms::{Invitation, Request, Story, causes, fingerprint, joined, signed},
};

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let ada = &story.people.ada.identities[0];
    let value = story.invitation.value(ada);
    written_by_the_crate_reads(&story, &ada.keys());
    json!({
        "about": "The invitation (docs/protocol.md#148-requests-and-invitations) by which bob of \
            account_keys.json comes into the room of commit.json, made by ada's first identity keys. \
            name is sealed to his first wrap key with seed. A record in `refused` has another layout; \
            one in `invalid` lets nobody in: a commit by bob after the first `after` commits of \
            commit.json, with a join that carries it, is refused. `cause` names the first check that \
            fails, and `request` is that join.",
        "valid": [value],
        "refused": layouts(&story),
        "invalid": invalid(&story),
    })
}

fn written_by_the_crate_reads(story: &Story, keys: &IdentityKeys) {
    let good = &story.invitation;
    let draft = InvitationDraft {
        room: wire_format::RoomId::from_bytes(good.room),
        inviter: good.inviter,
        invitee: good.invitee,
        invitee_fingerprint: good.invitee_fingerprint,
        commit: wire_format::CommitHash::from_bytes(good.commit),
        made_at: Millis::new(good.made_at),
        expires_at: Millis::new(good.expires_at),
        name: good.name,
        wrap: &story.people.wrap(&story.people.bob),
    };
    let mut rng = Labelled::new("room vectors: invitation");
    let written = keys.sign_invitation(&draft, &mut rng).expect("signed");
    let bytes = good.bytes();
    assert_eq!(written.bytes()[..bytes.len()], bytes);
    let wrap = story.people.bob.wrap(1);
    assert_eq!(written.open_name(&wrap, &mut rng).as_deref(), Ok(good.name));
}

fn layouts(story: &Story) -> Vec<Value> {
    let by = &story.people.ada.identities[0];
    let good = &story.invitation;
    let (record, _) = good.signed(by);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedInvitation::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Invitation)| {
        let mut invitation = good.clone();
        change(&mut invitation);
        invitation.signed(by).0
    };
    let ends = |after: u64| with(&|invitation| invitation.expires_at = good.made_at + after);
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
            &with(&|invitation| invitation.start[0] = 2),
            "version",
        ),
        case(
            "another type",
            &with(&|invitation| invitation.start[1] = 0x16),
            "record_type",
        ),
        case(
            "wrap key 0",
            &with(&|invitation| invitation.wrap = 0),
            "field",
        ),
        case("it ends when it is made", &ends(0), "field"),
        case(
            "it ends before it is made",
            &with(&|invitation| invitation.expires_at = good.made_at - 1),
            "field",
        ),
        case(
            "it holds for 90 days and a millisecond",
            &ends(90 * 86_400_000 + 1),
            "field",
        ),
    ]
}

fn invalid(story: &Story) -> Vec<Value> {
    let people = story.people;
    let ada = &people.ada.identities[0];
    let bob = &people.bob.identities[0];
    let good = &story.invitation;
    let after_first = story.up_to(1);
    let case = |why: &str, invitation: &[u8], expected: &str| {
        let mut request = Request::new(1, &people.bob, 0, after_first.head(), good.made_at + 1);
        request.invitation = invitation.to_vec();
        let (record, _) = request.signed(bob);
        let step = after_first.step((&people.bob, 0), 2, vec![joined(&record)]);
        let error = after_first.refusal(&step.signed().0).expect("refused");
        let found = causes(&format!("{error:?}"));
        assert_eq!(found, format!("change/request/{expected}"), "{why}");
        json!({ "why": why, "after": 1, "cause": expected, "record": hex(invitation), "request": hex(&record) })
    };
    let by = |by: &Identity, change: &dyn Fn(&mut Invitation)| {
        let mut invitation = good.clone();
        change(&mut invitation);
        invitation.signed(by).0
    };
    let with = |change: &dyn Fn(&mut Invitation)| by(ada, change);
    let (_, first) = good.signed(ada);
    let (_, second) = good.signed(&people.ada.identities[1]);
    let by_two = |pss: &[u8], dsa: &[u8; 64]| [&good.bytes()[..], &[1, 0x80], pss, dsa].concat();
    let (as_request, _) = signed(&good.bytes(), b"sealwire/v1/request\0", ada);
    let (by_second, _) = good.signed(&people.ada.identities[1]);
    vec![
        case(
            "into another room",
            &with(&|invitation| invitation.room[0] ^= 1),
            "invitation/other_room",
        ),
        case(
            "for somebody else",
            &with(&|invitation| invitation.invitee = people.carol.account),
            "invitation/other_invitee",
        ),
        case(
            "for other keys",
            &with(&|invitation| {
                invitation.invitee_fingerprint = fingerprint(&people.carol.identities[0]);
            }),
            "invitation/other_invitee",
        ),
        case(
            "at a commit that is not in the chain",
            &with(&|invitation| invitation.commit[0] ^= 1),
            "invitation/unknown_commit",
        ),
        case(
            "by somebody who is not a member",
            &by(&people.carol.identities[0], &|invitation| {
                invitation.inviter = people.carol.account;
                invitation.inviter_fingerprint = fingerprint(&people.carol.identities[0]);
            }),
            "invitation/not_member",
        ),
        case(
            "by keys of the inviter that the room does not have",
            &by(&people.ada.identities[2], &|invitation| {
                invitation.inviter_fingerprint = fingerprint(&people.ada.identities[2]);
            }),
            "invitation/inviter_keys",
        ),
        case(
            "by keys of the inviter that are nobody's",
            &with(&|invitation| {
                invitation.inviter_fingerprint = Fingerprint::from_bytes([7; 32]);
            }),
            "invitation/unknown_keys",
        ),
        case(
            "ended when the commit is made",
            &with(&|invitation| {
                invitation.made_at = super::rooms::made_at(2) - 1;
                invitation.expires_at = super::rooms::made_at(2);
            }),
            "invitation/expired",
        ),
        case(
            "made five minutes and a millisecond after the commit",
            &with(&|invitation| invitation.made_at = super::rooms::made_at(2) + 300_001),
            "invitation/early",
        ),
        case(
            "signed by other keys",
            &by_second,
            "invitation/signature/pss_signature",
        ),
        case(
            "signed as a request",
            &as_request,
            "invitation/signature/pss_signature",
        ),
        case(
            "PSS by other keys",
            &by_two(&second.pss, &first.dsa),
            "invitation/signature/pss_signature",
        ),
        case(
            "DSA by other keys",
            &by_two(&first.pss, &second.dsa),
            "invitation/signature/dsa_signature",
        ),
        case("none", &[], "not_invited"),
    ]
}
