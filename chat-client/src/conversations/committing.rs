//! Making commits: what is wanted, what others asked for, and keys that members rotated to.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    AccountId, EpochSecret, ErrorCode, RoomId, WrapNumber,
    command::{
        commits::{Commit, Pending},
        conversations::WrapNumbers,
    },
    event::CommitDue,
    identity::IdentityKeys,
    limits::{JOINS_TAKEN, LEAVES_TAKEN},
    record_list,
    room::{
        AfterRemoval, Change, CommitDraft, CommitReason, DraftError, Keysets as _, RoomRecord,
        SignedCommit, UnverifiedRequest,
    },
};

use super::{ConversationError, Conversations, now};
use crate::{account::OwnFault, conversation::reason_of};

/// A commit that is ready for the server.
struct Ready {
    commit: Bytes,
    n: wire_format::EpochNumber,
    wraps: Vec<WrapNumber>,
    tail: Bytes,
    secret: EpochSecret,
}

impl Conversations {
    /// Starts the next epoch: with what is wanted, every request that is pending, and keys that
    /// members rotated to. Where another commit is first, it is looked whether that did the work.
    ///
    /// A dropped future leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::Contended`] after eight conflicts; the typed cause otherwise.
    pub async fn commit(
        &mut self,
        id: RoomId,
        wanted: &[Change],
        reason: CommitReason,
    ) -> Result<(), ConversationError> {
        let keys = self.own_keys(id).await?;
        // While who sealed it is in the list; it is sealed anew for the next epoch.
        self.read_state(id).await?;
        self.commit_as(id, &keys, wanted, reason).await
    }

    /// As [`Conversations::commit`], by keys that come in by this very commit.
    pub(super) async fn commit_as(
        &mut self,
        id: RoomId,
        keys: &Arc<IdentityKeys>,
        wanted: &[Change],
        reason: CommitReason,
    ) -> Result<(), ConversationError> {
        let begun_at = self.room(id)?.conversation.chain().head().n();
        let mut wanted = wanted.to_vec();
        let is_rotation = wanted.is_empty();
        for _ in 0..ATTEMPTS {
            let ready = self.draft(id, keys, &wanted, reason).await?;
            let error = match self.put(id, ready).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match error.refusal() {
                Some(
                    ErrorCode::CommitConflict
                    | ErrorCode::RequestsPending
                    | ErrorCode::WrapSuperseded,
                ) => {}
                // The keys that were read may be older than the server's.
                Some(ErrorCode::CommitInvalid) => self.read_all_chains(id).await?,
                _ => return Err(error),
            }
            self.sync(id).await?;
            let conversation = &self.room(id)?.conversation;
            wanted.retain(|change| !is_done(change, conversation.record()));
            let has_moved = conversation.chain().head().n() > begun_at;
            if wanted.is_empty() && (!is_rotation || has_moved) {
                return Ok(());
            }
        }
        Err(ConversationError::Contended)
    }

    /// Reads the requests that the next commit must take in, and the keys of who made them.
    async fn pending(&mut self, room: RoomId) -> Result<Vec<UnverifiedRequest>, ConversationError> {
        let (_, tail) = self.account.call(&Pending { room }, Bytes::new()).await?;
        let records = record_list::parse(tail, LEAVES_TAKEN + JOINS_TAKEN)?;
        let requests = records.into_iter().map(UnverifiedRequest::parse);
        let requests: Vec<UnverifiedRequest> = requests.collect::<Result<_, _>>()?;
        for request in &requests {
            let head = self.people.chain(request.account());
            let head = head.map(|chain| chain.head().fingerprint());
            if head != Some(request.fingerprint()) {
                self.read_chain(request.account()).await?;
            }
        }
        Ok(requests)
    }

    async fn draft(
        &mut self,
        id: RoomId,
        keys: &Arc<IdentityKeys>,
        wanted: &[Change],
        reason: CommitReason,
    ) -> Result<Ready, ConversationError> {
        let pending = self.pending(id).await?;
        let secret = EpochSecret::generate(&mut rand::rng());
        let signed = self
            .sign(id, keys, wanted, &pending, reason, &secret)
            .await?;
        let (wraps, tail) = self.shared(&signed, &secret).await?;
        Ok(Ready {
            n: signed.commit.n(),
            commit: signed.commit.bytes().clone(),
            wraps,
            tail,
            secret,
        })
    }

