//! What a room is and what it allows.

use crate::open_error::{Field, OpenError};

byte_enum! {
    /// What a room is; its first commit says so for good.
    RoomKind {
        /// Listed, its name and topic in the clear.
        Public = 1,
        /// Known to its members.
        Private = 2,
        /// A conversation of several, with one channel.
        Group = 3,
        /// A conversation of two, who both own it.
        Direct = 4,
    }

    /// Who may join.
    JoinPolicy {
        /// Anybody.
        Open = 1,
        /// Who was invited.
        ByInvitation = 2,
    }

    /// What of the past a newcomer may read.
    HistoryPolicy {
        /// What is written from joining on.
        FromJoining = 1,
        /// Everything that is kept.
        Shared = 2,
    }

    /// Who may invite.
    InvitePolicy {
        /// Every member.
        AnyMember = 1,
        /// Owners and admins.
        OwnersAndAdmins = 2,
    }
}

/// After how many days a room forgets (docs/protocol.md#1416-forgetting).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u16)]
pub enum KeepDays {
    /// Never.
    Forever = 0,
    /// After a day.
    One = 1,
    /// After a week.
    Seven = 7,
    /// After a month.
    Thirty = 30,
    /// After three months.
    Ninety = 90,
}

impl KeepDays {
    /// The one with this number in a policy.
    pub const fn from_days(days: u16) -> Option<Self> {
        Some(match days {
            0 => Self::Forever,
            1 => Self::One,
            7 => Self::Seven,
            30 => Self::Thirty,
            90 => Self::Ninety,
            _ => return None,
        })
    }

    /// The number in a policy; 0 is for ever.
    pub const fn days(self) -> u16 {
        self as u16
    }
}

/// What a room is and what it allows, as all members agree on it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Policy {
    /// What the room is.
    pub kind: RoomKind,
    /// Who may join.
    pub join: JoinPolicy,
    /// What of the past a newcomer may read.
    pub history: HistoryPolicy,
    /// Who may invite.
    pub invite: InvitePolicy,
    /// After how many days the room forgets.
    pub keep: KeepDays,
}

impl Policy {
    /// Size in a record, in bytes.
    pub const LEN: usize = 8;

    /// What a room of this kind begins with where its founder says nothing else.
    pub const fn new(kind: RoomKind) -> Self {
        let (join, history) = match kind {
            RoomKind::Public => (JoinPolicy::Open, HistoryPolicy::Shared),
            RoomKind::Private | RoomKind::Group | RoomKind::Direct => {
                (JoinPolicy::ByInvitation, HistoryPolicy::FromJoining)
            }
        };
        Self {
            kind,
            join,
            history,
            invite: InvitePolicy::AnyMember,
            keep: KeepDays::Forever,
        }
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`OpenError::Field`] for a value that this version does not have.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Result<Self, OpenError> {
        let [kind, join, history, invite, days @ .., zero_high, zero_low] = bytes;
        let policy = match (
            RoomKind::from_byte(kind),
            JoinPolicy::from_byte(join),
            HistoryPolicy::from_byte(history),
            InvitePolicy::from_byte(invite),
            KeepDays::from_days(u16::from_be_bytes(days)),
            [zero_high, zero_low],
        ) {
            (Some(kind), Some(join), Some(history), Some(invite), Some(keep), [0, 0]) => Self {
                kind,
                join,
                history,
                invite,
                keep,
            },
            _ => return Err(OpenError::Field(Field::Policy)),
        };
        Ok(policy)
    }

    /// The policy as it stands in a record.
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [high, low] = self.keep.days().to_be_bytes();
        [
            self.kind.byte(),
            self.join.byte(),
            self.history.byte(),
            self.invite.byte(),
            high,
            low,
            0,
            0,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_begin_by_their_kind() {
        let begins = |kind| Policy::new(kind).to_bytes();
        assert_eq!(begins(RoomKind::Public), [1, 1, 2, 1, 0, 0, 0, 0]);
        assert_eq!(begins(RoomKind::Private), [2, 2, 1, 1, 0, 0, 0, 0]);
        assert_eq!(begins(RoomKind::Group), [3, 2, 1, 1, 0, 0, 0, 0]);
        assert_eq!(begins(RoomKind::Direct), [4, 2, 1, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn every_byte_has_few_values() {
        let good = Policy {
            keep: KeepDays::Ninety,
            ..Policy::new(RoomKind::Public)
        };
        assert_eq!(Policy::from_bytes(good.to_bytes()), Ok(good));
        let accepted = |at: usize| -> Vec<u8> {
            (0..=u8::MAX)
                .filter(|&value| {
                    let mut bytes = good.to_bytes();
                    bytes[at] = value;
                    Policy::from_bytes(bytes).is_ok()
                })
                .collect()
        };
        assert_eq!(accepted(0), [1, 2, 3, 4]);
        assert_eq!(accepted(1), [1, 2]);
        assert_eq!(accepted(2), [1, 2]);
        assert_eq!(accepted(3), [1, 2]);
        assert_eq!(accepted(4), [0]);
        assert_eq!(accepted(5), [0, 1, 7, 30, 90]);
        assert_eq!(accepted(6), [0]);
        assert_eq!(accepted(7), [0]);
    }
}
