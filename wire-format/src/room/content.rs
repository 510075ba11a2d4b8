//! What is inside the envelopes of end-to-end rooms (docs/protocol.md#1411-content).

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    envelope::Storage,
    json,
    open_error::{Field, OpenError, SealError},
};

mod fields;

pub use fields::{
    Edit, FileNote, Reaction, Receipt, ReceiptKind, Reply, ResourceAction, ResourceLine, Text,
    Tombstone, Typing,
};

/// A content that this version knows, or the name of one that it does not. Whether its sender may say
/// that of the message it names is for the reader, who has the message.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub enum RoomContent {
    /// A message.
    Text(Text),
    /// A message that answers another one.
    Reply(Reply),
    /// What a message says from now on.
    Edit(Edit),
    /// A message is deleted.
    Tombstone(Tombstone),
    /// A sign on a message.
    Reaction(Reaction),
    /// A file is there.
    File(FileNote),
    /// How far somebody got or read.
    Receipt(Receipt),
    /// Somebody is writing.
    Typing(Typing),
    /// A resource was changed.
    Resource(ResourceLine),
    /// A type that a newer version sends; shown as such.
    Unknown(String),
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(flatten)]
    fields: &'a T,
}

/// The fields of one type.
trait Fields: DeserializeOwned + Serialize {
    /// Whether every field has a value that it may have.
    fn is_allowed(&self) -> bool;
}

impl RoomContent {
    /// Reads the content of an opened envelope.
    ///
    /// # Errors
    /// [`OpenError::Content`] if it is not an object with a type, or a known type's fields are wrong.
    pub fn parse(content: &[u8]) -> Result<Self, OpenError> {
        let Typed { kind } = json::object(content).map_err(|_| OpenError::Content)?;
        Ok(match kind.as_str() {
            "text" => Self::Text(read(content)?),
            "reply" => Self::Reply(read(content)?),
            "edit" => Self::Edit(read(content)?),
            "tombstone" => Self::Tombstone(read(content)?),
            "reaction" => Self::Reaction(read(content)?),
            "file" => Self::File(read(content)?),
            "receipt" => Self::Receipt(read(content)?),
            "typing" => Self::Typing(read(content)?),
            "resource" => Self::Resource(read(content)?),
            _ => Self::Unknown(kind),
        })
    }

    /// The content as it is to be sealed.
    ///
    /// # Errors
    /// [`SealError::Field`] for fields that nobody would read, or an unknown type.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match self {
            Self::Text(fields) => write("text", fields),
            Self::Reply(fields) => write("reply", fields),
            Self::Edit(fields) => write("edit", fields),
            Self::Tombstone(fields) => write("tombstone", fields),
            Self::Reaction(fields) => write("reaction", fields),
            Self::File(fields) => write("file", fields),
            Self::Receipt(fields) => write("receipt", fields),
            Self::Typing(fields) => write("typing", fields),
            Self::Resource(fields) => write("resource", fields),
            Self::Unknown(_) => Err(SealError::Field(Field::Text)),
        }
    }

    /// Whether the server is to keep it.
    pub const fn storage(&self) -> Storage {
        match self {
            Self::Receipt(_) | Self::Typing(_) => Storage::Passing,
            _ => Storage::Stored,
        }
    }
}

fn read<T: Fields>(content: &[u8]) -> Result<T, OpenError> {
    let fields: T = json::object(content).map_err(|_| OpenError::Content)?;
    if fields.is_allowed() {
        Ok(fields)
    } else {
        Err(OpenError::Content)
    }
}

fn write<T: Fields>(kind: &str, fields: &T) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if !fields.is_allowed() {
        return Err(SealError::Field(Field::Text));
    }
    serde_json::to_vec(&Tagged { kind, fields })
        .map(Zeroizing::new)
        .map_err(|_| SealError::Field(Field::Text))
}

impl fmt::Debug for RoomContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Reply(_) => "Reply(..)",
            Self::Edit(_) => "Edit(..)",
            Self::Tombstone(_) => "Tombstone(..)",
            Self::Reaction(_) => "Reaction(..)",
            Self::File(_) => "File(..)",
            Self::Receipt(_) => "Receipt(..)",
            Self::Typing(_) => "Typing(..)",
            Self::Resource(_) => "Resource(..)",
            Self::Unknown(_) => "Unknown(..)",
        })
    }
}

#[cfg(test)]
mod tests;
