//! Files: what goes up comes down, for whom, and what becomes of what nobody keeps.

mod going_up;
mod kept;
mod whose;

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use wire_format::{
    ByteCount, ErrorCode, Event, FileId, RoomId, Sequence,
    command::files::{Create, GetChunk, GetHeld, Held, Keep, Put},
    file::{FileCut, FileSecret, SealedFile},
};

use crate::{gathering::Gathering, owner::Folder, support::Peer};

pub(crate) const MIB: u64 = 1024 * 1024;

/// A file that somebody puts.
pub(crate) struct Upload {
    pub(crate) file: SealedFile,
    pub(crate) chunks: Vec<Bytes>,
}

impl Upload {
    pub(crate) fn of(size: u64) -> Self {
        Self::with(FileId::from_bytes(rand::random()), size)
    }

    fn with(id: FileId, size: u64) -> Self {
        let cut = FileCut::of_size(ByteCount::new(size)).expect("a file");
        let file = SealedFile::new(id, FileSecret::from_bytes([9; 32]), cut);
        let seal = |index| sealed(&file, index, 7);
        let chunks = (0..cut.chunks()).map(seal).collect();
        Self { file, chunks }
    }

    pub(crate) fn id(&self) -> FileId {
        self.file.id()
    }

    pub(crate) fn create(&self, here: &Gathering) -> Create {
        self.announced(here.room.room)
    }

    /// What announces it in a room.
    pub(crate) fn announced(&self, room: RoomId) -> Create {
        let sealed = self.file.cut().sealed();
        Create {
            room,
            file: self.id(),
            chunks: sealed.chunks(),
            bytes: sealed.bytes(),
        }
    }

    pub(crate) async fn put(&self, peer: &mut Peer, index: u32) -> Result<Held, ErrorCode> {
        let chunk = self.chunks[usize::try_from(index).expect("few")].clone();
        self.put_as(peer, index, chunk).await
    }

    pub(crate) async fn put_as(
        &self,
        peer: &mut Peer,
        index: u32,
        tail: Bytes,
    ) -> Result<Held, ErrorCode> {
        let put = Put {
            file: self.id(),
            index,
        };
        let answer = peer.call(&put, tail).await;
        answer.map(|(held, _)| held).map_err(|refusal| refusal.code)
    }

    pub(crate) async fn held(&self, peer: &mut Peer) -> Result<Held, ErrorCode> {
        let answer = peer.call(&GetHeld { file: self.id() }, Bytes::new()).await;
        answer.map(|(held, _)| held).map_err(|refusal| refusal.code)
    }

    pub(crate) async fn get(&self, peer: &mut Peer, index: u32) -> Result<Bytes, ErrorCode> {
        let chunk = GetChunk {
            file: self.id(),
            index,
        };
        let answer = peer.call(&chunk, Bytes::new()).await;
        answer
            .map(|(_, chunk)| chunk)
            .map_err(|refusal| refusal.code)
    }

    pub(crate) async fn whole(&self, here: &mut Gathering, who: usize) {
        let create = self.create(here);
        let peer = &mut here.peers[who];
        peer.call(&create, Bytes::new()).await.expect("announced");
        for index in 0..create.chunks {
            self.put(peer, index).await.expect("put");
        }
        self.told_whole(here).await;
    }

    pub(crate) async fn told_whole(&self, here: &mut Gathering) {
        let (room, file) = (here.room.room, self.id());
        for peer in &mut here.peers {
            let mut told = peer.event().await.0;
            while matches!(told, Event::RoomAdded { .. }) {
                told = peer.event().await.0;
            }
            assert_eq!(told, Event::FileWhole { room, file });
        }
    }

    pub(crate) async fn keep(
        &self,
        here: &mut Gathering,
        who: usize,
        sequence: u64,
    ) -> Result<(), ErrorCode> {
        let keep = Keep {
            file: self.id(),
            channel: here.room.channel,
            sequence: Sequence::new(sequence),
        };
        let kept = here.peers[who].call(&keep, Bytes::new()).await;
        kept.map(drop).map_err(|refusal| refusal.code)
    }
}

fn sealed(file: &SealedFile, index: u32, iv: u8) -> Bytes {
    let plain = vec![3; file.cut().plain_bytes(index).expect("a chunk")];
    file.seal(index, &plain, &[iv; 16]).expect("sealed")
}

/// Where the server keeps the chunks of a file.
pub(crate) fn place(blobs: &Path, file: FileId) -> PathBuf {
    let name = file.to_string();
    blobs.join(&name[..2]).join(name)
}

pub(crate) fn of_house(folder: &Folder, file: FileId) -> PathBuf {
    place(&folder.path().join("files"), file)
}

pub(crate) fn entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("text")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

/// Waits until a folder is gone.
pub(crate) async fn vanishes(folder: &Path) {
    let gone = async {
        while folder.exists() {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(crate::support::PATIENCE, gone).await;
    gone.expect("the chunks are deleted");
}
