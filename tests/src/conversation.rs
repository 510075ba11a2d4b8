//! An end-to-end room as the people of a test make it, and what they seal in it. Every method panics
//! where a record cannot be made.

use std::collections::BTreeMap;

use bytes::Bytes;
use wire_format::{
    AccountId, ChannelId, ClientFrame, Content, EnvelopeHash, InstanceId, MessageId, Millis,
    Publish, PublishFlags, RoomId, Storage, WrapNumber,
    command::{
        commits::Commit,
        conversations::{Create, WrapNumbers},
    },
    envelope::{self, EpochKeys, UnverifiedSignedEnvelope},
    epoch::EpochSecret,
    identity::{Chain, WrapKey},
    room::{
        Change, CommitDraft, CommitReason, Policy, RoomChain, RoomContent, RoomKind, SignedCommit,
    },
};

use crate::owner::{Owner, now, signature_block};

mod reports;
mod requests;

/// A room, and what its members know.
pub struct Conversation {
    /// Its id.
    pub room: RoomId,
    /// Its channel.
    pub channel: ChannelId,
    /// Its commits.
    pub chain: RoomChain,
    /// The keys of those who may have to do with it.
    pub keysets: BTreeMap<AccountId, Chain>,
    /// Their wrap keys.
    pub wraps: BTreeMap<AccountId, WrapKey>,
    keys: EpochKeys,
    counter: u64,
}

/// A commit on its way.
pub struct Draft {
    /// The commit.
    pub signed: SignedCommit,
    /// The numbers of the wrap keys that its shares are for.
    pub wraps: Vec<WrapNumber>,
    /// The commit and its shares, as a command takes them.
    pub tail: Bytes,
    secret: EpochSecret,
}

impl Draft {
    fn of(
        signed: SignedCommit,
        secret: EpochSecret,
        keysets: &BTreeMap<AccountId, Chain>,
        wraps: &BTreeMap<AccountId, WrapKey>,
    ) -> Self {
        let tail = signed.tail(wraps, keysets, &secret, &mut rand::rng());
        let (wraps, tail) = tail.expect("shares");
        Self {
            signed,
            wraps,
            tail,
            secret,
        }
    }

    /// `rooms.create` for a first commit.
    pub fn create(&self, room: RoomId) -> Create {
        let wraps = numbers(&self.wraps);
        Create::unnamed(room, wraps)
    }

    /// `rooms.create` for the first commit of a public room.
    pub fn create_public(&self, room: RoomId, name: &str, topic: &str) -> Create {
        Create {
            name: Some(name.into()),
            topic: Some(topic.into()),
            ..self.create(room)
        }
    }

    /// `epochs.commit` for any other one.
    pub fn command(&self, room: RoomId) -> Commit {
        Commit {
            room,
            n: self.signed.commit.n(),
            wraps: numbers(&self.wraps),
        }
    }
}

/// Numbers of wrap keys, as a command has them.
///
/// # Panics
/// If they are too many.
pub fn numbers(wraps: &[WrapNumber]) -> WrapNumbers {
    WrapNumbers::try_from(wraps.to_vec()).expect("few")
}

/// A first commit for a new room of this kind.
pub fn founding(
    kind: RoomKind,
    founder: &Owner,
    placed: &[AccountId],
    keysets: &BTreeMap<AccountId, Chain>,
    wraps: &BTreeMap<AccountId, WrapKey>,
) -> (RoomId, Draft) {
    founding_at(now(), Policy::new(kind), founder, placed, keysets, wraps)
}

