//! The epochs of one room: who fetches a secret, who waits for it, who has it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use wire_format::{Bundle, CommitHash, OpenError, UnverifiedBundle};

use super::{Epoch, FLIGHT, Shelf};

#[derive(Default)]
pub(super) struct Epochs {
    /// The newest last.
    held: VecDeque<Arc<Epoch>>,
    /// Bundles whose signatures were verified, the newest last.
    verified: VecDeque<(Bytes, Arc<Bundle>)>,
    flights: HashMap<CommitHash, Flight>,
}

/// One session fetches a secret and others wait for it.
struct Flight {
    pilot: u64,
    until: Duration,
    /// By their seats' numbers.
    passengers: HashMap<u64, Waker>,
}

/// What a session that wants a secret is to do.
pub(crate) enum Boarding {
    /// Here it is.
    Held(Arc<Epoch>),
    /// Ask for it, and hand it over.
    Pilot,
    /// Another session asks; board again when woken, or at this time.
    Passenger(Duration),
}

/// A session's place at a shelf. Dropping it lets others take over what it was fetching.
pub(crate) struct Seat {
    shelf: Arc<Shelf>,
    number: u64,
    wake: Waker,
}

impl Seat {
    pub(super) fn new(shelf: Arc<Shelf>, number: u64, wake: Waker) -> Self {
        Self {
            shelf,
            number,
            wake,
        }
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Wants the secret of an epoch, at time `at`.
    pub(crate) fn board(&self, commit: CommitHash, at: Duration) -> Boarding {
        let epochs = &mut self.shelf.lock().epochs;
        if let Some(epoch) = epochs.find(commit) {
            return Boarding::Held(epoch);
        }
        let flight = epochs.flights.entry(commit).or_insert_with(|| Flight {
            pilot: self.number,
            until: at + FLIGHT,
            passengers: HashMap::new(),
        });
        // Who has asked in vain so far does not ask on in place of the others.
        if flight.until <= at && flight.pilot != self.number {
            flight.pilot = self.number;
            flight.until = at + FLIGHT;
        }
        if flight.pilot == self.number {
            return Boarding::Pilot;
        }
        let passengers = flight.passengers.entry(self.number);
        passengers.or_insert_with(|| self.wake.clone());
        Boarding::Passenger(flight.until)
    }

    /// Gives up fetching: one of those who wait takes over.
    pub(crate) fn abandon(&self) {
        let number = self.number;
        let mut abandoned = Vec::new();
        let epochs = &mut self.shelf.lock().epochs;
        epochs.flights.retain(|_, flight| {
            flight.passengers.remove(&number);
            let stays = flight.pilot != number;
            if !stays {
                abandoned.extend(flight.passengers.drain());
            }
            stays
        });
        wake_all(abandoned);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Shelf {
    /// The epoch with this start, if the process holds its secret.
    pub(crate) fn held(&self, commit: CommitHash) -> Option<Arc<Epoch>> {
        self.lock().epochs.find(commit)
    }

    /// Hands over a secret that matched its commitment; wakes who waits for it.
    pub(crate) fn put(&self, epoch: &Arc<Epoch>) {
        let commit = epoch.keys.commit_hash();
        let epochs = &mut self.lock().epochs;
        if epochs.find(commit).is_none() {
            if epochs.held.len() >= HELD_EPOCHS {
                epochs.held.pop_front();
            }
            epochs.held.push_back(Arc::clone(epoch));
        }
        if let Some(flight) = epochs.flights.remove(&commit) {
            wake_all(flight.passengers);
        }
    }

    /// Takes back an epoch that the server did not accept.
    pub(crate) fn take_back(&self, commit: CommitHash) {
        let epochs = &mut self.lock().epochs;
        epochs
            .held
            .retain(|epoch| epoch.keys.commit_hash() != commit);
    }

    /// Verifies a bundle's four signatures, once a process; a few milliseconds the first time.
    pub(crate) fn verify(&self, bytes: &Bytes) -> Result<Arc<Bundle>, OpenError> {
        if let Some(bundle) = self.lock().epochs.known(bytes) {
            return Ok(bundle);
        }
        // A copy: what is kept must not keep the memory of what came with it.
        let bytes = Bytes::copy_from_slice(bytes);
        let bundle = Arc::new(UnverifiedBundle::parse(bytes.clone())?.verify()?);
        self.trust(bytes, &bundle);
        Ok(bundle)
    }

    /// Remembers a bundle whose signatures were verified, or made here.
    pub(crate) fn trust(&self, bytes: Bytes, bundle: &Arc<Bundle>) {
        let epochs = &mut self.lock().epochs;
        if epochs.verified.len() >= VERIFIED_BUNDLES {
            epochs.verified.pop_front();
        }
        epochs.verified.push_back((bytes, Arc::clone(bundle)));
    }
}

impl Epochs {
    fn find(&self, commit: CommitHash) -> Option<Arc<Epoch>> {
        let mut newest_first = self.held.iter().rev();
        newest_first
            .find(|epoch| epoch.keys.commit_hash() == commit)
            .cloned()
    }

    fn known(&self, bytes: &Bytes) -> Option<Arc<Bundle>> {
        let mut newest_first = self.verified.iter().rev();
        newest_first
            .find(|(known, _)| known == bytes)
            .map(|(_, bundle)| Arc::clone(bundle))
    }
}

fn wake_all(passengers: impl IntoIterator<Item = (u64, Waker)>) {
    for (_, passenger) in passengers {
        passenger.wake();
    }
}

/// Epochs that a process keeps of a room: more than a ring's frames span when a new one starts
/// every ten seconds and people talk.
pub(crate) const HELD_EPOCHS: usize = 64;
/// Verified bundles that are remembered: the present one and what a race may bring.
const VERIFIED_BUNDLES: usize = 4;
