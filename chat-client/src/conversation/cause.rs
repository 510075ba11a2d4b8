//! Why something is not readable, and what to do about it.

use wire_format::{
    AccountId, EpochNumber, OpenError,
    envelope::SenderError,
    room::{CommitError, UnknownKeys},
};

/// Why a delivery is not shown. Nothing has changed when it is returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// It cannot be read at all.
    #[error("it is no message: {0}")]
    Record(OpenError),
    /// Its sender is not certain.
    #[error("{0}")]
    Sender(SenderError),
    /// A commit does not hold.
    #[error("{0}")]
    Commit(CommitError),
    /// The own share of its epoch has not come, or does not open: it was asked for.
    #[error("the key of epoch {0} has not come yet")]
    WaitingForKey(EpochNumber),
    /// The room has forgotten its epoch.
    #[error("its key was forgotten, as the room wants it (epoch {0})")]
    Forgotten(EpochNumber),
    /// It was sealed for the members of an epoch that this account was not in.
    #[error("it was sealed before this account was in the room (epoch {0})")]
    BeforeJoining(EpochNumber),
    /// This account started with new keys, and has not been let in with them.
    #[error("it was sealed to keys that this account gave up (epoch {0})")]
    KeysReset(EpochNumber),
    /// It was shown before, in this very envelope or another one.
    #[error("it is a repetition")]
    Repeated,
    /// Another envelope had its counter.
    #[error("another message had its key")]
    Reused,
    /// So old that it is not known any more whether it was shown.
    #[error("it is too old to be told from a repetition")]
    TooOld,
    /// It does not open.
    #[error("it does not open: {0}")]
    Open(OpenError),
}

/// What is to be read before a delivery is looked at again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// Somebody's chain of keys.
    Keys(UnknownKeys),
    /// The room's chain, from its head on.
    Commits,
    /// The own share of an epoch.
    Share(EpochNumber),
}

impl Cause {
    /// What to read before trying once more; `None` where that changes nothing.
    pub const fn wanted(&self) -> Option<Wanted> {
        match self {
            Self::Sender(SenderError::UnknownKeys(keys)) => Some(Wanted::Keys(*keys)),
            Self::Sender(SenderError::UnknownEpoch(_)) | Self::Commit(CommitError::Gap { .. }) => {
                Some(Wanted::Commits)
            }
            Self::Commit(error) => match error.unknown_keys() {
                Some(keys) => Some(Wanted::Keys(keys)),
                None => None,
            },
            Self::WaitingForKey(n) => Some(Wanted::Share(*n)),
            _ => None,
        }
    }

    /// Whether nothing is said of it: it was shown before, or is forgotten.
    pub const fn is_silent(&self) -> bool {
        matches!(self, Self::Repeated | Self::Forgotten(_))
    }

    /// Who was not in the room and wrote all the same.
    pub(super) const fn ghost(&self) -> Option<AccountId> {
        match self {
            Self::Sender(SenderError::NotMember(account)) => Some(*account),
            _ => None,
        }
    }

