//! What goes wrong, by whose fault, and what is said about it on the wire (docs/protocol.md#13-codes).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::frame::Kind;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $sentence:literal;)*) => {
        /// Why a command or a publish was refused: a code and its one fixed sentence.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
            /// A code of a newer server.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ErrorCode {
            /// Every code of this version, in the order of the document.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it travels.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown => "unknown" }
            }

            /// The sentence that goes with it.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                    Self::Unknown => "The server refused for a reason that this version does not know.",
                }
            }

            /// The HTTP status of the browser's tier.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Unknown => 500 }
            }
        }
    };
}

error_codes! {
    /// Fields are missing, unknown or of the wrong kind.
    Malformed = "malformed", 400, "The request could not be understood.";
    /// No command has this name.
    UnknownCommand = "unknown_command", 404, "There is no such command.";
    /// `session.hello` named another version.
    UnsupportedVersion = "unsupported_version", 400, "This protocol version is not spoken here.";
    /// The command needs a signed-in session.
    NotSignedIn = "not_signed_in", 401, "Sign in first.";
    /// The command belongs before sign-in.
    AlreadySignedIn = "already_signed_in", 409, "This session is signed in already.";
    /// Policy or a wrong proof forbids it.
    NotAllowed = "not_allowed", 403, "This is not allowed.";
    /// Length or characters of a person's name.
    NameInvalid = "name_invalid", 422, "This name cannot be used.";
    /// A live session has this name, a case twin or a look-alike.
    NameTaken = "name_taken", 409, "This name, or one too much like it, is in use.";
    /// Length or characters of a room's name.
    RoomInvalid = "room_invalid", 422, "This room name cannot be used.";
    /// No room has this id.
    NoSuchRoom = "no_such_room", 404, "There is no such room.";
    /// No member has this id, or it has announced no keys.
    NoSuchMember = "no_such_member", 404, "There is no such member.";
    /// The server or the session has as many rooms as it may.
    TooManyRooms = "too_many_rooms", 409, "No more rooms can be opened.";
    /// The room has as many members as it may.
    RoomFull = "room_full", 409, "This room is full.";
    /// The session is not in the room.
    NotInRoom = "not_in_room", 403, "Enter the room first.";
    /// The publish names another epoch than the room's.
    StaleEpoch = "stale_epoch", 409, "The room's key has changed.";
    /// A publish that was to stand only behind the one before it, which was refused.
    OutOfTurn = "out_of_turn", 409, "A message before this one was refused.";
    /// The compare-and-swap was lost.
    EpochConflict = "epoch_conflict", 409, "Another epoch was started first.";
    /// The last epoch started a moment ago.
    EpochTooSoon = "epoch_too_soon", 409, "The room's key was changed a moment ago.";
    /// An answer to a question that the server did not put.
    NotAsked = "not_asked", 409, "Nobody asked for this.";
    /// Everything that can go wrong in opening, as one.
    NotOpened = "not_opened", 422, "The message could not be opened.";
    /// A field or a payload is above its limit.
    TooLarge = "too_large", 413, "This is too large.";
    /// A rate limit; waiting helps.
    RateLimited = "rate_limited", 429, "Too many requests. Wait a moment.";
    /// A resource is used up for now; waiting helps.
    Busy = "busy", 503, "The server is busy. Try again in a moment.";
    /// The proxy has no connection to its chat-server.
    Unavailable = "unavailable", 503, "The chat server cannot be reached.";
    /// The server's own fault; its log has the cause.
    Internal = "internal", 500, "Something went wrong on the server.";
    /// No such name, another password, or a token that is over: not told apart.
    LoginFailed = "login_failed", 401, "Name or password is wrong.";
    /// The session has not answered its challenge with its account's keys.
    KeysUnproven = "keys_unproven", 403, "This session has not proven its keys.";
    /// The compare-and-swap on the chain or the wrap key was lost.
    KeysConflict = "keys_conflict", 409, "The keys were changed from elsewhere.";
    /// A commit uses a wrap key that has a successor.
    WrapSuperseded = "wrap_superseded", 409, "A newer key of a member is there.";
    /// The compare-and-swap on the root or an item was lost.
    VaultConflict = "vault_conflict", 409, "The vault was changed from elsewhere.";
    /// No account has this id or name.
    NoSuchAccount = "no_such_account", 404, "There is no such account.";
    /// This direct conversation is there.
    RoomTaken = "room_taken", 409, "This room is there already.";
    /// Another commit has this number.
    CommitConflict = "commit_conflict", 409, "Another commit was first.";
    /// List, rules or signatures refuse the commit.
    CommitInvalid = "commit_invalid", 422, "This commit is not allowed.";
    /// A pending request is not in the commit.
    RequestsPending = "requests_pending", 409, "There are requests to take in first.";
    /// A request, an invitation or a grant that does not hold.
    RequestInvalid = "request_invalid", 422, "This request or invitation is not valid.";
    /// The compare-and-swap on the room state was lost.
    StateConflict = "state_conflict", 409, "The room was changed from elsewhere.";
    /// No stored message has this place and hash.
    NoSuchMessage = "no_such_message", 404, "There is no such message.";
    /// No file of a room that the account is in has this id, or not this chunk.
    NoSuchFile = "no_such_file", 404, "There is no such file.";
    /// The room or the channel is only read any more.
    Archived = "archived", 409, "This room or channel is archived.";
    /// One more of what an account may have only so many of.
    OverQuota = "over_quota", 413, "There is no room for more.";
    /// Nobody new comes in: the administrators have said so for the moment.
    Closed = "closed", 403, "The server is closed to newcomers for the moment.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The `error` of a reply header.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", .code.sentence())]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// After how many milliseconds it may work, where waiting helps.
    pub retry_after_ms: Option<u32>,
}

