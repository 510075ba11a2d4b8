//! The harness: real servers on free ports, clients that do what they are told, and an account of
//! what is left when a test is over.
//!
//! ```text
//!  page::Session ──HTTP──▶ Program(web-proxy) ──relay::Relay──▶ Program(chat-server)
//!  wire::Wire ─────────────────────any bytes──────────────────▶
//! ```
//!
//! A [`Program`](program::Program) that is dropped is asked to stop and must drain and exit with 0.

pub mod account;
pub mod certificate;
pub mod cluster;
pub mod conversation;
pub mod crowd;
pub mod folder;
pub mod former;
pub mod haul;
pub mod insider;
pub mod memory;
pub mod owner;
pub mod page;
pub mod program;
pub mod relay;
pub mod s3;
pub mod tiers;
pub mod wire;