/// Likewise, made at another time and with another policy.
///
/// # Panics
/// If the founder may not place them.
pub fn founding_at(
    made_at: Millis,
    policy: Policy,
    founder: &Owner,
    placed: &[AccountId],
    keysets: &BTreeMap<AccountId, Chain>,
    wraps: &BTreeMap<AccountId, WrapKey>,
) -> (RoomId, Draft) {
    let room = RoomId::from_bytes(rand::random());
    let secret = EpochSecret::generate(&mut rand::rng());
    let placed = placed.iter().map(|account| Change::Placed {
        account: *account,
        fingerprint: keysets[account].head().fingerprint(),
    });
    let founded = Change::Founded(policy);
    let draft = CommitDraft {
        author: founder.account,
        made_at,
        reason: CommitReason::First,
        changes: std::iter::once(founded).chain(placed).collect(),
        secret: &secret,
    };
    let founder = founder.identity();
    let signed = founder.sign_first_commit(room, draft, keysets, &mut rand::rng());
    let signed = signed.expect("a commit");
    (room, Draft::of(signed, secret, keysets, wraps))
}

impl Conversation {
    /// A room as its first commit makes it.
    ///
    /// # Panics
    /// If the commit cannot be the first.
    pub fn founded(
        room: RoomId,
        draft: &Draft,
        keysets: BTreeMap<AccountId, Chain>,
        wraps: BTreeMap<AccountId, WrapKey>,
    ) -> Self {
        let record = draft.signed.commit.bytes().clone();
        let chain = RoomChain::first(room, record, &keysets).expect("a chain");
        Self {
            room,
            channel: ChannelId::main_of(room),
            keys: EpochKeys::of_commit(&draft.secret, chain.head()).expect("its secret"),
            chain,
            keysets,
            wraps,
            counter: 0,
        }
    }

    /// A group that the first of these people makes with the others, with what `rooms.create` takes.
    pub fn group(people: &[&Owner]) -> (Self, Create, Bytes) {
        let keysets: BTreeMap<_, _> = people
            .iter()
            .map(|owner| (owner.account, owner.own_chain()))
            .collect();
        let wrap = |owner: &&Owner| owner.verified_wrap_key(&keysets[&owner.account]);
        let wraps: BTreeMap<_, _> = people
            .iter()
            .map(|owner| (owner.account, wrap(owner)))
            .collect();
        let placed: Vec<_> = people[1..].iter().map(|owner| owner.account).collect();
        let (room, draft) = founding(RoomKind::Group, people[0], &placed, &keysets, &wraps);
        let conversation = Self::founded(room, &draft, keysets, wraps);
        (conversation, draft.create(room), draft.tail)
    }

    /// A commit by one of the members.
    pub fn draft(&self, author: &Owner, changes: Vec<Change>) -> Draft {
        self.draft_at(author, changes, now())
    }

    /// Likewise, made at another time.
    pub fn draft_at(&self, author: &Owner, changes: Vec<Change>, made_at: Millis) -> Draft {
        let reason = CommitReason::OnDemand;
        self.draft_on(&self.chain, author, (reason, changes, made_at))
    }

    /// A commit by somebody who knows so much of the chain.
    pub fn draft_on(
        &self,
        chain: &RoomChain,
        author: &Owner,
        (reason, changes, made_at): (CommitReason, Vec<Change>, Millis),
    ) -> Draft {
        let secret = EpochSecret::generate(&mut rand::rng());
        let draft = CommitDraft {
            author: author.account,
            made_at,
            reason,
            changes,
            secret: &secret,
        };
        let signing = author.identity();
        let signed = signing.sign_commit(chain, draft, &self.keysets, &mut rand::rng());
        let signed = signed.expect("a commit");
        Draft::of(signed, secret, &self.keysets, &self.wraps)
    }

    /// A commit that a rightful author may make, by somebody else, who signs it all the same: gives what
    /// `epochs.commit` takes.
    ///
    /// # Panics
    /// If the rightful author may not make it.
    pub fn usurped(
        &self,
        rightful: &Owner,
        author: &Owner,
        changes: Vec<Change>,
    ) -> (Commit, Bytes) {
        let draft = self.draft(rightful, changes);
        let length = draft.signed.commit.bytes().len();
        let mut tail = draft.tail.to_vec();
        let record = &mut tail[4..4 + length];
        record[AUTHOR_AT..AUTHOR_AT + AccountId::LEN].copy_from_slice(author.account.as_bytes());
        let (body, block) = record.split_at_mut(length - BLOCK_BYTES);
        block.copy_from_slice(&signature_block(b"sealwire/v1/commit\0", body));
        (draft.command(self.room), tail.into())
    }

