//! `keys_proof.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, Challenge, Fingerprint, Millis, SessionId,
    identity::{Keyset, ProofDraft, ProofError, UnverifiedProof},
    passwords::ServerName,
};

use super::{
    accounts::{Account, Identity},
    hex, keyset,
    random::Labelled,
    refused,
};

const LABEL: &[u8] = b"sealwire/v1/proof\0";
const MADE_AT: u64 = 1_796_000_200_000;
const FIVE_MINUTES: u64 = 300_000;

#[derive(Clone)]
struct Body {
    start: [u8; 2],
    account: AccountId,
    fingerprint: Fingerprint,
    session: [u8; 16],
    challenge: [u8; 32],
    server: Vec<u8>,
    made_at: u64,
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        [
            &self.start[..],
            self.account.as_bytes(),
            self.fingerprint.as_bytes(),
            &self.session,
            &self.challenge,
            &[u8::try_from(self.server.len()).expect("a short name")],
            &self.server,
            &self.made_at.to_be_bytes(),
        ]
        .concat()
    }

    fn signed(&self, by: &Identity) -> Vec<u8> {
        let body = self.bytes();
        let block = by.sign(LABEL, &body, "proof vectors");
        [body, block.bytes()].concat()
    }
}

pub(crate) fn vectors() -> Value {
    let ada = Account::of("ada");
    let bob = Account::of("bob");
    let head = keyset::first_of(&ada);
    let identity = &ada.identities[0];
    let server = ServerName::parse("chat.example").expect("a name");
    let good = Body {
        start: [1, 0x12],
        account: ada.account,
        fingerprint: head.fingerprint(),
        session: Labelled::array("proof vectors: session"),
        challenge: Labelled::array("proof vectors: challenge"),
        server: server.as_bytes().to_vec(),
        made_at: MADE_AT,
    };
    let draft = ProofDraft {
        account: ada.account,
        session: SessionId::from_bytes(good.session),
        challenge: Challenge::from_bytes(good.challenge),
        server: &server,
        now: Millis::new(MADE_AT),
    };
    let body = good.bytes();
    let block = identity.sign(LABEL, &body, "proof vectors");
    let record = good.signed(identity);
    let written = identity
        .keys()
        .prove(&draft, &mut Labelled::new("proof vectors"));
    assert_eq!(written.expect("a proof")[..body.len()], body);
    for now in [MADE_AT - FIVE_MINUTES, MADE_AT, MADE_AT + FIVE_MINUTES] {
        assert_eq!(verify(&record, &draft, now, &head), Ok(()));
    }
    json!({
        "about": "The proof of keys (docs/protocol.md#145-signing-in-and-the-proof-of-keys) of ada in \
            account_keys.json, by her first identity keys. It holds where the clock says made_at, up to \
            5 minutes more or less. A record in `invalid` is refused where the clock says `now`; \
            `cause` names the first check that fails.",
        "account": ada.account,
        "fingerprint": head.fingerprint(),
        "session": draft.session,
        "challenge": draft.challenge,
        "server": server.as_str(),
        "made_at": draft.now,
        "signed_bytes": hex(&body),
        "block": block.value(),
        "record": hex(&record),
        "invalid": invalid(&ada, &bob, &good, &draft, &head),
    })
}

fn verify(
    record: &[u8],
    draft: &ProofDraft<'_>,
    now: u64,
    head: &Keyset,
) -> Result<(), ProofError> {
    let now = Millis::new(now);
    UnverifiedProof::parse(Bytes::copy_from_slice(record))?
        .verify(&ProofDraft { now, ..*draft }, head)
}

fn invalid(
    ada: &Account,
    bob: &Account,
    good: &Body,
    draft: &ProofDraft<'_>,
    head: &Keyset,
) -> Vec<Value> {
    let at = |now: u64, why: &str, record: &[u8], expected: &str| {
        let found = verify(record, draft, now, head).err();
        let mut value = match found {
            Some(ProofError::Record(error)) => refused(why, record, expected, Some(error)),
            other => {
                let found = other.map(|error| super::snake(&format!("{error:?}")));
                assert_eq!(found.as_deref(), Some(expected), "{why}");
                json!({ "why": why, "cause": expected, "record": hex(record) })
            }
        };
        value["now"] = json!(now.to_string());
        value
    };
    let case = |why: &str, record: &[u8], expected: &str| at(MADE_AT, why, record, expected);
    let identity = &ada.identities[0];
    let record = good.signed(identity);
    let with = |change: &dyn Fn(&mut Body)| {
        let mut body = good.clone();
        change(&mut body);
        body.signed(identity)
    };
    let by_second = ada.identities[1].keys().fingerprint();
    let as_wrap_key = {
        let block = identity.sign(b"sealwire/v1/wrap-key\0", &good.bytes(), "proof vectors");
        [good.bytes(), block.bytes()].concat()
    };
    let first = identity.sign(LABEL, &good.bytes(), "proof vectors");
    let second = ada.identities[1].sign(LABEL, &good.bytes(), "proof vectors");
    let by_two = |pss: &[u8], dsa: &[u8; 64]| [&good.bytes()[..], &[1, 0x80], pss, dsa].concat();
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
            &with(&|body| body.start[0] = 0),
            "version",
        ),
        case(
            "another type",
            &with(&|body| body.start[1] = 0x11),
            "record_type",
        ),
        case("no server", &with(&|body| body.server.clear()), "field"),
        case(
            "a server name that is not ASCII",
            &with(&|body| body.server[0] = 0xc3),
            "field",
        ),
        case(
            "another account",
            &with(&|body| body.account = bob.account),
            "other_account",
        ),
        case(
            "another session",
            &with(&|body| body.session[0] ^= 1),
            "other_session",
        ),
        case(
            "another challenge",
            &with(&|body| body.challenge[31] ^= 1),
            "other_challenge",
        ),
        case(
            "another server",
            &with(&|body| body.server.extend(b".net")),
            "other_server",
        ),
        case(
            "another case of the server's name",
            &with(&|body| body.server[0] = b'C'),
            "other_server",
        ),
        case(
            "the fingerprint of other keys",
            &with(&|body| body.fingerprint = by_second),
            "other_keys",
        ),
        at(MADE_AT + FIVE_MINUTES + 1, "too old", &record, "clock"),
        at(
            MADE_AT - FIVE_MINUTES - 1,
            "from the future",
            &record,
            "clock",
        ),
        case(
            "another time than was signed",
            &with_time(good, identity),
            "pss_signature",
        ),
        case(
            "signed by other keys",
            &good.signed(&ada.identities[1]),
            "pss_signature",
        ),
        case("signed as a wrap key", &as_wrap_key, "pss_signature"),
        case(
            "PSS by other keys",
            &by_two(&second.pss, &first.dsa),
            "pss_signature",
        ),
        case(
            "DSA by other keys",
            &by_two(&first.pss, &second.dsa),
            "dsa_signature",
        ),
    ]
}

fn with_time(good: &Body, identity: &Identity) -> Vec<u8> {
    let mut body = good.clone();
    body.made_at += 1;
    let block = identity.sign(LABEL, &good.bytes(), "proof vectors");
    [body.bytes(), block.bytes()].concat()
}
