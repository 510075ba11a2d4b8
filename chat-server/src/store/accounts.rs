//! Accounts: who may sign in, under which name, and with what.

mod delete;
mod directory;
mod find;
mod look;
mod manage;
mod password;
mod register;

use wire_format::{MemberId, Millis};

use super::{
    PasswordHash, Refusal, Stop, StoreError, Transaction,
    transaction::{Row, coded},
};

pub use delete::DeleteAccount;
pub use directory::{ListAccounts, SearchAccounts};
pub use find::{CountAdmins, FindAccount, FindCredentials, IsNameHeld};
pub use look::AccountName;
pub use manage::{MarkRehearsed, SetDisplay, SetRole, SetStanding};
pub use password::ChangePassword;
pub use register::{Entrance, Register};

/// What others and administrators may know of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// Its id.
    pub account: MemberId,
    /// Its name as prepared; it stays for the account's life.
    pub name: String,
    /// The name that it shows.
    pub display: String,
    /// What it may do.
    pub role: Role,
    /// Whether it may sign in.
    pub standing: Standing,
    /// Whether its recovery code was tried out.
    pub recovery: Recovery,
    /// When it was made.
    pub created_at: Millis,
}

/// What an account may do on the server; what it may do in a room is not kept here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// What everyone may.
    Member,
    /// Administrate the server.
    Admin,
}

coded!(Role: Member = 1, Admin = 2);

impl Role {
    /// Its name in lists and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It may.
    Active,
    /// It may not, and has no session.
    Disabled,
}

coded!(Standing: Active = 1, Disabled = 2);

impl Standing {
    /// Its name in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// Whether an account's present recovery code was typed back once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recovery {
    /// Not yet.
    Unrehearsed,
    /// It was.
    Rehearsed,
}

coded!(Recovery: Unrehearsed = 1, Rehearsed = 2);

/// How an account proves itself (docs/protocol.md#142-passwords-and-recovery-codes).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Password {
    /// The salt of the password.
    pub salt: [u8; 16],
    /// Rounds of PBKDF2.
    pub rounds: u32,
    /// argon2id of the login half.
    pub login: PasswordHash,
    /// argon2id of the recovery login.
    pub recovery: PasswordHash,
}

/// Checks that an account exists.
pub(super) async fn require(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<Account, Stop> {
    let found = find::by_id(transaction, account).await?;
    Ok(found.ok_or(Refusal::NoSuchAccount)?)
}

/// The columns that [`read_account`] reads, in its order.
macro_rules! account_columns {
    () => {
        "id, name, display, role, standing, recovery, created_at"
    };
}
use account_columns;

fn read_account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        account: row.account(0)?,
        name: row.text(1)?,
        display: row.text(2)?,
        role: Role::of_code(row.number(3)?)?,
        standing: Standing::of_code(row.number(4)?)?,
        recovery: Recovery::of_code(row.number(5)?)?,
        created_at: row.millis(6)?,
    })
}