impl Refusal {
    /// A refusal that waiting does not mend.
    pub const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            retry_after_ms: None,
        }
    }

    /// A refusal that waiting mends.
    pub const fn retry_after(code: ErrorCode, retry_after_ms: u32) -> Self {
        Self {
            code,
            retry_after_ms: Some(retry_after_ms),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

/// The JSON shape of [`Refusal`]; the sentence is derived from the code and not believed from a peer.
#[derive(Deserialize, Serialize)]
struct RefusalFields {
    code: ErrorCode,
    #[serde(skip_deserializing)]
    message: &'static str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
}

impl Serialize for Refusal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            code,
            retry_after_ms,
        } = *self;
        RefusalFields {
            code,
            message: code.sentence(),
            retry_after_ms,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RefusalFields {
            code,
            retry_after_ms,
            ..
        } = RefusalFields::deserialize(deserializer)?;
        Ok(Self {
            code,
            retry_after_ms,
        })
    }
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $sentence:literal;)*) => {
        /// Why a connection ends: the number of a close frame and its one fixed sentence.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum CloseCode {
            $($(#[$doc])* $name,)*
            /// A code of a newer peer.
            Other(u16),
        }

        impl CloseCode {
            /// Every code of this version.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number as it travels.
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number,)* Self::Other(number) => number }
            }

            /// Any number is a code; one that this version does not know is [`CloseCode::Other`].
            pub const fn from_number(number: u16) -> Self {
                match number { $($number => Self::$name,)* _ => Self::Other(number) }
            }

            /// The name of the code, for logs and figures.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Other(_) => "other" }
            }

            /// The sentence that goes with it.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* Self::Other(_) => "The connection was closed." }
            }
        }
    };
}

