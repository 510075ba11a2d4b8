//! The steps by which a commit is judged (docs/protocol.md#149-commits, *Receivers accept*).

use std::sync::Arc;

use super::{
    ChainEntry, Change, CommitError, History, Newcomers, RoomRecord, UnverifiedCommit,
    commit::{Body, NONE},
    history::{NotHere, Outcome},
    rules::{self, Ground},
};
use crate::{
    identity::Keyset,
    ids::{EpochNumber, MembersHash, RoomId},
};

/// Where a commit stands.
pub(super) enum Place {
    /// It follows the head.
    Next,
    /// It has the number that follows, and names another commit than the head.
    Astray,
    /// A commit of its number is in the chain, or before what is known of it.
    Behind(EpochNumber),
}

/// Steps 1 to 7; `None` for a commit that is in the chain.
pub(super) fn receive(
    room: RoomId,
    commit: &UnverifiedCommit,
    ground: &Ground<'_>,
) -> Result<Option<Outcome>, CommitError> {
    let body = &commit.body;
    if body.room != room {
        return Err(CommitError::OtherRoom(body.room));
    }
    match place(body, ground.history)? {
        Place::Next => {
            let author = author(body, ground)?;
            commit.signed_by(author).map_err(CommitError::Signature)?;
            not_before_the_head(body, ground.history)?;
            result(commit, ground).map(Some)
        }
        Place::Astray => {
            by_a_member_before(commit, ground)?;
            Err(CommitError::Previous)
        }
        Place::Behind(n) => match ground.history.entry(n) {
            Ok(known) if known.hash == commit.hash() => Ok(None),
            Ok(_) | Err(NotHere::Unknown) => {
                by_a_member_before(commit, ground)?;
                Err(CommitError::Fork(n))
            }
            Err(NotHere::Older) => Err(CommitError::Older(n)),
        },
    }
}

/// The end of step 1 to step 2.
pub(super) fn place(body: &Body, history: &History) -> Result<Place, CommitError> {
    let (expected, previous) = match history.head() {
        Some(head) => (head.n.next(), head.hash),
        None => (EpochNumber::new(1), NONE),
    };
    if body.n > expected {
        return Err(CommitError::Gap {
            expected,
            found: body.n,
        });
    }
    Ok(if body.n < expected {
        Place::Behind(body.n)
    } else if body.previous != previous {
        Place::Astray
    } else {
        Place::Next
    })
}

/// Whether somebody who could have written a commit of this number has signed it: only then does it
/// show two histories, and not just anybody's bytes. Of commit 1 that is who founded the room.
fn by_a_member_before(commit: &UnverifiedCommit, ground: &Ground<'_>) -> Result<(), CommitError> {
    let body = &commit.body;
    let before = match body.n.value() {
        1 => {
            let first = ground.history.entry(body.n).ok();
            if first.is_some_and(|first| first.author != body.author) {
                return Err(CommitError::Author(body.author));
            }
            body.n
        }
        n => EpochNumber::new(n - 1),
    };
    match ground.history.member(before, body.author) {
        Ok(Some(member)) if member.fingerprint == body.fingerprint => {}
        Err(NotHere::Unknown) if body.n.value() == 1 => {}
        Err(NotHere::Older) => return Err(CommitError::Older(before)),
        Ok(_) | Err(NotHere::Unknown) => return Err(CommitError::Author(body.author)),
    }
    let author = super::keys::keyset(ground.keysets, body.author, body.fingerprint)?;
    commit.signed_by(author).map_err(CommitError::Signature)
}

/// Step 3: the keys that must have signed.
pub(super) fn author<'a>(body: &Body, ground: &Ground<'a>) -> Result<&'a Keyset, CommitError> {
    let keysets = ground.keysets;
    match ground.history.record() {
        Some(record) => {
            let member = record.member(body.author);
            let is_listed = member.is_some_and(|member| member.fingerprint == body.fingerprint);
            let joins = |change: &Change| {
                matches!(change, Change::Joined(request)
                    if (request.account(), request.fingerprint()) == (body.author, body.fingerprint))
            };
            if !is_listed && !body.changes.iter().any(joins) {
                return Err(CommitError::Author(body.author));
            }
        }
        None if ground.newcomers == Newcomers::AtTheirHead => {
            let chain = keysets.chain(body.author);
            if chain.is_some_and(|chain| chain.head().fingerprint() != body.fingerprint) {
                return Err(CommitError::AuthorKeys(body.fingerprint));
            }
        }
        None => {}
    }
    Ok(super::keys::keyset(keysets, body.author, body.fingerprint)?)
}

/// Step 5.
pub(super) fn not_before_the_head(body: &Body, history: &History) -> Result<(), CommitError> {
    match history.head() {
        Some(head) if body.made_at < head.made_at => Err(CommitError::Time {
            before: head.made_at,
            found: body.made_at,
        }),
        _ => Ok(()),
    }
}

/// Steps 6 and 7.
pub(super) fn result(
    commit: &UnverifiedCommit,
    ground: &Ground<'_>,
) -> Result<Outcome, CommitError> {
    let record = rules::judge(&commit.body, ground)?;
    if members_hash(&record, &commit.body, ground.history) != commit.members {
        return Err(CommitError::MembersHash);
    }
    Ok(outcome(commit, record))
}

/// What a record hashes to that a commit has led to; of one that changes nothing it is known.
pub(super) fn members_hash(record: &RoomRecord, body: &Body, history: &History) -> MembersHash {
    history
        .members()
        .filter(|_| body.changes.is_empty())
        .unwrap_or_else(|| record.members_hash(body.room))
}

/// The record is what the commit says that it results in.
pub(super) fn outcome(commit: &UnverifiedCommit, record: Arc<RoomRecord>) -> Outcome {
    let body = &commit.body;
    Outcome {
        entry: ChainEntry {
            room: body.room,
            n: body.n,
            hash: commit.hash(),
            author: body.author,
            made_at: body.made_at,
            commitment: body.commitment,
        },
        record,
        members: commit.members,
        touched: rules::touched(body),
    }
}
