//! What accounts may take.

use std::time::Duration;

use super::Rate;

/// How often somebody may try to sign in to an account, and how long a session lasts.
///
/// Every attempt counts, the right ones, too, and so do names that nobody has.
#[derive(Clone, Debug)]
pub struct AccountLimits {
    /// Attempts at one name from one address (IPv6: one /64): who mistypes has some, a guesser few.
    pub tries_per_name_and_address: Rate,
    /// Attempts at one name from all addresses, against guessing from many. An address that the
    /// account has a session from is not held up by it: strangers cannot keep an owner out.
    pub tries_per_name: Rate,
    /// Attempts in all: each is 25 ms of a core, and 19 MiB while it lasts.
    pub tries: Rate,
    /// Registrations of one address (IPv6: one /64): a name is taken for good. Loopback is exempt.
    pub registrations_per_address: Rate,
    /// Registrations in all: each is two hashes and some ten kilobytes that stay.
    pub registrations: Rate,
    /// How long a session may be without a connection, at most 49 days.
    pub session_idle: Duration,
    /// How long a session lasts in any case.
    pub session_most: Duration,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            tries_per_name_and_address: Rate::per_minute(6, 10),
            tries_per_name: Rate::per_minute(30, 60),
            tries: Rate::per_second(20, 200),
            registrations_per_address: Rate::per_minute(2, 10),
            registrations: Rate::per_minute(60, 120),
            session_idle: Duration::from_secs(30 * 24 * 60 * 60),
            session_most: Duration::from_secs(90 * 24 * 60 * 60),
        }
    }
}