    /// The commit is the newest one from now on, for which messages are sealed.
    ///
    /// # Panics
    /// If it does not follow.
    pub fn takes(&mut self, draft: &Draft) {
        let record = draft.signed.commit.bytes().clone();
        self.chain.extend(record, &self.keysets).expect("taken");
        self.keys = EpochKeys::of_commit(&draft.secret, self.chain.head()).expect("its secret");
    }

    /// The next epoch, by one of the members, with what `epochs.commit` takes. From now on it is the
    /// one that messages are sealed for.
    pub fn next(
        &mut self,
        author: &Owner,
        reason: CommitReason,
        changes: Vec<Change>,
    ) -> (Commit, Bytes) {
        let draft = self.draft_on(&self.chain, author, (reason, changes, now()));
        self.takes(&draft);
        (draft.command(self.room), draft.tail)
    }

    /// A text, sealed by a member for the newest epoch.
    pub fn sealed(&mut self, sender: &Owner, storage: Storage, text: &str) -> Bytes {
        self.sealed_as(sender, storage, MessageId::from_bytes(rand::random()), text)
    }

    /// Likewise, with a given message id.
    pub fn sealed_as(
        &mut self,
        sender: &Owner,
        storage: Storage,
        message: MessageId,
        text: &str,
    ) -> Bytes {
        let content = Content::encode_text(text).expect("a text");
        self.seal(sender, storage, message, content.as_ref())
    }

    /// A content of any kind, sealed likewise.
    pub fn sealed_content(&mut self, sender: &Owner, content: &RoomContent) -> Bytes {
        let encoded = content.encode().expect("a content");
        let message = MessageId::from_bytes(rand::random());
        self.seal(sender, content.storage(), message, &encoded)
    }

    fn seal(
        &mut self,
        sender: &Owner,
        storage: Storage,
        message: MessageId,
        content: &[u8],
    ) -> Bytes {
        let draft = envelope::Draft {
            channel: self.channel,
            sender: sender.account.into(),
            fingerprint: sender.identity().fingerprint(),
            instance: INSTANCE,
            counter: self.counter,
            storage,
            sent_at: now(),
            message,
            content,
        };
        self.counter += 1;
        let iv = rand::random();
        let sealed = self
            .keys
            .seal_signed(&draft, iv, sender.identity(), &mut rand::rng());
        sealed.expect("an envelope")
    }

    /// A publish frame with this payload for the newest epoch.
    pub fn publish(&self, request: u32, flags: PublishFlags, payload: Bytes) -> ClientFrame {
        ClientFrame::Publish(Publish {
            request,
            channel: self.channel,
            epoch: self.keys.n(),
            flags,
            payload,
        })
    }
}

/// What others name an envelope by.
pub fn hash(envelope: &Bytes) -> EnvelopeHash {
    use sha2::Digest as _;
    EnvelopeHash::from_bytes(sha2::Sha256::digest(envelope).into())
}

/// The same envelope under another message id: its signatures do not hold, which is nothing that a
/// server looks at.
pub fn renamed(envelope: &Bytes, message: MessageId) -> Bytes {
    let mut bytes = envelope.to_vec();
    bytes[MESSAGE_AT..MESSAGE_AT + MessageId::LEN].copy_from_slice(message.as_bytes());
    let renamed = Bytes::from(bytes);
    let read = UnverifiedSignedEnvelope::parse(renamed.clone()).expect("an envelope");
    assert_eq!(read.header().message, message);
    renamed
}

/// Where the author stands in a commit (docs/protocol.md#149-commits).
const AUTHOR_AT: usize = 58;
/// A signature block by keys of RSA-3072, in bytes: a length and two signatures.
const BLOCK_BYTES: usize = 2 + 384 + 64;
/// Where the message id stands in an envelope (docs/protocol.md#9-the-envelope).
const MESSAGE_AT: usize = 155;
const INSTANCE: InstanceId = InstanceId::from_bytes([7; 16]);
