//! People in an end-to-end room, each at a connection of their own.

use bytes::Bytes;
use sealwire_tests::conversation::Conversation;
use wire_format::{
    ClientFrame, Deliver, ErrorCode, PublishFlags, Refusal, Sequence, ServerFrame, Storage,
    command::{
        Operation,
        conversations::{Follow, Followed},
        messages::{Fetch, FetchedPage},
    },
    frame::{Kind, RawFrame},
    record_list,
};

use crate::{
    owner::{AtServer as _, Folder, Owner},
    support::{House, Peer},
};

/// A server, a group, and those who are in it.
pub(crate) struct Gathering {
    pub(crate) folder: Folder,
    pub(crate) house: House,
    pub(crate) room: Conversation,
    pub(crate) owners: Vec<Owner>,
    pub(crate) peers: Vec<Peer>,
}

/// The `ok` fields of a publish's reply.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Published {
    pub(crate) sequence: Sequence,
}

impl Gathering {
    /// A group of people with these names, the first of whom made it, and all of whom follow it.
    pub(crate) async fn of(names: &[&str]) -> Self {
        let folder = Folder::new();
        let house = folder.house().await;
        Self::at(folder, house, names).await
    }

    /// Likewise at a server of one's own.
    pub(crate) async fn at(folder: Folder, house: House, names: &[&str]) -> Self {
        let owners: Vec<_> = names.iter().map(|name| Owner::named(name)).collect();
        let mut peers = Vec::new();
        for owner in &owners {
            peers.push(owner.arrives(&house).await.0);
        }
        let people: Vec<_> = owners.iter().collect();
        let (room, create, tail) = Conversation::group(&people);
        let created = peers[0].call(&create, tail).await.expect("a room");
        assert_eq!(created.0.channel, room.channel);
        for peer in &mut peers {
            follow(peer, &room).await;
        }
        Self {
            folder,
            house,
            room,
            owners,
            peers,
        }
    }

    /// Stores a text of one of them; gives its place.
    pub(crate) async fn says(&mut self, who: usize, text: &str) -> u64 {
        let sealed = self.room.sealed(&self.owners[who], Storage::Stored, text);
        let said = self.publishes(who, PublishFlags::STORED, sealed).await;
        said.expect("stored")
    }

    /// Publishes a payload; gives its place.
    pub(crate) async fn publishes(
        &mut self,
        who: usize,
        flags: PublishFlags,
        payload: Bytes,
    ) -> Result<u64, ErrorCode> {
        let frame = self.room.publish(REQUEST, flags, payload);
        published(&mut self.peers[who], frame).await
    }

    /// A page of the room as one of them fetches it.
    pub(crate) async fn fetches(
        &mut self,
        who: usize,
        fetch: Fetch,
    ) -> Result<(FetchedPage, Vec<Deliver>), Refusal> {
        fetched(&mut self.peers[who], &fetch).await
    }

    /// Everything, in pages of the largest size.
    pub(crate) async fn history(&mut self, who: usize) -> Vec<Deliver> {
        let mut all = Vec::<Deliver>::new();
        loop {
            let after = all
                .last()
                .map_or_else(Sequence::default, |last| last.sequence);
            let fetch = Fetch {
                after: Some(after),
                ..newest(&self.room, 500)
            };
            let (page, deliveries) = self.fetches(who, fetch).await.expect("a page");
            all.extend(deliveries);
            if !page.more {
                return all;
            }
        }
    }

    /// Ends all connections and the server; asserts that nothing is left.
    pub(crate) async fn close(self) {
        self.close_and_keep(|| ()).await;
    }

    /// Likewise, and looks at the data before they are deleted.
    pub(crate) async fn close_and_keep(self, look: impl FnOnce()) {
        drop(self.peers);
        self.house.empties().await;
        self.house.close().await;
        look();
        drop(self.folder);
    }
}

/// Follows a room.
pub(crate) async fn follow(peer: &mut Peer, room: &Conversation) -> Followed {
    let follow = Follow { room: room.room };
    peer.call(&follow, Bytes::new()).await.expect("followed").0
}

/// Asks for the newest deliveries.
pub(crate) fn newest(room: &Conversation, limit: u16) -> Fetch {
    Fetch {
        channel: room.channel,
        after: None,
        before: None,
        limit,
    }
}

/// Sends a publish and waits for what comes of it.
pub(crate) async fn published(peer: &mut Peer, frame: ClientFrame) -> Result<u64, ErrorCode> {
    let ClientFrame::Publish(publish) = &frame else {
        panic!("a publish");
    };
    let request = publish.request;
    peer.send(frame).await;
    let published = peer.reply_to::<Published>(request).await;
    let published = published.map_err(|refusal| refusal.code)?;
    Ok(published.0.sequence.value())
}

/// Fetches a page, its deliveries read.
pub(crate) async fn fetched(
    peer: &mut Peer,
    fetch: &Fetch,
) -> Result<(FetchedPage, Vec<Deliver>), Refusal> {
    let (page, tail) = peer.call(fetch, Bytes::new()).await?;
    let bodies = record_list::parse(tail, 500).expect("a list");
    Ok((page, bodies.into_iter().map(delivery).collect()))
}

fn delivery(body: Bytes) -> Deliver {
    let kind = Kind::Deliver;
    match ServerFrame::parse(RawFrame { kind, body }) {
        Ok(ServerFrame::Deliver(deliver)) => deliver,
        other => panic!("not the body of a delivery: {other:?}"),
    }
}

/// Does what must not succeed.
pub(crate) async fn refused<O: Operation>(
    peer: &mut Peer,
    operation: &O,
    tail: Bytes,
) -> ErrorCode {
    match peer.call(operation, tail).await {
        Ok(_) => panic!("{} was done", O::NAME),
        Err(refusal) => refusal.code,
    }
}

/// The request id of publishes that are waited for: no command has it.
const REQUEST: u32 = 1 << 30;
