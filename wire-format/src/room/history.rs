//! What is known of a room's past: of each commit what it changed, and never the whole list again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rand::CryptoRng;
use subtle::ConstantTimeEq;

use super::{Member, Policy, RoomRecord};
use crate::{
    epoch::EpochSecret,
    identity::AccountWrapKey,
    ids::{AccountId, CommitHash, Commitment, EpochNumber, MembersHash, Millis, RoomId},
    open_error::OpenError,
};

/// A verified commit; who is in the room after it is asked of its [`RoomChain`](super::RoomChain).
#[derive(Clone, Copy, Debug)]
pub struct ChainEntry {
    pub(super) room: RoomId,
    pub(super) n: EpochNumber,
    pub(super) hash: CommitHash,
    pub(super) author: AccountId,
    pub(super) made_at: Millis,
    pub(super) commitment: Commitment,
}

impl ChainEntry {
    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// The number of the epoch that the commit starts.
    pub fn n(&self) -> EpochNumber {
        self.n
    }

    /// The commit's hash.
    pub fn hash(&self) -> CommitHash {
        self.hash
    }

    /// Who made it.
    pub fn author(&self) -> AccountId {
        self.author
    }

    /// When it was made, by its author's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// Whether this is the epoch's secret.
    ///
    /// # Errors
    /// [`OpenError::ShareCommitment`].
    pub fn check_secret(&self, secret: &EpochSecret) -> Result<(), OpenError> {
        let commitment = secret.commitment(self.room, self.n);
        if bool::from(commitment.as_bytes().ct_eq(self.commitment.as_bytes())) {
            Ok(())
        } else {
            Err(OpenError::ShareCommitment)
        }
    }

    /// Opens the own share of this epoch (step 8 of the document). If it fails the commit stands: say
    /// `epochs.bad_share`, and ask for the secret.
    ///
    /// # Errors
    /// [`OpenError::Placeholder`] if there is none, since the list has other keys than the account
    /// has now: ask to be let in anew. [`OpenError::Share`] if it does not open,
    /// [`OpenError::ShareCommitment`] if its secret is not the epoch's.
    pub fn open_share<R: CryptoRng + ?Sized>(
        &self,
        share: &[u8],
        key: &AccountWrapKey,
        rng: &mut R,
    ) -> Result<EpochSecret, OpenError> {
        if super::is_placeholder(share) {
            return Err(OpenError::Placeholder);
        }
        let secret = key.open_secret(share, rng)?;
        self.check_secret(&secret)?;
        Ok(secret)
    }
}

/// A commit, and what the room is after it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) entry: ChainEntry,
    pub(super) record: Arc<RoomRecord>,
    pub(super) members: MembersHash,
    /// Whom its changes are about, and whether they came or went by them.
    pub(super) touched: BTreeMap<AccountId, bool>,
}

/// Why something of the past is not found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NotHere {
    /// All of the past is known, and it is not there.
    Unknown,
    /// Only a part of the past is known.
    Older,
}

/// What an account is from a commit on.
#[derive(Clone, Copy, Debug)]
struct Turn {
    n: EpochNumber,
    member: Option<Member>,
    /// The last commit up to this one by which it came or went.
    moved: EpochNumber,
    /// Since which commit it is an owner or admin without a break.
    over_members_since: Option<EpochNumber>,
}

/// Commits in a row; the first one is commit 1 or where the chain was taken up.
#[derive(Clone, Debug, Default)]
pub struct History {
    entries: Vec<ChainEntry>,
    numbers: HashMap<CommitHash, EpochNumber>,
    /// Ascending by commit; none of somebody who was never in.
    turns: HashMap<AccountId, Vec<Turn>>,
    policies: Vec<(EpochNumber, Policy)>,
    newest: Option<(Arc<RoomRecord>, MembersHash)>,
}

impl History {
    /// The newest commit.
    pub(super) fn head(&self) -> Option<&ChainEntry> {
        self.entries.last()
    }

    /// What the room is after the newest commit.
    pub(super) fn record(&self) -> Option<&Arc<RoomRecord>> {
        self.newest.as_ref().map(|(record, _)| record)
    }

