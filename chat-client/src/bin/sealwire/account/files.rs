//! Files in conversations: `sealwire send --file` and `sealwire fetch`.
//!
//! ```text
//!  send --file ─▶ transfer: id and secret, sealed on this device ─▶ chunks ─▶ message ─▶ kept
//!  fetch       ─▶ message ─▶ part beside the target ─▶ chunks ─▶ the target's name
//! ```
//!
//! Both go on where they stood, over another connection or when the same command is given again.

pub(super) mod fetch;
mod name;
pub(super) mod put;
mod shown;
mod target;
mod transfer;

pub(super) use self::transfer::Transfers;

use std::time::Duration;

use chat_client::conversations::FileError;
use tokio::time::Instant;

use super::talker::Talker;
use crate::exit::Failure;

/// Until when a transfer may go without getting on.
struct Deadline {
    within: Duration,
    until: Instant,
}

impl Deadline {
    fn new(within: Duration) -> Self {
        Self {
            within,
            until: Instant::now() + within,
        }
    }

    /// It got on.
    fn push(&mut self) {
        self.until = Instant::now() + self.within;
    }
}

/// Connects again after what passes, until the deadline; what does not is the failure.
async fn come_back(
    talker: &mut Talker,
    error: FileError,
    deadline: &Deadline,
) -> Result<(), Failure> {
    let passing = error.into_passing().map_err(Failure::File)?;
    talker.come_back(passing, deadline.until).await
}
