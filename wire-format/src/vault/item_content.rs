//! What items hold, as JSON.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{ItemKind, KeyBytes, Rest, StoredBytes};
use crate::{
    epoch::EpochSecret,
    ids::{
        CommitHash, EpochNumber, Fingerprint, KeysetHash, KeysetNumber, MessageId, RunId, Sequence,
    },
    json,
    open_error::{OpenError, SealError},
};

/// What an item holds, by its kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ItemContent {
    /// Kind 1.
    EpochSecret(EpochSecretNote),
    /// Kind 2.
    ReadMark(ReadMarkNote),
    /// Kind 3.
    Pin(PinNote),
    /// Kind 4.
    RoomHead(RoomHeadNote),
    /// Kind 5: any object.
    Preference(Rest),
}

/// An epoch's secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpochSecretNote {
    /// The secret.
    pub secret: KeyBytes<{ EpochSecret::LEN }>,
    /// The hash of the epoch's commit.
    pub commit: CommitHash,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl EpochSecretNote {
    /// What is kept of the secret of the epoch that this commit started.
    pub fn of(secret: &EpochSecret, commit: CommitHash) -> Self {
        Self {
            secret: KeyBytes::from_bytes(*secret.as_bytes()),
            commit,
            rest: Rest::default(),
        }
    }

    /// The secret. Whether it is the epoch's is for the caller to compare.
    pub fn to_secret(&self) -> EpochSecret {
        EpochSecret::from_bytes(*self.secret.as_bytes())
    }
}

/// How far a channel was read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReadMarkNote {
    /// The run that the sequence belongs to.
    pub run: RunId,
    /// The last delivery that was read.
    pub sequence: Sequence,
    /// Its message.
    pub message: MessageId,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

/// What is remembered of another account's chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PinNote {
    /// The number of the chain head.
    pub number: KeysetNumber,
    /// Its hash.
    pub head: KeysetHash,
    /// Its keys.
    pub fingerprint: Fingerprint,
    /// Whether the user compared it.
    pub verified: bool,
    /// Up to which keyset the user took note of resets.
    pub acknowledged: KeysetNumber,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

/// The newest verified commit of a room.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RoomHeadNote {
    /// Its number.
    pub n: EpochNumber,
    /// Its hash.
    pub commit: CommitHash,
    /// The room record that results from it.
    pub state: StoredBytes,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl ItemContent {
    /// Which kind of item holds this.
    pub const fn kind(&self) -> ItemKind {
        match self {
            Self::EpochSecret(_) => ItemKind::EpochSecret,
            Self::ReadMark(_) => ItemKind::ReadMark,
            Self::Pin(_) => ItemKind::Pin,
            Self::RoomHead(_) => ItemKind::RoomHead,
            Self::Preference(_) => ItemKind::Preference,
        }
    }

    /// Reads the JSON of an item.
    ///
    /// # Errors
    /// [`OpenError::Content`] for anything but one object with the fields of its kind.
    pub fn parse(kind: ItemKind, text: &[u8]) -> Result<Self, OpenError> {
        fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, OpenError> {
            json::object(text).map_err(|_| OpenError::Content)
        }
        Ok(match kind {
            ItemKind::EpochSecret => Self::EpochSecret(read(text)?),
            ItemKind::ReadMark => Self::ReadMark(read(text)?),
            ItemKind::Pin => Self::Pin(read(text)?),
            ItemKind::RoomHead => Self::RoomHead(read(text)?),
            ItemKind::Preference => Self::Preference(read(text)?),
        })
    }

    /// Writes the JSON of an item.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if it cannot be written.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let text = match self {
            Self::EpochSecret(note) => serde_json::to_vec(note),
            Self::ReadMark(note) => serde_json::to_vec(note),
            Self::Pin(note) => serde_json::to_vec(note),
            Self::RoomHead(note) => serde_json::to_vec(note),
            Self::Preference(object) => serde_json::to_vec(object),
        };
        text.map(Zeroizing::new)
            .map_err(|_| SealError::KeyOperation)
    }
}
