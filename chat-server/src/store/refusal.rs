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
    /// The last administrator stays one.
    #[error("the last administrator")]
    LastAdmin,
}