    /// A word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Record(_) => "malformed",
            Self::Sender(SenderError::NotMember(_)) => "not_a_member",
            Self::Sender(SenderError::Muted(_)) => "muted",
            Self::Sender(SenderError::OtherCommit(_)) => "other_history",
            Self::Sender(SenderError::UnknownEpoch(_)) => "unknown_epoch",
            Self::Sender(SenderError::UnknownKeys(_)) => "unknown_keys",
            Self::Sender(SenderError::Signature(_)) => "bad_signature",
            Self::Sender(_) => "misplaced",
            Self::Commit(_) => "commit_refused",
            Self::WaitingForKey(_) => "waiting_for_key",
            Self::Forgotten(_) => "forgotten",
            Self::BeforeJoining(_) => "before_you_joined",
            Self::KeysReset(_) => "keys_reset",
            Self::Repeated => "repeated",
            Self::Reused => "reused",
            Self::TooOld => "too_old",
            Self::Open(_) => "not_opened",
        }
    }

    /// What happens next, or what its user can do. `ROOM` stands for the room's id, `SEQ` for the
    /// delivery's number.
    pub const fn next(&self) -> &'static str {
        match self {
            Self::WaitingForKey(_) => {
                "It was asked for: it comes when a member with the key is there. Listen again later."
            }
            Self::BeforeJoining(_) => {
                "Ask for the key: sealwire group keys ROOM ask. An owner or admin decides; then read it: sealwire listen --room ROOM --from SEQ"
            }
            Self::KeysReset(_) => {
                "Ask a member to let you in anew (sealwire group invite ROOM, with your name), come in by sealwire group join, and ask for older keys: sealwire group keys ROOM ask. With one person, write anew: sealwire send NAME"
            }
            Self::Sender(SenderError::OtherCommit(_)) | Self::Commit(_) => {
                "Compare the room number with the others: sealwire group decide ROOM"
            }
            Self::Sender(SenderError::UnknownEpoch(_) | SenderError::UnknownKeys(_)) => {
                "The server did not hand out what it is judged by. Read it again later: sealwire listen --room ROOM --from SEQ"
            }
            Self::TooOld => "Read it by itself: sealwire listen --room ROOM --from SEQ",
            Self::Forgotten(_) => "Nothing: it is gone everywhere, as the room's policy says.",
            Self::Repeated => "Nothing: it was shown before.",
            Self::Record(_) | Self::Sender(_) | Self::Reused | Self::Open(_) => {
                "Ask its sender, on another way, to say it again."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire_format::{CommitHash, Fingerprint};

    /// One of each, in the order of [`Cause`]; a new one does not compile before it stands here.
    fn every_cause() -> Vec<Cause> {
        let n = EpochNumber::new(2);
        let account = AccountId::from_bytes([1; 16]);
        let keys = UnknownKeys {
            account,
            fingerprint: Fingerprint::from_bytes([2; 32]),
        };
        let mut all = vec![Cause::Record(OpenError::Truncated)];
        while let Some(next) = match all[all.len() - 1] {
            Cause::Record(_) => Some(Cause::Sender(SenderError::Record(OpenError::Truncated))),
            Cause::Sender(SenderError::Record(_)) => Some(Cause::Sender(SenderError::OtherPlace)),
            Cause::Sender(SenderError::OtherPlace) => {
                Some(Cause::Sender(SenderError::UnknownEpoch(n)))
            }
            Cause::Sender(SenderError::UnknownEpoch(_)) => Some(Cause::Sender(
                SenderError::OtherCommit(CommitHash::from_bytes([3; 32])),
            )),
            Cause::Sender(SenderError::OtherCommit(_)) => {
                Some(Cause::Sender(SenderError::NotMember(account)))
            }
            Cause::Sender(SenderError::NotMember(_)) => {
                Some(Cause::Sender(SenderError::Muted(account)))
            }
            Cause::Sender(SenderError::Muted(_)) => {
                Some(Cause::Sender(SenderError::UnknownKeys(keys)))
            }
            Cause::Sender(SenderError::UnknownKeys(_)) => Some(Cause::Sender(
                SenderError::Signature(OpenError::PssSignature),
            )),
            Cause::Sender(_) => Some(Cause::Commit(CommitError::Fork(n))),
            Cause::Commit(_) => Some(Cause::WaitingForKey(n)),
            Cause::WaitingForKey(_) => Some(Cause::Forgotten(n)),
            Cause::Forgotten(_) => Some(Cause::BeforeJoining(n)),
            Cause::BeforeJoining(_) => Some(Cause::KeysReset(n)),
            Cause::KeysReset(_) => Some(Cause::Repeated),
            Cause::Repeated => Some(Cause::Reused),
            Cause::Reused => Some(Cause::TooOld),
            Cause::TooOld => Some(Cause::Open(OpenError::Truncated)),
            Cause::Open(_) => None,
        } {
            all.push(next);
        }
        all
    }

    #[test]
    fn every_cause_has_a_sentence_a_word_and_a_next_step() {
        let mut words = Vec::new();
        for cause in every_cause() {
            assert!(!cause.to_string().is_empty() && !cause.code().is_empty());
            assert!(cause.next().len() > 20, "{cause}");
            words.push(cause.code());
        }
        words.dedup();
        assert_eq!(
            words,
            [
                "malformed",
                "misplaced",
                "unknown_epoch",
                "other_history",
                "not_a_member",
                "muted",
                "unknown_keys",
                "bad_signature",
                "commit_refused",
                "waiting_for_key",
                "forgotten",
                "before_you_joined",
                "keys_reset",
                "repeated",
                "reused",
                "too_old",
                "not_opened",
            ]
        );
    }
}
