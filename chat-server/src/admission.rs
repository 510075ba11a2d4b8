//! Who may connect and sign in, and how often.

mod address;
mod sign_ins;

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::address::AddressKey;
use self::address::{Addresses, Slot};
pub(crate) use self::sign_ins::SignIns;
use crate::settings::Limits;

/// Hands out permits to accept. A connection is accepted only with a permit in hand, and the permit
/// goes with it.
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    /// Places for those who are only told that the server is full.
    lane: Arc<Semaphore>,
    addresses: Arc<Addresses>,
}

/// A permit to accept one connection.
pub(crate) enum Pass {
    /// There is a place.
    Place(OwnedSemaphorePermit),
    /// There is none; it may be told so.
    Lane(OwnedSemaphorePermit),
}

/// What became of an accepted connection.
pub(crate) enum Admitted {
    /// It has a place.
    In(Entry),
    /// It is told `busy` while it holds this.
    Turned(OwnedSemaphorePermit),
    /// It ends at once: too many are being told already.
    Dropped,
}

/// A connection's place among all and among those of its address; given back when dropped.
pub(crate) struct Entry {
    _place: OwnedSemaphorePermit,
    slot: Option<Slot>,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let places = limits.connections.min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            lane: Arc::new(Semaphore::new(LANE)),
            addresses: Addresses::new(limits.connections_per_address),
        }
    }

    /// Waits for a permit; `None` is never given while the server runs.
    ///
    /// May be dropped.
    pub(crate) async fn pass(&self) -> Option<Pass> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(Pass::Place(place));
        }
        let lane = Arc::clone(&self.lane).acquire_owned().await;
        lane.ok().map(Pass::Lane)
    }

    /// Decides about a connection that was accepted with a permit.
    pub(crate) fn admit(&self, pass: Pass, peer: IpAddr) -> Admitted {
        let (place, lane) = match pass {
            Pass::Place(place) => (place, None),
            // A place may have become free while nobody called.
            Pass::Lane(lane) => match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => (place, Some(lane)),
                Err(_) => return Admitted::Turned(lane),
            },
        };
        let is_loopback = peer.to_canonical().is_loopback();
        let slot = (!is_loopback).then(|| self.addresses.take(peer));
        match slot {
            Some(None) => {
                // A place is for whoever comes from elsewhere, also while this one is told.
                drop(place);
                self.turn_away(lane)
            }
            slot => Admitted::In(Entry {
                _place: place,
                slot: slot.flatten(),
            }),
        }
    }

    fn turn_away(&self, lane: Option<OwnedSemaphorePermit>) -> Admitted {
        lane.or_else(|| Arc::clone(&self.lane).try_acquire_owned().ok())
            .map_or(Admitted::Dropped, Admitted::Turned)
    }
}

impl Entry {
    /// Stops counting against the address: a proxy has shown that it speaks for others.
    pub(crate) fn exempt(&mut self) {
        if let Some(slot) = &mut self.slot {
            slot.carry();
        }
    }
}

/// Connections that are told `busy` at once; the rest waits in the system's backlog.
const LANE: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections: usize, per_address: u32) -> Admission {
        Admission::new(&Limits {
            connections,
            connections_per_address: per_address,
            ..Limits::default()
        })
    }

    async fn connect(admission: &Admission, peer: &str) -> Admitted {
        let pass = admission.pass().await.expect("the server runs");
        admission.admit(pass, peer.parse().expect("an address"))
    }

    #[tokio::test]
    async fn who_comes_when_it_is_full_is_turned_away() {
        let admission = admission(1, 0);
        let first = connect(&admission, "192.0.2.1").await;
        assert!(matches!(first, Admitted::In(_)));
        assert!(matches!(
            connect(&admission, "192.0.2.2").await,
            Admitted::Turned(_)
        ));
        drop(first);
        assert!(matches!(
            connect(&admission, "192.0.2.2").await,
            Admitted::In(_)
        ));
    }

    #[tokio::test]
    async fn an_address_has_its_share_and_a_proxy_has_none() {
        let admission = admission(10, 1);
        let Admitted::In(mut first) = connect(&admission, "2001:db8::1").await else {
            panic!("there is a place");
        };
        assert!(matches!(
            connect(&admission, "2001:db8::2").await,
            Admitted::Turned(_)
        ));
        first.exempt();
        assert!(matches!(
            connect(&admission, "2001:db8::2").await,
            Admitted::In(_)
        ));
    }

    #[tokio::test]
    async fn who_is_over_its_share_takes_no_place_from_others() {
        let admission = admission(3, 1);
        let _first = connect(&admission, "192.0.2.1").await;
        let mut turned = Vec::new();
        for _ in 0..LANE {
            turned.push(connect(&admission, "192.0.2.1").await);
        }
        assert!(turned.iter().all(|one| matches!(one, Admitted::Turned(_))));
        assert!(matches!(
            connect(&admission, "192.0.2.1").await,
            Admitted::Dropped
        ));
        for peer in ["192.0.2.2", "192.0.2.3"] {
            let entered = connect(&admission, peer).await;
            let Admitted::In(entry) = entered else {
                panic!("there is a place for {peer}");
            };
            turned.push(Admitted::In(entry));
        }
        assert_eq!(admission.places.available_permits(), 0);
    }

    #[tokio::test]
    async fn loopback_has_no_share() {
        let admission = admission(10, 1);
        let mut entered = Vec::new();
        for peer in ["127.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            entered.push(connect(&admission, peer).await);
        }
        assert!(entered.iter().all(|one| matches!(one, Admitted::In(_))));
    }
}
