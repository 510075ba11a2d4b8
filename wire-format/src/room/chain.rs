//! A room's chain of commits, as a member verifies it.

use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{
    ChainEntry, CommitError, History, Keysets, Member, Newcomers, Policy, RoomRecord, Standing,
    TakeUpError, UnverifiedCommit,
    history::Outcome,
    rules::{self, Ground},
    steps::{Place, members_hash, outcome, place, receive},
};
use crate::{
    ids::{AccountId, CommitHash, EpochNumber, Millis, RoomId},
    vault::{Rest, RoomHeadNote, StoredBytes},
};

/// What a commit was to a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extended {
    /// It starts the next epoch.
    Taken,
    /// It is in the chain already: drop it silently.
    Known,
}

/// The commits of one room that were verified, the newest last.
#[derive(Clone, Debug)]
pub struct RoomChain {
    room: RoomId,
    history: History,
    head: ChainEntry,
    record: Arc<RoomRecord>,
}

impl RoomChain {
    /// Begins with commit 1, as a client does that sees a room for the first time.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn first(room: RoomId, record: Bytes, keysets: &dyn Keysets) -> Result<Self, CommitError> {
        let history = History::default();
        let ground = Ground {
            history: &history,
            keysets,
            newcomers: Newcomers::AnyOfTheirs,
        };
        let commit = UnverifiedCommit::parse(record)?;
        match receive(room, &commit, &ground)? {
            Some(outcome) => Ok(Self::of(room, history, outcome)),
            // Nothing is known in a history without a commit.
            None => Err(CommitError::Fork(commit.n())),
        }
    }

    /// Takes the next commit (steps 1 to 7 of the document; step 8 is [`ChainEntry::open_share`]).
    ///
    /// # Errors
    /// The typed cause, in the order of the document; the chain stays where it was.
    pub fn extend(
        &mut self,
        record: Bytes,
        keysets: &dyn Keysets,
    ) -> Result<Extended, CommitError> {
        let commit = UnverifiedCommit::parse(record)?;
        let ground = Ground {
            history: &self.history,
            keysets,
            newcomers: Newcomers::AnyOfTheirs,
        };
        let Some(outcome) = receive(self.room, &commit, &ground)? else {
            return Ok(Extended::Known);
        };
        self.push(outcome);
        Ok(Extended::Taken)
    }

    /// Takes the chain up again at the head that a vault kept, with that commit as the server has it.
    /// What is judged by older commits needs [`RoomChain::reread`].
    ///
    /// # Errors
    /// The typed cause.
    pub fn take_up(room: RoomId, kept: &RoomHeadNote, record: Bytes) -> Result<Self, TakeUpError> {
        let commit = UnverifiedCommit::parse(record)?;
        if (commit.room(), commit.n(), commit.hash()) != (room, kept.n, kept.commit) {
            return Err(TakeUpError::NotKept(commit.n()));
        }
        let state = Bytes::copy_from_slice(kept.state.as_bytes());
        let record = Arc::new(RoomRecord::parse(state)?);
        if record.members_hash(room) != commit.members {
            return Err(TakeUpError::MembersHash);
        }
        // The hash covers everything; what was signed was looked at when it was kept.
        Ok(Self::of(room, History::default(), outcome(&commit, record)))
    }

    /// Reads the whole chain again, from commit 1 up to the head that was kept. It costs no signature:
    /// each commit names the hash of the one before it, and the last one has the hash that was kept.
    ///
    /// # Errors
    /// The typed cause.
    pub fn reread(
        room: RoomId,
        kept: &RoomHeadNote,
        records: impl IntoIterator<Item = Bytes>,
    ) -> Result<Self, TakeUpError> {
        let mut history = History::default();
        for record in records {
            let commit = UnverifiedCommit::parse(record)?;
            let not_kept = TakeUpError::NotKept(commit.n());
            if commit.room() != room || !matches!(place(&commit.body, &history), Ok(Place::Next)) {
                return Err(not_kept);
            }
            let record = rules::replay(&commit.body, history.record()).ok_or(not_kept)?;
            if members_hash(&record, &commit.body, &history) != commit.members {
                return Err(TakeUpError::MembersHash);
            }
            history.push(outcome(&commit, record));
        }
        let found = history.head().copied().zip(history.record().cloned());
        match found {
            Some((head, record)) if (head.n, head.hash) == (kept.n, kept.commit) => Ok(Self {
                room,
                history,
                head,
                record,
            }),
            last => Err(TakeUpError::NotKept(
                last.map_or(kept.n, |(last, _)| last.n),
            )),
        }
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// The newest verified commit.
    pub fn head(&self) -> &ChainEntry {
        &self.head
    }

    /// Who is in the room after the newest commit, and what it allows.
    pub fn record(&self) -> &RoomRecord {
        &self.record
    }

    /// The commit of this number, as far back as this chain is known.
    pub fn entry(&self, n: EpochNumber) -> Option<&ChainEntry> {
        self.history.entry(n).ok()
    }

    /// The commit with this hash, as far back as this chain is known.
    pub fn entry_of(&self, commit: CommitHash) -> Option<&ChainEntry> {
        self.entry(self.history.position(commit).ok()?)
    }

    /// The member that an account was in the epoch of this number; `None` also where the epoch is not
    /// known here.
    pub fn member_in(&self, n: EpochNumber, account: AccountId) -> Option<Member> {
        self.history.member(n, account).ok().flatten()
    }

    /// What the room allowed in the epoch of this number; `None` where it is not known here.
    pub fn policy_in(&self, n: EpochNumber) -> Option<&Policy> {
        self.history.policy(n).ok()
    }

    /// Whether the chain is known from its first commit on.
    pub fn is_whole(&self) -> bool {
        self.history.is_whole()
    }

    /// What a vault keeps of this chain (item kind 4).
    pub fn to_note(&self) -> RoomHeadNote {
        RoomHeadNote {
            n: self.head.n,
            commit: self.head.hash,
            state: StoredBytes::from_bytes(Zeroizing::new(self.record.encode().to_vec())),
            rest: Rest::default(),
        }
    }

    /// How the room stands for a request that the next commit is to take in.
    pub fn standing<'a>(
        &'a self,
        keysets: &'a dyn Keysets,
        newcomers: Newcomers,
        made_at: Millis,
    ) -> Standing<'a> {
        Standing {
            room: self.room,
            record: &self.record,
            history: &self.history,
            keysets,
            newcomers,
            made_at,
        }
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn of(room: RoomId, mut history: History, outcome: Outcome) -> Self {
        let (head, record) = (outcome.entry, Arc::clone(&outcome.record));
        history.push(outcome);
        Self {
            room,
            history,
            head,
            record,
        }
    }

    pub(super) fn push(&mut self, outcome: Outcome) {
        self.head = outcome.entry;
        self.record = Arc::clone(&outcome.record);
        self.history.push(outcome);
    }
}
