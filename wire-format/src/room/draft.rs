//! Making a commit, and the tail of `epochs.commit` and `rooms.create`.

use std::{collections::BTreeMap, sync::Arc};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{
    Change, CommitReason, DraftError, History, Keysets, NO_WRAP, Newcomers, PLACEHOLDER, RoomChain,
    RoomRecord, UnverifiedCommit,
    commit::{self, Body, NONE},
    keys,
    rules::{self, Ground},
    steps,
};
use crate::{
    epoch::EpochSecret,
    identity::{IdentityKeys, WRAPPED_BYTES, WrapKey},
    ids::{AccountId, EpochNumber, Millis, RoomId, WrapNumber},
    limits::ROOM_MEMBERS,
    open_error::{Field, OpenError, SealError},
};

/// What its author decides about a commit.
#[derive(Clone, Debug)]
pub struct CommitDraft<'a> {
    /// Whose keys sign it: those that the room's list has.
    pub author: AccountId,
    /// Now, by the author's clock; where that is behind the commit before it, that one's time is taken.
    pub made_at: Millis,
    /// Why it is made.
    pub reason: CommitReason,
    /// What it changes, in any order.
    pub changes: Vec<Change>,
    /// The epoch's secret.
    pub secret: &'a EpochSecret,
}

/// A commit of one's own, and what it will result in.
#[derive(Clone, Debug)]
pub struct SignedCommit {
    /// The record; it takes its place in the chain when the server delivers it.
    pub commit: UnverifiedCommit,
    record: Arc<RoomRecord>,
}

impl SignedCommit {
    /// Who will be in the room, and so who needs a share.
    pub fn record(&self) -> &RoomRecord {
        &self.record
    }

    /// Wraps the secret to every member, in the order of the list; gives the numbers of the wrap keys
    /// and the tail. `wraps` are the newest that are published. Where that is none, or one that a reset
    /// came before, a placeholder stands in the place of the share.
    ///
    /// # Errors
    /// [`SealError::Field`] if the secret is not the commit's; [`DraftError::UnknownKeys`] where a
    /// member's chain is to be read first; [`SealError::KeyOperation`] if the encryption failed.
    pub fn tail<R: CryptoRng + ?Sized>(
        &self,
        wraps: &BTreeMap<AccountId, WrapKey>,
        keysets: &dyn Keysets,
        secret: &EpochSecret,
        rng: &mut R,
    ) -> Result<(Vec<WrapNumber>, Bytes), DraftError> {
        if !self.commit.commits_to(secret) {
            return Err(SealError::Field(Field::Secret).into());
        }
        let commit = self.commit.bytes();
        let members = self.record.members();
        let mut numbers = Vec::with_capacity(members.len());
        let mut tail =
            BytesMut::with_capacity(LENGTH_BYTES + commit.len() + members.len() * WRAPPED_BYTES);
        // At most 512 KiB.
        tail.put_u32(u32::try_from(commit.len()).map_err(|_| SealError::KeyOperation)?);
        tail.put_slice(commit);
        for (account, member) in members {
            let wrap = wraps.get(&account).filter(|wrap| wrap.account() == account);
            match wrap {
                Some(wrap) if keys::are_those_of(member, keysets, account, wrap.fingerprint())? => {
                    numbers.push(wrap.number());
                    tail.put_slice(&wrap.wrap_secret(secret, rng)?);
                }
                _ => {
                    numbers.push(NO_WRAP);
                    tail.put_slice(&PLACEHOLDER);
                }
            }
        }
        Ok((numbers, tail.freeze()))
    }
}

const LENGTH_BYTES: usize = 4;

/// The tail of `epochs.commit` and `rooms.create`: a commit and its shares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CommitTail {
    /// The commit, unread.
    pub commit: Bytes,
    /// The shares, in the order of the resulting list.
    pub shares: Vec<Bytes>,
}

impl CommitTail {
    /// Takes a tail apart.
    ///
    /// # Errors
    /// [`OpenError::Truncated`], [`OpenError::Field`] for an empty commit, [`OpenError::TooLarge`] for
    /// more shares than a room has members.
    pub fn parse(mut tail: Bytes) -> Result<Self, OpenError> {
        let length = tail.try_get_u32().map_err(|_| OpenError::Truncated)?;
        let length = usize::try_from(length).map_err(|_| OpenError::Truncated)?;
        if length == 0 {
            return Err(OpenError::Field(Field::Length));
        }
        if length > tail.len() {
            return Err(OpenError::Truncated);
        }
        let commit = tail.split_to(length);
        if !tail.len().is_multiple_of(WRAPPED_BYTES) {
            return Err(OpenError::Truncated);
        }
        let count = tail.len() / WRAPPED_BYTES;
        if count > ROOM_MEMBERS {
            return Err(OpenError::TooLarge {
                length: count,
                limit: ROOM_MEMBERS,
            });
        }
        let shares = (0..count).map(|_| tail.split_to(WRAPPED_BYTES)).collect();
        Ok(Self { commit, shares })
    }
}

impl IdentityKeys {
    /// Makes a room: signs its commit 1, whose changes say what it is and who is in it.
    ///
    /// # Errors
    /// The typed cause; what nobody would accept is not signed.
    pub fn sign_first_commit<R: CryptoRng + ?Sized>(
        &self,
        room: RoomId,
        draft: CommitDraft<'_>,
        keysets: &dyn Keysets,
        rng: &mut R,
    ) -> Result<SignedCommit, DraftError> {
        sign(self, room, &History::default(), draft, keysets, rng)
    }

    /// Signs the commit that follows a chain's head.
    ///
    /// # Errors
    /// The typed cause; what nobody would accept is not signed.
    pub fn sign_commit<R: CryptoRng + ?Sized>(
        &self,
        chain: &RoomChain,
        draft: CommitDraft<'_>,
        keysets: &dyn Keysets,
        rng: &mut R,
    ) -> Result<SignedCommit, DraftError> {
        sign(self, chain.room(), chain.history(), draft, keysets, rng)
    }
}

fn sign<R: CryptoRng + ?Sized>(
    keys: &IdentityKeys,
    room: RoomId,
    history: &History,
    draft: CommitDraft<'_>,
    keysets: &dyn Keysets,
    rng: &mut R,
) -> Result<SignedCommit, DraftError> {
    let (n, previous, made_at) = match history.head() {
        Some(head) => {
            // A clock that was set ahead once locks nobody out.
            let made_at = draft.made_at.max(head.made_at());
            (head.n().next(), head.hash(), made_at)
        }
        None => (EpochNumber::new(1), NONE, draft.made_at),
    };
    let mut changes = draft.changes;
    changes.sort_by_key(Change::place);
    let body = Body {
        room,
        n,
        previous,
        author: draft.author,
        fingerprint: keys.fingerprint(),
        made_at,
        reason: draft.reason,
        commitment: draft.secret.commitment(room, n),
        changes,
    };
    let ground = Ground {
        history,
        keysets,
        newcomers: Newcomers::AtTheirHead,
    };
    steps::author(&body, &ground)?;
    let record = rules::judge(&body, &ground)?;
    let members = steps::members_hash(&record, &body, history);
    let commit = commit::write(keys, &body, members, rng)?;
    Ok(SignedCommit { commit, record })
}
