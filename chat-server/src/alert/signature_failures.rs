//! A proof of keys that does not hold: somebody signed in and has not the account's keys.

use std::time::Duration;

use super::Rule;

/// One is enough: the password is known to somebody whose keys are not the account's.
pub(super) const RULE: Rule = Rule {
    threshold: 1,
    within: Duration::from_secs(60),
};
