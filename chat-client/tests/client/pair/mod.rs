//! Two members of one conversation, without a server between them.

use std::{collections::BTreeMap, sync::OnceLock};

use bytes::Bytes;
use chat_client::{
    Conversation,
    conversation::{Arrived, Cause, Received},
};
use wire_format::{
    AccountId, ChannelId, Deliver, DeliverFlags, EpochNumber, EpochSecret, InstanceId, MemberId,
    MessageId, Millis, Name, RoomId, Sequence, Storage,
    identity::{Chain, IdentityKeys},
    room::{
        Change, CommitDraft, CommitReason, KeepDays, Policy, RoomChain, RoomContent, RoomKind, Text,
    },
};

pub(crate) const ROOM: RoomId = RoomId::from_bytes([9; 16]);
pub(crate) const ADA: AccountId = AccountId::from_bytes([1; 16]);
pub(crate) const BOB: AccountId = AccountId::from_bytes([2; 16]);
pub(crate) const NOW: Millis = Millis::new(1_800_000_000_000);

pub(crate) type People = BTreeMap<AccountId, Chain>;

/// Keys take most of a second to make, so that all tests share them.
pub(crate) struct Cast {
    pub(crate) ada: IdentityKeys,
    pub(crate) bob: IdentityKeys,
    pub(crate) people: People,
}

pub(crate) fn cast() -> &'static Cast {
    static CAST: OnceLock<Cast> = OnceLock::new();
    CAST.get_or_init(|| {
        let keys = || IdentityKeys::generate(&mut rand::rng()).expect("keys");
        let (ada, bob) = (keys(), keys());
        let chain = |account, name: &str, keys: &IdentityKeys| {
            let keyset = keys.first_keyset(account, name, NOW, &mut rand::rng());
            let record = keyset.expect("a keyset").bytes().clone();
            (
                account,
                Chain::first(account, None, record).expect("a chain"),
            )
        };
        let people = People::from([chain(ADA, "Ada", &ada), chain(BOB, "Bob", &bob)]);
        Cast { ada, bob, people }
    })
}

/// Ada's and Bob's sides of one group, and its secrets.
pub(crate) struct Pair {
    pub(crate) ada: Conversation,
    pub(crate) bob: Conversation,
    pub(crate) next: u64,
    /// The channel that Ada writes in.
    pub(crate) at: ChannelId,
}

pub(crate) fn draft(changes: Vec<Change>, secret: &EpochSecret, at: u64) -> CommitDraft<'_> {
    CommitDraft {
        author: ADA,
        made_at: Millis::new(NOW.value() + at),
        reason: CommitReason::OnDemand,
        changes,
        secret,
    }
}

impl Pair {
    pub(crate) fn begin() -> Self {
        Self::keeping(KeepDays::Forever)
    }

    /// In a group that keeps what is said for so long.
    pub(crate) fn keeping(keep: KeepDays) -> Self {
        let cast = cast();
        let secret = EpochSecret::generate(&mut rand::rng());
        let changes = vec![
            Change::Founded(Policy {
                keep,
                ..Policy::new(RoomKind::Group)
            }),
            Change::Placed {
                account: BOB,
                fingerprint: cast.bob.fingerprint(),
            },
        ];
        let first = CommitDraft {
            reason: CommitReason::First,
            ..draft(changes, &secret, 0)
        };
        let signed = cast
            .ada
            .sign_first_commit(ROOM, first, &cast.people, &mut rand::rng());
        let record = signed.expect("a commit").commit.bytes().clone();
        let side = |account| {
            let chain = RoomChain::first(ROOM, record.clone(), &cast.people).expect("a chain");
            let instance = InstanceId::from_bytes(rand::random());
            let mut side = Conversation::new(account, chain, instance);
            side.hold(EpochNumber::new(1), secret.clone())
                .expect("its secret");
            side
        };
        Self {
            ada: side(ADA),
            bob: side(BOB),
            next: 1,
            at: ChannelId::main_of(ROOM),
        }
    }

