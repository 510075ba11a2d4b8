//! The rules that refuse a change.

/// Why a change was not made; nothing is wrong with the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The name, or one too much like it, is another account's.
    #[error("the name is taken")]
    NameTaken,
    /// An account with this id exists.
    #[error("the account exists")]
    AccountTaken,
    /// There is no such account.
    #[error("no such account")]
    NoSuchAccount,
    /// Nobody may register now, or not without an invitation.
    #[error("registration is not open")]
    RegistrationClosed,
    /// The one-time token was never issued, is for something else, was used, or has expired.
    #[error("the token is not valid")]
    TokenInvalid,
    /// The account may not sign in.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The head of the keyset chain or the newest wrap key is not the expected one.
    #[error("the keys were changed from elsewhere")]
    KeysConflict,
    /// The vault root or an item is not as expected.
    #[error("the vault was changed from elsewhere")]
    VaultConflict,
    /// There is no room for more.
    #[error("over quota")]
    OverQuota,
    /// A session with this id exists.
    #[error("the session exists")]
    SessionTaken,
    /// The account has no such session.
    #[error("no such session")]
    NoSuchSession,
    /// Nothing to accept or decline.
    #[error("not asked to be friends")]
    NotAsked,
    /// The account has blocked the other one.
    #[error("blocked")]
    Blocked,
    /// Nobody is their own friend.
    #[error("the account itself")]
    Oneself,
    /// There are data already.
    #[error("there are data already")]
    NotEmpty,
    /// There is no such room.
    #[error("no such room")]
    NoSuchRoom,
    /// The room, or a direct conversation of the same two, is there already.
    #[error("the room is there")]
    RoomTaken,
    /// Another commit was first.
    #[error("another commit was first")]
    CommitConflict,
    /// A request came that the commit does not take in.
    #[error("a request came meanwhile")]
    RequestsPending,
    /// A member has a newer wrap key than the one used.
    #[error("a newer wrap key is there")]
    WrapSuperseded,
    /// The room's state is not the expected one.
    #[error("the room was changed from elsewhere")]
    StateConflict,
    /// What a grant or a refusal answers is not pending.
    #[error("no such key request")]
    NoSuchKeyRequest,
    /// There is no such message.
    #[error("no such message")]
    NoSuchMessage,
    /// There is no such file, or not this chunk of it.
    #[error("no such file")]
    NoSuchFile,
    /// A file had this id, and its chunks are being deleted.
    #[error("the file is being deleted")]
    FileGoing,
    /// It is for its sender, or for owners and admins.
    #[error("not theirs")]
    NotTheirs,
    /// Nobody new comes in for the moment.
    #[error("closed to newcomers")]
    Closed,
    /// It is for the server's administrators.
    #[error("not an administrator")]
    NotAdmin,
    /// The last administrator stays one.
    #[error("the last administrator")]
    LastAdmin,
}
