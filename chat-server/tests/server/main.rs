//! The server over real sockets: every rule of docs/protocol.md sections 2 to 5 and 8.

mod account_rooms;
mod accounts;
mod admin;
mod binary;
mod chains;
mod clocks;
mod epochs;
mod frames;
mod held;
mod limits;
mod owner;
mod phases;
mod proofs;
mod publishing;
mod registrations;
mod rooms;
mod sessions;
mod shutdown;
mod slow_readers;
mod support;
mod tls;
mod tokens;
mod tries;
mod vaults;