    /// A commit of Ada's that changes nothing but the secret.
    pub(crate) fn rotation(&self) -> (Bytes, EpochSecret) {
        let cast = cast();
        let secret = EpochSecret::generate(&mut rand::rng());
        let draft = draft(Vec::new(), &secret, 1_000);
        let chain = self.ada.chain();
        let signed = cast
            .ada
            .sign_commit(chain, draft, &cast.people, &mut rand::rng());
        (signed.expect("a commit").commit.bytes().clone(), secret)
    }

    /// A text of Ada's, as it is delivered.
    pub(crate) fn text(&mut self, text: &str) -> Deliver {
        let content = RoomContent::Text(Text {
            text: text.to_owned(),
            mentions: None,
        });
        let deliver = self.sealed(&content);
        self.ada.acknowledged(self.at, Storage::Stored);
        deliver
    }

    /// Sealed by Ada under a counter that is not taken yet.
    pub(crate) fn sealed(&mut self, content: &RoomContent) -> Deliver {
        let message = MessageId::from_bytes(rand::random());
        let sealed = self.ada.seal(
            self.at,
            content,
            message,
            &cast().ada,
            NOW,
            &mut rand::rng(),
        );
        self.deliver(DeliverFlags::Stored, sealed.expect("sealed").payload)
    }

    pub(crate) fn deliver(&mut self, flags: DeliverFlags, payload: Bytes) -> Deliver {
        let sequence = Sequence::new(self.next);
        self.next += 1;
        Deliver {
            channel: self.at,
            sequence,
            time: NOW,
            flags,
            sender: MemberId::from_bytes(*ADA.as_bytes()),
            name: Name::try_from("Ada").expect("a name"),
            payload,
        }
    }

    /// What Bob makes of a delivery.
    pub(crate) fn bob_gets(&mut self, deliver: &Deliver) -> Received {
        let people = &cast().people;
        self.bob
            .receive(deliver, Arrived::Fetched, people, NOW, true)
    }
}

pub(crate) fn text_of(received: &Received) -> &str {
    match received {
        Received::Message(message) => match &message.content {
            RoomContent::Text(text) => &text.text,
            other => panic!("no text: {other:?}"),
        },
        other => panic!("no message: {other:?}"),
    }
}

pub(crate) fn cause_of(received: &Received) -> Cause {
    match received {
        Received::Unreadable(unreadable) => unreadable.cause,
        other => panic!("not unreadable: {other:?}"),
    }
}

/// Another reading of the same conversation.
pub(crate) fn pair_of(side: &Conversation) -> Conversation {
    let instance = InstanceId::from_bytes(rand::random());
    let mut other = Conversation::new(BOB, side.chain().clone(), instance);
    let first = EpochNumber::new(1);
    let secret = side.secret(first).expect("its secret").clone();
    other.hold(first, secret).expect("its secret");
    other
}

/// A channel that both sides know beside the main one.
pub(crate) const SIDE: ChannelId = ChannelId::from_bytes([6; 16]);

impl Pair {
    pub(crate) fn with_side() -> Self {
        let mut pair = Self::begin();
        pair.ada.open(SIDE);
        pair.bob.open(SIDE);
        pair
    }

    /// Writes, and is delivered, in a channel from now on, behind a number.
    pub(crate) fn moves(&mut self, at: ChannelId, behind: u64) {
        (self.at, self.next) = (at, behind + 1);
    }

    /// Ada's next epoch, which both sides have the secret of.
    pub(crate) fn turns(&mut self) -> Bytes {
        let people = &cast().people;
        let (commit, secret) = self.rotation();
        self.ada.commit(commit.clone(), people).expect("a commit");
        let n = self.ada.chain().head().n();
        self.ada.hold(n, secret.clone()).expect("its secret");
        self.bob.commit(commit.clone(), people).expect("a commit");
        self.bob.hold(n, secret).expect("its secret");
        commit
    }
}
