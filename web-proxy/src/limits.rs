//! Rates by address and by session, and permits for connections.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use wire_format::{ErrorCode, Refusal, command::Contract};

use crate::settings::{Limits as Settings, Rate};

/// What one address is counted as: an IPv4 address, or the /64 that a household or a server gets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct AddressKey(IpAddr);

impl From<IpAddr> for AddressKey {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK_HALF).into(),
        })
    }
}

/// The limits of all addresses.
#[derive(Debug)]
pub(crate) struct Limits {
    settings: Settings,
    connections: DefaultKeyedRateLimiter<AddressKey>,
    requests: DefaultKeyedRateLimiter<AddressKey>,
    assets: DefaultKeyedRateLimiter<AddressKey>,
    sign_ins: DefaultKeyedRateLimiter<AddressKey>,
    permits: Arc<Semaphore>,
    open: Arc<OpenConnections>,
}

impl Limits {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            connections: RateLimiter::keyed(quota(settings.connection_rate)),
            requests: RateLimiter::keyed(quota(settings.request_rate)),
            assets: RateLimiter::keyed(quota(settings.asset_rate)),
            sign_ins: RateLimiter::keyed(quota(settings.sign_in_rate)),
            permits: Arc::new(Semaphore::new(settings.connections)),
            open: Arc::default(),
            settings,
        }
    }

    /// Waits for one of the places that there are in all.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.permits.clone().acquire_owned().await.ok()
    }

    /// Takes a place among the open connections of an address.
    ///
    /// # Errors
    /// `rate_limited` if the address opens connections too fast or has too many.
    pub(crate) fn connection(&self, address: IpAddr) -> Result<OpenConnection, Refusal> {
        let key = AddressKey::from(address);
        check_key(&self.connections, key)?;
        OpenConnections::open(&self.open, key, self.settings.connections_per_address)
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn request(&self, address: IpAddr) -> Result<(), Refusal> {
        check_key(&self.requests, address.into())
    }

    /// Counts a request for a file of the page.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn asset(&self, address: IpAddr) -> Result<(), Refusal> {
        check_key(&self.assets, address.into())
    }

    /// Counts a sign-in.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn sign_in(&self, address: IpAddr) -> Result<(), Refusal> {
        check_key(&self.sign_ins, address.into())
    }

    /// The limits of a new session.
    pub(crate) fn of_session(&self) -> SessionLimits {
        SessionLimits {
            commands: RateLimiter::direct(quota(self.settings.command_rate)),
            messages: RateLimiter::direct(quota(self.settings.message_rate)),
            chunks: RateLimiter::direct(quota(self.settings.chunk_rate)),
            tails: Semaphore::new(TAILS),
            relays: Semaphore::new(RELAY_BYTES),
        }
    }

    /// Forgets addresses that have been quiet, for ever until dropped.
    pub(crate) async fn forget_quiet(&self) {
        let mut every = tokio::time::interval(FORGET_EVERY);
        loop {
            every.tick().await;
            for limiter in [
                &self.connections,
                &self.requests,
                &self.assets,
                &self.sign_ins,
            ] {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
    }
}

/// The rates of one session.
#[derive(Debug)]
pub(crate) struct SessionLimits {
    commands: DefaultDirectRateLimiter,
    messages: DefaultDirectRateLimiter,
    chunks: DefaultDirectRateLimiter,
    /// One permit for each command with a tail that may be under way.
    tails: Semaphore,
    /// One permit for each byte of sealed payloads that may be under way.
    relays: Semaphore,
}

impl SessionLimits {
    /// Counts a command.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn command(&self) -> Result<(), Refusal> {
        self.commands.check().map_err(refusal)
    }

    /// Counts a chunk of a file, put or got.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn chunk(&self) -> Result<(), Refusal> {
        self.chunks.check().map_err(refusal)
    }

    /// Counts a message.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn message(&self) -> Result<(), Refusal> {
        self.messages.check().map_err(refusal)
    }
}

impl SessionLimits {
    /// Takes a place among the commands under way that have a tail, or are answered with one; the
    /// others need none.
    ///
    /// # Errors
    /// `busy` if there are as many as may be.
    pub(crate) fn tail(&self, contract: &Contract) -> Result<Option<SemaphorePermit<'_>>, Refusal> {
        if contract.tail_bytes == 0 && !contract.answers_tail {
            return Ok(None);
        }
        let place = self.tails.try_acquire();
        place
            .map(Some)
            .map_err(|_| Refusal::retry_after(ErrorCode::Busy, TOO_MANY_TAILS_MS))
    }
}

impl SessionLimits {
    /// Takes a place among the sealed payloads under way for one of so many bytes.
    ///
    /// # Errors
    /// `busy` if there are as many as may be.
    pub(crate) fn relay(&self, bytes: usize) -> Result<SemaphorePermit<'_>, Refusal> {
        let weight = u32::try_from(bytes.max(RELAY_BYTES / RELAYS)).unwrap_or(u32::MAX);
        let place = self.relays.try_acquire_many(weight);
        place.map_err(|_| Refusal::retry_after(ErrorCode::Busy, TOO_MANY_TAILS_MS))
    }
}

