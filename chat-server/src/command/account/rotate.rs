//! `keys.rotate`.

use std::sync::Arc;

use wire_format::{Refusal, command::keys::Rotate, event::KeysetChange};

use super::next_keyset;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
};

/// Lets new keys follow those of the chain head, which sign, too. A dropped future leaves them taken
/// in or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    rotate: Rotate,
) -> Result<Turn, Refusal> {
    next_keyset::append(errand, own, rotate.expected, KeysetChange::Rotated).await
}
