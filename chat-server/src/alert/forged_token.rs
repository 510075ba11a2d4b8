//! A session token that this server did not sign.

use std::time::Duration;

use super::Rule;

/// No client makes one by mistake. After data were made anew, browsers bring the old ones.
pub(super) const RULE: Rule = Rule {
    threshold: 1,
    within: Duration::from_secs(60),
};