/// How many connections each address has open.
#[derive(Debug, Default)]
struct OpenConnections {
    /// Locked to count one up or down.
    by_address: Mutex<HashMap<AddressKey, usize>>,
}

impl OpenConnections {
    fn open(open: &Arc<Self>, key: AddressKey, most: usize) -> Result<OpenConnection, Refusal> {
        let mut by_address = open
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(key).or_default();
        if *count >= most {
            return Err(Refusal::retry_after(
                ErrorCode::RateLimited,
                TOO_MANY_OPEN_MS,
            ));
        }
        *count += 1;
        Ok(OpenConnection {
            open: open.clone(),
            key,
        })
    }
}

/// A place among the open connections of an address, free again when dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    open: Arc<OpenConnections>,
    key: AddressKey,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let by_address = self.open.by_address.lock();
        let mut by_address = by_address.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.key);
            }
        }
    }
}

fn quota(rate: Rate) -> Quota {
    // A rate so high that its period rounds to nothing is as good as none.
    Quota::with_period(rate.period() / rate.count().get())
        .unwrap_or(Quota::per_second(NonZeroU32::MAX))
        .allow_burst(rate.count())
}

fn check_key(
    limiter: &DefaultKeyedRateLimiter<AddressKey>,
    key: AddressKey,
) -> Result<(), Refusal> {
    limiter.check_key(&key).map_err(refusal)
}

fn refusal(until: NotUntil<<DefaultClock as Clock>::Instant>) -> Refusal {
    let wait = until.wait_time_from(DefaultClock::default().now());
    let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
    Refusal::retry_after(ErrorCode::RateLimited, wait_ms.saturating_add(1))
}

/// The 64 bits of an IPv6 address that its owner cannot choose freely.
const NETWORK_HALF: u128 = (u64::MAX as u128) << 64;
/// How often addresses that have been quiet are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Commands with a tail that one session may have under way: each may be a mebibyte.
const TAILS: usize = 8;
/// Sealed payloads that one session may have under way: half of what its connection takes.
const RELAYS: usize = 128;
/// Bytes of sealed payloads that one session may have under way: eight of the largest. A small one
/// weighs as if it had its share of them, so that there are never more than [`RELAYS`].
const RELAY_BYTES: usize = 8 * 1024 * 1024;
/// What a session with too many of them is asked to wait, in milliseconds.
const TOO_MANY_TAILS_MS: u32 = 500;
/// What an address with too many open connections is asked to wait, in milliseconds.
const TOO_MANY_OPEN_MS: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(change: impl FnOnce(&mut Settings)) -> Limits {
        let mut settings = Settings::default();
        change(&mut settings);
        Limits::new(settings)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_rate_lets_as_many_through_as_it_says() {
        let limits = limits(|limits| limits.sign_in_rate = "3/h".parse().expect("a rate"));
        let ada = address("192.0.2.1");
        for _ in 0..3 {
            assert_eq!(limits.sign_in(ada), Ok(()));
        }
        let refused = limits.sign_in(ada).expect_err("one too many");
        assert_eq!(refused.code, ErrorCode::RateLimited);
        let wait = refused.retry_after_ms.expect("a time to wait");
        assert!((1_190_000..=1_200_001).contains(&wait), "{wait}");
        assert_eq!(limits.sign_in(address("192.0.2.2")), Ok(()), "others go on");
    }

    #[test]
    fn ipv6_is_counted_by_64_bits() {
        let key = |text| AddressKey::from(address(text));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn open_connections_are_counted_until_they_close() {
        let limits = limits(|limits| limits.connections_per_address = 2);
        let ada = address("192.0.2.1");
        let first = limits.connection(ada).expect("a place");
        let _second = limits.connection(ada).expect("a place");
        assert!(limits.connection(ada).is_err());
        drop(first);
        assert!(limits.connection(ada).is_ok());
    }

    #[test]
    fn sealed_payloads_under_way_are_bounded_by_count_and_bytes() {
        let session = limits(|_| ()).of_session();
        let small: Vec<_> = (0..RELAYS).map_while(|_| session.relay(1).ok()).collect();
        assert_eq!(small.len(), RELAYS);
        let refused = session.relay(1).expect_err("one too many");
        assert_eq!(refused.code, ErrorCode::Busy);
        drop(small);
        let half = session.relay(RELAY_BYTES / 2).expect("a place");
        let _other = session.relay(RELAY_BYTES / 2).expect("a place");
        assert!(session.relay(1).is_err());
        drop(half);
        assert!(session.relay(RELAY_BYTES / 2 + 1).is_err());
        assert!(session.relay(RELAY_BYTES / 2).is_ok());
    }

    #[test]
    fn a_session_has_rates_of_its_own() {
        let limits = limits(|limits| limits.message_rate = "1/h".parse().expect("a rate"));
        let (ada, bob) = (limits.of_session(), limits.of_session());
        assert_eq!(ada.message(), Ok(()));
        assert!(ada.message().is_err());
        assert_eq!(ada.command(), Ok(()));
        assert_eq!(bob.message(), Ok(()));
    }
}
