//! The library and the command from outside, on a real chat-server: one program, for linking each file
//! alone takes longer than running it.

mod account;
mod account_lies;
mod account_password;
mod account_rotation;
mod account_secrets;
mod account_talking;
mod accounts;
mod command;
mod common;
mod connection;
mod conversation;
mod conversation_channels;
mod conversation_forgetting;
mod former;
mod hub;
mod jwe;
mod keyring;
mod lies;
mod load_wire;
mod newcomers;
mod owners;
mod pair;
mod room;
mod session;
mod tls;
