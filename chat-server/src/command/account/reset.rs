//! `keys.reset`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::keys::Reset, event::KeysetChange};

use super::next_keyset;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::sessions::Means,
};

/// Lets new keys follow those of the chain head, which are lost: only in a session that was begun
/// with the password or with a one-time token. A dropped future leaves them taken in or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    reset: Reset,
) -> Result<Turn, Refusal> {
    if own.means == Means::Recovery {
        // Who has the recovery code has the keys.
        return Err(ErrorCode::NotAllowed.into());
    }
    next_keyset::append(errand, own, reset.expected, KeysetChange::Reset).await
}
