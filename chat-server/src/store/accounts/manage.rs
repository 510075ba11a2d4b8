//! Small changes of an account.

use wire_format::{MemberId, Millis};

use super::{CountAdmins, Recovery, Role, Standing, require};
use crate::store::{
    Change, Query as _, Refusal, Stop, Trace, Transaction,
    audit::{Actor, Entry},
    sessions::{self, SessionId},
};

/// Sets the name that an account shows. Refused: [`Refusal::NoSuchAccount`].
#[derive(Clone, Debug)]
pub struct SetDisplay {
    /// Whose.
    pub account: MemberId,
    /// The name to show; who calls has checked it.
    pub display: String,
}

impl Change for SetDisplay {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        require(transaction, self.account).await?;
        let sql = "UPDATE accounts SET display = $2 WHERE id = $1";
        let values = [(&self.account).into(), self.display.as_str().into()];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

/// Notes that the account's recovery code was typed back. Refused: [`Refusal::NoSuchAccount`].
#[derive(Clone, Copy, Debug)]
pub struct MarkRehearsed {
    /// Whose code.
    pub account: MemberId,
    /// The present time.
    pub now: Millis,
}

impl Change for MarkRehearsed {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        require(transaction, self.account).await?;
        let sql = "UPDATE accounts SET recovery = $2 WHERE id = $1";
        let values = [(&self.account).into(), Recovery::Rehearsed.code().into()];
        transaction.execute(sql, &values).await?;
        Entry::about(
            Actor::Account(self.account),
            "account.rehearse",
            self.account,
        )
        .append(transaction, self.now)
        .await?;
        Ok(())
    }
}

/// Makes an account an administrator, or one no longer.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::LastAdmin`] if nobody could administrate then.
#[derive(Clone, Copy, Debug)]
pub struct SetRole {
    /// Whose role.
    pub account: MemberId,
    /// The role from now on.
    pub role: Role,
    /// Who sets it.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for SetRole {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        require(transaction, self.account).await?;
        if self.role == Role::Member {
            keep_an_admin(transaction, self.account).await?;
        }
        let sql = "UPDATE accounts SET role = $2 WHERE id = $1";
        let values = [(&self.account).into(), self.role.code().into()];
        transaction.execute(sql, &values).await?;
        Entry::about(self.actor, "account.role", self.account)
            .detail(self.role.as_str())
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}

/// Lets an account sign in, or ends its sessions and lets it no more. The answer is the sessions
/// that ended.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::LastAdmin`] if nobody could administrate then.
#[derive(Clone, Copy, Debug)]
pub struct SetStanding {
    /// Whose standing.
    pub account: MemberId,
    /// The standing from now on.
    pub standing: Standing,
    /// Who sets it.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for SetStanding {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        require(transaction, self.account).await?;
        let (action, ended) = match self.standing {
            Standing::Active => ("account.enable", Vec::new()),
            Standing::Disabled => {
                keep_an_admin(transaction, self.account).await?;
                let ended = sessions::end_all(transaction, self.account, None).await?;
                ("account.disable", ended)
            }
        };
        let sql = "UPDATE accounts SET standing = $2 WHERE id = $1";
        let values = [(&self.account).into(), self.standing.code().into()];
        transaction.execute(sql, &values).await?;
        Entry::about(self.actor, action, self.account)
            .append(transaction, self.now)
            .await?;
        Ok(ended)
    }
}

/// Refuses what would leave the server without an administrator who can sign in.
pub(super) async fn keep_an_admin(
    transaction: &mut Transaction<'_>,
    leaving: MemberId,
) -> Result<(), Stop> {
    let account = require(transaction, leaving).await?;
    let counts = account.role == Role::Admin && account.standing == Standing::Active;
    if counts && CountAdmins.run(transaction).await? == 1 {
        return Err(Refusal::LastAdmin.into());
    }
    Ok(())
}
