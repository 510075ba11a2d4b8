//! Publishes that are written together, where one of them is refused or fails.

use bytes::Bytes;
use sealwire_tests::conversation::Conversation;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use wire_format::{
    ClientFrame, CloseCode, ErrorCode, PublishFlags, Sequence, ServerFrame, Storage,
    room::CommitReason,
};

use crate::{
    circle::tamper,
    gathering::{Gathering, Published, follow, published},
    owner::Folder,
    support::Peer,
};

/// A second room of the same people, which they follow as well.
async fn another_room(here: &mut Gathering) -> Conversation {
    let people: Vec<_> = here.owners.iter().collect();
    let (room, create, tail) = Conversation::group(&people);
    here.peers[0].call(&create, tail).await.expect("a room");
    for peer in &mut here.peers {
        follow(peer, &room).await;
    }
    room
}

/// Lets what is sent meanwhile gather: nothing is written until this is dropped.
pub(crate) struct Dam(SqliteConnection);

impl Dam {
    pub(crate) async fn in_front_of(folder: &Folder) -> Self {
        let file = folder.path().join("sealwire.db");
        let url = format!("sqlite:{}", file.display());
        let mut connection = SqliteConnection::connect(&url).await.expect("connected");
        connection.execute("BEGIN IMMEDIATE").await.expect("begun");
        Self(connection)
    }

    pub(crate) async fn opens(mut self) {
        self.0.execute("ROLLBACK").await.expect("given back");
        self.0.close().await.expect("closed");
    }
}

/// Sends frames, and waits until all of them were taken.
async fn hands_over(peer: &mut Peer, frames: &[ClientFrame]) {
    let bytes: Vec<_> = frames.iter().map(|frame| frame.encode().stream()).collect();
    peer.write(&bytes.concat()).await;
    peer.send(ClientFrame::Ping([7; 8])).await;
    let mut before = Vec::new();
    loop {
        match peer.next().await.expect("a frame") {
            ServerFrame::Pong(_) => break,
            frame => before.push(frame),
        }
    }
    let replies = before
        .iter()
        .filter(|frame| matches!(frame, ServerFrame::Reply(_)));
    assert_eq!(
        replies.count(),
        0,
        "nothing is answered before it is written"
    );
}

async fn outcome(peer: &mut Peer, request: u32) -> Result<u64, ErrorCode> {
    let reply = peer.reply_to::<Published>(request).await;
    let place = reply.map(|(published, _)| published.sequence.value());
    place.map_err(|refusal| refusal.code)
}

/// Lets the database refuse messages of a room, when they are written or when that is committed.
async fn refuses(here: &Gathering, room: &Conversation, what: &str) {
    let channel: String = room
        .channel
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sql = format!(
        "CREATE TABLE creditors (id INTEGER PRIMARY KEY); \
         CREATE TABLE debts (to_whom REFERENCES creditors (id) DEFERRABLE INITIALLY DEFERRED); \
         CREATE TRIGGER refuses AFTER INSERT ON messages WHEN NEW.channel = x'{channel}' \
         BEGIN {what}; END"
    );
    tamper(&here.folder, &sql).await;
}

#[tokio::test]
async fn what_fails_in_one_room_is_written_in_the_others() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let mut broken = another_room(&mut here).await;
    refuses(&here, &broken, "SELECT RAISE(ABORT, 'broken')").await;
    let ada = &here.owners[0];
    let (stored, passing) = (PublishFlags::STORED, PublishFlags::UNSTORED);
    let sealed = |room: &mut Conversation, storage| room.sealed(ada, storage, "together");
    let first = sealed(&mut here.room, Storage::Stored);
    let bad = sealed(&mut broken, Storage::Stored);
    let behind = sealed(&mut broken, Storage::Passing);
    let good = sealed(&mut here.room, Storage::Stored);
    let dam = Dam::in_front_of(&here.folder).await;
    let frames = [here.room.publish(1 << 20, stored, first.clone())];
    hands_over(&mut here.peers[0], &frames).await;
    let frames = [
        broken.publish(2 << 20, stored, bad),
        broken.publish(3 << 20, passing.following(), behind),
        here.room.publish(4 << 20, stored.following(), good.clone()),
    ];
    hands_over(&mut here.peers[0], &frames).await;
    dam.opens().await;
    let expected = [
        Ok(2),
        Err(ErrorCode::Internal),
        Err(ErrorCode::Internal),
        Ok(3),
    ];
    for (number, expected) in (1..).zip(expected) {
        let outcome = outcome(&mut here.peers[0], number << 20).await;
        assert_eq!(outcome, expected, "{number}");
    }
    // Nobody is cut, and the room goes on where it was once it can.
    for (place, payload) in [(2, first), (3, good)] {
        let deliver = here.peers[1].delivery().await;
        assert_eq!(
            (deliver.sequence, deliver.payload),
            (Sequence::new(place), payload)
        );
    }
    tamper(&here.folder, "DROP TRIGGER refuses").await;
    let again = broken.sealed(&here.owners[0], Storage::Stored, "again");
    let frame = broken.publish(5 << 20, stored, again);
    assert_eq!(published(&mut here.peers[0], frame).await, Ok(2));
    assert_eq!(here.peers[1].delivery().await.sequence, Sequence::new(2));
    here.close().await;
}

#[tokio::test]
async fn a_room_whose_messages_were_refused_does_not_pay_for_what_is_unknown() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let mut other = another_room(&mut here).await;
    // Bob follows the other room only.
    let unfollow = wire_format::command::conversations::Unfollow {
        room: here.room.room,
    };
    let bob = &mut here.peers[1];
    bob.call(&unfollow, Bytes::new()).await.expect("done");
    let stale = other.sealed(&here.owners[0], Storage::Stored, "of epoch 1");
    let stale = other.publish(2 << 20, PublishFlags::STORED, stale);
    let (fields, tail) = other.next(&here.owners[1], CommitReason::OnDemand, Vec::new());
    let committed = here.peers[1].call(&fields, tail).await;
    committed.expect("a commit");
    refuses(&here, &here.room, "INSERT INTO debts VALUES (1)").await;
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, "lost");
    let lost = here.room.publish(1 << 20, PublishFlags::STORED, sealed);
    let dam = Dam::in_front_of(&here.folder).await;
    hands_over(&mut here.peers[0], &[lost, stale]).await;
    dam.opens().await;
    // Nobody knows what stands in the one room: who follows it comes again.
    assert_eq!(here.peers[0].closed().await, CloseCode::Resume);
    let sealed = other.sealed(&here.owners[1], Storage::Stored, "undisturbed");
    let frame = other.publish(3 << 20, PublishFlags::STORED, sealed.clone());
    assert_eq!(published(&mut here.peers[1], frame).await, Ok(3));
    let mut heard = here.peers[1].delivery().await;
    if heard.sequence == Sequence::new(2) {
        heard = here.peers[1].delivery().await;
    }
    assert_eq!(heard.payload, sealed);
    here.close().await;
}
