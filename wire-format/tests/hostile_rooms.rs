//! What a hostile server or member can do to the records of end-to-end rooms: cut them anywhere, change
//! any byte, send anything.

use std::{collections::BTreeMap, sync::LazyLock};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;
use wire_format::{
    OpenError, RoomId,
    envelope::UnverifiedSignedEnvelope,
    identity::Chain,
    ids::AccountId,
    open_error::Field,
    room::{
        CommitError, Erased, Extended, RoomChain, RoomContent, RoomRecord, RoomSettingsContent,
        RoomStateContent, UnverifiedCommit, UnverifiedGrant, UnverifiedInvitation,
        UnverifiedKeyRequest, UnverifiedReport, UnverifiedRequest, UnverifiedRoomSettings,
        UnverifiedRoomState,
    },
};

const NAMES: [&str; 9] = [
    "commit",
    "request",
    "invitation",
    "signed_envelope",
    "key_request",
    "grant",
    "room_state",
    "room_settings",
    "report",
];

static FILES: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let read = |name| {
        let path = format!("{}/testdata/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the vectors are there");
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    NAMES.map(read).into()
});

fn bytes_of(value: &Value) -> Bytes {
    let text = value.as_str().expect("text");
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

/// The valid records of a file.
fn records(name: &str) -> Vec<Bytes> {
    let valid = FILES[name]["valid"].as_array().expect("a list");
    valid.iter().map(|case| bytes_of(&case["record"])).collect()
}

/// Every reader of the layouts, in the order of the names.
fn read(bytes: &Bytes) -> [Result<(), OpenError>; 9] {
    let bytes = || bytes.clone();
    [
        UnverifiedCommit::parse(bytes()).map(drop),
        UnverifiedRequest::parse(bytes()).map(drop),
        UnverifiedInvitation::parse(bytes()).map(drop),
        UnverifiedSignedEnvelope::parse(bytes()).map(drop),
        UnverifiedKeyRequest::parse(bytes()).map(drop),
        UnverifiedGrant::parse(bytes()).map(drop),
        UnverifiedRoomState::parse(bytes()).map(drop),
        UnverifiedRoomSettings::parse(bytes()).map(drop),
        UnverifiedReport::parse(bytes()).map(drop),
    ]
}

#[test]
fn a_record_cut_anywhere_is_truncated_for_its_reader_and_no_other_reads_it() {
    for (own, name) in NAMES.iter().enumerate() {
        for record in records(name) {
            for (reader, found) in read(&record).into_iter().enumerate() {
                assert_eq!(found.is_ok(), reader == own, "{name}, reader {reader}");
            }
            for length in 0..record.len() {
                let found = read(&record.slice(..length))[own];
                assert_eq!(found, Err(OpenError::Truncated), "{name}, {length} bytes");
            }
            let longer = Bytes::from([&record[..], &[0]].concat());
            assert_eq!(read(&longer)[own], Err(OpenError::LeftOver(1)), "{name}");
        }
    }
}

fn keysets() -> BTreeMap<AccountId, Chain> {
    let accounts = FILES["commit"]["keysets"].as_array().expect("a list");
    let chain = |account: &Value| {
        let id: AccountId = serde_json::from_value(account["account"].clone()).expect("an id");
        let keysets = account["keysets"].as_array().expect("a list");
        let mut keysets = keysets.iter().map(bytes_of);
        let first = keysets.next().expect("a keyset");
        let mut chain = Chain::first(id, None, first).expect("a keyset");
        for keyset in keysets {
            chain.extend(keyset).expect("a keyset");
        }
        (id, chain)
    };
    accounts.iter().map(chain).collect()
}

fn room() -> RoomId {
    serde_json::from_value(FILES["commit"]["room"].clone()).expect("an id")
}

#[test]
fn a_commit_with_any_byte_changed_is_refused() {
    let keysets = keysets();
    let commits = records("commit");
    let mut chain = RoomChain::first(room(), commits[0].clone(), &keysets).expect("a commit");
    let good = &commits[1];
    // Changes to the request in it, to its invitation, and to everything around them.
    for at in 0..good.len() {
        let mut changed = good.to_vec();
        changed[at] ^= 1 << (at % 8);
        assert!(chain.extend(changed.into(), &keysets).is_err(), "byte {at}");
    }
    assert_eq!(chain.extend(good.clone(), &keysets), Ok(Extended::Taken));
    assert_eq!(chain.extend(good.clone(), &keysets), Ok(Extended::Known));
    let later = chain.extend(commits[4].clone(), &keysets);
    assert!(matches!(later, Err(CommitError::Gap { .. })));
}

/// From 4 KiB to 1 MiB: at the limit a record is read, and one byte above it is not.
#[test]
fn a_record_at_its_limit_is_looked_at_and_above_it_is_not() {
    let limits = [
        512 * 1024,
        4 * 1024,
        4 * 1024,
        wire_format::envelope::SIGNED_ENVELOPE_BYTES,
        4 * 1024,
        72 * 1024,
        256 * 1024,
        144 * 1024,
        1024 * 1024 + 8 * 1024,
    ];
    for ((own, name), limit) in NAMES.iter().enumerate().zip(limits) {
        let record = &records(name)[0];
        let long = |length: usize| {
            let mut long = record.to_vec();
            long.resize(length, 0);
            read(&Bytes::from(long))[own]
        };
        let left = OpenError::LeftOver(limit - record.len());
        assert_eq!(long(limit), Err(left), "{name}");
        let above = OpenError::TooLarge {
            length: limit + 1,
            limit,
        };
        assert_eq!(long(limit + 1), Err(above), "{name}");
    }
}

/// A signature block that has the layout and signs nothing.
fn block() -> impl Strategy<Value = Vec<u8>> {
    let lengths = prop::sample::select(vec![256_u16, 384, 512]);
    (lengths, any::<u8>()).prop_map(|(length, byte)| {
        let mut block = length.to_be_bytes().to_vec();
        block.resize(2 + usize::from(length) + 64, byte);
        block
    })
}

fn change() -> impl Strategy<Value = Vec<u8>> {
    let account = any::<[u8; 16]>();
    prop_oneof![
        (account, any::<[u8; 32]>())
            .prop_map(|(account, keys)| { [&[2, 0, 0, 0, 48][..], &account, &keys].concat() }),
        (account, 0_u8..2)
            .prop_map(|(account, ban)| [&[5, 0, 0, 0, 17][..], &account, &[ban]].concat()),
        (account, 1_u8..5)
            .prop_map(|(account, role)| [&[6, 0, 0, 0, 17][..], &account, &[role]].concat()),
        account.prop_map(|account| [&[9, 0, 0, 0, 16][..], &account].concat()),
    ]
}

/// That no part of a record is one.
fn is_whole(own: usize, record: &[u8]) -> Result<(), TestCaseError> {
    let record = Bytes::copy_from_slice(record);
    prop_assert_eq!(read(&record)[own], Ok(()));
    for length in (0..record.len()).step_by(7) {
        let cut = read(&record.slice(..length))[own];
        prop_assert_eq!(cut, Err(OpenError::Truncated));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_fields_of_a_commit_are_read_as_they_are_written(
        ids: [[u8; 16]; 2],
        hashes: [[u8; 32]; 4],
        n in 1_u64..1 << 53,
        made_at: u64,
        reason in 1_u8..9,
        changes in prop::collection::vec(change(), 0..20),
        block in block(),
    ) {
        let count = u16::try_from(changes.len()).expect("few");
        let record = [
            &[1, 0x15][..], &ids[0], &n.to_be_bytes(), &hashes[0], &ids[1], &hashes[1],
            &made_at.to_be_bytes(), &[reason], &hashes[2], &hashes[3], &count.to_be_bytes(),
            &changes.concat(), &block,
        ].concat();
        let read = UnverifiedCommit::parse(record.clone().into()).expect("a layout");
        prop_assert_eq!(*read.room().as_bytes(), ids[0]);
        prop_assert_eq!(read.n().value(), n);
        prop_assert_eq!(*read.previous().as_bytes(), hashes[0]);
        prop_assert_eq!(*read.author().as_bytes(), ids[1]);
        prop_assert_eq!(*read.fingerprint().as_bytes(), hashes[1]);
        prop_assert_eq!(read.made_at().value(), made_at);
        prop_assert_eq!(read.reason().byte(), reason);
        let kinds: Vec<u8> = read.changes().iter().map(|change| change.kind()).collect();
        let written: Vec<u8> = changes.iter().map(|change| change[0]).collect();
        prop_assert_eq!(kinds, written);
        is_whole(0, &record)?;
    }

    #[test]
    fn the_fields_of_requests_and_invitations_are_read_as_they_are_written(
        ids: [[u8; 16]; 4],
        hashes: [[u8; 32]; 4],
        made_at in 0_u64..1 << 60,
        holds in 1_u64..=90 * 86_400_000,
        wrap in 1_u64..,
        block in block(),
    ) {
        let expires_at = made_at + holds;
        let invitation = [
            &[1, 0x17][..], &ids[0], &ids[1], &hashes[0], &ids[2], &hashes[1], &hashes[2],
            &made_at.to_be_bytes(), &expires_at.to_be_bytes(), &wrap.to_be_bytes(), &[3; 384], &block,
        ].concat();
        let read = UnverifiedInvitation::parse(invitation.clone().into()).expect("a layout");
        prop_assert_eq!(*read.inviter().as_bytes(), ids[1]);
        prop_assert_eq!(*read.invitee().as_bytes(), ids[2]);
        prop_assert_eq!(*read.commit().as_bytes(), hashes[2]);
        prop_assert_eq!(read.expires_at().value(), expires_at);
        prop_assert_eq!(read.wrap().value(), wrap);
        is_whole(2, &invitation)?;
        let length = u16::try_from(invitation.len()).expect("short").to_be_bytes();
        let request = [
            &[1, 0x16][..], &ids[0], &[1], &ids[3], &hashes[3], &hashes[2], &made_at.to_be_bytes(),
            &length, &invitation, &block,
        ].concat();
        let read = UnverifiedRequest::parse(request.clone().into()).expect("a layout");
        prop_assert_eq!(*read.account().as_bytes(), ids[3]);
        prop_assert_eq!(*read.fingerprint().as_bytes(), hashes[3]);
        let inside = read.invitation().expect("an invitation");
        prop_assert_eq!(&inside.bytes()[..], &invitation[..]);
        is_whole(1, &request)?;
    }

    #[test]
    fn a_key_request_asks_for_one_to_a_thousand_epochs(
        ids: [[u8; 16]; 2],
        hashes: [[u8; 32]; 2],
        from in 1_u64..1 << 52,
        more in 0_u64..1_003,
        block in block(),
    ) {
        let to = from + more;
        let record = [
            &[1, 0x18][..], &ids[0], &ids[1], &hashes[0], &hashes[1], &from.to_be_bytes(),
            &to.to_be_bytes(), &1_u64.to_be_bytes(), &7_u64.to_be_bytes(), &block,
        ].concat();
        let read = UnverifiedKeyRequest::parse(record.clone().into());
        if more < 1_000 {
            prop_assert_eq!(*read.expect("a layout").account().as_bytes(), ids[1]);
            is_whole(4, &record)?;
        } else {
            prop_assert_eq!(read.err(), Some(OpenError::Field(Field::Epochs)));
        }
    }

    #[test]
    fn what_is_sealed_is_read_as_it_is_written(
        ids: [[u8; 16]; 3],
        hashes: [[u8; 32]; 3],
        n in 1_u64..1 << 53,
        number in 1_u64..1 << 53,
        blocks in 1_u8..20,
        block in block(),
    ) {
        let length = u32::from(blocks) * 16;
        let ciphertext = vec![blocks; usize::from(blocks) * 16];
        let sealed = [&[9; 16][..], &length.to_be_bytes(), &ciphertext, &[8; 32]].concat();
        let grant = [
            &[1, 0x19][..], &ids[0], &hashes[0], &ids[1], &hashes[1], &ids[2], &hashes[2],
            &n.to_be_bytes(), &number.to_be_bytes(), &[3; 384], &sealed, &block,
        ].concat();
        let read = UnverifiedGrant::parse(grant.clone().into()).expect("a layout");
        prop_assert_eq!(*read.granter().as_bytes(), ids[1]);
        prop_assert_eq!(*read.asker().as_bytes(), ids[2]);
        is_whole(5, &grant)?;
        let state = [
            &[1, 0x1a][..], &ids[0], &n.to_be_bytes(), &hashes[0], &number.to_be_bytes(), &ids[1],
            &hashes[1], &n.to_be_bytes(), &sealed, &block,
        ].concat();
        let read = UnverifiedRoomState::parse(state.clone().into()).expect("a layout");
        prop_assert_eq!(read.number().value(), number);
        prop_assert_eq!(*read.author().as_bytes(), ids[1]);
        is_whole(6, &state)?;
        let settings = [
            &[1, 0x1e][..], &ids[0], &number.to_be_bytes(), &ids[1], &hashes[1], &hashes[0],
            &n.to_be_bytes(), &length.to_be_bytes(), &ciphertext, &block,
        ].concat();
        let read = UnverifiedRoomSettings::parse(settings.clone().into()).expect("a layout");
        prop_assert_eq!(read.number().value(), number);
        prop_assert_eq!(*read.author().as_bytes(), ids[1]);
        is_whole(7, &settings)?;
        let envelope = [
            &[1, 0x04][..], &ids[0], &ids[1], &n.to_be_bytes(), &hashes[0], &ids[2], &hashes[1],
            &ids[0], &number.to_be_bytes(), &[1], &n.to_be_bytes(), &ids[1], &hashes[2], &sealed, &block,
        ].concat();
        let read = UnverifiedSignedEnvelope::parse(envelope.clone().into()).expect("a layout");
        prop_assert_eq!(*read.header().sender.as_bytes(), ids[2]);
        prop_assert_eq!(read.header().counter, number);
        is_whole(3, &envelope)?;
    }

    #[test]
    fn the_fields_of_a_report_are_read_as_they_are_written(
        ids: [[u8; 16]; 3],
        fingerprint: [u8; 32],
        sequence in 1_u64..,
        made_at: u64,
        reason in "\\PC{0,300}",
        envelope in prop::collection::vec(any::<u8>(), 0..600),
        block in block(),
    ) {
        let reason_bytes = u16::try_from(reason.len()).expect("short").to_be_bytes();
        let length = u32::try_from(envelope.len()).expect("short").to_be_bytes();
        let record = [
            &[1, 0x1c][..], &ids[0], &ids[1], &sequence.to_be_bytes(), &ids[2], &fingerprint,
            &made_at.to_be_bytes(), &[5; 64], &reason_bytes, reason.as_bytes(), &length, &envelope, &block,
        ].concat();
        let read = UnverifiedReport::parse(record.clone().into());
        if reason.len() > 1_024 {
            prop_assert_eq!(read.err(), Some(OpenError::Field(Field::Text)));
        } else {
            let read = read.expect("a layout");
            let report = read.unsigned();
            prop_assert_eq!(*report.room().as_bytes(), ids[0]);
            prop_assert_eq!(*report.channel().as_bytes(), ids[1]);
            prop_assert_eq!(report.sequence().value(), sequence);
            prop_assert_eq!(*report.reporter().as_bytes(), ids[2]);
            prop_assert_eq!(report.made_at().value(), made_at);
            prop_assert_eq!(report.reason(), reason);
            prop_assert_eq!(&report.envelope()[..], &envelope[..]);
            is_whole(8, &record)?;
        }
    }

    #[test]
    fn no_bytes_reach_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let _ = read(&Bytes::from(bytes.clone()));
        let _ = RoomRecord::parse(Bytes::from(bytes.clone()));
        let _ = Erased::parse(Bytes::from(bytes.clone()));
        let _ = RoomContent::parse(&bytes);
        let _ = RoomStateContent::parse(&bytes);
        let _ = RoomSettingsContent::parse(&bytes);
    }

    #[test]
    fn no_bytes_behind_a_good_beginning_reach_a_panic(
        name in 0_usize..NAMES.len(),
        kept in 0_usize..2000,
        rest in prop::collection::vec(any::<u8>(), 0..1500),
    ) {
        let good = &records(NAMES[name])[0];
        let bytes = [&good[..kept.min(good.len())], &rest].concat();
        let _ = read(&Bytes::from(bytes));
    }
}
