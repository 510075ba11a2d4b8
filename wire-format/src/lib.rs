//! What two Sealwire programs must agree on: frames, commands, keys and seals.
//!
//! The crate promises *not* to open a socket, read a clock, draw a random number or write a log:
//! time and randomness are arguments. `docs/protocol.md` gives the same bytes in words.
//!
//! ```text
//!  bytes ──codec──▶ RawFrame ──frame──▶ ClientFrame / ServerFrame ──command, event──▶ typed values
//!  content ──padding──▶ seal ──envelope──▶ payload of a publish or deliver frame
//! ```

pub mod codec;
pub mod command;
pub mod error;
pub mod event;
pub mod frame;
pub mod ids;
pub mod limits;
pub mod secret;

mod cursor;

pub use codec::FrameCodec;
pub use error::{CloseCode, CodecError, CommandError, ErrorCode, FrameError, Refusal};
pub use event::Event;
pub use frame::{
    ClientFrame, Close, CommandFrame, Deliver, DeliverFlags, Encoded, EventFrame, Kind, Name,
    Publish, PublishFlags, RawFrame, ReplyFrame, ServerFrame,
};
pub use ids::{
    Challenge, ChannelId, CommitHash, Commitment, EpochNumber, Fingerprint, InstanceId, MemberId,
    MessageId, Millis, Proof, RoomId, RunId, Sequence,
};
pub use secret::{GuestToken, ProxyKey};
