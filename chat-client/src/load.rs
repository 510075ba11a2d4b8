//! A load generator: many connections, publishes at their fullest or on a clock, and what it cost.
//!
//! One generator speaks to Sealwire and, through other [`Wire`]s, to whatever it is compared with. It
//! is one task: each round reads what arrived on every connection through one shared buffer, walks its
//! frames, counts, and publishes what is due. Every payload starts with a [`Stamp`], so what is lost is
//! counted for each listener and publisher, not inferred from a total. A plan may let most listeners
//! discard what arrives ([`Reading::Sample`]), so that the server's cost is measured and not what
//! reading adds to it; those are counted each by its bytes.
//!
//! ```text
//!             ┌────────── one round ──────────┐
//!  sockets ──▶ listening ──▶ Tally ──▶ pace ──▶ outgoing ──▶ sockets
//!              (Wire::cut  (lanes,   (burst,   (Wire::publish)
//!              or discard) percentiles) paced)
//! ```
//!
//! The module promises *not* to seal anything: over [`Raw`] payloads are filling, over [`Browser`] the
//! web-proxy seals.

mod account;
mod browser;
mod burst;
mod calls;
mod clock;
mod discarding;
mod error;
mod frames;
mod hall;
mod held;
mod joining;
mod listening;
mod meter;
mod outgoing;
mod paced;
mod plan;
mod press;
mod raw;
mod report;
mod rooms;
mod run;
mod stamp;
mod tally;
mod websocket;
mod wire;

pub use account::Account;
pub use browser::Browser;
pub use calls::Calls;
pub use error::{LoadError, Miscount};
pub use plan::{Pace, Plan, Reading, Seat};
pub use raw::Raw;
pub use report::{Progress, Report};
pub use run::run;
pub use stamp::{Notation, Stamp};
pub use wire::{Cut, Heartbeat, Joined, Kind, Wire};
