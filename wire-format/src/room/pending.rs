//! Which requests are pending, and which of them the next commit has to take in
//! (docs/protocol.md#148-requests-and-invitations).

use super::{Action, Keysets, Newcomers, RequestError, RoomChain, RoomRecord, UnverifiedRequest};
use crate::{
    ids::{AccountId, Millis, RequestHash},
    limits::{JOINS_TAKEN, LEAVES_TAKEN, ROOM_MEMBERS},
};

/// What a server keeps at hand of a request that waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PendingRequest {
    /// Which it is.
    pub hash: RequestHash,
    /// What is asked for.
    pub action: Action,
    /// By whom.
    pub account: AccountId,
}

impl UnverifiedRequest {
    /// What a server keeps at hand of it.
    pub fn pending(&self) -> PendingRequest {
        PendingRequest {
            hash: self.hash(),
            action: self.action(),
            account: self.account(),
        }
    }
}

impl RoomChain {
    /// Checks that a commit made now could take in a request that has just come, signatures included.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn check_request(
        &self,
        request: &UnverifiedRequest,
        now: Millis,
        keysets: &dyn Keysets,
    ) -> Result<(), RequestError> {
        request.check(&self.standing(keysets, Newcomers::AtTheirHead, self.not_before(now)))
    }

    /// Checks that a commit made now could take in a request that was [checked](Self::check_request)
    /// when it came: only then it is pending. Signatures are not looked at again.
    ///
    /// # Errors
    /// Why it is not pending: what changed since it came.
    pub fn would_take(
        &self,
        request: &UnverifiedRequest,
        now: Millis,
        keysets: &dyn Keysets,
    ) -> Result<(), RequestError> {
        let made_at = self.not_before(now);
        request.check_standing(&self.standing(keysets, Newcomers::AtTheirHead, made_at))
    }

    /// Those of the pending requests, the oldest first, that the next commit has to take in: the
    /// oldest [`LEAVES_TAKEN`] leaves, and the oldest [`JOINS_TAKEN`] joins that there is a place for.
    pub fn demanded<'a>(
        &self,
        pending: &'a [PendingRequest],
    ) -> impl Iterator<Item = &'a PendingRequest> {
        demanded(self.record(), pending)
    }

    /// When a commit is made now: its clock may be behind the head's.
    pub(super) fn not_before(&self, now: Millis) -> Millis {
        now.max(self.head().made_at())
    }
}

pub(super) fn demanded<'a>(
    record: &RoomRecord,
    pending: &'a [PendingRequest],
) -> impl Iterator<Item = &'a PendingRequest> {
    let (mut leaves, mut joins) = (LEAVES_TAKEN, JOINS_TAKEN);
    let mut places = ROOM_MEMBERS.saturating_sub(record.members().len());
    // Who is a member and asks to be let in with new keys has a place.
    let members: Vec<bool> = pending
        .iter()
        .map(|request| record.member(request.account).is_some())
        .collect();
    pending
        .iter()
        .zip(members)
        .filter(move |(request, is_member)| match request.action {
            Action::Leave => take_one(&mut leaves),
            Action::Join if *is_member => take_one(&mut joins),
            Action::Join => joins > 0 && take_one(&mut places) && take_one(&mut joins),
        })
        .map(|(request, _)| request)
}

fn take_one(left: &mut usize) -> bool {
    let is_there = *left > 0;
    *left -= usize::from(is_there);
    is_there
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::Fingerprint,
        room::{Member, Policy, Role, RoomKind},
    };

    fn account(number: usize) -> AccountId {
        let mut id = [0; AccountId::LEN];
        id[8..].copy_from_slice(&u64::try_from(number).expect("a number").to_be_bytes());
        AccountId::from_bytes(id)
    }

    fn room(members: usize) -> RoomRecord {
        let member = Member {
            fingerprint: Fingerprint::from_bytes([7; 32]),
            role: Role::Member,
        };
        let mut record = RoomRecord::founded(
            Policy::new(RoomKind::Public),
            account(0),
            member.fingerprint,
        );
        record
            .members
            .extend((1..members).map(|at| (account(at), member)));
        record
    }

    fn asked(action: Action, accounts: std::ops::Range<usize>) -> Vec<PendingRequest> {
        accounts
            .map(|at| PendingRequest {
                hash: RequestHash::from_bytes([u8::try_from(at % 251).expect("small"); 32]),
                action,
                account: account(at),
            })
            .collect()
    }

    fn taken(record: &RoomRecord, pending: &[PendingRequest], action: Action) -> usize {
        demanded(record, pending)
            .filter(|request| request.action == action)
            .count()
    }

    #[test]
    fn a_flood_of_joins_leaves_room_for_leaves_and_for_changes() {
        for (asks, leaves, joins) in [(63, 63, 63), (64, 64, 64), (65, 65, 64), (200, 128, 64)] {
            let record = room(500);
            let mut pending = asked(Action::Join, 2_000..2_000 + asks);
            pending.extend(asked(Action::Leave, 0..asks));
            assert_eq!(taken(&record, &pending, Action::Leave), leaves);
            assert_eq!(taken(&record, &pending, Action::Join), joins);
        }
        for (asks, leaves) in [(127, 127), (128, 128), (129, 128)] {
            let pending = asked(Action::Leave, 0..asks);
            assert_eq!(taken(&room(500), &pending, Action::Leave), leaves);
        }
    }

    #[test]
    fn no_more_joins_are_taken_than_there_are_places() {
        for (members, joins) in [(999, 1), (1_000, 0), (998, 2), (900, 3)] {
            let pending = asked(Action::Join, 2_000..2_003);
            let found = taken(&room(members), &pending, Action::Join);
            assert_eq!(found, joins, "{members}");
        }
        // Members who come again with new keys need none, and the oldest come first.
        let record = room(999);
        let mut pending = asked(Action::Join, 0..2);
        pending.extend(asked(Action::Join, 2_000..2_002));
        let found: Vec<_> = demanded(&record, &pending)
            .map(|request| request.account)
            .collect();
        assert_eq!(found, [account(0), account(1), account(2_000)]);
    }
}
