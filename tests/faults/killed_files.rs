//! A chat-server that is killed while a file goes up: every chunk that it answered is there, whole, and the
//! rest goes up afterwards.

use std::net::SocketAddr;

use bytes::Bytes;
use sealwire_tests::{
    conversation::Conversation, folder::Folder, owner::Owner, program::Program, wire::Wire,
};
use serde_json::{Value, json};
use wire_format::{
    ByteCount, ClientFrame, CommandFrame, FileId, ServerFrame,
    command::files::{Create, GetChunk, Held, Put},
    file::{FileCut, FileSecret, SealedFile},
};

use crate::killed::{fields, makes_a_room, signed_in, start};

/// How often it is killed.
const KILLS: u32 = 4;
/// Chunks of the file: some are left after the last kill.
const CHUNKS: u32 = 32;

fn file() -> SealedFile {
    let size = ByteCount::new((u64::from(CHUNKS) - 1) << 20 | 5);
    let cut = FileCut::of_size(size).expect("a file");
    let secret = FileSecret::from_bytes([9; 32]);
    SealedFile::new(FileId::from_bytes(rand::random()), secret, cut)
}

/// Chunk i is full of i.
fn chunk(file: &SealedFile, index: u32) -> Bytes {
    let byte = u8::try_from(index).expect("few");
    let plain = vec![byte; file.cut().plain_bytes(index).expect("a chunk")];
    file.seal(index, &plain, &[byte; 16]).expect("sealed")
}

async fn held(wire: &mut Wire, file: &SealedFile) -> Held {
    let held = wire
        .command("files.held", json!({ "file": file.id() }))
        .await;
    serde_json::from_value(held.expect("held")).expect("ranges")
}

/// Puts what is missing, several at once, until some were answered, and kills the server then.
async fn one_life(
    (server, address): (&mut Program, SocketAddr),
    owner: &Owner,
    file: &SealedFile,
) -> Vec<u32> {
    let mut wire = signed_in(address, owner).await;
    let there = held(&mut wire, file).await;
    let life = rand::random_range(0..=4_usize);
    let missing = (0..CHUNKS).filter(|index| !there.has(*index));
    // More than will be answered.
    for index in missing.take(life + 3) {
        let put = Put {
            file: file.id(),
            index,
        };
        let command = CommandFrame::new(1 << 20 | index, &put, chunk(file, index));
        let frame = ClientFrame::Command(command).encode().stream();
        wire.send(&frame).await.expect("taken");
    }
    if life == 0 {
        server.kill();
    }
    let mut answered = Vec::new();
    while let Some(frame) = wire.frame().await {
        let ServerFrame::Reply(reply) = frame else {
            continue;
        };
        let fields: Value = serde_json::from_slice(&reply.header).expect("JSON");
        assert!(fields["ok"].is_object(), "{fields}");
        answered.push(reply.request - (1 << 20));
        if answered.len() == life {
            server.kill();
        }
    }
    assert!(answered.len() >= life, "it ended by itself");
    answered
}

#[tokio::test]
async fn no_answered_chunk_is_lost_and_none_is_half_there() {
    let folder = Folder::new();
    let ada = Owner::named("Ada");
    let (mut server, mut at) = start(&folder).await;
    let room: Conversation = makes_a_room(at, &ada).await;
    let file = file();
    let sealed = file.cut().sealed();
    let create = Create {
        room: room.room,
        file: file.id(),
        chunks: sealed.chunks(),
        bytes: sealed.bytes(),
    };
    let mut wire = signed_in(at, &ada).await;
    wire.command("files.create", fields(&create))
        .await
        .expect("announced");
    drop(wire);
    let mut answered = Vec::new();
    for _ in 0..KILLS {
        answered.extend(one_life((&mut server, at), &ada, &file).await);
        drop(server);
        (server, at) = start(&folder).await;
        let mut wire = signed_in(at, &ada).await;
        let there = held(&mut wire, &file).await;
        for index in (0..CHUNKS).filter(|index| there.has(*index)) {
            let get = GetChunk {
                file: file.id(),
                index,
            };
            let got = wire
                .command_with("files.chunk", fields(&get), Bytes::new())
                .await;
            let (_, got) = got.expect("a chunk");
            assert!(got == chunk(&file, index), "chunk {index}");
        }
        for index in &answered {
            assert!(there.has(*index), "chunk {index} was answered");
        }
    }
    // The rest goes up as if nothing had been.
    let mut wire = signed_in(at, &ada).await;
    let there = held(&mut wire, &file).await;
    for index in (0..CHUNKS).filter(|index| !there.has(*index)) {
        let put = Put {
            file: file.id(),
            index,
        };
        let put = wire
            .command_with("files.put", fields(&put), chunk(&file, index))
            .await;
        put.expect("put");
    }
    let there = held(&mut wire, &file).await;
    assert!((0..CHUNKS).all(|index| there.has(index)));
}
