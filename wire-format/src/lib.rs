//! What two Sealwire programs must agree on: frames, commands, keys and seals.
//!
//! The crate promises *not* to open a socket, read a clock, draw a random number or write a log:
//! time and randomness are arguments. `docs/protocol.md` gives the same bytes in words.
//!
//! ```text
//!  bytes ──codec──▶ RawFrame ──frame──▶ ClientFrame / ServerFrame ──command, event──▶ typed values
//!  SessionKeys ──announcement, epoch, share──▶ EpochSecret ──▶ EpochKeys
//!  content ──padding──▶ seal ──EpochKeys, envelope──▶ payload of a publish or deliver frame
//!  file ──file──▶ sealed chunks
//!  requests, invitations, commits ──room──▶ RoomChain ──▶ who is in a room, with which keys
//!  password, recovery code ──passwords──▶ halves ──vault──▶ IdentityKeys ──identity──▶ keysets, wrap keys, proofs
//! ```

pub mod announcement;
pub mod codec;
pub mod command;
pub mod compare;
pub mod content;
pub mod dsa;
pub mod envelope;
pub mod epoch;
pub mod error;
pub mod event;
pub mod file;
pub mod frame;
pub mod identity;
pub mod ids;
pub mod keyset;
pub mod limits;
pub mod open_error;
pub mod opened;
pub mod padding;
pub mod passwords;
pub mod record_list;
pub mod replay;
pub mod room;
pub mod rsa_keys;
pub mod seal;
pub mod secret;
pub mod vault;

mod cursor;
mod derive;
mod json;
mod record;
mod schema;
mod sealed_part;
mod share;
mod signature;

pub use announcement::{Announcement, UnverifiedAnnouncement};

pub use codec::FrameCodec;
pub use content::Content;
pub use envelope::{Draft, Envelope, EpochKeys, Opened, Storage};
pub use epoch::{
    Bundle, EpochDraft, EpochSecret, EpochStart, UnverifiedBundle, UnverifiedEpochStart, bundle_of,
};
pub use error::{CloseCode, CodecError, CommandError, ErrorCode, FrameError, Refusal};
pub use event::Event;
pub use frame::{
    ClientFrame, Close, CommandFrame, Deliver, DeliverFlags, Encoded, EventFrame, Kind, Name,
    Parts, Publish, PublishFlags, RawFrame, ReplyFrame, ServerFrame,
};
pub use ids::{
    AccountId, ByteCount, Challenge, ChannelId, CommitHash, Commitment, Ed25519Key, EnvelopeHash,
    EpochNumber, FileId, Fingerprint, InstanceId, InvitationHash, ItemKeyId, KeyRequestHash,
    KeysetHash, KeysetNumber, MemberId, MembersHash, MessageId, Millis, PolicyBytes, Proof,
    ReportHash, ReportNumber, RequestHash, ResourceId, Revision, RoomId, RootNumber, RunId, Salt,
    Sequence, SessionId, SettingsHash, SettingsNumber, StateNumber, VaultKeyId, WrapNumber,
};
pub use keyset::SessionKeys;
pub use open_error::{OpenError, SealError};
pub use opened::{ClearMessage, Marks, OpenedMessage};
pub use replay::{ReplayKey, ReplayTable};
pub use secret::{GuestToken, LoginHalf, OneTimeToken, ProxyKey, RecoveryLogin, SessionToken};
