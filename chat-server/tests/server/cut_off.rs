//! Commands whose connection ends while they wait for the store: they are done whole.

use bytes::Bytes;
use wire_format::{
    ClientFrame, CommandFrame, EpochNumber, Event, ServerFrame,
    command::{
        Operation,
        commits::{BadShare, Rotate},
    },
    event::CommitDue,
};

use crate::{
    gathering::{Gathering, follow},
    rounds::Dam,
    support::Peer,
};

/// Hands a command over and is gone before the answer: the store takes nothing meanwhile.
async fn is_cut_off<O: Operation>(mut peer: Peer, command: &O, talker: &mut Peer) {
    let command = CommandFrame::new(77, command, Bytes::new());
    // What stands in front is answered, and what comes in the same piece begun then.
    let frames = [ClientFrame::Ping([7; 8]), ClientFrame::Command(command)];
    let frames = frames.map(|frame| frame.encode().stream());
    peer.write(&frames.concat()).await;
    loop {
        match peer.next().await.expect("a pong") {
            ServerFrame::Pong(_) => break,
            ServerFrame::Reply(reply) => panic!("nothing is answered yet: {reply:?}"),
            _ => {}
        }
    }
    peer.vanish();
    // The server finds out when it has something to say there.
    loop {
        talker.say("is anybody there?").await;
        if let ServerFrame::Event(event) = talker.next().await.expect("a frame")
            && matches!(event.event(), Ok(Event::RoomLeft { .. }))
        {
            return;
        }
    }
}

async fn is_noted_and_told<O: Operation>(command: impl FnOnce(&Gathering) -> O, reason: CommitDue) {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let command = command(&here);
    let mut talker = here.house.in_lobby("talker").await;
    let mut ada = here.peers.remove(0);
    ada.enter("lobby").await;
    let dam = Dam::in_front_of(&here.folder).await;
    is_cut_off(ada, &command, &mut talker).await;
    dam.opens().await;
    let bob = &mut here.peers[0];
    let (room, n) = (here.room.room, EpochNumber::new(1));
    let due = Event::CommitDue { room, n, reason };
    let mut told = bob.event().await.0;
    while matches!(told, Event::RoomAdded { .. }) {
        told = bob.event().await.0;
    }
    assert_eq!(told, due);
    assert_eq!(follow(bob, &here.room).await.due, Some(reason));
    drop(talker);
    here.close().await;
}

#[tokio::test]
async fn a_rotation_that_is_wanted_is_told_though_nobody_waits_for_the_answer() {
    let rotate = |here: &Gathering| Rotate {
        room: here.room.room,
    };
    is_noted_and_told(rotate, CommitDue::Demand).await;
}

#[tokio::test]
async fn a_share_that_does_not_open_is_told_though_nobody_waits_for_the_answer() {
    let bad = |here: &Gathering| BadShare {
        room: here.room.room,
        n: here.room.chain.head().n(),
    };
    is_noted_and_told(bad, CommitDue::BadShare).await;
}
