//! What an honest server and honest members do not do.

use wire_format::{
    AccountId, ChannelId, EpochNumber, RunId, Sequence, identity::ChainError, replay::Hole,
    room::CommitError,
};

/// Something that is named at once, to the local user. `Display` says what; [`Alarm::next`] what to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Alarm {
    /// Two histories of the room were shown; nothing is sent from now on.
    #[error("another history of this room was shown (at commit {0})")]
    Fork(EpochNumber),
    /// A commit that nobody may make.
    #[error("commit {n} is refused: {error}")]
    Commit {
        /// Its number, as far as it can be read.
        n: EpochNumber,
        /// Why.
        error: CommitError,
    },
    /// Messages of a sender are missing.
    #[error("messages of account {sender} were withheld or lost ({} to {})", hole.first, hole.last)]
    Withheld {
        /// Whose.
        sender: AccountId,
        /// The counters that did not come.
        hole: Hole,
    },
    /// Another message under a counter that was used.
    #[error("account {0} sealed two messages under one key, or one was forged")]
    Reused(AccountId),
    /// A message by somebody who was not in the room.
    #[error("a message by account {0}, which was not in the room")]
    Ghost(AccountId),
    /// The server's numbers have a hole.
    #[error("delivery {found} where {expected} follows: the server left some out")]
    Numbers {
        /// The number that follows.
        expected: Sequence,
        /// The number that came.
        found: Sequence,
    },
    /// A commit has no place in a channel where what follows needs one.
    #[error(
        "commit {n} was left out of channel {channel}: the server shows its channels differently"
    )]
    CommitLeftOut {
        /// Where.
        channel: ChannelId,
        /// Its number.
        n: EpochNumber,
    },
    /// A commit stands in a channel behind one that follows it, or behind what it started.
    #[error(
        "commit {n} stands too late in channel {channel}: the server shows its channels differently"
    )]
    CommitOrder {
        /// Where.
        channel: ChannelId,
        /// Its number.
        n: EpochNumber,
    },
    /// The server names a channel as one of this room that is another room's, or hands out a delivery
    /// of another channel than it was asked for.
    #[error("the server mixes channel {0} with those of another place")]
    Channel(ChannelId),
    /// The server does not show a channel of a room, which never loses one.
    #[error(
        "channel {0} of this room is not shown: the server hides it, or who named it made it up"
    )]
    ChannelWithheld(ChannelId),
    /// The server numbers afresh.
    #[error("the server numbers this room afresh (run {0}): it lost what was there, or hides it")]
    Run(RunId),
    /// A message was taken away without its tombstone.
    #[error("message {0} was taken away without a tombstone")]
    Erased(Sequence),
    /// The server names an older head than was seen, or another one.
    #[error("the server's commits, up to {found}, do not lead to commit {kept}, which was seen")]
    RolledBack {
        /// By the server's word.
        found: EpochNumber,
        /// What was seen.
        kept: EpochNumber,
    },
    /// What the vault kept of the room does not open; nothing is sent.
    #[error("what the vault kept of this room does not open: commit {0} is compared with nothing")]
    HeadLost(EpochNumber),
    /// Somebody's chain of keys does not continue what was seen of it.
    #[error("the keys of account {account} were swapped: {error}")]
    Swapped {
        /// Whose.
        account: AccountId,
        /// What is wrong.
        error: ChainError,
    },
    /// Somebody's chain of keys cannot be read.
    #[error(
        "the keys of account {0} cannot be read: the server shows more than anybody has, or none"
    )]
    Unread(AccountId),
}

impl Alarm {
    /// A word for scripts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fork(_) => "fork",
            Self::Commit { .. } => "commit_refused",
            Self::Withheld { .. } => "withheld",
            Self::Reused(_) => "reused",
            Self::Ghost(_) => "ghost",
            Self::Numbers { .. } => "numbers",
            Self::CommitLeftOut { .. } => "commit_left_out",
            Self::CommitOrder { .. } => "commit_order",
            Self::Channel(_) => "channel_mixed",
            Self::ChannelWithheld(_) => "channel_withheld",
            Self::Run(_) => "other_run",
            Self::Erased(_) => "erased",
            Self::RolledBack { .. } => "room_rolled_back",
            Self::HeadLost(_) => "room_head_lost",
            Self::Swapped { .. } => "keys_swapped",
            Self::Unread(_) => "keys_unread",
        }
    }

    /// What its user can do. `ROOM` stands for the room's id.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Fork(_) => {
                "Nothing is sent there until you decide: sealwire group decide ROOM shows both room numbers to compare with the others, and goes on with what is known here."
            }
            Self::Commit { .. } | Self::RolledBack { .. } | Self::HeadLost(_) => {
                "Compare the room number with the others: sealwire group decide ROOM"
            }
            Self::ChannelWithheld(_) => {
                "Ask the others whether they see it (sealwire channels list ROOM), and whoever runs the server why you do not."
            }
            Self::Withheld { .. } | Self::Numbers { .. } | Self::Erased(_) | Self::Run(_) => {
                "Ask the sender, on another way, what is missing; ask whoever runs the server why."
            }
            Self::CommitLeftOut { .. } | Self::CommitOrder { .. } | Self::Channel(_) => {
                "Who was removed may have written where it seems to be before that. Compare the room number with the others (sealwire group members ROOM), and ask whoever runs the server why."
            }
            Self::Reused(_) | Self::Ghost(_) => {
                "Ask the named account, on another way, what it said."
            }
            Self::Swapped { .. } | Self::Unread(_) => {
                "Nothing is sent to them while the server shows these keys. Tell them on another way, and ask whoever runs the server why."
            }
        }
    }
}
