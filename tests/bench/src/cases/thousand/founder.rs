//! Who makes the room, lets everybody in and says what is in its channel, every step by hand: a client of
//! its own would read everybody's keys first.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::bail;
use bytes::Bytes;
use chat_client::{Connection, connection::Arrival};
use sealwire_tests::{
    conversation::{Conversation, founding, renamed},
    owner::{Owner, now},
};
use wire_format::{
    AccountId, CommitHash, MessageId, PublishFlags, RoomId, Storage, WrapNumber,
    command::{
        auth::{Prove, SignedInAccount},
        keys::{Accounts, Chain as ReadChain, Wraps},
    },
    identity::{Chain, IdentityKeys, UnverifiedWrapKey},
    limits::JOINS_TAKEN,
    record_list,
    room::{Action, Change, RequestDraft, Role, RoomKind, UnverifiedRequest},
};

use super::{
    crowd::{Someone, on_both_cores},
    member::Registered,
};
use crate::{cases::account::greeted, servers::HOST};

/// The founder of a public room.
pub(super) struct Founder {
    owner: Owner,
    address: SocketAddr,
    room: Conversation,
}

impl Founder {
    /// Registers, and makes the room.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn founds(
        address: SocketAddr,
        owner: Owner,
        name: &str,
    ) -> anyhow::Result<Self> {
        let mut connection = greeted(address).await?;
        let (session, _) = connection.call(&owner.register(), owner.records()).await?;
        prove(&mut connection, &owner, &session).await?;
        let chain = owner.own_chain();
        let wraps = BTreeMap::from([(owner.account, owner.verified_wrap_key(&chain))]);
        let keysets = BTreeMap::from([(owner.account, chain)]);
        let (room, draft) = founding(RoomKind::Public, &owner, &[], &keysets, &wraps);
        let create = draft.create_public(room, name, "");
        connection.call(&create, draft.tail.clone()).await?;
        Ok(Self {
            owner,
            address,
            room: Conversation::founded(room, &draft, keysets, wraps),
        })
    }

    /// The room.
    pub(super) fn room(&self) -> RoomId {
        self.room.room
    }

    /// Lets a crowd in, which has the founder's keys, as many by each commit as clients take in.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn lets_in(&mut self, crowd: &[Someone]) -> anyhow::Result<()> {
        let keys = self.owner.identity();
        let at = self.place();
        let requests = on_both_cores(crowd.len(), |one| request(keys, crowd[one].account, at))?;
        for someone in crowd {
            let account = someone.account;
            self.room.keysets.insert(account, someone.chain.clone());
            self.room.wraps.insert(account, someone.wrap.clone());
        }
        for some in requests.chunks(JOINS_TAKEN) {
            let joins = some.iter().cloned();
            let joins = joins.map(|join| Change::Joined(Box::new(join)));
            self.commits(joins.collect()).await?;
        }
        Ok(())
    }

    /// Lets people in whose clients are elsewhere, as admins.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn trusts(&mut self, people: &[&Registered]) -> anyhow::Result<()> {
        let mut connection = self.connection().await?;
        let (mut joins, mut roles) = (Vec::new(), Vec::new());
        for person in people {
            self.reads_keys(&mut connection, person).await?;
            let join = request(&person.keys, person.account, self.place())?;
            joins.push(Change::Joined(Box::new(join)));
            roles.push(Change::Role {
                account: person.account,
                role: Role::Admin,
            });
        }
        self.commits(joins).await?;
        self.commits(roles).await
    }

    /// Says so many things, with a new key after each [`EPOCH_MESSAGES`] as clients make one. Only the
    /// newest [`WHOLE`] are signed each: of the others, which nobody opens here, an epoch has one
    /// envelope under many ids.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn says(&mut self, count: usize) -> anyhow::Result<()> {
        let mut left = count;
        while left > 0 {
            let some = left.min(EPOCH_MESSAGES);
            left -= some;
            let whole = if left == 0 { some.min(WHOLE) } else { 0 };
            self.publishes(some - whole, whole).await?;
            if left > 0 {
                self.commits(Vec::new()).await?;
            }
        }
        Ok(())
    }

    async fn publishes(&mut self, copies: usize, whole: usize) -> anyhow::Result<()> {
        let mut sealed = Vec::with_capacity(copies + whole);
        if copies > 0 {
            let one = self.room.sealed(&self.owner, Storage::Stored, TEXT);
            let id = || MessageId::from_bytes(rand::random());
            sealed.extend((0..copies).map(|_| renamed(&one, id())));
        }
        for number in 0..whole {
            let text = format!("{number}: {TEXT}");
            sealed.push(self.room.sealed(&self.owner, Storage::Stored, &text));
        }
        // Whoever seals for a while answers no ping.
        let mut connection = self.connection().await?;
        let mut under_way = 0;
        for payload in sealed {
            let n = self.room.chain.head().n();
            connection.publish(self.room.channel, n, PublishFlags::STORED, payload)?;
            under_way += 1;
            if under_way == OUTSTANDING {
                acknowledged(&mut connection).await?;
                under_way -= 1;
            }
        }
        for _ in 0..under_way {
            acknowledged(&mut connection).await?;
        }
        Ok(())
    }

    async fn commits(&mut self, changes: Vec<Change>) -> anyhow::Result<()> {
        let draft = self.room.draft(&self.owner, changes);
        let mut connection = self.connection().await?;
        let command = draft.command(self.room.room);
        connection.call(&command, draft.tail.clone()).await?;
        self.room.takes(&draft);
        Ok(())
    }

    /// The room, and its newest commit.
    fn place(&self) -> (RoomId, CommitHash) {
        (self.room.room, self.room.chain.head().hash())
    }

    async fn reads_keys(
        &mut self,
        connection: &mut Connection,
        person: &Registered,
    ) -> anyhow::Result<()> {
        let account = person.account;
        let read = ReadChain {
            account,
            after: None,
        };
        let (_, tail) = connection.call(&read, Bytes::new()).await?;
        let [keyset] = record_list::parse_exactly(tail)?;
        let chain = Chain::first(account, None, keyset)?;
        let Ok(accounts) = Accounts::try_from(vec![account]) else {
            bail!("one account is too many");
        };
        let (_, tail) = connection.call(&Wraps { accounts }, Bytes::new()).await?;
        let [wrap] = record_list::parse_exactly(tail)?;
        let wrap = UnverifiedWrapKey::parse(wrap)?.verify(chain.head(), WrapNumber::new(0))?;
        self.room.keysets.insert(account, chain);
        self.room.wraps.insert(account, wrap);
        Ok(())
    }

    /// Another connection, which has proven the keys.
    async fn connection(&self) -> anyhow::Result<Connection> {
        let mut connection = greeted(self.address).await?;
        let (session, _) = connection.call(&self.owner.login(), Bytes::new()).await?;
        prove(&mut connection, &self.owner, &session).await?;
        Ok(connection)
    }
}

