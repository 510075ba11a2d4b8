//! Every operation of the protocol, written once.
//!
//! The same name is a frame on TCP, a frame on the WebSocket and `POST /api/<command>`: an
//! operation is a struct in one of the files below, a line in [`Command`], and nothing else.

pub mod accounts;
pub mod auth;
mod bounded;
pub mod channels;
pub mod commits;
mod contract;
pub mod conversations;
pub mod directory;
pub mod epochs;
pub mod files;
pub mod friends;
pub mod keys;
pub mod messages;
pub mod moderation;
pub mod rooms;
pub mod session;
pub mod vault;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

pub use self::{
    bounded::{Bounded, TooMany},
    contract::{Contract, State},
};
use crate::{
    error::{CommandError, ErrorCode},
    json,
    limits::{
        ANNOUNCEMENT_BYTES, BUNDLE_BYTES, COMMIT_TAIL_BYTES, EPOCH_START_BYTES,
        FILE_CHUNK_RECORD_BYTES, GRANT_BYTES, INVITATION_BYTES, KEY_REQUEST_BYTES,
        KEYS_AND_ROOT_BYTES, KEYS_PROOF_BYTES, REGISTRATION_BYTES, REPORT_BYTES, REQUEST_BYTES,
        ROOM_STATE_BYTES, SHARE_BYTES, TOMBSTONE_BYTES, VAULT_PUT_BYTES, VAULT_ROOT_BYTES,
        WRAP_AND_ROOT_BYTES,
    },
};

/// One operation: its contract, its fields and what it answers.
pub trait Operation: Serialize + DeserializeOwned + ToSchema {
    /// What is agreed on beside the fields.
    const CONTRACT: &'static Contract;
    /// The name on every transport.
    const NAME: &'static str = Self::CONTRACT.name;
    /// The fields of `ok` in the reply.
    type Ok: Serialize + DeserializeOwned + ToSchema;
}

/// An operation with the shapes of its fields and of what it answers.
pub struct Described {
    /// What is agreed on beside the fields.
    pub contract: &'static Contract,
    /// The fields.
    pub fields: RefOr<Schema>,
    /// The fields of `ok` in the reply.
    pub ok: RefOr<Schema>,
}

/// The `ok` of an operation that has nothing to say but that it was done.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Done {}

