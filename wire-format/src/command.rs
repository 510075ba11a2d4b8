//! Every operation of the protocol, written once.
//!
//! The same name is a frame on TCP, a frame on the WebSocket and `POST /api/<command>`: an
//! operation is a struct in one of the files below, a line in [`Command`], and nothing else.

pub mod accounts;
pub mod auth;
pub mod epochs;
pub mod friends;
pub mod keys;
pub mod rooms;
pub mod session;
pub mod vault;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{error::CommandError, json};

/// One operation: its name, its fields and what it answers.
pub trait Operation: Serialize + DeserializeOwned {
    /// The name on every transport.
    const NAME: &'static str;
    /// The fields of `ok` in the reply.
    type Ok: Serialize + DeserializeOwned;
}

/// The `ok` of an operation that has nothing to say but that it was done.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Done {}

macro_rules! commands {
    ($($name:literal $variant:ident($operation:ty) -> $ok:ty;)*) => {
        /// A command that was read, with its fields; written as a command frame's header.
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(tag = "command")]
        pub enum Command {
            $(#[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $variant($operation),)*
        }

        impl Command {
            /// The names of all commands, in the order of the document.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// The name on every transport.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// Reads a command whose name stands elsewhere, as in `POST /api/<command>`.
            ///
            /// # Errors
            /// As [`Command::parse`].
            pub fn from_parts(name: &str, fields: &[u8]) -> Result<Self, CommandError> {
                match name {
                    $($name => json::object(fields)
                        .map(Self::$variant)
                        .map_err(|_| CommandError::Malformed),)*
                    _ => Err(CommandError::Unknown),
                }
            }
        }

        $(
            impl Operation for $operation {
                const NAME: &'static str = $name;
                type Ok = $ok;
            }

            impl From<$operation> for Command {
                fn from(operation: $operation) -> Self {
                    Self::$variant(operation)
                }
            }
        )*
    };
}

commands! {
    "session.hello" Hello(session::Hello) -> session::Greeting;
    "session.carry" Carry(session::Carry) -> Done;
    "auth.guest" Guest(auth::Guest) -> auth::SignedIn;
    "auth.logout" Logout(auth::Logout) -> Done;
    "rooms.open" OpenRoom(rooms::Open) -> rooms::OpenedRoom;
    "rooms.list" ListRooms(rooms::List) -> rooms::RoomList;
    "rooms.enter" EnterRoom(rooms::Enter) -> rooms::Entered;
    "rooms.members" ListMembers(rooms::Members) -> rooms::MemberPage;
    "rooms.exit" ExitRoom(rooms::Exit) -> Done;
    "keys.announce" Announce(keys::Announce) -> keys::Announced;
    "keys.of" KeysOf(keys::Of) -> Done;
    "epochs.start" StartEpoch(epochs::Start) -> Done;
    "epochs.hold" HoldEpoch(epochs::Hold) -> Done;
    "epochs.ask" AskEpoch(epochs::Ask) -> Done;
    "epochs.answer" AnswerEpoch(epochs::Answer) -> Done;
    "keys.chain" KeysChain(keys::Chain) -> keys::ChainPage;
    "keys.rotate" RotateKeys(keys::Rotate) -> Done;
    "keys.reset" ResetKeys(keys::Reset) -> Done;
    "keys.wrap" WrapKey(keys::Wrap) -> Done;
    "keys.wraps" WrapKeys(keys::Wraps) -> Done;
    "auth.params" SignInParams(auth::Params) -> auth::SignInParams;
    "auth.register" Register(auth::Register) -> auth::SignedInAccount;
    "auth.login" Login(auth::Login) -> auth::SignedInAccount;
    "auth.resume" ResumeSession(auth::Resume) -> auth::SignedInAccount;
    "auth.recover" Recover(auth::Recover) -> auth::SignedInAccount;
    "auth.fresh" StartFresh(auth::Fresh) -> auth::SignedInAccount;
    "auth.prove" ProveKeys(auth::Prove) -> Done;
    "auth.password" ChangePassword(auth::Password) -> Done;
    "auth.sessions" ListSessions(auth::Sessions) -> auth::SessionList;
    "auth.revoke" RevokeSession(auth::Revoke) -> Done;
    "auth.delete" DeleteAccount(auth::Delete) -> Done;
    "auth.rehearsed" CodeRehearsed(auth::Rehearsed) -> Done;
    "vault.root" VaultRoot(vault::Root) -> vault::RootState;
    "vault.set_root" SetVaultRoot(vault::SetRoot) -> Done;
    "vault.put" PutVaultItems(vault::Put) -> vault::PutState;
    "vault.items" VaultItems(vault::Items) -> vault::ItemPage;
    "accounts.find" FindAccount(accounts::Find) -> accounts::Found;
    "accounts.update" UpdateAccount(accounts::Update) -> Done;
    "friends.add" AddFriend(friends::Add) -> Done;
    "friends.accept" AcceptFriend(friends::Accept) -> Done;
    "friends.decline" DeclineFriend(friends::Decline) -> Done;
    "friends.remove" RemoveFriend(friends::Remove) -> Done;
    "friends.block" BlockAccount(friends::Block) -> Done;
    "friends.unblock" UnblockAccount(friends::Unblock) -> Done;
    "friends.list" ListFriends(friends::List) -> friends::FriendList;
    "presence.of" PresenceOf(friends::Presence) -> friends::Online;
}

