//! Alerts in the log: the field `alert` names the kind.

use tracing::warn;

use super::{Kind, Notice};
use crate::wall_clock::utc;

pub(super) fn tell(notice: &Notice) {
    let Notice { kind, count, since } = notice;
    let since = utc(*since);
    warn!(alert = kind.as_str(), count, since, "alert");
}

/// An alert that the webhook was not told.
pub(super) fn untold(kind: Kind, cause: &dyn std::fmt::Display) {
    warn!(kind = kind.as_str(), %cause, "an alert did not reach the webhook");
}
