//! Files, to who was removed or banned, who has no account, and who never was in their room: no command says
//! more of one that is there than of one that is not, and none does anything.

use bytes::Bytes;
use wire_format::{
    ChannelId, ErrorCode, Event, PublishFlags, Refusal, RoomId, Sequence, Storage,
    command::{
        Command, Operation as _,
        files::{ChunkRange, Create, GetChunk, GetHeld, Keep, Put, Remove},
    },
    room::{AfterRemoval, RoomKind},
};

use super::scene::{SECOND, Scene, each_way_out};
use crate::{
    circle::quiet,
    conversing::{Person, Talk},
    files::{MIB, Upload},
    gathering::published,
    owner::Folder,
    support::Peer,
};

/// A message in a room.
#[derive(Clone, Copy)]
struct Place {
    room: RoomId,
    channel: ChannelId,
    sequence: u64,
}

/// The commands about files, and with what each is refused.
type Refusals = Vec<(&'static str, Option<ErrorCode>)>;

/// With what somebody is refused who asks for everything that there is to ask about a file.
async fn asks(peer: &mut Peer, upload: &Upload, at: Place) -> Refusals {
    let (file, nothing) = (upload.id(), Bytes::new());
    let keep = Keep {
        file,
        channel: at.channel,
        sequence: Sequence::new(at.sequence),
    };
    let create = upload.announced(at.room);
    vec![
        (
            Create::NAME,
            code(peer.call(&create, nothing.clone()).await),
        ),
        (Put::NAME, upload.put(peer, 0).await.err()),
        (GetHeld::NAME, upload.held(peer).await.err()),
        (GetChunk::NAME, upload.get(peer, 0).await.err()),
        (Keep::NAME, code(peer.call(&keep, nothing.clone()).await)),
        (
            Remove::NAME,
            code(peer.call(&Remove { file }, nothing).await),
        ),
    ]
}

fn code<T>(answer: Result<T, Refusal>) -> Option<ErrorCode> {
    answer.err().map(|refusal| refusal.code)
}

/// Every command about files, refused as it is documented to be: where one is announced with the one code,
/// and where it is about one with the other.
fn refused(announced: ErrorCode, others: ErrorCode) -> Refusals {
    let about_files = |name: &&&str| name.starts_with("files.");
    let names = Command::NAMES.iter().filter(about_files);
    names
        .map(|name| {
            let code = if *name == Create::NAME {
                announced
            } else {
                others
            };
            let contract = Command::contract_of(name).expect("a command");
            assert!(contract.errors().any(|one| one == code), "{name}: {code}");
            (*name, Some(code))
        })
        .collect()
}

/// As of a room and a file that are not there.
fn not_there() -> Refusals {
    refused(ErrorCode::NoSuchRoom, ErrorCode::NoSuchFile)
}

/// Announces a file and puts its first chunks.
async fn puts(person: &mut Person, upload: &Upload, room: RoomId, chunks: u32) {
    person.does(&upload.announced(room), Bytes::new()).await;
    for index in 0..chunks {
        upload.put(&mut person.peer, index).await.expect("put");
    }
}

/// Files of a room from which Mallory goes.
struct Files {
    /// Ada's, with its message.
    kept: Upload,
    /// Ada's, that no message names yet.
    whole: Upload,
    /// Mallory's, whose message is there and was not named.
    said: Upload,
    /// Mallory's, of which one chunk of two is there.
    begun: Upload,
    /// Ada's message and Mallory's.
    places: [Place; 2],
}

impl Files {
    async fn of(scene: &mut Scene) -> Self {
        let room = scene.talk.room;
        let adas = scene.says(SECOND).await.expect("said");
        scene.talk.channel = scene.main;
        let sealed = scene
            .talk
            .sealed(&scene.mallory.owner, Storage::Stored, "a file");
        let frame = scene.talk.publish(1 << 29, PublishFlags::STORED, sealed);
        let mallorys = published(&mut scene.mallory.peer, frame).await;
        let place = |channel, sequence| Place {
            room,
            channel,
            sequence,
        };
        let places = [
            place(SECOND, adas),
            place(scene.main, mallorys.expect("said")),
        ];
        for person in [&mut scene.mallory, &mut scene.other] {
            for _ in places {
                person.peer.delivery().await;
            }
        }
        let files = Self {
            kept: Upload::of(1),
            whole: Upload::of(MIB + 5),
            said: Upload::of(3),
            begun: Upload::of(MIB + 7),
            places,
        };
        puts(&mut scene.ada, &files.kept, room, 1).await;
        let keep = Keep {
            file: files.kept.id(),
            channel: SECOND,
            sequence: Sequence::new(adas),
        };
        scene.ada.does(&keep, Bytes::new()).await;
        puts(&mut scene.ada, &files.whole, room, 2).await;
        puts(&mut scene.mallory, &files.said, room, 1).await;
        puts(&mut scene.mallory, &files.begun, room, 1).await;
        files.are_there_for(&mut scene.mallory.peer).await;
        files.are_there_for(&mut scene.other.peer).await;
        for person in [&mut scene.mallory, &mut scene.other] {
            for upload in [&files.kept, &files.whole, &files.said] {
                let file = upload.id();
                person.told(&Event::FileWhole { room, file }).await;
            }
        }
        files
    }

    fn all(&self) -> [&Upload; 4] {
        [&self.kept, &self.whole, &self.said, &self.begun]
    }

    /// A member gets them, as they were put.
    async fn are_there_for(&self, peer: &mut Peer) {
        for upload in self.all() {
            let first = upload.get(peer, 0).await.expect("the first chunk");
            assert!(first == upload.chunks[0]);
        }
        let held = self.begun.held(peer).await.expect("held");
        assert_eq!(held.have, [ChunkRange(0, 0)]);
    }

    /// Who is outside is told nothing of them, at either message.
    async fn are_not_there_for(&self, peer: &mut Peer, expected: &Refusals) {
        let nowhere = Upload::of(1);
        for upload in self.all().into_iter().chain([&nowhere]) {
            for place in self.places {
                assert_eq!(asks(peer, upload, place).await, *expected);
            }
        }
        let second = self.begun.put(peer, 1).await.err();
        let put = expected.iter().find(|(name, _)| *name == Put::NAME);
        assert_eq!(second, put.and_then(|(_, code)| *code));
    }
}

each_way_out!(who_is_out_has_none_of_a_rooms_files);

async fn who_is_out_has_none_of_a_rooms_files(kind: RoomKind, after: AfterRemoval) {
    let folder = Folder::new();
    let mut scene = Scene::of(&folder, kind).await;
    let files = Files::of(&mut scene).await;
    scene.turns_out(after).await;
    let room = scene.talk.room;
    for person in [&mut scene.mallory, &mut scene.other] {
        files
            .are_not_there_for(&mut person.peer, &not_there())
            .await;
    }
    // What goes on there is not told, and nothing has become of what was there.
    let later = Upload::of(2);
    puts(&mut scene.ada, &later, room, 1).await;
    quiet([&mut scene.mallory.peer, &mut scene.other.peer]).await;
    for person in [&mut scene.mallory, &mut scene.other] {
        let asked = asks(&mut person.peer, &later, files.places[0]).await;
        assert_eq!(asked, not_there());
    }
    files.are_there_for(&mut scene.ada.peer).await;
    scene.close().await;
}

#[tokio::test]
async fn guests_and_strangers_have_no_files_of_a_room() {
    for kind in [RoomKind::Private, RoomKind::Public] {
        let folder = Folder::new();
        let mut scene = Scene::of(&folder, kind).await;
        let files = Files::of(&mut scene).await;
        let mut guest = scene.house.guest("Guest").await;
        let not_allowed = refused(ErrorCode::NotAllowed, ErrorCode::NotAllowed);
        files.are_not_there_for(&mut guest, &not_allowed).await;
        let mut stranger = Person::arrives(&scene.house, "Stranger").await;
        files
            .are_not_there_for(&mut stranger.peer, &not_there())
            .await;
        files.are_there_for(&mut scene.ada.peer).await;
        quiet([&mut guest, &mut stranger.peer]).await;
        drop((guest, stranger));
        scene.close().await;
    }
}

#[tokio::test]
async fn a_file_of_one_room_is_nothing_in_another() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let adas = Talk::made(RoomKind::Private, &mut ada, &mut []).await;
    let mut eves = Talk::made(RoomKind::Private, &mut eve, &mut []).await;
    let upload = Upload::of(1);
    puts(&mut ada, &upload, adas.room, 1).await;
    // Eve owns a room, and a message that could name the file.
    let sealed = eves.sealed(&eve.owner, Storage::Stored, "mine");
    let frame = eves.publish(1 << 29, PublishFlags::STORED, sealed);
    let sequence = published(&mut eve.peer, frame).await.expect("said");
    let own = Place {
        room: eves.room,
        channel: eves.channel,
        sequence,
    };
    // That the id is taken is all that she finds out.
    let taken = refused(ErrorCode::NotAllowed, ErrorCode::NoSuchFile);
    assert_eq!(asks(&mut eve.peer, &upload, own).await, taken);
    let there = upload.get(&mut ada.peer, 0).await.expect("Ada's");
    assert!(there == upload.chunks[0]);
    drop((ada, eve));
    house.close().await;
}
