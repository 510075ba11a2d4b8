//! What room settings say, as JSON.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ids::{ChannelId, EnvelopeHash, MessageId},
    limits::{ROOM_CHANNELS, ROOM_NAME_BYTES, TOPIC_BYTES},
    open_error::{OpenError, SealError},
    room::limited::{self, Limited},
    vault::Rest,
};

/// What owners and admins say of a room.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RoomSettingsContent {
    /// The room's name, at most [`ROOM_NAME_BYTES`]; not looked at where the server lists it.
    pub name: String,
    /// Its topic, at most [`TOPIC_BYTES`]; not looked at where the server lists it.
    pub topic: String,
    /// Its channels, at most [`ROOM_CHANNELS`], none twice.
    pub channels: Vec<StateChannel>,
    /// The messages that are pinned.
    pub pins: Vec<Pin>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

/// A channel as its members name it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct StateChannel {
    /// Which.
    pub id: ChannelId,
    /// Its name, 1 to [`ROOM_NAME_BYTES`].
    pub name: String,
    /// Its topic, at most [`TOPIC_BYTES`].
    pub topic: String,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

/// A message that is pinned.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pin {
    /// Where it is.
    pub channel: ChannelId,
    /// Which it is.
    pub message: MessageId,
    /// SHA-256 of its envelope.
    pub hash: EnvelopeHash,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl RoomSettingsContent {
    /// Reads the JSON of room settings.
    ///
    /// # Errors
    /// [`OpenError::Content`] for anything but one object with these fields, within their limits.
    pub fn parse(text: &[u8]) -> Result<Self, OpenError> {
        limited::parse(text)
    }

    /// Writes the JSON of room settings.
    ///
    /// # Errors
    /// [`SealError::Field`] for what nobody would read; [`SealError::KeyOperation`] if it cannot be
    /// written.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        limited::encode(self)
    }
}

impl Limited for RoomSettingsContent {
    fn is_within_limits(&self) -> bool {
        let channels: BTreeSet<_> = self.channels.iter().map(|channel| channel.id).collect();
        self.name.len() <= ROOM_NAME_BYTES
            && self.topic.len() <= TOPIC_BYTES
            && self.channels.len() <= ROOM_CHANNELS
            && channels.len() == self.channels.len()
            && self.channels.iter().all(StateChannel::is_within_limits)
    }
}

impl fmt::Debug for RoomSettingsContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomSettingsContent(..)")
    }
}

impl StateChannel {
    fn is_within_limits(&self) -> bool {
        (1..=ROOM_NAME_BYTES).contains(&self.name.len()) && self.topic.len() <= TOPIC_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(channels: usize) -> String {
        let channels: Vec<String> = (0..channels)
            .map(|at| format!(r#"{{"id":"{at:032x}","name":"n","topic":""}}"#))
            .collect();
        format!(
            r#"{{"name":"","topic":"","channels":[{}],"pins":[],"newer":{{"a":1}}}}"#,
            channels.join(",")
        )
    }

    fn is_read(text: &str) -> bool {
        let read = RoomSettingsContent::parse(text.as_bytes());
        if let Ok(content) = &read {
            let written = content.encode().expect("what was read is written");
            assert_eq!(RoomSettingsContent::parse(&written).as_ref(), Ok(content));
        }
        read.is_ok()
    }

    #[test]
    fn lists_and_texts_have_limits() {
        for (channels, expected) in [(0, true), (99, true), (100, true), (101, false)] {
            assert_eq!(is_read(&settings(channels)), expected, "{channels}");
        }
        for (bytes, expected) in [(255, true), (256, true), (257, false)] {
            let named = format!(r#""name":"{}""#, "n".repeat(bytes));
            let text = settings(0).replace(r#""name":"""#, &named);
            assert_eq!(is_read(&text), expected);
            let text = settings(1).replace(r#""name":"n""#, &named);
            assert_eq!(is_read(&text), expected);
        }
        for (bytes, expected) in [(1_023, true), (1_024, true), (1_025, false)] {
            let about = format!(r#""topic":"{}""#, "n".repeat(bytes));
            let text = settings(0).replace(r#""topic":"""#, &about);
            assert_eq!(is_read(&text), expected);
        }
    }

    #[test]
    fn channels_stand_once_and_nothing_is_missing() {
        let twice = settings(2).replace(&format!("{:032x}", 1), &format!("{:032x}", 0));
        assert!(!is_read(&twice));
        let unnamed = settings(1).replace(r#""name":"n""#, r#""name":"""#);
        assert!(!is_read(&unnamed));
        assert!(!is_read(&settings(0).replace("\"pins\":[],", "")));
        assert!(!is_read("[]"));
    }
}
