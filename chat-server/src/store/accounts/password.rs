//! Changing a password, which changes the vault key with it.

use wire_format::{MemberId, Millis};

use super::{Password, Recovery, require};
use crate::store::{
    Change, Stop, Trace, Transaction,
    audit::{Actor, Entry},
    sessions::{self, SessionId},
    vault,
};

/// Replaces password, recovery code and vault root together, and ends the account's other sessions.
/// The answer is the sessions that ended.
///
/// Refused: [`NoSuchAccount`](crate::store::Refusal::NoSuchAccount);
/// [`VaultConflict`](crate::store::Refusal::VaultConflict) unless the root's number is `expected`.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    /// Whose password.
    pub account: MemberId,
    /// The session that stays.
    pub session: SessionId,
    /// The new password and recovery code.
    pub password: Password,
    /// The number of the present vault root.
    pub expected: u64,
    /// The next one, sealed for the new password and code.
    pub vault_root: Vec<u8>,
    /// The present time.
    pub now: Millis,
}

impl Change for ChangePassword {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        require(transaction, self.account).await?;
        vault::replace(transaction, self.account, self.expected, &self.vault_root).await?;
        let sql = "UPDATE accounts SET salt = $2, rounds = $3, login_hash = $4, \
                   recovery_hash = $5, recovery = $6 WHERE id = $1";
        let values = [
            (&self.account).into(),
            (&self.password.salt).into(),
            u64::from(self.password.rounds).into(),
            self.password.login.as_str().into(),
            self.password.recovery.as_str().into(),
            Recovery::Unrehearsed.code().into(),
        ];
        transaction.execute(sql, &values).await?;
        let ended = sessions::end_all(transaction, self.account, Some(self.session)).await?;
        Entry::about(
            Actor::Account(self.account),
            "account.password",
            self.account,
        )
        .append(transaction, self.now)
        .await?;
        Ok(ended)
    }
}
