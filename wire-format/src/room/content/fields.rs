//! The fields of each type. None shows itself in `Debug`: [`RoomContent`](super::RoomContent) does not.

use serde::{Deserialize, Serialize};

use super::Fields;
use crate::{
    file::{FileCut, FileSecret},
    ids::{AccountId, ByteCount, EnvelopeHash, FileId, MessageId, ResourceId, Sequence},
    json,
    limits::{
        EMOJI_BYTES, FILE_NAME_BYTES, MEDIA_TYPE_BYTES, RESOURCE_TITLE_BYTES, ROOM_MEMBERS,
        TEXT_BYTES, TOMBSTONE_REASON_BYTES,
    },
};

/// A message.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Text {
    /// 1 to [`TEXT_BYTES`] bytes, any Unicode text.
    pub text: String,
    /// Whom it is meant for above all; who is not a member is passed over.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub mentions: Option<Vec<AccountId>>,
}

/// A message that answers another one.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Reply {
    /// 1 to [`TEXT_BYTES`] bytes, any Unicode text.
    pub text: String,
    /// What it answers.
    pub message: MessageId,
    /// SHA-256 of that one's envelope.
    pub hash: EnvelopeHash,
    /// Whom it is meant for above all.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub mentions: Option<Vec<AccountId>>,
}

/// What a message says from now on; the highest revision is shown.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Edit {
    /// The original.
    pub message: MessageId,
    /// SHA-256 of the original's envelope.
    pub hash: EnvelopeHash,
    /// 1 to [`TEXT_BYTES`] bytes, any Unicode text.
    pub text: String,
    /// 1, 2, 3, …
    pub revision: u32,
}

/// A message is deleted.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tombstone {
    /// Which.
    pub message: MessageId,
    /// SHA-256 of its envelope.
    pub hash: EnvelopeHash,
    /// Why, at most [`TOMBSTONE_REASON_BYTES`].
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<String>,
}

/// A sign on a message; the latest of an account and sign counts.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Reaction {
    /// Which message.
    pub message: MessageId,
    /// SHA-256 of its envelope.
    pub hash: EnvelopeHash,
    /// 1 to [`EMOJI_BYTES`] bytes.
    pub emoji: String,
    /// Whether it is put there or taken away.
    pub on: bool,
}

/// A file is there.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct FileNote {
    /// Which.
    pub file: FileId,
    /// 1 to [`FILE_NAME_BYTES`] bytes without `/`, `\` and control characters.
    pub name: String,
    /// 1 to [`MEDIA_TYPE_BYTES`] visible ASCII characters.
    pub media_type: String,
    /// How long it is.
    pub size: ByteCount,
    /// What its chunks are sealed under.
    pub secret: FileSecret,
    /// How many chunks it has: as many as its size needs, and one if it is empty.
    pub chunks: u32,
    /// What is said about it.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub text: Option<String>,
}

/// What has been done with messages.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// They came.
    Delivered,
    /// They were read.
    Read,
}

/// How far somebody got or read.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Receipt {
    /// What has been done.
    pub kind: ReceiptKind,
    /// The last message.
    pub message: MessageId,
    /// Its place in the channel.
    pub sequence: Sequence,
}

/// Whether somebody is writing; it holds for 6 seconds.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Typing {
    /// Whether.
    pub on: bool,
}

/// What happened to a resource.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceAction {
    /// It is new.
    Added,
    /// It is another than before.
    Edited,
    /// It is gone.
    Removed,
}

/// A line in the timeline; the list itself is in the room state.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct ResourceLine {
    /// Which.
    pub resource: ResourceId,
    /// What happened to it.
    pub action: ResourceAction,
    /// What it is called, 1 to [`RESOURCE_TITLE_BYTES`].
    pub title: String,
}

impl Fields for Text {
    fn is_allowed(&self) -> bool {
        is_text(&self.text) && are_mentions(self.mentions.as_deref())
    }
}

impl Fields for Reply {
    fn is_allowed(&self) -> bool {
        is_text(&self.text) && are_mentions(self.mentions.as_deref())
    }
}

impl Fields for Edit {
    fn is_allowed(&self) -> bool {
        is_text(&self.text) && self.revision > 0
    }
}

impl Fields for Tombstone {
    fn is_allowed(&self) -> bool {
        let reason = self.reason.as_deref();
        reason.is_none_or(|reason| (1..=TOMBSTONE_REASON_BYTES).contains(&reason.len()))
    }
}

impl Fields for Reaction {
    fn is_allowed(&self) -> bool {
        (1..=EMOJI_BYTES).contains(&self.emoji.len())
    }
}

impl Fields for FileNote {
    fn is_allowed(&self) -> bool {
        let is_in_name = |c: char| !matches!(c, '/' | '\\') && !c.is_control();
        let cut = FileCut::of_size(self.size);
        (1..=FILE_NAME_BYTES).contains(&self.name.len())
            && self.name.chars().all(is_in_name)
            && (1..=MEDIA_TYPE_BYTES).contains(&self.media_type.len())
            && self.media_type.bytes().all(|byte| byte.is_ascii_graphic())
            && cut.is_some_and(|cut| cut.chunks() == self.chunks)
            && self.text.as_deref().is_none_or(is_text)
    }
}

impl Fields for Receipt {
    fn is_allowed(&self) -> bool {
        self.sequence.value() > 0
    }
}

impl Fields for Typing {
    fn is_allowed(&self) -> bool {
        true
    }
}

impl Fields for ResourceLine {
    fn is_allowed(&self) -> bool {
        (1..=RESOURCE_TITLE_BYTES).contains(&self.title.len())
    }
}

fn is_text(text: &str) -> bool {
    (1..=TEXT_BYTES).contains(&text.len())
}

fn are_mentions(mentions: Option<&[AccountId]>) -> bool {
    mentions.is_none_or(|mentions| mentions.len() <= ROOM_MEMBERS)
}
