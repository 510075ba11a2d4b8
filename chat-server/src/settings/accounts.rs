//! What accounts may take.

use std::time::Duration;

use wire_format::limits;

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
    /// Conversations, invitations and requests of one account: each is told to somebody, and costs two
    /// signatures.
    pub conversations_per_account: Rate,
    /// Commits of one account that change nothing but the epoch: each stays for good, with a share for
    /// every member.
    pub rotations_per_account: Rate,
    /// Keysets of an account, at most
    /// [`KEYSETS_PER_ACCOUNT`](wire_format::limits::KEYSETS_PER_ACCOUNT).
    pub keysets: u64,
    /// End-to-end rooms that an account may be in.
    pub rooms: u64,
    /// Invitations that may wait for an account, at most
    /// [`INVITATIONS_PER_ACCOUNT`](wire_format::limits::INVITATIONS_PER_ACCOUNT).
    pub invitations: u64,
    /// Others that an account may be friends with, have asked or block, and others that may ask it: what
    /// a coming or going is told to at most.
    pub friends: u64,
    /// Bytes of sealed messages and files that are kept of an account, those that were erased not counted;
    /// 0 is no limit. With its two signatures a short one takes about 1 KiB: 4 GiB are some four million of
    /// them, or one every ten seconds for more than a year.
    pub storage_bytes: u64,
    /// Bytes that the sealed chunks of one file may take; 0 is as much as the protocol allows.
    pub file_bytes: u64,
    /// Bytes that the sealed chunks of all files may take; 0 is no limit.
    pub files_bytes: u64,
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
            conversations_per_account: Rate::per_minute(30, 120),
            rotations_per_account: Rate::per_minute(10, 60),
            keysets: KEYSETS_PER_ACCOUNT,
            rooms: ROOMS_PER_ACCOUNT,
            invitations: INVITATIONS_PER_ACCOUNT,
            friends: 1_000,
            storage_bytes: 4 * 1024 * 1024 * 1024,
            file_bytes: 0,
            files_bytes: 0,
            session_idle: Duration::from_secs(30 * 24 * 60 * 60),
            session_most: Duration::from_secs(90 * 24 * 60 * 60),
        }
    }
}

const KEYSETS_PER_ACCOUNT: u64 = limits::KEYSETS_PER_ACCOUNT as u64;
const ROOMS_PER_ACCOUNT: u64 = limits::ROOMS_PER_ACCOUNT as u64;
const INVITATIONS_PER_ACCOUNT: u64 = limits::INVITATIONS_PER_ACCOUNT as u64;