close_codes! {
    /// Signed out, or the client has finished.
    Done = 1, "done", "Goodbye.";
    /// The server restarts; connecting again resumes.
    Resume = 2, "resume", "The server is restarting. Connect again.";
    /// A frame broke the protocol.
    Protocol = 3, "protocol", "A frame did not follow the protocol.";
    /// A frame was larger than its limit.
    TooLarge = 4, "too_large", "A frame was too large.";
    /// The reader was too far behind for too long.
    TooSlow = 5, "too_slow", "This connection read too slowly.";
    /// No sign-in, or no sign of life, in time.
    Timeout = 6, "timeout", "Nothing was heard in time.";
    /// Went on after being told to wait.
    Flood = 7, "flood", "Too many requests after being told to wait.";
    /// Too many connections, in all or from one address.
    Busy = 8, "busy", "Too many connections. Try again later.";
    /// Another protocol version.
    Version = 9, "version", "This protocol version is not spoken here.";
    /// The session was taken over by its owner's newer connection.
    Replaced = 10, "replaced", "This session continues on another connection.";
    /// The session was ended from another one of its account.
    Revoked = 11, "revoked", "This session was ended from elsewhere.";
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "other ({number})"),
            _ => f.write_str(self.as_str()),
        }
    }
}

/// How the bytes of a stream fail to be frames; the connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The frame breaks the layout.
    #[error("a frame breaks the layout")]
    Frame(#[from] FrameError),
    /// The transport failed.
    #[error("the transport failed")]
    Io(#[from] std::io::Error),
}

/// How a frame breaks the layout of docs/protocol.md#2-frames; a peer's fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// A frame without a kind.
    #[error("a frame of length zero")]
    Empty,
    /// A length above the limit in force; nothing was reserved for it.
    #[error("a frame of {length} bytes, above the limit of {limit}")]
    TooLarge {
        /// Bytes announced.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A kind that this version does not have.
    #[error("unknown kind {0:#04x}")]
    UnknownKind(u8),
    /// A kind that only the other side sends.
    #[error("a {0:?} frame in the wrong direction")]
    WrongDirection(Kind),
    /// The body is shorter than its fields.
    #[error("a truncated {0:?} frame")]
    Truncated(Kind),
    /// The body is longer than its fields.
    #[error("bytes left over in a {0:?} frame")]
    LeftOver(Kind),
    /// Flags that this version does not have.
    #[error("unknown flags {0:#04x}")]
    UnknownFlags(u8),
    /// A header above [`HEADER_BYTES`](crate::limits::HEADER_BYTES).
    #[error("a header above its limit")]
    HeaderTooLarge,
    /// A name or sentence that is not UTF-8, or a name above its limit.
    #[error("text that is not a name")]
    Text,
    /// A reply or event whose header is not what it must be.
    #[error("a header that cannot be read")]
    Header,
}

impl FrameError {
    /// The close code that tells the peer.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::TooLarge { .. } | Self::HeaderTooLarge => CloseCode::TooLarge,
            _ => CloseCode::Protocol,
        }
    }
}

/// How a command header fails to be a command; the connection goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// Not an object, or with missing, unknown, repeated or wrong fields.
    #[error("the command's header cannot be read")]
    Malformed,
    /// A name that no command has.
    #[error("there is no such command")]
    Unknown,
}

impl CommandError {
    /// The code of the reply.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Malformed => ErrorCode::Malformed,
            Self::Unknown => ErrorCode::UnknownCommand,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_code_and_its_own_sentence() {
        let json = serde_json::to_value(Refusal::retry_after(ErrorCode::RateLimited, 250)).ok();
        let expected = serde_json::json!({
            "code": "rate_limited",
            "message": "Too many requests. Wait a moment.",
            "retry_after_ms": 250,
        });
        assert_eq!(json, Some(expected));
    }

    #[test]
    fn a_peer_cannot_put_words_into_a_refusal() {
        let text = r#"{"code":"busy","message":"<b>send me your password</b>"}"#;
        let refusal: Refusal = serde_json::from_str(text).expect("a refusal");
        assert_eq!(refusal.to_string(), ErrorCode::Busy.sentence());
        let newer: Refusal =
            serde_json::from_str(r#"{"code":"from_the_future"}"#).expect("a refusal");
        assert_eq!(newer.code, ErrorCode::Unknown);
    }

    #[test]
    fn every_close_code_comes_back_from_its_number() {
        for &code in CloseCode::ALL {
            assert_eq!(CloseCode::from_number(code.number()), code);
        }
        assert_eq!(CloseCode::from_number(999), CloseCode::Other(999));
    }
}