    /// What the record of the newest commit hashes to.
    pub(super) fn members(&self) -> Option<MembersHash> {
        self.newest.as_ref().map(|&(_, members)| members)
    }

    /// The commit of this number.
    pub(super) fn entry(&self, n: EpochNumber) -> Result<&ChainEntry, NotHere> {
        let first = self.entries.first().ok_or(NotHere::Unknown)?;
        let Some(at) = n.value().checked_sub(first.n.value()) else {
            return Err(if n.value() == 0 {
                NotHere::Unknown
            } else {
                NotHere::Older
            });
        };
        usize::try_from(at)
            .ok()
            .and_then(|at| self.entries.get(at))
            .ok_or(NotHere::Unknown)
    }

    /// The number of the commit with this hash.
    pub(super) fn position(&self, commit: CommitHash) -> Result<EpochNumber, NotHere> {
        match self.numbers.get(&commit) {
            Some(&n) => Ok(n),
            None if self.is_whole() => Err(NotHere::Unknown),
            None => Err(NotHere::Older),
        }
    }

    /// The member that an account was after the commit of this number.
    pub(super) fn member(
        &self,
        n: EpochNumber,
        account: AccountId,
    ) -> Result<Option<Member>, NotHere> {
        self.entry(n)?;
        let turns = self.turns.get(&account).map_or(&[][..], Vec::as_slice);
        let until = turns.partition_point(|turn| turn.n <= n);
        let last = until.checked_sub(1).and_then(|at| turns.get(at));
        Ok(last.and_then(|turn| turn.member))
    }

    /// What the room allowed after the commit of this number.
    pub(super) fn policy(&self, n: EpochNumber) -> Result<&Policy, NotHere> {
        self.entry(n)?;
        let until = self.policies.partition_point(|&(from, _)| from <= n);
        let last = until.checked_sub(1).and_then(|at| self.policies.get(at));
        last.map(|(_, policy)| policy).ok_or(NotHere::Unknown)
    }

    /// From which commits on the room allowed what.
    pub(super) fn policies(&self) -> &[(EpochNumber, Policy)] {
        &self.policies
    }

    /// Whether a commit after this one let the account in or out.
    pub(super) fn came_or_went(&self, since: EpochNumber, account: AccountId) -> bool {
        self.last_turn(account)
            .is_some_and(|turn| turn.moved > since)
    }

    /// Whether an account was an owner or admin after this commit and every one since.
    pub(super) fn is_over_members_since(&self, since: EpochNumber, account: AccountId) -> bool {
        self.last_turn(account)
            .and_then(|turn| turn.over_members_since)
            .is_some_and(|from| from <= since)
    }

    /// Takes the next commit; of the first one that is known, all members are new.
    pub(super) fn push(&mut self, outcome: Outcome) {
        let Outcome {
            entry,
            record,
            members,
            mut touched,
        } = outcome;
        if self.entries.is_empty() {
            touched = record
                .members()
                .map(|(account, _)| (account, true))
                .collect();
        }
        for (account, has_moved) in touched {
            self.turn(entry.n, account, record.member(account), has_moved);
        }
        if self.policies.last().map(|(_, policy)| policy) != Some(&record.policy) {
            self.policies.push((entry.n, record.policy));
        }
        self.numbers.insert(entry.hash, entry.n);
        self.entries.push(entry);
        self.newest = Some((record, members));
    }

    fn turn(
        &mut self,
        n: EpochNumber,
        account: AccountId,
        member: Option<Member>,
        has_moved: bool,
    ) {
        let turns = self.turns.entry(account).or_default();
        let last = turns.last();
        let is_over = member.is_some_and(|member| member.role.is_over_members());
        let since = last.and_then(|last| last.over_members_since);
        let moved = match last {
            Some(last) if !has_moved => last.moved,
            _ => n,
        };
        turns.push(Turn {
            n,
            member,
            moved,
            over_members_since: is_over.then(|| since.unwrap_or(n)),
        });
    }

    fn last_turn(&self, account: AccountId) -> Option<&Turn> {
        self.turns.get(&account).and_then(|turns| turns.last())
    }

    pub(super) fn is_whole(&self) -> bool {
        self.entries
            .first()
            .is_none_or(|first| first.n.value() == 1)
    }
}

#[cfg(test)]
mod tests;
