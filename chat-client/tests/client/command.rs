//! The built command on a real chat-server.

mod accounts;
mod chat;
mod conversation_lies;
mod conversations;
mod files;
mod forgetting;
mod former_in_rooms;
mod former_member;
mod guests;
mod join;
mod keys;
mod listen;
mod load;
mod pace;
mod reports;
mod resources;
mod restored;
mod room_keys;
mod room_lies;
mod room_roles;
mod rooms;
mod terminal;
mod vault_lies;
mod webhook;