/// What a command does, in the words of its documentation: without its name in front.
pub fn summary(fields: &RefOr<Schema>) -> String {
    let RefOr::T(Schema::Object(fields)) = fields else {
        return String::new();
    };
    let words = fields.description.as_deref().unwrap_or_default();
    let (_, words) = words.split_once("`: ").unwrap_or(("", words));
    let words = words.replace('\n', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

macro_rules! commands {
    ($(
        $name:literal $variant:ident($operation:ty $(| $tail_bytes:ident)?) -> $ok:ty $(| $tail:ident)?,
        $state:ident [$($error:ident)*];
    )*) => {
        /// A command that was read, with its fields; written as a command frame's header.
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(tag = "command")]
        pub enum Command {
            $(#[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $variant($operation),)*
        }

        impl Command {
            /// The names of all commands, in the order of the document.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// What is agreed on about each command, in the order of the document.
            pub const CONTRACTS: &[&'static Contract] = &[$(<$operation>::CONTRACT,)*];

            /// What is agreed on about the command with this name.
            pub fn contract_of(name: &str) -> Option<&'static Contract> {
                match name {
                    $($name => Some(<$operation>::CONTRACT),)*
                    _ => None,
                }
            }

            /// What is agreed on about this command.
            pub const fn contract(&self) -> &'static Contract {
                match self { $(Self::$variant(_) => <$operation>::CONTRACT,)* }
            }

            /// The name on every transport.
            pub const fn name(&self) -> &'static str {
                self.contract().name
            }

            /// Every command with the shapes of its fields; what these refer to by name is added to
            /// `named`.
            pub fn described(named: &mut Vec<(String, RefOr<Schema>)>) -> Vec<Described> {
                vec![$({
                    <$operation>::schemas(named);
                    <$ok>::schemas(named);
                    Described {
                        contract: <$operation>::CONTRACT,
                        fields: <$operation>::schema(),
                        ok: <$ok>::schema(),
                    }
                },)*]
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
                const CONTRACT: &'static Contract = &Contract {
                    name: $name,
                    state: State::$state,
                    tail_bytes: 0 $(+ $tail_bytes)?,
                    answers_tail: false $(| $tail)?,
                    own_errors: &[$(ErrorCode::$error,)*],
                };
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

/// What stands in the list where a reply has a tail.
const TAIL: bool = true;

// Name, variant, fields | largest tail -> fields of `ok` | tail, state, errors of its own.
commands! {
    "session.hello" Hello(session::Hello) -> session::Greeting, New [UnsupportedVersion];
    "session.carry" Carry(session::Carry) -> Done, Greeted [];
    "auth.guest" Guest(auth::Guest) -> auth::SignedIn, Greeted [NameInvalid NameTaken];
    "auth.logout" Logout(auth::Logout) -> Done, SignedIn [];
    "rooms.open" OpenRoom(rooms::Open) -> rooms::OpenedRoom, Member [RoomInvalid TooManyRooms];
    "rooms.list" ListRooms(rooms::List) -> rooms::RoomList, Member [];
    "rooms.enter" EnterRoom(rooms::Enter) -> rooms::Entered | TAIL, Member [RoomInvalid NoSuchRoom TooManyRooms RoomFull];
    "rooms.members" ListMembers(rooms::Members) -> rooms::MemberPage, Member [NoSuchRoom NotInRoom];
    "rooms.exit" ExitRoom(rooms::Exit) -> Done, Member [NoSuchRoom NotInRoom];
    "keys.announce" Announce(keys::Announce | ANNOUNCEMENT_BYTES) -> keys::Announced, Member [];
    "keys.of" KeysOf(keys::Of) -> Done | TAIL, Member [NoSuchMember];
    "epochs.start" StartEpoch(epochs::Start | EPOCH_START_BYTES) -> Done, Member [NoSuchRoom NotInRoom EpochConflict EpochTooSoon];
    "epochs.hold" HoldEpoch(epochs::Hold | BUNDLE_BYTES) -> Done, Member [NoSuchRoom NotInRoom EpochConflict EpochTooSoon];
    "epochs.ask" AskEpoch(epochs::Ask) -> Done, Member [NoSuchRoom NotInRoom EpochConflict];
    "epochs.answer" AnswerEpoch(epochs::Answer | SHARE_BYTES) -> Done, Member [NoSuchRoom NotInRoom NotAsked];
    "keys.chain" KeysChain(keys::Chain) -> keys::ChainPage | TAIL, Account [NoSuchAccount];
    "keys.rotate" RotateKeys(keys::Rotate | KEYS_AND_ROOT_BYTES) -> Done, Proven [KeysConflict VaultConflict LoginFailed OverQuota];
    "keys.reset" ResetKeys(keys::Reset | KEYS_AND_ROOT_BYTES) -> Done, Account [KeysConflict VaultConflict LoginFailed OverQuota];
    "keys.wrap" WrapKey(keys::Wrap | WRAP_AND_ROOT_BYTES) -> Done, Proven [KeysConflict VaultConflict NoSuchAccount];
    "keys.wraps" WrapKeys(keys::Wraps) -> Done | TAIL, Account [];
    "auth.params" SignInParams(auth::Params) -> auth::SignInParams, SignIn [NameInvalid];
    "auth.register" Register(auth::Register | REGISTRATION_BYTES) -> auth::SignedInAccount, SignIn [NameInvalid NameTaken LoginFailed Closed];
    "auth.login" Login(auth::Login) -> auth::SignedInAccount, SignIn [LoginFailed];
    "auth.resume" ResumeSession(auth::Resume) -> auth::SignedInAccount, SignIn [LoginFailed];
    "auth.recover" Recover(auth::Recover) -> auth::SignedInAccount, SignIn [LoginFailed];
    "auth.fresh" StartFresh(auth::Fresh) -> auth::SignedInAccount, SignIn [LoginFailed];
    "auth.prove" ProveKeys(auth::Prove | KEYS_PROOF_BYTES) -> Done, Account [NotAsked NoSuchAccount];
    "auth.password" ChangePassword(auth::Password | VAULT_ROOT_BYTES) -> Done, Account [LoginFailed VaultConflict];
    "auth.sessions" ListSessions(auth::Sessions) -> auth::SessionList, Proven [];
    "auth.revoke" RevokeSession(auth::Revoke) -> Done, Proven [];
    "auth.delete" DeleteAccount(auth::Delete) -> Done, Proven [LoginFailed];
    "auth.rehearsed" CodeRehearsed(auth::Rehearsed) -> Done, Proven [NoSuchAccount];
    "vault.root" VaultRoot(vault::Root) -> vault::RootState | TAIL, Account [NoSuchAccount];
    "vault.set_root" SetVaultRoot(vault::SetRoot | VAULT_ROOT_BYTES) -> Done, Proven [VaultConflict NoSuchAccount];
    "vault.put" PutVaultItems(vault::Put | VAULT_PUT_BYTES) -> vault::PutState, Proven [VaultConflict OverQuota NoSuchAccount];
    "vault.items" VaultItems(vault::Items) -> vault::ItemPage | TAIL, Account [];
    "accounts.find" FindAccount(accounts::Find) -> accounts::Found, Proven [NoSuchAccount];
    "accounts.update" UpdateAccount(accounts::Update) -> Done, Proven [NameInvalid NoSuchAccount];
    "friends.add" AddFriend(friends::Add) -> Done, Proven [NoSuchAccount OverQuota];
    "friends.accept" AcceptFriend(friends::Accept) -> Done, Proven [NoSuchAccount NotAsked OverQuota];
    "friends.decline" DeclineFriend(friends::Decline) -> Done, Proven [NoSuchAccount NotAsked];
    "friends.remove" RemoveFriend(friends::Remove) -> Done, Proven [NoSuchAccount];
    "friends.block" BlockAccount(friends::Block) -> Done, Proven [NoSuchAccount OverQuota];
    "friends.unblock" UnblockAccount(friends::Unblock) -> Done, Proven [NoSuchAccount];
    "friends.list" ListFriends(friends::List) -> friends::FriendList, Proven [];
    "presence.of" PresenceOf(friends::Presence) -> friends::Online, Proven [];
    "rooms.create" CreateRoom(conversations::Create | COMMIT_TAIL_BYTES) -> conversations::Created, Proven [NameInvalid NameTaken RoomTaken NoSuchAccount CommitInvalid WrapSuperseded OverQuota Closed];
    "rooms.mine" OwnRooms(conversations::Mine) -> conversations::OwnRooms, Proven [];
    "rooms.follow" FollowRoom(conversations::Follow) -> conversations::Followed, Proven [NoSuchRoom];
    "rooms.unfollow" UnfollowRoom(conversations::Unfollow) -> Done, Proven [NoSuchRoom];
    "rooms.directory" RoomDirectory(directory::Directory) -> directory::DirectoryPage, Proven [];
    "rooms.look" LookAtRoom(directory::Look) -> directory::Looked, Proven [NoSuchRoom];
    "rooms.update" UpdateRoom(directory::Update) -> directory::Revised, Proven [NameInvalid NameTaken NoSuchRoom StateConflict Archived];
    "rooms.archive" ArchiveRoom(directory::Archive) -> directory::Revised, Proven [NameTaken NoSuchRoom StateConflict OverQuota];
    "rooms.request" AskRoom(conversations::Request | REQUEST_BYTES) -> Done, Proven [NoSuchRoom RequestInvalid RoomFull Archived OverQuota Closed];
    "rooms.invite" Invite(conversations::Invite | INVITATION_BYTES) -> conversations::Invited, Proven [NoSuchRoom NoSuchAccount RequestInvalid WrapSuperseded Archived OverQuota];
    "rooms.invitations" ListInvitations(conversations::Invitations) -> Done | TAIL, Proven [];
    "rooms.decline" DeclineInvitation(conversations::Decline) -> Done, Proven [];
    "rooms.state" RoomState(conversations::GetState) -> conversations::StateOf | TAIL, Proven [NoSuchRoom];
    "rooms.set_state" SetRoomState(conversations::SetState | ROOM_STATE_BYTES) -> Done, Proven [NoSuchRoom StateConflict StaleEpoch];
    "channels.create" CreateChannel(channels::Create) -> directory::Revised, Proven [NameInvalid NameTaken NoSuchRoom StateConflict Archived OverQuota];
    "channels.update" UpdateChannel(channels::Update) -> directory::Revised, Proven [NameInvalid NameTaken NoSuchRoom StateConflict Archived];
    "channels.archive" ArchiveChannel(channels::Archive) -> directory::Revised, Proven [NoSuchRoom StateConflict Archived];
    "epochs.commit" CommitEpoch(commits::Commit | COMMIT_TAIL_BYTES) -> Done, Proven [NoSuchRoom CommitConflict CommitInvalid RequestsPending WrapSuperseded Archived OverQuota Closed];
    "epochs.chain" CommitChain(commits::Chain) -> commits::CommitPage | TAIL, Proven [NoSuchRoom];
    "epochs.share" EpochShare(commits::Share) -> commits::ShareOf | TAIL, Proven [NoSuchRoom];
    "epochs.pending" PendingRequests(commits::Pending) -> Done | TAIL, Proven [NoSuchRoom];
    "epochs.bad_share" BadShare(commits::BadShare) -> Done, Proven [NoSuchRoom StaleEpoch];
    "epochs.request_keys" RequestKeys(commits::RequestKeys | KEY_REQUEST_BYTES) -> Done, Proven [NoSuchRoom RequestInvalid WrapSuperseded];
    "epochs.key_requests" KeyRequests(commits::KeyRequests) -> Done | TAIL, Proven [NoSuchRoom];
    "epochs.grant" GrantKeys(commits::Grant | GRANT_BYTES) -> Done, Proven [NoSuchRoom RequestInvalid];
    "epochs.grants" ListGrants(commits::Grants) -> commits::GrantsOf | TAIL, Proven [NoSuchRoom];
    "epochs.refuse" RefuseKeys(commits::Refuse) -> Done, Proven [NoSuchRoom RequestInvalid];
    "epochs.rotate" RotateEpoch(commits::Rotate) -> Done, Proven [NoSuchRoom];
    "messages.fetch" FetchMessages(messages::Fetch) -> messages::FetchedPage | TAIL, Proven [NoSuchRoom];
    "messages.delete" DeleteMessage(messages::Delete | TOMBSTONE_BYTES) -> messages::Deleted, Proven [NoSuchRoom NoSuchMessage StaleEpoch];
    "messages.report" ReportMessage(messages::Report | REPORT_BYTES) -> Done, Proven [NoSuchRoom NoSuchMessage RequestInvalid OverQuota];
    "reports.list" ListReports(moderation::ListReports) -> moderation::ReportPage | TAIL, Proven [];
    "reports.settle" SettleReport(moderation::SettleReport) -> Done, Proven [NoSuchMessage];
    "server.mode" ServerMode(moderation::Mode) -> moderation::ModeState, Proven [];
    "files.create" CreateFile(files::Create) -> Done, Proven [NoSuchRoom Archived OverQuota];
    "files.put" PutChunk(files::Put | FILE_CHUNK_RECORD_BYTES) -> files::Held, Proven [NoSuchFile];
    "files.held" HeldChunks(files::GetHeld) -> files::Held, Proven [NoSuchFile];
    "files.chunk" FetchChunk(files::GetChunk) -> Done | TAIL, Proven [NoSuchFile];
    "files.keep" KeepFile(files::Keep) -> Done, Proven [NoSuchFile NoSuchMessage];
    "files.remove" RemoveFile(files::Remove) -> Done, Proven [NoSuchFile];
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

    /// Whether it puts or gets a chunk of a file: there may be thousands, one behind the other, so that
    /// they have a rate of their own.
    pub const fn moves_chunk(&self) -> bool {
        matches!(self, Self::PutChunk(_) | Self::FetchChunk(_))
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
