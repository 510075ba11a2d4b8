//! The browser's tier: serves the page, and is the endpoint of proxy-sealed rooms for its sessions.
//!
//! The crate promises that nothing a browser sends reaches a log, that sessions are found by the hash
//! of their cookie, and that no byte of a browser makes a panic. It does *not* keep messages: what
//! a page missed comes from a short log in memory.
//!
//! ```text
//!  browser ─▶ server ─▶ routes ─▶ session/uplink ──▶ backend ─▶ chat-server
//!                 events, socket ◀─ session/downlink ◀─┘
//! ```

mod accounts;
mod admin;
mod app;
mod assets;
mod backend;
mod check;
mod client;
mod cookie;
mod device;
pub mod error;
mod figures;
mod headers;
mod keys;
mod lan;
mod layout;
mod limits;
mod openapi;
mod rejection;
mod routes;
mod same_site;
mod server;
mod session;
pub mod settings;
pub mod shutdown;
mod tls;
mod wall_clock;

pub use check::Check;
pub use error::Error;
pub use server::{Handle, Outcome, Proxy};
pub use settings::Settings;
