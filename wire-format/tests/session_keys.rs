//! Two sessions and a server that sees only bytes: announce, start an epoch, share it, talk.

use bytes::Bytes;
use rand::{Rng, SeedableRng, rngs::StdRng};
use wire_format::{
    Bundle, ChannelId, Content, Draft, Envelope, EpochDraft, EpochKeys, EpochNumber, EpochSecret,
    InstanceId, MemberId, MessageId, Millis, OpenError, RoomId, SealError, SessionKeys, Storage,
    UnverifiedAnnouncement, UnverifiedBundle, event::EpochReason, limits, padding,
};

const ALICE: MemberId = MemberId::from_bytes([0xa1; 16]);
const BOB: MemberId = MemberId::from_bytes([0xb0; 16]);
const NOW: Millis = Millis::new(1_800_000_000_000);

fn epoch(n: u64) -> EpochDraft {
    EpochDraft {
        room: RoomId::of_name("lobby"),
        n: EpochNumber::new(n),
        reason: EpochReason::First,
        starter: ALICE,
        started_at: NOW,
    }
}

fn message<'a>(keys: &SessionKeys, counter: u64, content: &'a [u8]) -> Draft<'a> {
    Draft {
        channel: ChannelId::main_of(RoomId::of_name("lobby")),
        sender: BOB,
        fingerprint: keys.fingerprint(),
        instance: InstanceId::from_bytes([3; 16]),
        counter,
        storage: Storage::Passing,
        sent_at: NOW,
        message: MessageId::from_bytes([4; 16]),
        content,
    }
}

#[test]
fn two_sessions_agree_on_an_epoch_and_read_each_other() {
    let mut rng = StdRng::seed_from_u64(7);
    let alice = SessionKeys::generate(&mut rng).expect("keys");
    let bob = SessionKeys::generate(&mut rng).expect("keys");

    // What each announces, as the other receives it.
    let through = |keys: &SessionKeys, member, name, rng: &mut StdRng| {
        let announced = keys
            .announce(member, name, NOW, rng)
            .expect("an announcement");
        let received = UnverifiedAnnouncement::parse(announced.bytes().clone()).expect("a layout");
        assert_eq!((received.member(), received.name()), (member, name));
        assert_eq!(received.fingerprint(), keys.fingerprint());
        received.verify().expect("good signatures")
    };
    let alice_announced = through(&alice, ALICE, "Alice", &mut rng);
    let bob_announced = through(&bob, BOB, "Bob", &mut rng);

    // Alice starts the epoch; Bob gets its bundle and a share.
    let secret = EpochSecret::generate(&mut rng);
    let start = alice
        .start_epoch(&epoch(1), &secret, &mut rng)
        .expect("an epoch");
    let bundle = Bundle::new(start.clone(), alice_announced.clone()).encode();
    let bundle = UnverifiedBundle::parse(bundle)
        .expect("a layout")
        .verify()
        .expect("signed");
    assert_eq!(bundle.start.commit_hash(), start.commit_hash());
    let share = bob_announced.wrap(&secret, &mut rng).expect("a share");
    let bob_secret = bob
        .open_share(&share, &bundle.start, &mut rng)
        .expect("the secret");

    // Bob writes, Alice reads.
    let content = Content::encode_text("12:30, <script> & 😀").expect("a content");
    let sealed = EpochKeys::new(&bob_secret, &bundle.start)
        .seal(&message(&bob, 0, &content), rng.random_iv())
        .expect("sealed");
    let envelope = Envelope::parse(sealed).expect("a layout");
    let opened = envelope
        .open(&EpochKeys::new(&secret, &start))
        .expect("opened");
    assert_eq!(opened.header.sender, BOB);
    assert_eq!(opened.content, content);

    // The share is of use to nobody else and for no other epoch.
    let stolen = alice.open_share(&share, &start, &mut rng);
    assert_eq!(stolen.err(), Some(OpenError::Share));
    let next = EpochSecret::generate(&mut rng);
    let next_start = alice
        .start_epoch(&epoch(2), &next, &mut rng)
        .expect("an epoch");
    let wrong = bob.open_share(&share, &next_start, &mut rng);
    assert_eq!(wrong.err(), Some(OpenError::ShareCommitment));
    let late = envelope.open(&EpochKeys::new(&next, &next_start));
    assert_eq!(late, Err(OpenError::OtherEpoch(EpochNumber::new(1))));

    nothing_secret_shows(&alice, &secret, &start);
    refuses_what_does_not_fit(&alice, &EpochKeys::new(&secret, &start), &secret, &mut rng);
}

fn nothing_secret_shows(keys: &SessionKeys, secret: &EpochSecret, start: &wire_format::EpochStart) {
    assert_eq!(
        format!("{keys:?}"),
        format!("SessionKeys({})", keys.fingerprint())
    );
    assert_eq!(format!("{secret:?}"), "EpochSecret(..)");
    let epoch_keys = format!("{:?}", EpochKeys::new(secret, start));
    assert_eq!(epoch_keys, format!("EpochKeys(1 of {})", start.room()));
    let draft = format!("{:?}", message(keys, 0, b"planted canary"));
    assert!(!draft.contains("canary") && !draft.contains("112, 108, 97"));
}

fn refuses_what_does_not_fit(
    keys: &SessionKeys,
    epoch_keys: &EpochKeys,
    secret: &EpochSecret,
    rng: &mut StdRng,
) {
    for name in ["", &"a".repeat(limits::NAME_BYTES + 1)] {
        assert!(matches!(
            keys.announce(ALICE, name, NOW, rng),
            Err(SealError::Field(_))
        ));
    }
    for n in [0, limits::EPOCH_NUMBER + 1] {
        assert!(matches!(
            keys.start_epoch(&epoch(n), secret, rng),
            Err(SealError::Field(_))
        ));
    }
    let most = vec![b'a'; padding::MOST_CONTENT];
    let sealed = epoch_keys
        .seal(&message(keys, 1, &most), [5; 16])
        .expect("sealed");
    assert_eq!(sealed.len(), wire_format::envelope::ENVELOPE_BYTES);
    let opened = Envelope::parse(sealed).and_then(|envelope| envelope.open(epoch_keys));
    assert_eq!(opened.map(|opened| opened.content), Ok(Bytes::from(most)));
    let too_much = vec![b'a'; padding::MOST_CONTENT + 1];
    let refused = epoch_keys.seal(&message(keys, 2, &too_much), [5; 16]);
    assert!(matches!(refused, Err(SealError::TooLarge { .. })));
}

trait RandomIv {
    fn random_iv(&mut self) -> [u8; 16];
}

impl RandomIv for StdRng {
    fn random_iv(&mut self) -> [u8; 16] {
        let mut iv = [0; 16];
        self.fill_bytes(&mut iv);
        iv
    }
}
