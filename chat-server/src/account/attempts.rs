//! How often somebody may try to sign in or register, or look for people, beside what each address and
//! connection may do at all.

use std::{hash::Hash, net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};

use wire_format::AccountId;

use crate::{
    admission::AddressKey,
    settings::{AccountLimits, Rate},
};

/// The buckets of [`AccountLimits`].
pub(crate) struct Attempts {
    tries: Direct,
    by_name: Keyed<Box<str>>,
    by_name_and_address: Keyed<(AddressKey, Box<str>)>,
    registrations: Direct,
    registrations_by_address: Keyed<AddressKey>,
    finds_by_account: Keyed<AccountId>,
    finds_by_address: Keyed<AddressKey>,
    friend_steps: Keyed<AccountId>,
    conversations: Keyed<AccountId>,
    rotations: Keyed<AccountId>,
}

struct Direct(Option<DefaultDirectRateLimiter>);
struct Keyed<K: Clone + Eq + Hash>(Option<DefaultKeyedRateLimiter<K>>);

impl Attempts {
    pub(super) fn new(limits: &AccountLimits) -> Self {
        Self {
            tries: Direct(quota(limits.tries).map(DefaultDirectRateLimiter::direct)),
            by_name: Keyed::new(limits.tries_per_name),
            by_name_and_address: Keyed::new(limits.tries_per_name_and_address),
            registrations: Direct(
                quota(limits.registrations).map(DefaultDirectRateLimiter::direct),
            ),
            registrations_by_address: Keyed::new(limits.registrations_per_address),
            finds_by_account: Keyed::new(limits.finds_per_account),
            finds_by_address: Keyed::new(limits.finds_per_address),
            friend_steps: Keyed::new(limits.friend_steps_per_account),
            conversations: Keyed::new(limits.conversations_per_account),
            rotations: Keyed::new(limits.rotations_per_account),
        }
    }

    /// Counts an attempt to sign in under a folded name, known or not; or says after how long the
    /// next one may be made.
    pub(crate) fn sign_in(&self, folded: &str, address: IpAddr) -> Result<(), Duration> {
        let own = (AddressKey::from(address), Box::from(folded));
        self.by_name_and_address.check(&own)?;
        self.tries.check()
    }

    /// Counts an attempt at a name from an address that the account has no session from.
    pub(crate) fn elsewhere(&self, folded: &str) -> Result<(), Duration> {
        self.by_name.check(&Box::from(folded))
    }

    /// Counts an attempt to register.
    pub(crate) fn register(&self, address: IpAddr) -> Result<(), Duration> {
        if !address.to_canonical().is_loopback() {
            self.registrations_by_address.check(&address.into())?;
        }
        self.registrations.check()
    }

    /// Counts an account's search for a name, known or not.
    pub(crate) fn find(&self, account: AccountId, address: IpAddr) -> Result<(), Duration> {
        self.finds_by_account.check(&account)?;
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        self.finds_by_address.check(&address.into())
    }

    /// Counts a step of an account towards another.
    pub(crate) fn friend_step(&self, account: AccountId) -> Result<(), Duration> {
        self.friend_steps.check(&account)
    }

    /// Counts what an account asks of others: a conversation, an invitation, a request.
    pub(crate) fn conversation(&self, account: AccountId) -> Result<(), Duration> {
        self.conversations.check(&account)
    }

    /// Counts a commit of an account that nobody's request asks for, or a share that did not open.
    pub(crate) fn rotation(&self, account: AccountId) -> Result<(), Duration> {
        self.rotations.check(&account)
    }

    /// Forgets names, accounts and addresses that have their whole burst again.
    pub(super) fn sweep(&self) {
        self.by_name.sweep();
        self.by_name_and_address.sweep();
        self.registrations_by_address.sweep();
        self.finds_by_account.sweep();
        self.finds_by_address.sweep();
        self.friend_steps.sweep();
        self.conversations.sweep();
        self.rotations.sweep();
    }
}

impl Direct {
    fn check(&self) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        limiter
            .check()
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }
}

impl<K: Clone + Eq + Hash> Keyed<K> {
    fn new(rate: Rate) -> Self {
        Self(quota(rate).map(DefaultKeyedRateLimiter::keyed))
    }

    fn check(&self, key: &K) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        limiter
            .check_key(key)
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }

    fn sweep(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

fn quota(rate: Rate) -> Option<Quota> {
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(rate.every).map(|quota| quota.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_name_has_its_tries_from_each_address() {
        let attempts = Attempts::new(&AccountLimits {
            tries_per_name_and_address: Rate::per_minute(1, 2),
            ..AccountLimits::default()
        });
        let try_from = |address| attempts.sign_in("ada", ip(address)).is_ok();
        assert!(try_from("127.0.0.1") && try_from("127.0.0.1"));
        assert!(!try_from("127.0.0.1"));
        assert!(try_from("192.0.2.1"));
        assert!(attempts.sign_in("bob", ip("127.0.0.1")).is_ok());
    }

    #[test]
    fn all_tries_share_one_bucket() {
        let attempts = Attempts::new(&AccountLimits {
            tries: Rate::per_minute(1, 2),
            ..AccountLimits::default()
        });
        assert!(attempts.sign_in("ada", ip("192.0.2.1")).is_ok());
        assert!(attempts.sign_in("bob", ip("192.0.2.2")).is_ok());
        let wait = attempts.sign_in("eve", ip("192.0.2.3"));
        assert!(wait.is_err_and(|wait| wait <= Duration::from_secs(60)));
    }

    #[test]
    fn registrations_are_counted_by_address_and_in_all() {
        let attempts = Attempts::new(&AccountLimits {
            registrations_per_address: Rate::per_minute(1, 1),
            registrations: Rate::per_minute(1, 3),
            ..AccountLimits::default()
        });
        assert!(attempts.register(ip("192.0.2.1")).is_ok());
        assert!(attempts.register(ip("192.0.2.1")).is_err());
        assert!(attempts.register(ip("127.0.0.1")).is_ok());
        assert!(attempts.register(ip("127.0.0.1")).is_ok());
        assert!(attempts.register(ip("127.0.0.1")).is_err());
        attempts.sweep();
    }

    #[test]
    fn searches_are_counted_by_account_and_by_address() {
        let attempts = Attempts::new(&AccountLimits {
            finds_per_account: Rate::per_minute(1, 2),
            finds_per_address: Rate::per_minute(1, 3),
            ..AccountLimits::default()
        });
        let find = |account, address| {
            let account = AccountId::from_bytes([account; 16]);
            attempts.find(account, ip(address)).is_ok()
        };
        assert!(find(1, "127.0.0.1") && find(1, "192.0.2.1"));
        assert!(!find(1, "192.0.2.2"), "by account, from anywhere");
        assert!(find(2, "192.0.2.1") && find(2, "192.0.2.1"));
        assert!(!find(3, "192.0.2.1"), "by address, whoever it is");
        assert!(find(4, "192.0.2.2"));
        attempts.sweep();
    }

    #[test]
    fn steps_are_counted_by_account() {
        let attempts = Attempts::new(&AccountLimits {
            friend_steps_per_account: Rate::per_minute(1, 2),
            ..AccountLimits::default()
        });
        let step = |account| attempts.friend_step(AccountId::from_bytes([account; 16]));
        assert!(step(1).is_ok() && step(1).is_ok());
        assert!(step(1).is_err_and(|wait| wait <= Duration::from_secs(60)));
        assert!(step(2).is_ok());
    }
}
