//! Reading a room's commits and the own shares of its epochs.

use bytes::Bytes;
use wire_format::{
    AccountId, EpochNumber, EpochSecret, InstanceId, RoomId, WrapNumber,
    command::commits::{BadShare, Chain, Share},
    record_list,
    room::{Change, CommitError, RoomChain, TakeUpError, UnknownKeys, UnverifiedCommit},
};

use super::{ConversationError, Conversations, Room, now};
use crate::{
    account::PeerFault,
    conversation::{Alarm, Cause, Conversation, ShareFault, Wanted},
};

impl Conversations {
    /// Reads what is new of a room: its commits, then the own shares whose secrets are missing. The
    /// first time all of it is read. A dropped future leaves it read up to somewhere.
    ///
    /// # Errors
    /// The typed cause; a chain that is not the one that was seen is [`ConversationError::TakeUp`].
    pub async fn sync(&mut self, room: RoomId) -> Result<(), ConversationError> {
        match self.rooms.get(&room) {
            None => self.load(room).await?,
            Some(_) => self.read_commits(room).await?,
        }
        // Before anything of it is opened or shown.
        self.forget(room).await?;
        self.read_shares(room).await?;
        self.keep_head(room).await
    }

    /// As [`Conversations::sync`], for one room among others; false if it does not hold, which is
    /// among the alarms, or is gone.
    pub(super) async fn holds(&mut self, room: RoomId) -> Result<bool, ConversationError> {
        match self.sync(room).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_of_one_room() || error.is_gone() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads a room for the first time in this process.
    async fn load(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let records = self.commits(id, None).await?;
        let chain = self.verified(id, records).await?;
        let instance = InstanceId::from_bytes(rand::random());
        let mut conversation = Conversation::new(self.account.id(), chain, instance);
        conversation.forget(now());
        for (n, kept) in self.vaulted.secrets(id) {
            // One that is not the epoch's is as if it were missing.
            let _ = conversation.hold(n, kept.note.to_secret());
        }
        conversation.take_up_fork(self.vaulted.fork(id));
        let kept_fork = conversation
            .is_forked()
            .then(|| conversation.fork().clone());
        if self.vaulted.is_head_lost(id) {
            let n = conversation.chain().head().n();
            self.alarms.push((Some(id), Alarm::HeadLost(n)));
            conversation.stop();
        }
        let mut room = Room::of(conversation);
        room.kept_fork = kept_fork;
        self.rooms.insert(id, room);
        Ok(())
    }

    /// Verifies a whole chain: up to the commit that the vault kept by its hash, the rest by every check.
    pub(super) async fn verified(
        &mut self,
        room: RoomId,
        records: Vec<Bytes>,
    ) -> Result<RoomChain, ConversationError> {
        let mut records = records.into_iter();
        let kept = self.vaulted.head(room).cloned();
        let mut chain = match kept {
            Some(kept) => {
                let known = usize::try_from(kept.n.value()).unwrap_or(usize::MAX);
                let known: Vec<Bytes> = records.by_ref().take(known).collect();
                let taken_up = RoomChain::reread(room, &kept, known);
                if let Err(TakeUpError::NotKept(found)) = taken_up {
                    let kept = kept.n;
                    self.alarms
                        .push((Some(room), Alarm::RolledBack { found, kept }));
                }
                taken_up?
            }
            None => {
                let first = records.next().ok_or(PeerFault::Pages)?;
                self.read_newcomers(std::slice::from_ref(&first)).await?;
                self.first(room, first).await?
            }
        };
        for some in records.as_slice().chunks(COMMITS_AT_ONCE) {
            self.read_newcomers(some).await?;
            for record in some {
                self.extend(&mut chain, record.clone()).await?;
            }
        }
        Ok(chain)
    }

    async fn first(&mut self, room: RoomId, record: Bytes) -> Result<RoomChain, ConversationError> {
        loop {
            let first = RoomChain::first(room, record.clone(), &self.people);
            match first {
                Ok(chain) => return Ok(chain),
                Err(error) => self.look_up(room, error).await?,
            }
        }
    }

    async fn extend(
        &mut self,
        chain: &mut RoomChain,
        record: Bytes,
    ) -> Result<(), ConversationError> {
        loop {
            match chain.extend(record.clone(), &self.people) {
                Ok(_) => return Ok(()),
                Err(error) => self.look_up(chain.room(), error).await?,
            }
        }
    }

    /// Reads the keys that a commit waits for; anything else is why it is refused.
    async fn look_up(&mut self, room: RoomId, error: CommitError) -> Result<(), ConversationError> {
        if let Some(keys) = error.unknown_keys()
            && self.read_keys(keys).await?
        {
            return Ok(());
        }
        let n = EpochNumber::default();
        self.alarms.push((Some(room), Alarm::Commit { n, error }));
        Err(error.into())
    }

    /// Reads the keys that are missing of everybody whom these commits let in: each commit would be judged
    /// from its beginning again for each of them that is found missing by itself. Of those that cannot be
    /// read here that judgement speaks.
    async fn read_newcomers(&mut self, records: &[Bytes]) -> Result<(), ConversationError> {
        // What cannot be read waits for no keys.
        let commits = records.iter().cloned().map(UnverifiedCommit::parse);
        let commits: Vec<UnverifiedCommit> = commits.filter_map(Result::ok).collect();
        let changes = commits.iter().flat_map(UnverifiedCommit::changes);
        let newcomers = changes.filter_map(|change| match change {
            Change::Joined(request) => Some(UnknownKeys {
                account: request.account(),
                fingerprint: request.fingerprint(),
            }),
            Change::Placed {
                account,
                fingerprint,
            } => Some(UnknownKeys {
                account: *account,
                fingerprint: *fingerprint,
            }),
            _ => None,
        });
        let missing = newcomers.filter(|keys| !self.people.has(*keys));
        let missing: Vec<AccountId> = missing.map(|keys| keys.account).collect();
        self.read_chains(&missing).await?;
        Ok(())
    }

    /// Takes the commits behind the head.
    async fn read_commits(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let head = self.room(id)?.conversation.chain().head().n();
        for some in self.commits(id, Some(head)).await?.chunks(COMMITS_AT_ONCE) {
            self.read_newcomers(some).await?;
            for record in some {
                self.take_commit(id, record.clone()).await?;
            }
        }
        Ok(())
    }

    /// Takes one commit; reads the keys that it waits for.
    pub(super) async fn take_commit(
        &mut self,
        id: RoomId,
        record: Bytes,
    ) -> Result<(), ConversationError> {
        loop {
            let people = &self.people;
            let room = self.rooms.get_mut(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            match room.conversation.commit(record.clone(), people) {
                Ok(_) => return Ok(()),
                Err(cause) => match (cause.wanted(), cause) {
                    (Some(Wanted::Keys(keys)), _) if self.read_keys(keys).await? => {
                        self.read_newcomers(std::slice::from_ref(&record)).await?;
                    }
                    (_, Cause::Commit(error)) => {
                        self.keep_head(id).await?;
                        return Err(error.into());
                    }
                    (_, _) => return Err(PeerFault::Pages.into()),
                },
            }
        }
    }

    /// The commits behind one, as the server has them.
    pub(super) async fn commits(
        &mut self,
        room: RoomId,
        after: Option<EpochNumber>,
    ) -> Result<Vec<Bytes>, ConversationError> {
        let mut records: Vec<Bytes> = Vec::new();
        let begin = after.unwrap_or_default();
        loop {
            let read = u64::try_from(records.len()).unwrap_or(u64::MAX);
            let reached = EpochNumber::new(begin.value().saturating_add(read));
            let after = (reached.value() > 0).then_some(reached);
            let (page, tail) = self
                .account
                .call(&Chain { room, after }, Bytes::new())
                .await?;
            if page.head < begin {
                let (found, kept) = (page.head, begin);
                self.alarms
                    .push((Some(room), Alarm::RolledBack { found, kept }));
                return Err(TakeUpError::NotKept(page.head).into());
            }
            let more = record_list::parse(tail, COMMITS_PER_PAGE)?;
            if more.is_empty() && page.more {
                return Err(PeerFault::Pages.into());
            }
            records.extend(more);
            if !page.more {
                return Ok(records);
            }
        }
    }

    /// Reads the own shares of epochs whose secret is missing. One that is bad is said to be, once,
    /// and the secrets are asked for.
    pub(super) async fn read_shares(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let before = self.room(id)?.bad.clone();
        for n in self.room(id)?.conversation.missing() {
            if self.room(id)?.bad.contains(&n) {
                continue;
            }
            let came = self.room(id)?.shares.remove(&n);
            let (wrap, share) = match came {
                Some(came) => came,
                None => {
                    let asked = self
                        .account
                        .call(&Share { room: id, n }, Bytes::new())
                        .await;
                    match asked {
                        Ok((share, tail)) => (share.wrap, tail),
                        // The server has none for this account: it is to be asked for.
                        Err(crate::account::AccountError::Refused { .. }) => continue,
                        Err(error) => return Err(error.into()),
                    }
                }
            };
            self.open_share(id, n, wrap, &share).await?;
        }
        if self.room(id)?.bad == before {
            return Ok(());
        }
        // Taking a grant may read the room anew, which comes back here: with nothing bad that is new.
        let asked = Box::pin(self.ask_for_missing(id)).await;
        if asked.is_err() {
            self.room(id)?.bad = before;
        }
        asked
    }

    async fn open_share(
        &mut self,
        id: RoomId,
        n: EpochNumber,
        wrap: WrapNumber,
        share: &[u8],
    ) -> Result<(), ConversationError> {
        let key = self.account.wrap_of(wrap).await?;
        if key.is_none() && wrap.value() > 0 && self.are_keys_gone(id, n).await? {
            self.room(id)?.conversation.lost_keys_of(n);
            return Ok(());
        }
        let conversation = &mut self.room(id)?.conversation;
        let opened: Result<EpochSecret, ShareFault> =
            conversation.share(n, wrap, key.as_ref(), share, &mut rand::rng());
        match opened {
            Ok(secret) => self.keep_secret(id, n, &secret).await,
            Err(ShareFault::Bad { .. }) => self.say_bad(id, n).await,
            Err(_) => Ok(()),
        }
    }

    /// Whether this account was in an epoch by keys that are not in its vault: it began anew with others.
    async fn are_keys_gone(
        &mut self,
        id: RoomId,
        n: EpochNumber,
    ) -> Result<bool, ConversationError> {
        let me = self.account.id();
        let listed = self.room(id)?.conversation.chain().member_in(n, me);
        match listed {
            Some(member) => Ok(self.account.keys_of(member.fingerprint).await?.is_none()),
            None => Ok(false),
        }
    }

    /// Says that the own share is bad, where it is that of the newest epoch.
    async fn say_bad(&mut self, room: RoomId, n: EpochNumber) -> Result<(), ConversationError> {
        if self.room(room)?.conversation.chain().head().n() == n {
            self.account
                .call(&BadShare { room, n }, Bytes::new())
                .await?;
        }
        self.room(room)?.bad.insert(n);
        Ok(())
    }
}

/// Commits whose newcomers' keys are read before the first of them is judged: what a server makes up costs
/// no more than these.
const COMMITS_AT_ONCE: usize = 64;
/// Commits in one page: of 1 MiB, and none has fewer than 700 bytes.
const COMMITS_PER_PAGE: usize = 2_048;
