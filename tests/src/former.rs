//! Somebody who comes into an end-to-end room as a member does, keeps every key, secret and record of
//! it, and goes on by hand whatever the others decide.

use std::{collections::BTreeMap, net::SocketAddr};

use bytes::{BufMut as _, Bytes, BytesMut};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire_format::{
    AccountId, ChannelId, ClientFrame, EpochNumber, EpochSecret, MessageId, Publish, PublishFlags,
    RoomId, Storage, WrapNumber,
    command::{auth::SignedInAccount, commits::Commit},
    envelope::{Delivery, Draft, EpochKeys, UnverifiedSignedEnvelope},
    identity::{Chain, UnverifiedWrapKey, WrapKey},
    record_list,
    room::{
        Action, Change, CommitDraft, CommitReason, CommitTail, RequestDraft, RoomChain,
        RoomContent, SeenState, UnverifiedInvitation, UnverifiedRequest, UnverifiedRoomState,
    },
};

use crate::{
    haul::Haul,
    owner::{Owner, now},
    wire::{Answer, Wire},
};

/// An account, its connection, and what it knows of one room.
pub struct Former {
    /// The keys, all of which it keeps.
    pub owner: Owner,
    /// The connection.
    pub wire: Wire,
    /// The room's id; zeros before it came in.
    pub room: RoomId,
    /// Whose keys are whose.
    pub people: BTreeMap<AccountId, Chain>,
    /// The secrets of epochs that it holds.
    pub secrets: BTreeMap<EpochNumber, EpochSecret>,
    /// What it came in by.
    pub request: Option<UnverifiedRequest>,
    /// The commit by which it took itself in.
    pub commit_it_came_in_by: Option<Bytes>,
    wraps: BTreeMap<AccountId, WrapKey>,
    chain: Option<RoomChain>,
    counter: u64,
}

/// What of a haul could be opened.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Opened {
    /// The texts.
    pub texts: Vec<String>,
    /// Messages of any kind.
    pub messages: usize,
    /// Shares of epochs.
    pub shares: usize,
    /// Room states.
    pub states: usize,
    /// Keys of grants.
    pub grants: usize,
    /// Names in invitations.
    pub names: Vec<String>,
}

