//! Sign-ins by address.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use super::address::AddressKey;
use crate::settings::Rate;

/// Limits how often one address may try to sign in.
pub(crate) struct SignIns {
    limiter: Option<DefaultKeyedRateLimiter<AddressKey>>,
}

impl SignIns {
    pub(crate) fn new(rate: Rate) -> Self {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let limiter = Quota::with_period(rate.every)
            .map(|quota| DefaultKeyedRateLimiter::keyed(quota.allow_burst(burst)));
        Self { limiter }
    }

    /// Counts one attempt, or says after how long the next one may be made. Loopback is not
    /// counted.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        limiter
            .check_key(&address.into())
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets addresses that have their whole burst again.
    pub(crate) fn sweep(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_its_burst_and_others_theirs() {
        let sign_ins = SignIns::new(Rate::per_minute(1, 2));
        assert!(sign_ins.check(ip("192.0.2.1")).is_ok());
        assert!(sign_ins.check(ip("192.0.2.1")).is_ok());
        let wait = sign_ins
            .check(ip("192.0.2.1"))
            .expect_err("the burst is spent");
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(60));
        assert!(sign_ins.check(ip("192.0.2.2")).is_ok());
        assert!(sign_ins.check(ip("127.0.0.1")).is_ok());
    }

    #[test]
    fn no_limit_is_no_limit() {
        let sign_ins = SignIns::new(Rate::UNLIMITED);
        assert!((0..1000).all(|_| sign_ins.check(ip("192.0.2.1")).is_ok()));
        sign_ins.sweep();
    }
}
