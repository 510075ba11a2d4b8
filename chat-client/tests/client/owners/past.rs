//! Rooms of some days ago. No server takes a commit of then today, so they are put into its data.

use std::collections::BTreeMap;

use bytes::Bytes;
use chat_server::store::{
    Database, Location, Store as _,
    messages::{MessageDraft, PlaceMessages},
    rooms::{
        AppendCommit, Comes, Commit, FoundRoom, Member, PutGrant, PutKeyRequest, ReadState,
        SetState, State,
    },
};
use sealwire_tests::{
    conversation::{Conversation, Draft, founding_at, hash},
    owner::{Owner, now},
    wire::Wire,
};
use wire_format::{
    AccountId, ChannelId, EpochNumber, MemberId, MessageId, Millis, RunId, StateNumber, Storage,
    WrapNumber,
    identity::GrantKey,
    passwords::RecoveryCode,
    room::{
        Change, CommitTail, GrantDraft, KeepDays, KeyRequest, KeyRequestDraft, Policy, RoomKind,
        RoomStateContent, RoomStateDraft, UnverifiedGrant,
    },
};

use super::{House, password};

/// A room and what its people sent in it: whoever keeps all that passes has it.
pub(crate) struct Past {
    pub(crate) ada: Owner,
    bob: Owner,
    pub(crate) room: Conversation,
    /// Of every commit, one for each member.
    pub(crate) shares: Vec<Bytes>,
    pub(crate) envelopes: Vec<Bytes>,
    /// What was asked for, and what answered it.
    pub(crate) grants: Vec<(KeyRequest, UnverifiedGrant)>,
}

/// So many hours ago.
pub(crate) fn hours_ago(hours: u64) -> Millis {
    Millis::new(now().value() - hours * 3_600_000)
}

/// Registers somebody whose keys are at hand, with the usual password.
pub(crate) async fn registers(house: &House, name: &str) -> (Owner, RecoveryCode) {
    let code = RecoveryCode::generate(&mut rand::rng());
    let owner = Owner::with_secrets(name, &password(), &code);
    let mut wire = Wire::connect(house.address).await;
    wire.hello().await;
    let fields = serde_json::to_value(owner.register()).expect("JSON");
    let registered = wire.command_with("auth.register", fields, owner.records());
    registered.await.expect("an account");
    (owner, code)
}

async fn store(house: &House) -> Database {
    let location = Location::Sqlite(house.data().to_owned());
    Database::open(location).await.expect("the store")
}

fn policy(keep: KeepDays) -> Policy {
    Policy {
        keep,
        ..Policy::new(RoomKind::Group)
    }
}

impl Past {
    /// A group that Ada made with Bob so many hours ago.
    pub(crate) async fn of(
        house: &House,
        (ada, bob): (Owner, Owner),
        hours: u64,
        keep: KeepDays,
    ) -> Self {
        let people = [&ada, &bob];
        let keysets = people.map(|owner| (owner.account, owner.own_chain()));
        let keysets = BTreeMap::from(keysets);
        let wraps = people.map(|owner| {
            let wrap = owner.verified_wrap_key(&keysets[&owner.account]);
            (owner.account, wrap)
        });
        let wraps = BTreeMap::from(wraps);
        let (made_at, placed) = (hours_ago(hours), [bob.account]);
        let (room, draft) = founding_at(made_at, policy(keep), &ada, &placed, &keysets, &wraps);
        let room = Conversation::founded(room, &draft, keysets, wraps);
        let mut past = Self {
            ada,
            bob,
            room,
            shares: Vec::new(),
            envelopes: Vec::new(),
            grants: Vec::new(),
        };
        let found = FoundRoom {
            kind: RoomKind::Group.byte(),
            commit: past.written(&draft, made_at, past.members()),
            channel: past.room.channel,
            run: RunId::from_bytes(rand::random()),
            pair: None,
            face: None,
        };
        let store = store(house).await;
        let written = store.write(found).await.expect("written");
        written.expect("a room");
        store.close().await;
        past
    }

    fn members(&self) -> Vec<Member> {
        let members = self.room.chain.record().members();
        let ada = self.ada.account;
        let members = members.map(|(account, member)| Member {
            account: account.into(),
            fingerprint: *member.fingerprint.as_bytes(),
            role: member.role.byte(),
            comes: match account == ada {
                true => Comes::Itself,
                false => Comes::Placed,
            },
        });
        members.collect()
    }

    /// A commit of Ada's as the server writes it down.
    fn written(&mut self, draft: &Draft, at: Millis, put: Vec<Member>) -> Commit {
        let tail = CommitTail::parse(draft.tail.clone()).expect("a tail");
        self.shares.extend(tail.shares.iter().cloned());
        let members = self.room.chain.record().members();
        let members: Vec<AccountId> = members.map(|(account, _)| account).collect();
        let wraps: Vec<_> = draft.wraps.iter().map(|wrap| wrap.value()).collect();
        Commit {
            room: self.room.room,
            n: self.room.chain.head().n().value(),
            hash: *self.room.chain.head().hash().as_bytes(),
            author: self.ada.account.into(),
            name: self.ada.name.clone(),
            record: draft.signed.commit.bytes().to_vec(),
            newest: wraps.clone(),
            wraps,
            shares: tail.shares.concat(),
            members: members.into_iter().map(MemberId::from).collect(),
            put,
            rooms_most: 10,
            keep_days: self.room.chain.record().policy().keep.days(),
            now: at,
        }
    }

