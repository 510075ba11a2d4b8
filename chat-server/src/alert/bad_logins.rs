//! Wrong passwords, many at a time: somebody guesses.

use std::time::Duration;

use super::Rule;

/// A team that comes to work mistypes less often; a guesser is slowed down at about this rate.
pub(super) const RULE: Rule = Rule {
    threshold: 20,
    within: Duration::from_secs(60),
};
