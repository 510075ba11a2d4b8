//! What a reporter cannot do with its own keys, even where the server takes its side.

use wire_format::{
    Millis, Sequence,
    envelope::{MessageKey, UnverifiedSignedEnvelope},
    open_error::{Field, SealError},
    room::{ReportDraft, ReportError, StoredMessage, UnverifiedReport},
};

#[allow(dead_code, reason = "the vectors' makers serve several tests")]
mod vectors;

use vectors::{
    accounts::Identity,
    random::Labelled,
    report::{Fields, good},
    rooms::{People, Story},
};

/// Judges what ada signs, where the server says of the place what it is told.
fn judged(fields: &Fields, stored: &StoredMessage) -> Result<(), ReportError> {
    let people = People::all();
    UnverifiedReport::parse(fields.signed(ada()).into())?
        .verify(&people.keysets)?
        .prove(stored, &people.keysets)
        .map(drop)
}

fn ada() -> &'static Identity {
    &People::all().ada.identities[2]
}

#[test]
fn no_byte_of_a_message_can_be_changed_by_who_reports_it() {
    let good = good(&Story::new());
    assert_eq!(judged(&good, &good.stored()), Ok(()));
    for at in (0..good.envelope.len()).step_by(29) {
        let mut changed = good.clone();
        changed.envelope[at] ^= 1 << (at % 8);
        let honest = judged(&changed, &good.stored());
        assert_eq!(honest, Err(ReportError::OtherMessage), "byte {at}");
        // With a server that says it had the changed one, the sender's signatures are in the way.
        let colluding = judged(&changed, &changed.stored());
        assert!(colluding.is_err(), "byte {at}");
    }
    for at in [0, 31, 32, 63] {
        let mut changed = good.clone();
        changed.key[at] ^= 1;
        let refused = judged(&changed, &changed.stored());
        assert!(matches!(refused, Err(ReportError::Message(_))), "{at}");
    }
}

#[test]
fn a_report_that_would_prove_nothing_is_not_made() {
    let good = good(&Story::new());
    let people = People::all();
    let envelope = UnverifiedSignedEnvelope::parse(good.envelope.clone().into())
        .expect("a layout")
        .verify_sender(&people.keysets)
        .expect("its sender's");
    let key = MessageKey::from_bytes(good.key);
    let longest = "x".repeat(1_024);
    let draft = ReportDraft {
        sequence: Sequence::new(41),
        reporter: people.ada.account,
        made_at: Millis::new(1),
        reason: &longest,
    };
    let by = ada().keys();
    let sign = |draft: &ReportDraft<'_>, key: &MessageKey| {
        let mut rng = Labelled::new("reports");
        by.sign_report(draft, &envelope, key, &mut rng).map(drop)
    };
    assert_eq!(sign(&draft, &key), Ok(()));
    let other = MessageKey::from_bytes([7; 64]);
    assert_eq!(sign(&draft, &other), Err(SealError::Field(Field::Secret)));
    let nowhere = ReportDraft {
        sequence: Sequence::new(0),
        ..draft
    };
    assert_eq!(sign(&nowhere, &key), Err(SealError::Field(Field::Number)));
    let longer = "x".repeat(1_025);
    let long = ReportDraft {
        reason: &longer,
        ..draft
    };
    assert_eq!(sign(&long, &key), Err(SealError::Field(Field::Text)));
}

#[test]
fn a_report_shows_no_key() {
    let good = good(&Story::new());
    let report = UnverifiedReport::parse(good.signed(ada()).into()).expect("a layout");
    let shown = format!("{:?}", report.unsigned());
    assert!(shown.starts_with("Report { hash: "), "{shown}");
    assert!(!shown.contains("bytes"), "{shown}");
    let shown = format!("{report:?}");
    assert!(shown.starts_with("UnverifiedReport { report: "), "{shown}");
    assert!(!shown.contains("signed"), "{shown}");
}