    /// Ada changed for how long it keeps what is said, so many hours ago.
    pub(crate) async fn keeps(&mut self, house: &House, hours: u64, keep: KeepDays) {
        let (at, previous) = (hours_ago(hours), *self.room.chain.head().hash().as_bytes());
        let change = vec![Change::Policy(policy(keep))];
        let draft = self.room.draft_at(&self.ada, change, at);
        self.room.takes(&draft);
        let append = AppendCommit {
            commit: self.written(&draft, at, Vec::new()),
            previous,
            requests_seen: 0,
            gone: Vec::new(),
            settled: Vec::new(),
            void: Vec::new(),
        };
        let store = store(house).await;
        let written = store.write(append).await.expect("written");
        written.expect("appended");
        store.close().await;
    }

    /// Ada said something so many hours ago.
    pub(crate) async fn said(&mut self, house: &House, hours: u64, text: &str) {
        let envelope = self.room.sealed(&self.ada, Storage::Stored, text);
        let draft = MessageDraft {
            room: self.room.room,
            channel: ChannelId::main_of(self.room.room),
            sender: self.ada.account.into(),
            name: self.ada.name.clone(),
            n: self.room.chain.head().n().value(),
            at: hours_ago(hours),
            message: MessageId::from_bytes(rand::random()),
            hash: hash(&envelope),
            envelope: envelope.clone(),
            is_answer: false,
        };
        self.envelopes.push(envelope);
        let place = PlaceMessages {
            drafts: vec![draft],
            most_bytes: u64::MAX,
        };
        let store = store(house).await;
        let placed = store.write(place).await.expect("written");
        placed.expect("placed")[0].as_ref().expect("space");
        store.close().await;
    }

    /// Ada sealed a room state so many hours ago, in which there is nothing.
    pub(crate) async fn has_a_state(&self, house: &House, hours: u64) {
        let rng = &mut rand::rng();
        let secret = self.ada.wrap(1).open_secret(&self.shares[0], rng);
        let draft = RoomStateDraft {
            author: self.ada.account,
            number: StateNumber::new(1),
            made_at: hours_ago(hours),
            settings: None,
            content: &RoomStateContent::default(),
            secret: &secret.expect("a secret"),
            iv: &rand::random(),
        };
        let signing = self.ada.identity();
        let state = signing.sign_room_state(&self.room.chain, &draft, rng);
        let set = SetState {
            room: self.room.room,
            expected: 0,
            state: State {
                number: 1,
                record: state.expect("a state").bytes().to_vec(),
            },
        };
        let store = store(house).await;
        let written = store.write(set).await.expect("written");
        written.expect("a state");
        store.close().await;
    }

    /// The number of the room state that the server has.
    pub(crate) async fn state_number(&self, house: &House) -> u64 {
        let store = store(house).await;
        let read = ReadState {
            room: self.room.room,
        };
        let state = store.read(read).await.expect("read");
        store.close().await;
        state.expect("a state").number
    }

    /// Bob asked for the key of the first epoch so many hours ago, and Ada gave it.
    pub(crate) async fn granted(&mut self, house: &House, hours: u64) {
        let (made_at, rng) = (hours_ago(hours), &mut rand::rng());
        let (Self { ada, bob, .. }, first) = (&*self, EpochNumber::new(1));
        let secret = ada.wrap(1).open_secret(&self.shares[0], rng);
        let chain = &self.room.chain;
        let asked = KeyRequestDraft {
            room: self.room.room,
            account: bob.account,
            commit: chain.head().hash(),
            from: first,
            to: first,
            wrap: WrapNumber::new(1),
            made_at,
        };
        let request = bob.identity().sign_key_request(&asked, rng);
        let request = request.expect("a request");
        let draft = GrantDraft {
            request: &request,
            granter: ada.account,
            made_at,
            wrap: &self.room.wraps[&bob.account],
            secrets: &[(first, secret.expect("a secret"))],
            key: &GrantKey::generate(rng),
            iv: &rand::random(),
        };
        let grant = ada
            .identity()
            .sign_grant(chain, &draft, &self.room.keysets, rng);
        let grant = grant.expect("a grant");
        let (room, asker) = (self.room.room, MemberId::from(bob.account));
        let hash = *request.hash().as_bytes();
        let put_request = PutKeyRequest {
            room,
            account: asker,
            hash,
            record: request.bytes().to_vec(),
        };
        let put_grant = PutGrant {
            room,
            asker,
            request: hash,
            granter: ada.account.into(),
            record: grant.bytes().to_vec(),
            most: MOST_GRANTS,
        };
        let store = store(house).await;
        let written = store.write(put_request).await.expect("written");
        written.expect("asked");
        let written = store.write(put_grant).await.expect("written");
        written.expect("granted");
        store.close().await;
        self.grants.push((request, grant));
    }
}

/// More than one grant of a request.
const MOST_GRANTS: u64 = 10;
