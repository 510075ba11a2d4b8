//! Whose turn it is among the publishes of a channel that this proxy does not even pass on.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use wire_format::{ChannelId, ErrorCode, PublishFlags, Refusal, limits::ROOMS_PER_ACCOUNT};

/// The channels in which the last publish was refused here: the chat-server knows nothing of it, and
/// would take one that is to follow it.
#[derive(Debug, Default)]
pub(crate) struct Turns(
    /// Locked for one look, and for the count of a rate.
    Mutex<HashSet<ChannelId>>,
);

impl Turns {
    /// Lets a publish through that `admit` does, unless it follows one that was not.
    ///
    /// # Errors
    /// `out_of_turn`, and those of `admit`.
    pub(super) fn take<T>(
        &self,
        channel: ChannelId,
        flags: PublishFlags,
        admit: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has more channels refused than there are rooms for an account follows nothing.
        let is_refused = refused.contains(&channel) || refused.len() >= ROOMS_PER_ACCOUNT;
        if flags.is_following() && is_refused {
            return Err(ErrorCode::OutOfTurn.into());
        }
        let admitted = admit();
        if admitted.is_ok() {
            refused.remove(&channel);
        } else if refused.len() < ROOMS_PER_ACCOUNT {
            refused.insert(channel);
        }
        admitted
    }

    /// Watches over a publish that was let through: the chat-server may know nothing of it until it
    /// has answered.
    pub(super) fn watch(&self, channel: ChannelId) -> Unanswered<'_> {
        Unanswered {
            turns: self,
            channel: Some(channel),
        }
    }
}

/// A publish that was let through; nothing follows it if it is dropped without an answer.
pub(super) struct Unanswered<'t> {
    turns: &'t Turns,
    channel: Option<ChannelId>,
}

impl Unanswered<'_> {
    /// The chat-server has answered, and remembers itself what it refused.
    pub(super) fn answered(mut self) {
        self.channel = None;
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let Some(channel) = self.channel else { return };
        let mut refused = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < ROOMS_PER_ACCOUNT {
            refused.insert(channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: PublishFlags = PublishFlags::STORED;

    fn next() -> PublishFlags {
        FIRST.following()
    }

    fn id(channel: u16) -> [u8; 16] {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&channel.to_be_bytes());
        id
    }

    fn take(
        turns: &Turns,
        channel: u16,
        flags: PublishFlags,
        is_admitted: bool,
    ) -> Option<ErrorCode> {
        let admit = || match is_admitted {
            true => Ok(()),
            false => Err(ErrorCode::RateLimited.into()),
        };
        let taken = turns.take(ChannelId::from_bytes(id(channel)), flags, admit);
        taken.err().map(|refusal| refusal.code)
    }

    #[test]
    fn nothing_follows_what_was_refused_here() {
        let turns = Turns::default();
        assert_eq!(take(&turns, 1, FIRST, true), None);
        assert_eq!(take(&turns, 1, next(), false), Some(ErrorCode::RateLimited));
        assert_eq!(take(&turns, 1, next(), true), Some(ErrorCode::OutOfTurn));
        assert_eq!(take(&turns, 2, next(), true), None, "another channel");
        assert_eq!(take(&turns, 1, FIRST, true), None);
        assert_eq!(take(&turns, 1, next(), true), None);
    }

    #[test]
    fn nothing_follows_what_was_not_answered() {
        let turns = Turns::default();
        assert_eq!(take(&turns, 1, FIRST, true), None);
        turns.watch(ChannelId::from_bytes(id(1))).answered();
        assert_eq!(take(&turns, 1, next(), true), None);
        drop(turns.watch(ChannelId::from_bytes(id(1))));
        assert_eq!(take(&turns, 1, next(), true), Some(ErrorCode::OutOfTurn));
        assert_eq!(take(&turns, 2, next(), true), None, "another channel");
        assert_eq!(take(&turns, 1, FIRST, true), None);
        assert_eq!(take(&turns, 1, next(), true), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let turns = Turns::default();
        let most = u16::try_from(ROOMS_PER_ACCOUNT).expect("a small number");
        for channel in 0..=most {
            take(&turns, channel, FIRST, false);
        }
        drop(turns.watch(ChannelId::from_bytes([0xff; 16])));
        assert_eq!(turns.0.lock().expect("no panic").len(), ROOMS_PER_ACCOUNT);
        assert_eq!(take(&turns, most, next(), true), Some(ErrorCode::OutOfTurn));
        assert_eq!(take(&turns, most, FIRST, true), None);
    }
}
