//! A chunk as it travels: who it belongs to in the open, what it holds sealed.

use bytes::{BufMut, Bytes, BytesMut};
use zeroize::Zeroizing;

use super::{
    FileCut, FileSecret,
    cut::{self, WHOLE},
};
use crate::{
    derive::derive,
    ids::FileId,
    limits::FILE_CHUNK_RECORD_BYTES,
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    room::FileNote,
    seal::{IV_BYTES, KEY_BYTES},
    sealed_part::{self, SealedPart},
};

/// Why a chunk is not taken, in the order of docs/protocol.md#1412-files.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChunkError {
    /// The record cannot be read.
    #[error("a chunk is refused")]
    Record(#[from] OpenError),
    /// It is of another file.
    #[error("a chunk of file {0}")]
    OtherFile(FileId),
    /// It is another one of this file.
    #[error("chunk {found} where {expected} was asked for")]
    OtherIndex {
        /// The place that was asked for.
        expected: u32,
        /// The place that it says.
        found: u32,
    },
    /// It says that it is the last and is not, or does not say so and is.
    #[error("chunk {0} is wrong about whether it is the last")]
    Last(u32),
    /// It holds another length than the file's size leaves for it.
    #[error("a chunk with {found} bytes where {expected} belong")]
    Length {
        /// Bytes that belong there, the filling included.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// It does not open.
    #[error("a chunk does not open")]
    Open(#[source] OpenError),
    /// Something else than zeros is behind the file's end.
    #[error("a chunk is not filled with zeros")]
    Filling,
}

/// A chunk with the right layout that nobody has opened; enough for a server.
#[derive(Clone, Debug)]
pub struct UnopenedChunk {
    bytes: Bytes,
    file: FileId,
    index: u32,
    last: bool,
    sealed: SealedPart,
}

impl UnopenedChunk {
    /// Reads the layout.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::FILE_CHUNK, FILE_CHUNK_RECORD_BYTES)?;
        let file = FileId::from_bytes(record.array()?);
        let index = record.u32()?;
        let last = match record.u8()? {
            0 => false,
            1 => true,
            _ => return Err(OpenError::Field(Field::Flags)),
        };
        let sealed = SealedPart::read(&mut record)?;
        let filled = cut::sealed_in(sealed.ciphertext_bytes());
        if !filled.is_some_and(|filled| cut::is_filled(filled, last)) {
            return Err(OpenError::Field(Field::CiphertextLength));
        }
        Ok(Self {
            bytes: record.finish()?,
            file,
            index,
            last,
            sealed,
        })
    }

    /// The record as it came.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The file that it says it belongs to.
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// The place in that file, from 0.
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Whether it says that it is the last.
    pub const fn is_last(&self) -> bool {
        self.last
    }
}

/// A file with what its chunks are sealed under.
#[derive(Clone, Debug)]
pub struct SealedFile {
    id: FileId,
    secret: FileSecret,
    cut: FileCut,
}

impl SealedFile {
    /// A file of this size. Two files never have the same id and secret.
    pub const fn new(id: FileId, secret: FileSecret, cut: FileCut) -> Self {
        Self { id, secret, cut }
    }

    /// The file that a message names.
    ///
    /// # Errors
    /// [`OpenError::Content`] if its number of chunks is not that of its size, which no
    /// [`RoomContent`](crate::room::RoomContent) that was read has.
    pub fn of_note(note: &FileNote) -> Result<Self, OpenError> {
        let cut = FileCut::of_size(note.size).filter(|cut| cut.chunks() == note.chunks);
        let cut = cut.ok_or(OpenError::Content)?;
        Ok(Self::new(note.file, note.secret.clone(), cut))
    }

    /// Its id.
    pub const fn id(&self) -> FileId {
        self.id
    }

    /// How it is cut.
    pub const fn cut(&self) -> &FileCut {
        &self.cut
    }

    /// Seals a chunk, for the tail of `files.put`; an IV is used once with a key, also if the same chunk
    /// is sealed again.
    ///
    /// # Errors
    /// [`SealError::Field`] if this is not what belongs at this place of the file;
    /// [`SealError::KeyOperation`] if sealing failed.
    pub fn seal(&self, index: u32, plain: &[u8], iv: &[u8; IV_BYTES]) -> Result<Bytes, SealError> {
        if self.cut.plain_bytes(index) != Some(plain.len()) {
            return Err(SealError::Field(Field::Length));
        }
        let last = self.cut.is_last(index);
        let filled = self.filled(index, plain.len());
        let mut record = BytesMut::with_capacity(FILE_CHUNK_RECORD_BYTES - WHOLE + filled);
        record.put_slice(&[record::VERSION, record::FILE_CHUNK]);
        record.put_slice(self.id.as_bytes());
        record.put_u32(index);
        record.put_u8(last.into());
        let key = self.key(index, last)?;
        sealed_part::append_filled(&mut record, &key, iv, plain, filled)?;
        Ok(record.freeze())
    }

    /// Opens the chunk at this place, and takes the filling off.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn open(&self, index: u32, chunk: Bytes) -> Result<Zeroizing<Vec<u8>>, ChunkError> {
        let chunk = UnopenedChunk::parse(chunk)?;
        if chunk.file != self.id {
            return Err(ChunkError::OtherFile(chunk.file));
        }
        let plain_bytes = self.cut.plain_bytes(index);
        let plain_bytes = plain_bytes.filter(|_| chunk.index == index);
        let plain_bytes = plain_bytes.ok_or(ChunkError::OtherIndex {
            expected: index,
            found: chunk.index,
        })?;
        if chunk.last != self.cut.is_last(index) {
            return Err(ChunkError::Last(index));
        }
        let expected = self.filled(index, plain_bytes);
        let found = cut::sealed_in(chunk.sealed.ciphertext_bytes()).unwrap_or(0);
        if found != expected {
            return Err(ChunkError::Length { expected, found });
        }
        let key = self.key(index, chunk.last);
        let key = key.map_err(|_| ChunkError::Open(OpenError::Tag))?;
        let mut plain = chunk.sealed.open_filled(&key).map_err(ChunkError::Open)?;
        let filling = plain.get(plain_bytes..).filter(|_| plain.len() == expected);
        if !filling.is_some_and(|filling| filling.iter().all(|&byte| byte == 0)) {
            return Err(ChunkError::Filling);
        }
        plain.truncate(plain_bytes);
        Ok(plain)
    }

    fn filled(&self, index: u32, plain_bytes: usize) -> usize {
        match self.cut.is_last(index) {
            true => cut::filled(plain_bytes),
            false => WHOLE,
        }
    }

    fn key(&self, index: u32, last: bool) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
        let info: [&[u8]; 3] = [
            b"sealwire/v1/file-chunk\0",
            &index.to_be_bytes(),
            &[last.into()],
        ];
        derive(self.secret.as_bytes(), self.id.as_bytes(), &info)
    }
}
