//! Connections by address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer gets at least.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct AddressKey(IpAddr);

impl From<IpAddr> for AddressKey {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Ipv6Addr::from_bits(network).into()
            }
            v4 => v4,
        })
    }
}

/// How many connections each address has.
pub(super) struct Addresses {
    /// 0 is no limit.
    most: u32,
    /// Held to count up or down, never across an await.
    counts: Mutex<HashMap<AddressKey, Count>>,
}

#[derive(Default)]
struct Count {
    /// Connections that speak for the address itself, as far as is known.
    own: u32,
    /// Connections on which a proxy has shown that it speaks for others. While there is one, the
    /// address is a proxy's and has no limit: its further connections have yet to show it.
    carried: u32,
}

/// One connection of an address; counted until dropped.
pub(super) struct Slot {
    addresses: Arc<Addresses>,
    key: AddressKey,
    is_carried: bool,
}

impl Addresses {
    pub(super) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self {
            most,
            counts: Mutex::default(),
        })
    }

    /// Counts one more connection; `None` if the address has as many as it may.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let key = AddressKey::from(address);
        let mut counts = self.lock();
        let count = counts.entry(key).or_default();
        if self.most != 0 && count.own >= self.most && count.carried == 0 {
            return None;
        }
        count.own += 1;
        drop(counts);
        Some(Slot {
            addresses: Arc::clone(self),
            key,
            is_carried: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AddressKey, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Counts as a proxy's from now on.
    pub(super) fn carry(&mut self) {
        let mut counts = self.addresses.lock();
        if let Some(count) = counts.get_mut(&self.key)
            && !self.is_carried
        {
            count.own -= 1;
            count.carried += 1;
            self.is_carried = true;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.addresses.lock();
        let Some(count) = counts.get_mut(&self.key) else {
            return;
        };
        if self.is_carried {
            count.carried -= 1;
        } else {
            count.own -= 1;
        }
        if count.own == 0 && count.carried == 0 {
            counts.remove(&self.key);
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
    fn an_address_gets_as_many_as_it_may() {
        let addresses = Addresses::new(2);
        let first = addresses.take(ip("192.0.2.1"));
        let second = addresses.take(ip("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(addresses.take(ip("192.0.2.1")).is_none());
        assert!(addresses.take(ip("192.0.2.2")).is_some());
        drop(first);
        assert!(addresses.take(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn version_six_counts_by_network() {
        let addresses = Addresses::new(1);
        let one = addresses.take(ip("2001:db8:0:1::1"));
        assert!(addresses.take(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(addresses.take(ip("2001:db8:0:2::1")).is_some());
        drop(one);
        assert!(addresses.lock().is_empty());
    }

    #[test]
    fn a_proxy_has_no_limit_while_it_carries() {
        let addresses = Addresses::new(1);
        let mut carrying = addresses.take(ip("192.0.2.1")).expect("the first");
        assert!(addresses.take(ip("192.0.2.1")).is_none());
        carrying.carry();
        carrying.carry();
        let more: Vec<_> = (0..5).map(|_| addresses.take(ip("192.0.2.1"))).collect();
        assert!(more.iter().all(Option::is_some));
        drop(carrying);
        assert!(addresses.take(ip("192.0.2.1")).is_none());
        drop(more);
        assert!(addresses.lock().is_empty());
    }

    #[test]
    fn zero_is_no_limit() {
        let addresses = Addresses::new(0);
        let all: Vec<_> = (0..1000).map(|_| addresses.take(ip("192.0.2.1"))).collect();
        assert!(all.iter().all(Option::is_some));
    }
}
