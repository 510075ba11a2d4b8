//! The vault: what a server keeps for an account and cannot open (docs/protocol.md#146-the-vault).
//!
//! One root holds the private keys; it is sealed under the vault key, which is wrapped twice: under
//! the password's vault half and under the recovery code's. Any number of items hold the rest.

mod content;
mod item;
mod item_content;
mod key_bytes;
mod lock;
mod merge;
mod rest;
mod root;

pub use content::{IdentityEntry, ItemKeyEntry, RootContent, WrapEntry};
pub use item::{ItemDraft, ItemKind, ItemName, PreferenceName, VaultItem};
pub use item_content::{EpochSecretNote, ItemContent, PinNote, ReadMarkNote, RoomHeadNote};
pub use key_bytes::{KeyBytes, StoredBytes};
pub use lock::{KeptVaultKey, VaultLock};
pub use merge::merge;
pub use rest::Rest;
pub use root::{OpenedRoot, VaultRoot};