impl Former {
    /// Makes the account and proves its keys.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn registered(server: SocketAddr, name: &str) -> Self {
        let owner = Owner::named(name);
        let mut wire = Wire::connect(server).await;
        wire.hello().await;
        let fields = serde_json::to_value(owner.register()).expect("JSON");
        let answer = wire.command_with("auth.register", fields, owner.records());
        let (session, _) = answer.await.expect("an account");
        proves(&owner, &mut wire, session).await;
        Self {
            owner,
            wire,
            room: RoomId::from_bytes([0; 16]),
            people: BTreeMap::new(),
            secrets: BTreeMap::new(),
            request: None,
            commit_it_came_in_by: None,
            wraps: BTreeMap::new(),
            chain: None,
            counter: 0,
        }
    }

    /// Connects anew: who says nothing for half a minute is given up by the server.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn comes_back(&mut self, server: SocketAddr) {
        let mut wire = Wire::connect(server).await;
        wire.hello().await;
        let fields = serde_json::to_value(self.owner.login()).expect("JSON");
        let session = wire.command("auth.login", fields).await;
        proves(&self.owner, &mut wire, session.expect("a session")).await;
        self.wire = wire;
    }

    /// The room's commits, as far as they are known.
    ///
    /// # Panics
    /// Before it came in.
    pub fn chain(&self) -> &RoomChain {
        self.chain.as_ref().expect("a room")
    }

    /// Comes in by the one invitation that waits, with a commit of its own.
    ///
    /// # Panics
    /// If there is none, or the server refuses.
    pub async fn joins(&mut self) {
        let waiting = self
            .wire
            .command_with("rooms.invitations", json!({}), Bytes::new());
        let (_, tail) = waiting.await.expect("a list");
        let [record] = record_list::parse_exactly(tail).expect("an invitation");
        let invitation = UnverifiedInvitation::parse(record).expect("an invitation");
        self.comes_into(invitation.room(), Some(&invitation)).await;
    }

    /// Comes into a public room that is open, with a commit of its own.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn joins_open(&mut self, room: RoomId) {
        self.comes_into(room, None).await;
    }

    async fn comes_into(&mut self, room: RoomId, invitation: Option<&UnverifiedInvitation>) {
        self.room = room;
        self.reads().await;
        let request = self.asks(Action::Join, invitation);
        let asked = self
            .command("rooms.request", json!({}), request.bytes())
            .await;
        asked.expect("asked");
        let joined = Change::Joined(Box::new(request.clone()));
        self.request = Some(request);
        let (fields, tail, secret) = self.commit(vec![joined]);
        let n = fields.n;
        let sent = CommitTail::parse(tail.clone()).expect("a commit");
        self.commit_it_came_in_by = Some(sent.commit);
        let fields = serde_json::to_value(fields).expect("JSON");
        self.command("epochs.commit", fields, &tail)
            .await
            .expect("in");
        self.reads().await;
        self.secrets.insert(n, secret);
    }

    /// Asks to leave.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn leaves(&mut self) {
        let request = self.asks(Action::Leave, None);
        let left = self
            .command("rooms.request", json!({}), request.bytes())
            .await;
        left.expect("out");
    }

    /// Reads the commits that the server gives it, and its own shares.
    ///
    /// # Panics
    /// If they do not hold.
    pub async fn reads(&mut self) {
        let head = self.chain.as_ref().map(|chain| chain.head().n());
        let fields = json!({"room": self.room, "after": head});
        let (_, tail) = self
            .wire
            .command_with("epochs.chain", fields, Bytes::new())
            .await
            .expect("the chain");
        for record in record_list::parse(tail, 1_000).expect("commits") {
            self.takes(record).await;
        }
        self.reads_wraps().await;
    }

    /// Opens the share of an epoch that it is in.
    ///
    /// # Panics
    /// If the server has none, or it does not open.
    pub async fn takes_share(&mut self, n: EpochNumber) {
        let fields = json!({"room": self.room, "n": n});
        let (ok, share) = self
            .wire
            .command_with("epochs.share", fields, Bytes::new())
            .await
            .expect("a share");
        let wrap: WrapNumber = serde_json::from_value(ok["wrap"].clone()).expect("a number");
        let key = self.owner.wrap(wrap.value());
        let secret = key.open_secret(&share, &mut rand::rng());
        self.secrets.insert(n, secret.expect("a secret"));
    }

    /// Takes a commit, whoever it has it from.
    ///
    /// # Panics
    /// If it does not hold.
    pub async fn takes(&mut self, record: Bytes) {
        loop {
            let taken = match &mut self.chain {
                Some(chain) => chain.extend(record.clone(), &self.people).map(drop),
                None => RoomChain::first(self.room, record.clone(), &self.people)
                    .map(|chain| self.chain = Some(chain)),
            };
            let Err(error) = taken else {
                return;
            };
            let keys = error.unknown_keys();
            let keys = keys.unwrap_or_else(|| panic!("a commit that does not hold: {error}"));
            self.knows(keys.account).await;
        }
    }

    /// Reads somebody's chain of keys.
    async fn knows(&mut self, account: AccountId) {
        let fields = json!({"account": account});
        let (_, tail) = self
            .wire
            .command_with("keys.chain", fields, Bytes::new())
            .await
            .expect("a chain");
        let mut keysets = record_list::parse(tail, 100).expect("keysets").into_iter();
        let first = keysets.next().expect("a keyset");
        let mut chain = Chain::first(account, None, first).expect("a chain");
        for keyset in keysets {
            chain.extend(keyset).expect("the next keyset");
        }
        self.people.insert(account, chain);
    }

    async fn reads_wraps(&mut self) {
        let members: Vec<AccountId> = self.chain().record().members().map(|(id, _)| id).collect();
        let me = self.owner.account;
        let accounts = || members.iter().copied().chain([me]);
        let fields = json!({"accounts": accounts().collect::<Vec<_>>()});
        for account in accounts() {
            if !self.people.contains_key(&account) {
                self.knows(account).await;
            }
        }
        let (_, tail) = self
            .wire
            .command_with("keys.wraps", fields, Bytes::new())
            .await
            .expect("wrap keys");
        for record in record_list::parse(tail, 100).expect("wrap keys") {
            let wrap = UnverifiedWrapKey::parse(record).expect("a wrap key");
            let head = self.people[&wrap.account()].head();
            let wrap = wrap.verify(head, WrapNumber::new(0)).expect("a wrap key");
            self.wraps.insert(wrap.account(), wrap);
        }
    }

    /// A request with its signatures, by what it knows of the room.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn asks(
        &self,
        action: Action,
        invitation: Option<&UnverifiedInvitation>,
    ) -> UnverifiedRequest {
        let draft = RequestDraft {
            room: self.room,
            action,
            account: self.owner.account,
            commit: self.chain().head().hash(),
            made_at: now(),
            invitation,
        };
        let request = self.owner.identity().sign_request(&draft, &mut rand::rng());
        request.expect("a request")
    }

    /// The commit that follows what it knows, with what `epochs.commit` takes and the secret.
    ///
    /// # Panics
    /// If nobody would accept it.
    pub fn commit(&self, changes: Vec<Change>) -> (Commit, Bytes, EpochSecret) {
        let secret = EpochSecret::generate(&mut rand::rng());
        let draft = CommitDraft {
            author: self.owner.account,
            made_at: now(),
            reason: CommitReason::OnDemand,
            changes,
            secret: &secret,
        };
        let keys = self.owner.identity();
        let signed = keys.sign_commit(self.chain(), draft, &self.people, &mut rand::rng());
        let signed = signed.expect("a commit");
        let tail = signed.tail(&self.wraps, &self.people, &secret, &mut rand::rng());
        let (numbers, tail) = tail.expect("shares");
        let fields = Commit {
            room: self.room,
            n: signed.commit.n(),
            wraps: numbers.try_into().expect("few members"),
        };
        (fields, tail, secret)
    }

    /// A text that it seals for the main channel and an epoch with a secret that it holds.
    ///
    /// # Panics
    /// If it does not hold that.
    pub fn seals(&mut self, n: EpochNumber, text: &str) -> Bytes {
        self.seals_in(ChannelId::main_of(self.room), n, text)
    }

    /// The same for another channel.
    ///
    /// # Panics
    /// If it does not hold that secret.
    pub fn seals_in(&mut self, channel: ChannelId, n: EpochNumber, text: &str) -> Bytes {
        let content = wire_format::Content::encode_text(text).expect("a text");
        let entry = self.chain().entry(n).expect("an epoch");
        let keys = EpochKeys::of_commit(&self.secrets[&n], entry).expect("its secret");
        let draft = Draft {
            channel,
            sender: self.owner.account.into(),
            fingerprint: self.owner.identity().fingerprint(),
            instance: wire_format::InstanceId::from_bytes([9; 16]),
            counter: self.counter,
            storage: Storage::Stored,
            sent_at: now(),
            message: MessageId::from_bytes(rand::random()),
            content: content.as_ref(),
        };
        self.counter += 1;
        let keys = keys.seal_signed(
            &draft,
            rand::random(),
            self.owner.identity(),
            &mut rand::rng(),
        );
        keys.expect("an envelope")
    }

    /// Publishes an envelope for an epoch in the main channel.
    ///
    /// # Errors
    /// The refusal's code and wait.
    pub async fn publishes(&mut self, epoch: EpochNumber, payload: Bytes) -> Answer {
        let channel = ChannelId::main_of(self.room);
        self.publishes_in(channel, epoch, payload).await
    }

    /// The same in another channel.
    ///
    /// # Errors
    /// The refusal's code and wait.
    pub async fn publishes_in(
        &mut self,
        channel: ChannelId,
        epoch: EpochNumber,
        payload: Bytes,
    ) -> Answer {
        let publish = |request| {
            ClientFrame::Publish(Publish {
                request,
                channel,
                epoch,
                flags: PublishFlags::STORED,
                payload,
            })
        };
        self.wire.request(publish).await
    }

    /// Sends a command with a record as its tail.
    ///
    /// # Errors
    /// The refusal's code and wait.
    pub async fn command(&mut self, name: &str, fields: Value, tail: &Bytes) -> Answer {
        let answer = self.wire.command_with(name, fields, tail.clone()).await;
        answer.map(|(ok, _)| ok)
    }

    /// Takes the commits of a haul that it does not know, in the order of their numbers.
    ///
    /// # Panics
    /// If one does not hold.
    pub async fn is_handed(&mut self, haul: &Haul) {
        for commit in haul.ordered() {
            self.takes(commit).await;
        }
    }

    /// Tries everything that it holds on everything in a haul.
    ///
    /// # Panics
    /// If an envelope's signatures do not verify: then nothing could be said of whether it opens.
    pub fn opens(&self, haul: &Haul) -> Opened {
        let mut opened = Opened::default();
        for envelope in &haul.envelopes {
            if let Some(content) = self.opens_message(envelope.clone()) {
                opened.messages += 1;
                if let RoomContent::Text(text) = content {
                    opened.texts.push(text.text);
                }
            }
        }
        let keys = [self.owner.wrap(1), self.owner.wrap(2)];
        let rng = &mut rand::rng();
        for share in haul.commits.iter().flat_map(|tail| &tail.shares) {
            let is_open = keys.iter().any(|key| key.open_secret(share, rng).is_ok());
            opened.shares += usize::from(is_open);
        }
        for grant in &haul.grants {
            let share = &grant[GRANT_SHARE..GRANT_SHARE + SHARE];
            let is_open = keys
                .iter()
                .any(|key| key.open_grant_key(share, rng).is_ok());
            opened.grants += usize::from(is_open);
        }
        for record in &haul.invitations {
            let invitation = UnverifiedInvitation::parse(record.clone()).expect("an invitation");
            let name = keys
                .iter()
                .find_map(|key| invitation.open_name(key, rng).ok());
            opened.names.extend(name);
        }
        let states = haul.states.iter().filter(|state| self.opens_state(state));
        opened.states = states.count();
        opened
    }

    fn opens_message(&self, envelope: Bytes) -> Option<RoomContent> {
        let envelope = UnverifiedSignedEnvelope::parse(envelope).expect("an envelope");
        let header = *envelope.header();
        let delivery = Delivery {
            channel: header.channel,
            sender: header.sender,
            storage: header.storage,
        };
        let verified = envelope.verify(&delivery, self.chain(), &self.people);
        let envelope = verified.expect("an envelope of a member");
        let entry = self.chain().entry(header.epoch).expect("an epoch");
        let keys = self
            .secrets
            .values()
            .filter_map(|secret| EpochKeys::of_commit(secret, entry).ok());
        let opened = keys
            .into_iter()
            .find_map(|keys| envelope.open(&keys).ok())?;
        Some(RoomContent::parse(&opened.content).expect("a content"))
    }

    /// Of a state whose author has gone since nothing is said.
    fn opens_state(&self, state: &Bytes) -> bool {
        let state = UnverifiedRoomState::parse(state.clone()).expect("a state");
        let verified = state.verify(self.chain(), &self.people, SeenState::default());
        verified.is_ok_and(|state| {
            let mut secrets = self.secrets.values();
            secrets.any(|secret| state.open(secret).is_ok())
        })
    }

    /// A record, changed, and signed anew by its keys under the label of its kind.
    ///
    /// # Panics
    /// If it has no signature block of these keys at its end.
    pub fn forges(&self, record: &Bytes, label: &str, change: impl FnOnce(&mut [u8])) -> Bytes {
        let identity = self.owner.identity();
        let hash = |body: &[u8]| -> [u8; 32] {
            let hash = Sha256::new().chain_update(label).chain_update([0]);
            hash.chain_update(body).finalize().into()
        };
        let block = |hash| {
            let mut block = BytesMut::new();
            let pss = identity
                .pss()
                .sign(&hash, &mut rand::rng())
                .expect("signed");
            block.put_u16(u16::try_from(pss.len()).expect("a short signature"));
            block.put_slice(&pss);
            block.put_slice(
                &identity
                    .dsa()
                    .sign(&hash, &mut rand::rng())
                    .expect("signed"),
            );
            block
        };
        let length = block([0; 32]).len();
        let mut body = record[..record.len() - length].to_vec();
        change(&mut body);
        [&body[..], &block(hash(&body))].concat().into()
    }
}

/// Where the share stands in a grant (docs/protocol.md#1413-history-key-requests-and-grants).
const GRANT_SHARE: usize = 2 + 16 + 32 + 16 + 32 + 16 + 32 + 8 + 8;
/// Bytes of a share.
const SHARE: usize = 384;

/// Proves the account's keys to a session that has begun.
async fn proves(owner: &Owner, wire: &mut Wire, session: Value) {
    let session: SignedInAccount = serde_json::from_value(session).expect("a session");
    let proof = owner.proof(&session);
    let proven = wire.command_with("auth.prove", json!({}), proof).await;
    proven.expect("proven");
}
