//! The part of a round that is written.

use std::collections::{BTreeMap, BTreeSet};

use wire_format::{Refusal, RoomId, Sequence, Storage};

use super::Letter;
use crate::{
    account::{Accounts, refused, store_failed},
    node::Node,
    store::{
        Store as _, StoreError,
        messages::{PlaceMessages, Placed},
    },
};

/// What becomes of a letter.
pub(super) type Fate = Result<Placed, Refusal>;

/// Writes what is to be stored of the letters that may go into their rooms, all in one transaction. A
/// room for which that fails gets nothing of the round, so that nothing follows what is not there; where
/// nobody knows whether it stands, the room is given up. The others do not notice.
pub(super) async fn keep(
    (node, accounts): (&Node, &Accounts),
    letters: &[Letter],
    judged: Vec<Result<(), Refusal>>,
) -> Vec<Fate> {
    let unkept = Placed {
        sequence: Sequence::default(),
        is_new: true,
    };
    let fates = judged.into_iter().map(|judged| judged.map(|()| unkept));
    let mut writing = Writing {
        node,
        accounts,
        letters,
        fates: fates.collect(),
    };
    let rooms = writing.rooms();
    let mut together: Vec<_> = rooms.values().flatten().copied().collect();
    together.sort_unstable();
    match writing.write(&together).await {
        Ok(()) => {}
        // What is wrong with one room is not to stand in the way of the others.
        Err(error) if error.is_about_rows() && rooms.len() > 1 => writing.write_each(rooms).await,
        Err(error) => writing.fail(rooms.into_keys(), &error),
    }
    writing.fates
}

/// Letters, and what has become of each so far.
struct Writing<'w> {
    node: &'w Node,
    accounts: &'w Accounts,
    letters: &'w [Letter],
    fates: Vec<Fate>,
}

impl Writing<'_> {
    /// The places of what is to be stored, by room.
    fn rooms(&self) -> BTreeMap<RoomId, Vec<usize>> {
        let mut rooms = BTreeMap::<_, Vec<_>>::new();
        for (place, (letter, fate)) in self.letters.iter().zip(&self.fates).enumerate() {
            if fate.is_ok() && letter.sealed.storage == Storage::Stored {
                rooms.entry(letter.room.id()).or_default().push(place);
            }
        }
        rooms
    }

    async fn write(&mut self, places: &[usize]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        let drafts = places.iter().map(|place| self.letters[*place].draft());
        let change = PlaceMessages {
            drafts: drafts.collect(),
            most_bytes: match self.accounts.limits.storage_bytes {
                0 => u64::MAX,
                limit => limit,
            },
        };
        let placed = self.accounts.store.write(change).await;
        let placed = placed.inspect_err(|error| self.node.alerts.store(error))?;
        let placed = placed.unwrap_or_else(|refusal| vec![Err(refusal); places.len()]);
        for (place, placed) in places.iter().zip(placed) {
            self.fates[*place] = placed.map_err(refused);
        }
        Ok(())
    }

    async fn write_each(&mut self, rooms: BTreeMap<RoomId, Vec<usize>>) {
        let mut rooms = rooms.into_iter();
        while let Some((room, places)) = rooms.next() {
            let Err(error) = self.write(&places).await else {
                continue;
            };
            self.fail([room], &error);
            if !error.is_about_rows() {
                // It would fail for all of them, and perhaps not soon.
                return self.fail(rooms.map(|(room, _)| room), &error);
            }
        }
    }

    fn fail(&mut self, rooms: impl IntoIterator<Item = RoomId>, error: &StoreError) {
        let rooms: BTreeSet<_> = rooms.into_iter().collect();
        if rooms.is_empty() {
            return;
        }
        let refusal = store_failed(error.clone());
        for (letter, fate) in self.letters.iter().zip(&mut self.fates) {
            if fate.is_ok() && rooms.contains(&letter.room.id()) {
                *fate = Err(refusal);
                if error.leaves_unknown() {
                    self.accounts.conversations.give_up(&letter.room);
                }
            }
        }
    }
}
