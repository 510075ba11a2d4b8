//! What a room's user decides after an alarm that stopped it (docs/protocol.md#149-commits).

use wire_format::{
    CommitHash, EpochNumber, RoomId,
    room::{TakeUpError, UnverifiedCommit},
};

use super::{ConversationError, Conversations};
use crate::conversation::{Alarm, Conversation};

/// A commit up to which somebody knows a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reached {
    /// Its number.
    pub n: EpochNumber,
    /// Its hash, which the room number is made of.
    pub commit: CommitHash,
}

/// The histories of one room that were shown to this account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Histories {
    /// What was verified here, on any device; `None` where nothing was.
    pub known: Option<Reached>,
    /// What the server names as the newest now, by its word; `None` where it names nothing.
    pub shown: Option<Reached>,
    /// A commit of another history that a member signed, while the user has not decided about it.
    pub other: Option<CommitHash>,
    /// Whether two histories were shown, or what the vault kept of the room does not open, and nothing
    /// is sent until the user decides.
    pub is_stopped: bool,
    /// Whether what the server shows now leads to what is known, or further.
    pub is_held: bool,
}

impl Conversations {
    /// Which histories of a room were shown, for its user to decide. It does not matter whether any of
    /// them holds. A dropped future leaves nothing behind.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn histories(&mut self, room: RoomId) -> Result<Histories, ConversationError> {
        let mut shown = None;
        let known = self.reached(room);
        let mut is_held = known.is_none();
        for record in self.commits(room, None).await? {
            let commit = UnverifiedCommit::parse(record)?;
            let reached = Reached {
                n: commit.n(),
                commit: commit.hash(),
            };
            is_held |= known == Some(reached);
            shown = Some(reached);
        }
        let fork = match self.rooms.get(&room) {
            Some(known) => known.conversation.fork().clone(),
            None => self.vaulted.fork(room),
        };
        Ok(Histories {
            known,
            shown,
            other: fork.other(),
            is_stopped: fork.is_stopped() || self.vaulted.is_head_lost(room),
            is_held,
        })
    }

    /// Goes on with the history that is known here: from now on something may be sent again, and the
    /// other history stops nothing any more, on no device. A dropped future leaves it decided or not.
    ///
    /// # Errors
    /// [`ConversationError::TakeUp`] as long as the server does not have what is known here: then there
    /// is nothing to go on with; the typed cause otherwise.
    pub async fn decide(&mut self, room: RoomId) -> Result<(), ConversationError> {
        let histories = self.histories(room).await?;
        if !histories.is_held {
            let found = histories.shown.map_or_else(EpochNumber::default, |it| it.n);
            return Err(TakeUpError::NotKept(found).into());
        }
        if self.vaulted.is_head_lost(room) {
            // In its place comes what holds of the room now; that it was lost is decided about.
            self.sync(room).await?;
            let is_decided = |alarm: &Alarm| matches!(alarm, Alarm::HeadLost(_));
            self.alarms
                .retain(|(at, alarm)| *at != Some(room) || !is_decided(alarm));
        }
        if let Some(known) = self.rooms.get_mut(&room) {
            known.conversation.decide();
        }
        let decided = self.rooms.get(&room);
        let decided = decided.map(|known| known.conversation.fork().clone());
        self.keep_decision(room, &decided.unwrap_or_default())
            .await?;
        if let Some(known) = self.rooms.get_mut(&room) {
            known.kept_fork = None;
        }
        self.sync(room).await
    }

    /// The newest commit that was verified, by this process or as the vault keeps it.
    fn reached(&self, room: RoomId) -> Option<Reached> {
        let read = self.conversation(room).map(Conversation::chain);
        let read = read.map(|chain| (chain.head().n(), chain.head().hash()));
        let kept = self.vaulted.head(room).map(|note| (note.n, note.commit));
        let (n, commit) = read.into_iter().chain(kept).max_by_key(|(n, _)| *n)?;
        Some(Reached { n, commit })
    }
}
