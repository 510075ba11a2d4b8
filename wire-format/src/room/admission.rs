//! What a server checks before it takes a commit (docs/protocol.md#149-commits, *The server accepts*).

use std::collections::HashSet;

use bytes::Bytes;

use super::{
    ChainEntry, Change, CommitError, History, Keysets, Member, NO_WRAP, Newcomers, PendingRequest,
    RoomChain, RoomRecord, UnknownKeys, UnverifiedCommit,
    history::Outcome,
    keys, pending,
    placeholder::is_placeholder,
    rules::Ground,
    steps::{self, Place},
};
use crate::{
    identity::{UnverifiedWrapKey, WrapKey},
    ids::{AccountId, Fingerprint, Millis, RequestHash, RoomId, WrapNumber},
    limits::CLOCK_SKEW,
    open_error::OpenError,
};

/// The newest wrap key that an account has published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublishedWrap {
    /// Its number.
    pub number: WrapNumber,
    /// The identity keys that signed it.
    pub fingerprint: Fingerprint,
}

impl From<&WrapKey> for PublishedWrap {
    fn from(key: &WrapKey) -> Self {
        Self {
            number: key.number(),
            fingerprint: key.fingerprint(),
        }
    }
}

impl From<&UnverifiedWrapKey> for PublishedWrap {
    fn from(key: &UnverifiedWrapKey) -> Self {
        Self {
            number: key.number(),
            fingerprint: key.fingerprint(),
        }
    }
}

/// What a server knows when a commit comes.
#[derive(Clone, Copy)]
pub struct Admission<'a> {
    /// Whose session it came from.
    pub account: AccountId,
    /// The server's clock.
    pub now: Millis,
    /// The requests that are pending ([`RoomChain::would_take`]), the oldest first.
    pub pending: &'a [PendingRequest],
    /// The wrap keys that the command names.
    pub wraps: &'a [WrapNumber],
    /// The newest published wrap key of an account; none of one that was deleted.
    pub newest_wrap: &'a dyn Fn(AccountId) -> Option<PublishedWrap>,
    /// The shares that came.
    pub shares: &'a [Bytes],
    /// Whose keys are whose.
    pub keysets: &'a dyn Keysets,
}

impl std::fmt::Debug for Admission<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission")
            .field("account", &self.account)
            .field("now", &self.now)
            .field("pending", &self.pending.len())
            .field("shares", &self.shares.len())
            .finish_non_exhaustive()
    }
}

