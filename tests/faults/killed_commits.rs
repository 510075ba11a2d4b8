//! A chat-server that is killed while a member commits and publishes: chain and sequence are there, agree,
//! and hold whatever was acknowledged.

use std::net::SocketAddr;

use bytes::Bytes;
use sealwire_tests::{
    conversation::{Conversation, Draft, renamed},
    folder::Folder,
    owner::Owner,
    program::Program,
    wire::{self, Wire},
};
use serde_json::json;
use wire_format::{
    CommitHash, Deliver, DeliverFlags, MessageId, PublishFlags, ServerFrame, Storage,
    envelope::UnverifiedSignedEnvelope, record_list, room::UnverifiedCommit,
};

use crate::killed::{fields, history, makes_a_room, message_of, signed_in, start};

/// How often it is killed.
const KILLS: usize = 6;
/// Commits in one life, each behind some messages.
const COMMITS: u32 = 4;
/// Messages before a commit.
const MESSAGES: u32 = 50;
/// The request that commits; publishes have those above it.
const COMMIT: u32 = 1 << 29;

/// What the server said is durable.
#[derive(Default)]
struct Acknowledged {
    messages: Vec<(MessageId, u64)>,
    commits: Vec<CommitHash>,
}

impl Acknowledged {
    fn count(&self) -> usize {
        self.messages.len() + self.commits.len()
    }
}

/// Sends messages of the newest epoch and a commit behind them; gives the ids of those.
async fn sends(
    wire: &mut Wire,
    owner: &Owner,
    room: &mut Conversation,
    draft: &Draft,
) -> Vec<MessageId> {
    let sealed = room.sealed(owner, Storage::Stored, "one of many");
    let mut frames = Vec::new();
    let mut messages = Vec::new();
    for number in 1..=MESSAGES {
        let message = MessageId::from_bytes(rand::random());
        let payload = renamed(&sealed, message);
        let frame = room.publish(COMMIT + number, PublishFlags::STORED, payload);
        frames.extend_from_slice(&frame.encode().stream());
        messages.push(message);
    }
    let commit = fields(&draft.command(room.room));
    let commit = wire::command(COMMIT, "epochs.commit", commit, draft.tail.clone());
    frames.extend_from_slice(&commit.encode().stream());
    // A server that was killed takes nothing more.
    let _ = wire.send(&frames).await;
    messages
}

/// Commits and publishes until so much was acknowledged, and kills the server then. Gives the commit
/// that was under way.
async fn one_life(
    (server, address): (&mut Program, SocketAddr),
    owner: &Owner,
    room: &mut Conversation,
    acknowledged: &mut Acknowledged,
) -> Option<Draft> {
    let mut wire = signed_in(address, owner).await;
    let most = usize::try_from(COMMITS * (MESSAGES + 1)).expect("small");
    let end = acknowledged.count() + rand::random_range(0..most);
    let mut lives = true;
    for _ in 0..COMMITS {
        let draft = room.draft(owner, Vec::new());
        let messages = sends(&mut wire, owner, room, &draft).await;
        let mut is_taken = false;
        let mut answers = 0;
        while answers <= MESSAGES {
            if lives && acknowledged.count() >= end {
                server.kill();
                lives = false;
            }
            let Some(frame) = wire.frame().await else {
                return (!is_taken).then_some(draft);
            };
            let ServerFrame::Reply(reply) = frame else {
                continue;
            };
            answers += 1;
            match (wire::answer(&reply.header), reply.request) {
                (Ok(_), COMMIT) => {
                    acknowledged.commits.push(draft.signed.commit.hash());
                    room.takes(&draft);
                    is_taken = true;
                }
                (Ok(ok), request) => {
                    let number = usize::try_from(request - COMMIT - 1).expect("small");
                    let place = ok["sequence"].as_str().expect("a place");
                    let place = place.parse().expect("a number");
                    acknowledged.messages.push((messages[number], place));
                }
                // The commit was in front of it.
                (Err((code, _)), _) => assert_eq!(code, "stale_epoch"),
            }
        }
    }
    if lives {
        server.kill();
    }
    None
}

/// The chain as a member reads it.
async fn chain(wire: &mut Wire, room: &Conversation) -> Vec<UnverifiedCommit> {
    let asked = json!({"room": room.room.to_string()});
    let page = wire.command_with("epochs.chain", asked, Bytes::new());
    let (page, tail) = page.await.expect("a page");
    assert_eq!(page["more"], json!(false));
    let commits = record_list::parse(tail, 1_000).expect("a list").into_iter();
    commits
        .map(|commit| UnverifiedCommit::parse(commit).expect("a commit"))
        .collect()
}

/// Sequence and chain have no gaps, and agree; and whatever was acknowledged is there.
fn agree(kept: &[Deliver], chain: &[UnverifiedCommit], acknowledged: &Acknowledged) {
    let places = kept.iter().map(|deliver| deliver.sequence.value());
    assert!(places.eq(1..=u64::try_from(kept.len()).expect("few")));
    let mut commits = chain.iter();
    let mut epoch = 0;
    for deliver in kept {
        if deliver.flags == DeliverFlags::Commit {
            let commit = commits.next().expect("a commit of the chain");
            assert_eq!(*commit.bytes(), deliver.payload);
            epoch += 1;
            assert_eq!(commit.n().value(), epoch);
        } else {
            let envelope = UnverifiedSignedEnvelope::parse(deliver.payload.clone());
            let header = *envelope.expect("a message").header();
            assert_eq!(
                header.epoch.value(),
                epoch,
                "at {}",
                deliver.sequence.value()
            );
        }
    }
    assert!(commits.next().is_none(), "every commit has its place");
    let hashes: Vec<_> = chain.iter().map(UnverifiedCommit::hash).collect();
    for commit in &acknowledged.commits {
        assert!(hashes.contains(commit), "{commit}");
    }
    for (message, place) in &acknowledged.messages {
        let index = usize::try_from(place - 1).expect("small");
        assert_eq!(message_of(&kept[index]), Some(*message), "place {place}");
    }
}

#[tokio::test]
async fn chain_and_sequence_agree_whenever_it_was_killed() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let (mut server, mut at) = start(&folder).await;
    let mut room = makes_a_room(at, &ada).await;
    let mut acknowledged = Acknowledged::default();
    for _ in 0..KILLS {
        let under_way = one_life((&mut server, at), &ada, &mut room, &mut acknowledged).await;
        drop(server);
        (server, at) = start(&folder).await;
        let mut wire = signed_in(at, &ada).await;
        let chain = chain(&mut wire, &room).await;
        let kept = history(&mut wire, &room).await;
        agree(&kept, &chain, &acknowledged);
        // The commit that nobody heard of may stand, and then it is the head.
        let head = chain.last().expect("a commit").hash();
        if let Some(draft) = under_way.filter(|draft| draft.signed.commit.hash() == head) {
            room.takes(&draft);
        }
        assert_eq!(room.chain.head().hash(), head, "no other one does");
    }
}
