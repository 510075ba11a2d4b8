//! Ways in which something about conversations ends otherwise than well.

use std::borrow::Cow;

use chat_client::{conversation::SealFault, conversations::ConversationError};
use wire_format::ErrorCode;

use super::{Failure, INTERNAL, REFUSED, UNBELIEVED, account};

impl From<ConversationError> for Failure {
    fn from(error: ConversationError) -> Self {
        match error {
            ConversationError::Account(error) => Self::Account(error),
            error => Self::Conversation(error),
        }
    }
}

pub(super) fn number(error: &ConversationError) -> u8 {
    match error {
        ConversationError::Account(error) => account::number(error),
        error if error.is_unbelieved() => UNBELIEVED,
        ConversationError::KeysGone => INTERNAL,
        _ => REFUSED,
    }
}

pub(super) fn word(error: &ConversationError) -> &'static str {
    match error {
        ConversationError::Account(error) => account::word(error),
        error => error.code(),
    }
}

pub(super) fn hint(error: &ConversationError) -> Option<Cow<'static, str>> {
    let hint = match error {
        ConversationError::Account(error) => {
            return match error_code(error) {
                Some(ErrorCode::NoSuchAccount) => {
                    Some("Nobody and no group has this name. Groups: sealwire group list".into())
                }
                _ => account::hint(error),
            };
        }
        ConversationError::NoSuchRoom(_)
        | ConversationError::NoSuchName(_)
        | ConversationError::NotMember => "Conversations of this account: sealwire group list",
        ConversationError::Ambiguous(_) => {
            "Name it by its id, which sealwire group list shows; a person by sealwire friends --json."
        }
        ConversationError::Blocked(_) => {
            "Compare the safety number: sealwire fingerprint NAME --verified, or --acknowledge without it."
        }
        ConversationError::Commit(_) | ConversationError::TakeUp(_) => {
            "Compare the room number with the others: sealwire group decide ROOM"
        }
        ConversationError::Seal(SealFault::Forked) => {
            "Compare the room number with the others, and decide: sealwire group decide ROOM"
        }
        ConversationError::KeysGone | ConversationError::Seal(SealFault::OtherKeys) => {
            "Ask a member to let you in anew (sealwire group invite ROOM, with your name); then: sealwire group join"
        }
        ConversationError::Seal(SealFault::Unkeyed) => {
            "It was asked for: it comes when a member is there. Try again later."
        }
        ConversationError::NotInvited => "Invitations: sealwire group join",
        ConversationError::NotAsked => "Requests: sealwire group keys ROOM",
        ConversationError::Seal(SealFault::NoSuchChannel) | ConversationError::NoSuchChannel(_) => {
            "Channels: sealwire channels list ROOM"
        }
        ConversationError::ChannelTaken(_) => "Try another NAME.",
        ConversationError::ByInvitation => {
            "Ask a member to invite you; then: sealwire rooms join INVITATION"
        }
        ConversationError::Banned => "An owner or admin lets you come back: sealwire members unban",
        ConversationError::NotBanned(_) => "Who is banned: sealwire members list ROOM",
        ConversationError::NoSuchResource(_) => "What there is: sealwire resources list ROOM",
        ConversationError::Contended => "It may have been done. Look: sealwire group members ROOM",
        _ => return None,
    };
    Some(hint.into())
}

fn error_code(error: &chat_client::AccountError) -> Option<ErrorCode> {
    match error {
        chat_client::AccountError::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    }
}