impl Command {
    /// Reads a command frame's header.
    ///
    /// # Errors
    /// [`CommandError::Malformed`] for anything but one object with exactly the command's fields,
    /// [`CommandError::Unknown`] for a name that no command has.
    pub fn parse(header: &[u8]) -> Result<Self, CommandError> {
        json::object(header).map_err(|_| why_unreadable(header))
    }
}

/// Tells an unknown name from bad fields; runs only for what could not be read.
fn why_unreadable(header: &[u8]) -> CommandError {
    #[derive(Deserialize)]
    struct Named {
        command: String,
    }

    match json::object::<Named>(header) {
        Ok(named) if !Command::NAMES.contains(&named.command.as_str()) => CommandError::Unknown,
        _ => CommandError::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(header: &str) -> Option<CommandError> {
        Command::parse(header.as_bytes()).err()
    }

    #[test]
    fn a_header_is_one_object_with_exactly_the_fields() {
        assert_eq!(error_of(r#"{"command":"rooms.open","room":"ops"}"#), None);
        for malformed in [
            "",
            "{}",
            "[]",
            r#"["rooms.open","ops"]"#,
            r#"["rooms.burn"]"#,
            "null",
            r#"{"command":7}"#,
            r#"{"command":"rooms.open"}"#,
            r#"{"command":"rooms.open","room":7}"#,
            r#"{"command":"rooms.open","room":"ops","colour":"red"}"#,
            r#"{"command":"rooms.open","room":"ops","room":"ops"}"#,
            r#"{"command":"rooms.open","command":"rooms.open","room":"ops"}"#,
            r#"{"command":"rooms.open","room":"ops"} trailing"#,
            r#"{"command":"auth.logout","why":"tired"}"#,
        ] {
            assert_eq!(
                error_of(malformed),
                Some(CommandError::Malformed),
                "{malformed}"
            );
        }
        assert_eq!(
            error_of(r#"{"command":"rooms.burn"}"#),
            Some(CommandError::Unknown)
        );
    }

    #[test]
    fn what_signs_an_account_in_is_read_and_not_shown() {
        let half = "5a".repeat(32);
        let header = format!(r#"{{"command":"auth.login","name":"ada","login":"{half}"}}"#);
        let command = Command::parse(header.as_bytes()).expect("a command");
        assert_eq!(command.name(), "auth.login");
        let shown = format!("{command:?}");
        assert!(
            !shown.contains("5a5a") && !shown.contains("90, 90"),
            "{shown}"
        );
        let short = format!(
            r#"{{"command":"auth.login","name":"ada","login":"{}"}}"#,
            &half[2..]
        );
        assert_eq!(error_of(&short), Some(CommandError::Malformed));
    }

    #[test]
    fn an_operation_has_one_name() {
        let mut names = Command::NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Command::NAMES.len());
        assert_eq!(<auth::Prove as Operation>::NAME, "auth.prove");
    }

    #[test]
    fn a_command_reads_the_same_from_its_parts() {
        let whole = Command::parse(br#"{"command":"rooms.enter","room":"lobby"}"#);
        let parts = Command::from_parts("rooms.enter", br#"{"room":"lobby"}"#);
        assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
        let named = Command::from_parts("rooms.enter", br#"{"command":"rooms.enter","room":"x"}"#);
        assert_eq!(named.err(), Some(CommandError::Malformed));
        let values = Command::from_parts("rooms.enter", br#"["lobby"]"#);
        assert_eq!(values.err(), Some(CommandError::Malformed));
        assert_eq!(
            Command::from_parts("rooms.burn", b"{}").err(),
            Some(CommandError::Unknown)
        );
    }
}
