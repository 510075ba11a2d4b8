//! The web-proxy over HTTP, in front of a real chat-server, by raw sockets where that matters.

mod accounts;
mod admin;
mod attacks;
mod described;
mod harness;
mod limits;
mod page;
mod sessions;
mod streams;
mod tls;
