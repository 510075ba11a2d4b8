//! The time of day, as the protocol says it.

use std::time::{SystemTime, UNIX_EPOCH};

use wire_format::Millis;

/// The present time; 0 on a machine whose clock is before 1970.
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    Millis::new(u64::try_from(millis).unwrap_or(u64::MAX))
}
