//! What accounts may take.

use std::time::Duration;

use super::Rate;

/// How often somebody may try to sign in to an account or look for one, how long a session lasts, and
/// how many people an account may know.
///
/// Every attempt and every search counts, the right ones, too, and so do names that nobody has.
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
    /// Searches for a name by one account: who adds people has plenty, who walks through names does not
    /// get far.
    pub finds_per_account: Rate,
    /// Searches for a name from one address (IPv6: one /64), whatever accounts it has: as many as an
    /// office needs. Loopback is exempt.
    pub finds_per_address: Rate,
    /// Steps towards being friends, or not, by one account: each is told to somebody.
    pub friend_steps_per_account: Rate,
    /// Others that an account may be friends with, have asked or block, and others that may ask it: what
    /// a coming or going is told to at most.
    pub friends: u64,
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
            finds_per_account: Rate::per_minute(10, 30),
            finds_per_address: Rate::per_minute(60, 120),
            friend_steps_per_account: Rate::per_minute(30, 60),
            friends: 1_000,
            session_idle: Duration::from_secs(30 * 24 * 60 * 60),
            session_most: Duration::from_secs(90 * 24 * 60 * 60),
        }
    }
}
