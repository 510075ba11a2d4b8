//! The chat-server: it carries messages that it cannot read.
//!
//! The crate promises *not* to hold a key that opens a payload, *not* to log content, names' owners'
//! tokens or keys, *not* to let one slow reader delay another, and *not* to reserve memory for a
//! length before it was compared with a limit. `docs/protocol.md` has the bytes.
//!
//! ```text
//!  accept ─▶ admission ─▶ connection ─▶ command ─▶ account ─▶ store, blobs
//!                              │           └──────▶ directory, session
//!                              │  publish              │ enter, exit
//!                              ▼                       ▼
//!                            room: stream ─ flush ─▶ seats ─▶ outboxes ─▶ sockets
//! ```

mod error;
mod server;
mod settings;
mod shutdown;

mod account;
mod admission;
mod alert;
mod connection;
mod phase;

mod command;
mod conversation;
mod directory;
mod names;
mod post;
mod session;

mod outbox;
mod room;

pub mod backup;
pub mod blobs;
pub mod store;

mod admin;
mod figures;
mod node;
mod rate;
mod tls;
mod trust;
pub mod wall_clock;

pub use alert::{WebhookAddress, WebhookError};
pub use error::{BindError, TlsError};
pub use server::{Running, Server};
pub use settings::{
    AccountFlags, AccountFlagsError, AccountLimits, AlertFlags, AlertSettings, Limits, Rate,
    RateError, RegistrationMode, Settings, Transport,
};
pub use shutdown::Outcome;
pub use trust::TrustError;
