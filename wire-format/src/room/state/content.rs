//! What a room state says beside the settings in it, as JSON.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ids::{AccountId, FileId, Millis, ResourceId},
    json,
    limits::{RESOURCE_TITLE_BYTES, RESOURCE_URL_BYTES},
    open_error::{OpenError, SealError},
    room::limited::{self, Limited},
    vault::Rest,
};

/// What any member of a room may change beside its messages.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RoomStateContent {
    /// What members keep at hand, nothing twice.
    pub resources: Vec<Resource>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

/// Something that members keep at hand.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resource {
    /// What it is named by.
    pub id: ResourceId,
    /// What is shown, 1 to [`RESOURCE_TITLE_BYTES`].
    pub title: String,
    /// Where it leads, unless to a file: an `https` or `http` address of at most
    /// [`RESOURCE_URL_BYTES`].
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub url: Option<String>,
    /// The file of this room that it leads to.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub file: Option<FileId>,
    /// Who put it there, by their own word.
    pub by: AccountId,
    /// When, by their clock.
    pub at: Millis,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl RoomStateContent {
    /// Reads the JSON of a room state.
    ///
    /// # Errors
    /// [`OpenError::Content`] for anything but one object with these fields, within their limits.
    pub fn parse(text: &[u8]) -> Result<Self, OpenError> {
        limited::parse(text)
    }

    /// Writes the JSON of a room state.
    ///
    /// # Errors
    /// [`SealError::Field`] for what nobody would read; [`SealError::KeyOperation`] if it cannot be
    /// written.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        limited::encode(self)
    }
}

impl Limited for RoomStateContent {
    fn is_within_limits(&self) -> bool {
        let resources: BTreeSet<_> = self.resources.iter().map(|resource| resource.id).collect();
        resources.len() == self.resources.len()
            && self.resources.iter().all(Resource::is_within_limits)
    }
}

impl fmt::Debug for RoomStateContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomStateContent(..)")
    }
}

impl Resource {
    fn is_within_limits(&self) -> bool {
        let leads_somewhere = match (&self.url, &self.file) {
            (Some(url), None) => {
                let is_web = url.starts_with("https://") || url.starts_with("http://");
                is_web && url.len() <= RESOURCE_URL_BYTES
            }
            (None, Some(_)) => true,
            (Some(_), Some(_)) | (None, None) => false,
        };
        leads_somewhere && (1..=RESOURCE_TITLE_BYTES).contains(&self.title.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: &str) -> String {
        byte.repeat(16)
    }

    fn state(resource: &str) -> String {
        format!(r#"{{"resources":[{resource}],"newer":{{"a":1}}}}"#)
    }

    fn resource(title: usize, target: &str) -> String {
        format!(
            r#"{{"id":"{}","title":"{}",{target},"by":"{}","at":"1"}}"#,
            id("aa"),
            "t".repeat(title),
            id("bb")
        )
    }

    fn is_read(text: &str) -> bool {
        let read = RoomStateContent::parse(text.as_bytes());
        if let Ok(content) = &read {
            let written = content.encode().expect("what was read is written");
            assert_eq!(RoomStateContent::parse(&written).as_ref(), Ok(content));
        }
        read.is_ok()
    }

    #[test]
    fn texts_have_limits() {
        let url = |bytes: usize| format!(r#""url":"https://{}""#, "u".repeat(bytes - 8));
        for (title, url_bytes, expected) in [
            (0, 20, false),
            (1, 20, true),
            (256, 2_048, true),
            (257, 20, false),
            (1, 2_049, false),
        ] {
            let text = state(&resource(title, &url(url_bytes)));
            assert_eq!(is_read(&text), expected, "{title} {url_bytes}");
        }
    }

    #[test]
    fn a_resource_leads_to_one_place_and_stands_once() {
        let file = format!(r#""file":"{}""#, id("cc"));
        let good = resource(1, &file);
        assert!(is_read(&state(&good)));
        for bad in [
            r#""url":"javascript:alert(1)""#.to_owned(),
            r#""url":null"#.to_owned(),
            r#""nothing":1"#.to_owned(),
            format!(r#""url":"https://a",{file}"#),
        ] {
            assert!(!is_read(&state(&resource(1, &bad))), "{bad}");
        }
        assert!(!is_read(&state(&format!("{good},{good}"))));
        assert!(!is_read("{}"));
        assert!(!is_read("[]"));
    }
}
