//! `--backend`: one of its own, or where another one is.

use std::str::FromStr;

use chat_client::Endpoint;
use serde::Deserialize;

/// Which chat-server.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub(super) enum BackendChoice {
    #[default]
    Embedded,
    At(Endpoint),
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected embedded, HOST:PORT or tls://HOST:PORT")]
pub(super) struct BackendChoiceError;

impl FromStr for BackendChoice {
    type Err = BackendChoiceError;

    fn from_str(text: &str) -> Result<Self, BackendChoiceError> {
        match text {
            "embedded" => Ok(Self::Embedded),
            address => address
                .parse()
                .map(Self::At)
                .map_err(|_| BackendChoiceError),
        }
    }
}

impl TryFrom<String> for BackendChoice {
    type Error = BackendChoiceError;

    fn try_from(text: String) -> Result<Self, BackendChoiceError> {
        text.parse()
    }
}