    async fn sign(
        &mut self,
        id: RoomId,
        keys: &Arc<IdentityKeys>,
        wanted: &[Change],
        pending: &[UnverifiedRequest],
        reason: CommitReason,
        secret: &EpochSecret,
    ) -> Result<SignedCommit, ConversationError> {
        let author = self.account.id();
        loop {
            let people = &self.people;
            let room = self
                .rooms
                .get(&id)
                .ok_or(ConversationError::NoSuchRoom(id))?;
            let made_at = now();
            let changes = match room.conversation.changes(wanted, pending, people, made_at) {
                Ok(changes) => changes,
                Err(keys) => {
                    self.must_read(keys).await?;
                    continue;
                }
            };
            let draft = CommitDraft {
                author,
                made_at,
                reason: reason_of(&changes, reason),
                changes,
                secret,
            };
            let chain = room.conversation.chain();
            let signed = keys.sign_commit(chain, draft, people, &mut rand::rng());
            match signed {
                Ok(signed) => return Ok(signed),
                Err(error) => self.look_up_draft(error).await?,
            }
        }
    }

    /// Wraps a secret to everybody in the resulting list, by their newest wrap keys.
    pub(super) async fn shared(
        &mut self,
        signed: &SignedCommit,
        secret: &EpochSecret,
    ) -> Result<(Vec<WrapNumber>, Bytes), ConversationError> {
        let members = signed.record().members().map(|(account, _)| account);
        let members: Vec<AccountId> = members.collect();
        loop {
            let wraps = self.wraps(&members).await?;
            let shared = signed.tail(&wraps, &self.people, secret, &mut rand::rng());
            match shared {
                Ok(shared) => return Ok(shared),
                Err(error) => self.look_up_draft(error).await?,
            }
        }
    }

    /// Reads the keys that a draft waits for; anything else is why it is not made.
    pub(super) async fn look_up_draft(
        &mut self,
        error: DraftError,
    ) -> Result<(), ConversationError> {
        let keys = match &error {
            DraftError::UnknownKeys(keys) => Some(*keys),
            DraftError::Refused(error) => error.unknown_keys(),
            _ => None,
        };
        match keys {
            Some(keys) => self.must_read(keys).await,
            None => Err(error.into()),
        }
    }

    /// Reads keys that must be there.
    async fn must_read(
        &mut self,
        keys: wire_format::room::UnknownKeys,
    ) -> Result<(), ConversationError> {
        if self.read_keys(keys).await? {
            return Ok(());
        }
        Err(DraftError::UnknownKeys(keys).into())
    }

    async fn put(&mut self, id: RoomId, ready: Ready) -> Result<(), ConversationError> {
        let wraps = WrapNumbers::try_from(ready.wraps).map_err(|_| OwnFault::Kept);
        let commit = Commit {
            room: id,
            n: ready.n,
            wraps: wraps.map_err(crate::account::AccountError::from)?,
        };
        self.account.call(&commit, ready.tail).await?;
        self.take_commit(id, ready.commit).await?;
        let room = self.room(id)?;
        room.due = None;
        room.conversation.hold(ready.n, ready.secret.clone())?;
        self.keep_secret(id, ready.n, &ready.secret).await?;
        self.keep_head(id).await?;
        self.reseal(id).await
    }

    /// Reads the chain of every member anew.
    async fn read_all_chains(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let members = self.room(id)?.conversation.record().members();
        let members: Vec<AccountId> = members.map(|(account, _)| account).collect();
        for account in self.read_chains(&members).await? {
            self.read_chain(account).await?;
        }
        Ok(())
    }
}

/// Whether somebody else's commit did this.
fn is_done(change: &Change, record: &RoomRecord) -> bool {
    match change {
        Change::Removed { account, after } => {
            record.member(*account).is_none()
                && (*after == AfterRemoval::MayReturn || record.is_banned(*account))
        }
        Change::Role { account, role } => record
            .member(*account)
            .is_some_and(|member| member.role == *role),
        Change::Joined(request) => record
            .member(request.account())
            .is_some_and(|member| member.fingerprint == request.fingerprint()),
        Change::Left(request) => record.member(request.account()).is_none(),
        Change::Policy(policy) => record.policy() == policy,
        Change::Unbanned(account) => !record.is_banned(*account),
        _ => false,
    }
}

/// Why a commit is made that only was due.
pub(super) const fn reason(due: Option<CommitDue>) -> CommitReason {
    match due {
        Some(CommitDue::Joined | CommitDue::Left) => CommitReason::Membership,
        Some(CommitDue::Age) => CommitReason::Age,
        Some(CommitDue::Count) => CommitReason::Count,
        Some(CommitDue::BadShare) => CommitReason::BadShare,
        Some(CommitDue::Rekeyed) => CommitReason::Rekeyed,
        Some(CommitDue::Demand) | None => CommitReason::OnDemand,
    }
}

/// How often a commit is tried: more members than commit at a time.
const ATTEMPTS: usize = 8;
