//! Loading a conversation from what the store keeps of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, RwLock},
};

use bytes::Bytes;
use tokio::sync::{Mutex, Notify};
use wire_format::{
    AccountId, ChannelId, CommitHash, EpochNumber, ErrorCode, Refusal, RoomId, RunId,
    event::CommitDue,
    room::RoomChain,
    vault::{Rest, RoomHeadNote, StoredBytes},
};
use zeroize::Zeroizing;

use super::{
    Conversation, State,
    channel::{self, Channel},
};
use crate::{
    account::{Accounts, account_id, store_failed},
    room::Stream,
    store::{
        Store as _,
        rooms::{Due, ReadCommits, ReadRoom, RoomOfChannel, RoomRow},
    },
};

impl Accounts {
    /// The conversation with this id, loaded if it has to be; `None` if there is none.
    ///
    /// Its commits were verified when they came, so that reading them again costs no signature. A
    /// dropped future leaves it loaded or not.
    ///
    /// # Errors
    /// `internal` and `busy`, as the store fails or as many wait for a core as may.
    pub(crate) async fn conversation(
        &self,
        room: RoomId,
    ) -> Result<Option<Arc<Conversation>>, Refusal> {
        if let Some(loaded) = self.conversations.loaded(room) {
            return Ok(Some(loaded));
        }
        let _turn = self.conversations.turn(room).await;
        if let Some(loaded) = self.conversations.loaded(room) {
            return Ok(Some(loaded));
        }
        let read = self.store.read(ReadRoom { room }).await;
        let Some(row) = read.map_err(store_failed)? else {
            return Ok(None);
        };
        let chain = self.read_chain(room, &row).await?;
        let conversation = Conversation::loaded(room, row, chain);
        Ok(Some(self.conversations.add(conversation)))
    }

    /// The conversation that this channel belongs to, likewise; it is not loaded for somebody who is not
    /// in it.
    ///
    /// # Errors
    /// Those of [`Accounts::conversation`].
    pub(crate) async fn conversation_with(
        &self,
        channel: ChannelId,
        account: AccountId,
    ) -> Result<Option<Arc<Conversation>>, Refusal> {
        if let Some(loaded) = self.conversations.loaded_with(channel) {
            return Ok(Some(loaded));
        }
        let account = account.into();
        let read = self.store.read(RoomOfChannel { channel, account }).await;
        match read.map_err(store_failed)? {
            Some(room) => self.conversation(room).await,
            None => Ok(None),
        }
    }

    async fn read_chain(&self, room: RoomId, row: &RoomRow) -> Result<RoomChain, Refusal> {
        let mut records = Vec::new();
        let mut after = 0;
        while after < row.n {
            let read = ReadCommits { room, after };
            let page = self.store.read(read).await.map_err(store_failed)?;
            if page.commits.is_empty() {
                return Err(ErrorCode::Internal.into());
            }
            // One that was taken since the row was read comes with the next look.
            let wanted = usize::try_from(row.n - after).unwrap_or(usize::MAX);
            let commits = page.commits.into_iter().take(wanted);
            records.extend(commits.map(Bytes::from));
            after = u64::try_from(records.len()).unwrap_or(u64::MAX);
        }
        let kept = RoomHeadNote {
            n: EpochNumber::new(row.n),
            commit: CommitHash::from_bytes(row.hash),
            state: StoredBytes::from_bytes(Zeroizing::new(Vec::new())),
            rest: Rest::default(),
        };
        let read = self
            .work
            .run(move || RoomChain::reread(room, &kept, records))
            .await?;
        read.map_err(|error| {
            tracing::error!(%room, %error, "the commits that are kept of a room do not fit");
            ErrorCode::Internal.into()
        })
    }
}

impl Conversation {
    /// A room as the store has it.
    pub(crate) fn loaded(room: RoomId, row: RoomRow, chain: RoomChain) -> Self {
        let ids = |accounts: Vec<_>| {
            accounts
                .into_iter()
                .map(account_id)
                .collect::<BTreeSet<_>>()
        };
        let main = ChannelId::main_of(room);
        let channels = row.channels.into_iter();
        let channels: BTreeMap<_, _> = channels
            .map(|row| (row.channel, Channel::from(row)))
            .collect();
        let others = channel::others(main, channels.keys());
        // What is told is numbered by the channels: the stream counts nothing.
        let run = channels.get(&main).map_or(NO_RUN, |main| main.run);
        let state = State {
            chain: Arc::new(chain),
            face: row.face,
            channels,
            due: row.due.map(Due::reason),
            is_aged_told: false,
            has_joins: row.has_joins,
            leaving: ids(row.leaving),
            unanswered: ids(row.unanswered),
            deaf: ids(row.deaf),
            stream: Stream::new(run),
            followers: BTreeMap::new(),
            seats: None,
            flushing: false,
            has_task: false,
            is_given_up: false,
        };
        Self {
            id: room,
            main,
            others: RwLock::new(others),
            turn: Mutex::new(()),
            state: std::sync::Mutex::new(state),
            work: Notify::new(),
            taken: Notify::new(),
        }
    }
}

impl Due {
    /// Why the commit is due, as it is told.
    pub(crate) const fn reason(self) -> CommitDue {
        match self {
            Self::BadShare => CommitDue::BadShare,
            Self::Rekeyed => CommitDue::Rekeyed,
            Self::Demand => CommitDue::Demand,
        }
    }
}

/// Of a room that has lost its channel.
const NO_RUN: RunId = RunId::from_bytes([0; RunId::LEN]);
