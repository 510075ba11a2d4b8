//! `files.*`: what end-to-end rooms keep beside messages (docs/protocol.md#1412-files).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type},
};

use crate::ids::{ByteCount, ChannelId, FileId, RoomId, Sequence};

/// `files.create`: announces a file of which the account will put every chunk. What all of them take
/// counts against its storage from here on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// A room that the account is in.
    pub room: RoomId,
    /// Drawn by the account.
    pub file: FileId,
    /// How many chunks it has.
    pub chunks: u32,
    /// What all of them take as they travel.
    pub bytes: ByteCount,
}

/// `files.put`: the tail is the chunk at this place.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// A file that the account announced.
    pub file: FileId,
    /// From 0.
    pub index: u32,
}

/// `files.held`: which chunks of a file are there.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetHeld {
    /// A file of a room that the account is in.
    pub file: FileId,
}

/// What there is of a file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Held {
    /// Ascending, none touching the next.
    pub have: Vec<ChunkRange>,
    /// How many chunks the file has.
    pub chunks: u32,
}

impl Held {
    /// Gathers places, which ascend, into ranges.
    pub fn of(places: impl IntoIterator<Item = u32>, chunks: u32) -> Self {
        let mut have = Vec::<ChunkRange>::new();
        for place in places {
            match have.last_mut() {
                Some(ChunkRange(_, last)) if last.checked_add(1) == Some(place) => *last = place,
                _ => have.push(ChunkRange(place, place)),
            }
        }
        Self { have, chunks }
    }

    /// Whether a chunk is there.
    pub fn has(&self, index: u32) -> bool {
        let mut ranges = self.have.iter();
        ranges.any(|range| (range.0..=range.1).contains(&index))
    }
}

/// The first and the last of chunks that stand one behind the other: `[first, last]`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChunkRange(pub u32, pub u32);

impl PartialSchema for ChunkRange {
    fn schema() -> RefOr<Schema> {
        let place = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0));
        ArrayBuilder::new()
            .items(place)
            .min_items(Some(2))
            .max_items(Some(2))
            .description(Some("The first and the last chunk."))
            .into()
    }
}

impl ToSchema for ChunkRange {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ChunkRange")
    }
}

/// `files.chunk`: the reply's tail is the chunk at this place.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetChunk {
    /// A file of a room that the account is in.
    pub file: FileId,
    /// From 0.
    pub index: u32,
}

/// `files.keep`: a stored message names the file, so it stays.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// A file that the account announced, and that is whole.
    pub file: FileId,
    /// A channel of the file's room.
    pub channel: ChannelId,
    /// A message of the account there.
    pub sequence: Sequence,
}

/// `files.remove`: by who announced it, or an owner or admin of its room.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// A file of a room that the account is in.
    pub file: FileId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_gathered_into_ranges() {
        let held = Held::of([0, 1, 2, 5, 7, 8], 9);
        let json = serde_json::to_string(&held).expect("JSON");
        assert_eq!(json, r#"{"have":[[0,2],[5,5],[7,8]],"chunks":9}"#);
        assert_eq!(serde_json::from_str::<Held>(&json).ok(), Some(held.clone()));
        let missing: Vec<_> = (0..held.chunks).filter(|at| !held.has(*at)).collect();
        assert_eq!(missing, [3, 4, 6]);
        assert_eq!(Held::of([], 1).have, []);
        assert!(!Held::of([u32::MAX], 1).has(0));
    }
}
