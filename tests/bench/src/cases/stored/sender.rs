//! Who publishes: sessions of one account in a room that nobody else is in, and that nobody follows.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, bail};
use bytes::{Bytes, BytesMut};
use chat_client::{Connection, connection::Arrival};
use sealwire_tests::{conversation::Conversation, owner::Owner};
use tokio::task::JoinSet;
use wire_format::{
    ChannelId, EpochNumber, MessageId, PublishFlags, Storage,
    command::auth::{Prove, SignedInAccount},
};

use crate::cases::account::greeted;

/// Connections that may publish, and what.
pub(super) struct Crowd {
    connections: Vec<Connection>,
    channel: ChannelId,
    sealed: Bytes,
}

impl Crowd {
    /// Registers the account, makes the room, and signs in so often.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn gather(address: SocketAddr, senders: usize) -> anyhow::Result<Self> {
        let owner = Owner::named("Ada");
        let mut first = greeted(address).await?;
        let registered = first.call(&owner.register(), owner.records()).await?;
        prove(&mut first, &owner, &registered.0).await?;
        let (mut room, create, tail) = Conversation::group(&[&owner]);
        first.call(&create, tail).await?;
        let mut connections = Vec::new();
        for _ in 0..senders {
            let mut connection = greeted(address).await?;
            let (signed_in, _) = connection.call(&owner.login(), Bytes::new()).await?;
            prove(&mut connection, &owner, &signed_in).await?;
            connections.push(connection);
        }
        Ok(Self {
            connections,
            channel: room.channel,
            // The smallest envelope there is: 256 bytes of padded content, 977 with the
            // signatures.
            sealed: room.sealed(&owner, Storage::Stored, TEXT),
        })
    }

    /// Keeps so many messages of each connection under way, for ever, and counts what is acknowledged.
    pub(super) fn send(
        self,
        outstanding: u32,
        acknowledged: &Arc<AtomicU64>,
        senders: &mut JoinSet<anyhow::Result<()>>,
    ) {
        for connection in self.connections {
            let (channel, sealed) = (self.channel, self.sealed.clone());
            let acknowledged = Arc::clone(acknowledged);
            senders.spawn(async move {
                let sender = Sender {
                    connection,
                    channel,
                    sealed: sealed[..].into(),
                };
                sender.run(outstanding, &acknowledged).await
            });
        }
    }
}

async fn prove(
    connection: &mut Connection,
    owner: &Owner,
    session: &SignedInAccount,
) -> anyhow::Result<()> {
    connection.call(&Prove {}, owner.proof(session)).await?;
    Ok(())
}

struct Sender {
    connection: Connection,
    channel: ChannelId,
    sealed: BytesMut,
}

impl Sender {
    async fn run(mut self, outstanding: u32, acknowledged: &AtomicU64) -> anyhow::Result<()> {
        for _ in 0..outstanding {
            self.publish()?;
        }
        loop {
            if let Arrival::Reply(reply) = self.connection.next().await? {
                let published = reply.outcome::<serde_json::Value>()?;
                if let Err(refusal) = published {
                    bail!("a publish was refused: {refusal}");
                }
                acknowledged.fetch_add(1, Ordering::Relaxed);
                self.publish()?;
            }
        }
    }

    /// Publishes one message more: another id in the same envelope, whose signatures the server does
    /// not look at.
    fn publish(&mut self) -> anyhow::Result<()> {
        let id: [u8; MessageId::LEN] = rand::random();
        let place = self.sealed.get_mut(MESSAGE_AT..MESSAGE_AT + id.len());
        place.context("an envelope")?.copy_from_slice(&id);
        let payload = Bytes::copy_from_slice(&self.sealed);
        self.connection.publish(
            self.channel,
            EpochNumber::new(1),
            PublishFlags::STORED,
            payload,
        )?;
        Ok(())
    }
}

/// Where the message id stands in an envelope (docs/protocol.md#9-the-envelope).
const MESSAGE_AT: usize = 155;
/// A line of chat: with it the padded content has 256 bytes.
const TEXT: &str = "A line of chat as people write it: some words, a number such as 42, and an end of 128 bytes, \
                    give or take a few letters.";