/// Why a server does not take a commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// It cannot be read.
    #[error("a commit is refused")]
    Record(#[from] OpenError),
    /// It is of another room than the command names.
    #[error("a commit of room {0}")]
    OtherRoom(RoomId),
    /// Its author is not the session's account.
    #[error("a commit by account {0}, which is not the session's")]
    OtherAccount(AccountId),
    /// `commit_conflict`: it does not follow the head, another one was first.
    #[error("a commit that does not follow the head")]
    Conflict,
    /// It was made too long ago or too far ahead, or before the head.
    #[error("a commit of {0}, which cannot be now")]
    Clock(Millis),
    /// A signature does not verify.
    #[error("a commit's signature is refused")]
    Signature(#[source] OpenError),
    /// `commit_invalid`: list or rules refuse it.
    #[error("a commit that is not allowed")]
    Invalid(#[source] CommitError),
    /// `requests_pending`: one of them is not in it.
    #[error("a commit without the pending request {0}")]
    Pending(RequestHash),
    /// `wrap_superseded`: the wrap keys named are not the newest ones of the resulting list, in its
    /// order, with 0 for whoever's newest one is not by the listed keys.
    #[error("a commit that uses an old wrap key")]
    Superseded,
    /// There are not as many shares as members.
    #[error("{shares} shares for {members} members")]
    Shares {
        /// How many came.
        shares: usize,
        /// How many members there are after it.
        members: usize,
    },
    /// Zeros in the place of a share that the member's wrap key could have, or the other way round.
    #[error("a share for account {0} where none belongs, or none where one does")]
    Placeholder(AccountId),
}

/// A commit that a server may take, as long as nobody was faster.
#[derive(Clone, Debug)]
pub struct Admitted {
    outcome: Outcome,
    commit: UnverifiedCommit,
}

impl Admitted {
    /// What is known of it once it is taken.
    pub fn entry(&self) -> &ChainEntry {
        &self.outcome.entry
    }

    /// Who is in the room after it, and what it allows.
    pub fn record(&self) -> &RoomRecord {
        &self.outcome.record
    }

    /// The commit.
    pub fn commit(&self) -> &UnverifiedCommit {
        &self.commit
    }

    /// The chain of a new room.
    ///
    /// # Errors
    /// [`AdmissionError::Conflict`] for any commit but the first.
    pub fn into_chain(self) -> Result<RoomChain, AdmissionError> {
        if self.entry().n().value() != 1 {
            return Err(AdmissionError::Conflict);
        }
        let room = self.entry().room();
        Ok(RoomChain::of(room, History::default(), self.outcome))
    }
}

impl RoomChain {
    /// Checks the commit that makes a room.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn admit_first(
        room: RoomId,
        record: Bytes,
        admission: &Admission<'_>,
    ) -> Result<Admitted, AdmissionError> {
        admit(room, &History::default(), record, admission)
    }

    /// Checks a commit against this chain, which stays as it is until the commit is
    /// [taken](RoomChain::take).
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn admit(
        &self,
        record: Bytes,
        admission: &Admission<'_>,
    ) -> Result<Admitted, AdmissionError> {
        admit(self.room(), self.history(), record, admission)
    }

    /// Takes a commit that was admitted.
    ///
    /// # Errors
    /// [`AdmissionError::Conflict`] if another one was taken since.
    pub fn take(&mut self, admitted: Admitted) -> Result<(), AdmissionError> {
        let follows = admitted.commit.previous() == self.head().hash()
            && admitted.entry().room() == self.room();
        if !follows {
            return Err(AdmissionError::Conflict);
        }
        self.push(admitted.outcome);
        Ok(())
    }
}

fn admit(
    room: RoomId,
    history: &History,
    record: Bytes,
    admission: &Admission<'_>,
) -> Result<Admitted, AdmissionError> {
    let commit = UnverifiedCommit::parse(record)?;
    let body = &commit.body;
    if body.room != room {
        return Err(AdmissionError::OtherRoom(body.room));
    }
    if body.author != admission.account {
        return Err(AdmissionError::OtherAccount(body.author));
    }
    if !matches!(steps::place(body, history), Ok(Place::Next)) {
        return Err(AdmissionError::Conflict);
    }
    let apart = body.made_at.value().abs_diff(admission.now.value());
    let is_now = u128::from(apart) <= CLOCK_SKEW.as_millis();
    if !is_now || steps::not_before_the_head(body, history).is_err() {
        return Err(AdmissionError::Clock(body.made_at));
    }
    let ground = Ground {
        history,
        keysets: admission.keysets,
        newcomers: Newcomers::AtTheirHead,
    };
    let author = steps::author(body, &ground).map_err(AdmissionError::Invalid)?;
    // Before the requests in it: each of them takes two signatures more.
    commit
        .signed_by(author)
        .map_err(AdmissionError::Signature)?;
    let outcome = steps::result(&commit, &ground).map_err(AdmissionError::Invalid)?;
    takes_in(&commit, history, admission.pending)?;
    shares(&outcome.record, admission)?;
    Ok(Admitted { outcome, commit })
}

/// Whether the pending requests that it has to take in are in the commit.
fn takes_in(
    commit: &UnverifiedCommit,
    history: &History,
    waiting: &[PendingRequest],
) -> Result<(), AdmissionError> {
    let Some(before) = history.record() else {
        return Ok(());
    };
    let taken: HashSet<RequestHash> = commit
        .changes()
        .iter()
        .filter_map(|change| match change {
            Change::Joined(request) | Change::Left(request) => Some(request.hash()),
            _ => None,
        })
        .collect();
    let mut demanded = pending::demanded(before, waiting);
    match demanded.find(|request| !taken.contains(&request.hash)) {
        Some(missing) => Err(AdmissionError::Pending(missing.hash)),
        None => Ok(()),
    }
}

/// Whether there is a share to the newest wrap key of everybody, and a placeholder where that is not
/// by the listed keys.
fn shares(record: &RoomRecord, admission: &Admission<'_>) -> Result<(), AdmissionError> {
    let expected = record
        .members()
        .map(|(account, member)| expected_wrap(account, member, admission))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|unknown| AdmissionError::Invalid(unknown.into()))?;
    if expected != admission.wraps {
        return Err(AdmissionError::Superseded);
    }
    let (shares, members) = (admission.shares.len(), expected.len());
    if shares != members {
        return Err(AdmissionError::Shares { shares, members });
    }
    let mut places = record.members().zip(expected).zip(admission.shares);
    let odd = places.find(|((_, wrap), share)| is_placeholder(share) != (*wrap == NO_WRAP));
    match odd {
        Some((((account, _), _), _)) => Err(AdmissionError::Placeholder(account)),
        None => Ok(()),
    }
}

/// The number of the wrap key that a member's share goes to; [`NO_WRAP`] where it gets none.
fn expected_wrap(
    account: AccountId,
    member: Member,
    admission: &Admission<'_>,
) -> Result<WrapNumber, UnknownKeys> {
    let Some(newest) = (admission.newest_wrap)(account) else {
        return Ok(NO_WRAP);
    };
    let is_theirs = keys::are_those_of(member, admission.keysets, account, newest.fingerprint)?;
    Ok(if is_theirs { newest.number } else { NO_WRAP })
}
