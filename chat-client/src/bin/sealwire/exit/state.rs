//! What is wrong with what this device keeps.

use std::{borrow::Cow, path::PathBuf};

/// Why no account can be gone on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateFault {
    #[error("this device has no such account")]
    None,
    #[error("this device has several such accounts")]
    Several,
    #[error("another sealwire is connected with this account's session")]
    InUse,
    /// Deleted between two looks.
    #[error("the account's file is gone")]
    Gone,
    #[error("others on this machine may read or change {}", .path.display())]
    Open { path: PathBuf, mend: String },
    #[error("{} {why}", .path.display())]
    Bad { path: PathBuf, why: String },
}

impl StateFault {
    pub(super) fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::None | Self::Gone => "Sign in first: sealwire login NAME",
            Self::Several => "Say which: by its NAME (or --as NAME), and --server ADDR.",
            Self::InUse => "Wait until it has ended, or end it.",
            Self::Open { mend, .. } => {
                return Some(format!("If nobody else wrote there: {mend}").into());
            }
            Self::Bad { .. } => "Move the file away and sign in again: sealwire login NAME",
        };
        Some(hint.into())
    }

    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::None | Self::Gone => "no_account_here",
            Self::Several => "several_accounts",
            Self::InUse => "in_use",
            Self::Open { .. } => "state_open",
            Self::Bad { .. } => "state_damaged",
        }
    }
}
