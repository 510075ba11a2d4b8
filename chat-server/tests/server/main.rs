//! The server over real sockets: every rule of docs/protocol.md sections 2 to 5 and 8.

mod admin;
mod binary;
mod clocks;
mod epochs;
mod frames;
mod held;
mod limits;
mod publishing;
mod rooms;
mod sessions;
mod shutdown;
mod slow_readers;
mod support;
mod tls;
