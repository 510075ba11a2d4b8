//! One step at a time between two accounts, so that both hear of the steps in the order in which they
//! were taken.

use tokio::sync::{Mutex, MutexGuard};
use wire_format::AccountId;

/// Turns of pairs of accounts.
#[derive(Default)]
pub(crate) struct Pairs {
    /// Each is held while a step is written and told. Some pairs share one, and wait for each other now
    /// and then.
    turns: [Mutex<()>; TURNS],
}

impl Pairs {
    /// Waits for the turn of two accounts, whichever comes first. May be dropped.
    pub(crate) async fn turn(&self, one: AccountId, other: AccountId) -> MutexGuard<'_, ()> {
        let [one, other] = [one, other].map(|account| usize::from(account.as_bytes()[0]));
        self.turns[(one ^ other) % TURNS].lock().await
    }
}

/// As many steps as one sync of a disk takes along, without a list of all pairs. Ids are random, so
/// that their first bytes spread evenly.
const TURNS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pair_has_one_turn_whoever_asks() {
        let pairs = Pairs::default();
        let id = |byte| AccountId::from_bytes([byte; 16]);
        let held = pairs.turn(id(7), id(200)).await;
        let again = pairs.turn(id(200), id(7));
        let again = tokio::time::timeout(std::time::Duration::ZERO, again).await;
        assert!(again.is_err());
        let apart = pairs.turn(id(7), id(201)).await;
        drop((held, apart));
        drop(pairs.turn(id(200), id(7)).await);
    }
}