/// Asks to come in.
fn request(
    keys: &IdentityKeys,
    account: AccountId,
    (room, commit): (RoomId, CommitHash),
) -> anyhow::Result<UnverifiedRequest> {
    let draft = RequestDraft {
        room,
        action: Action::Join,
        account,
        commit,
        made_at: now(),
        invitation: None,
    };
    Ok(keys.sign_request(&draft, &mut rand::rng())?)
}

async fn prove(
    connection: &mut Connection,
    owner: &Owner,
    session: &SignedInAccount,
) -> anyhow::Result<()> {
    let proof = owner.proof_for(session, HOST, now());
    connection.call(&Prove {}, proof).await?;
    Ok(())
}

/// Waits for the reply to a publish.
async fn acknowledged(connection: &mut Connection) -> anyhow::Result<()> {
    loop {
        if let Arrival::Reply(reply) = connection.next().await? {
            if let Err(refusal) = reply.outcome::<serde_json::Value>()? {
                bail!("a publish was refused: {refusal}");
            }
            return Ok(());
        }
    }
}

/// Messages after which clients make a new key (docs/protocol.md#149-commits).
const EPOCH_MESSAGES: usize = 1_000;
/// More than a page reads when it opens a channel.
const WHOLE: usize = 400;
/// Messages under way.
const OUTSTANDING: usize = 256;
const TEXT: &str = "a line of chat as people write it, with some words and a number such as 42";
