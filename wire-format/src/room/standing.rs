//! What a request is judged by.

use super::{History, Keysets, Newcomers, RoomRecord, UnknownKeys};
use crate::{
    identity::Keyset,
    ids::{AccountId, Fingerprint, Millis, RoomId},
};

/// How a room stands where a commit takes requests in.
#[derive(Clone, Copy)]
pub struct Standing<'a> {
    /// The room.
    pub room: RoomId,
    /// Who is in it before the commit, and what it allows.
    pub record: &'a RoomRecord,
    /// Its commits before this one.
    pub history: &'a History,
    /// Whose keys are whose.
    pub keysets: &'a dyn Keysets,
    /// Which keys newcomers must have.
    pub newcomers: Newcomers,
    /// When the commit was made.
    pub made_at: Millis,
}

impl<'a> Standing<'a> {
    /// The keys that somebody comes in with; `None` if they may not be these.
    pub(super) fn newcomer(
        &self,
        account: AccountId,
        fingerprint: Fingerprint,
    ) -> Result<Option<&'a Keyset>, UnknownKeys> {
        let unknown = UnknownKeys {
            account,
            fingerprint,
        };
        match self.newcomers {
            Newcomers::AnyOfTheirs => {
                super::keys::keyset(self.keysets, account, fingerprint).map(Some)
            }
            Newcomers::AtTheirHead => {
                let head = self.keysets.chain(account).ok_or(unknown)?.head();
                Ok((head.fingerprint() == fingerprint).then_some(head))
            }
        }
    }
}

impl std::fmt::Debug for Standing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standing")
            .field("room", &self.room)
            .field("newcomers", &self.newcomers)
            .field("made_at", &self.made_at)
            .finish_non_exhaustive()
    }
}
