//! The emergency mode: nobody new comes in.

use wire_format::{MemberId, Millis};

use super::{is_admin, require_admin};
use crate::store::{
    Change, Query, Stop, StoreError, Trace, Transaction,
    audit::{Actor, Entry},
};

/// Whether the emergency mode is on. It stands over restarts, and in backups.
#[derive(Clone, Copy, Debug)]
pub struct IsEmergency;

impl Query for IsEmergency {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT emergency FROM moderation";
        Ok(transaction.number(sql, &[]).await? != 0)
    }
}

/// Reads the mode, and whether an account may set it.
#[derive(Clone, Copy, Debug)]
pub struct ReadMode {
    /// Who asks.
    pub account: MemberId,
}

/// How the server stands to who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mode {
    /// Whether the emergency mode is on.
    pub is_emergency: bool,
    /// Whether the account administrates the server.
    pub is_admin: bool,
}

impl Query for ReadMode {
    type Answer = Mode;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Mode, StoreError> {
        Ok(Mode {
            is_emergency: IsEmergency.run(transaction).await?,
            is_admin: is_admin(transaction, self.account).await?,
        })
    }
}

/// Turns the emergency mode on or off; what is so already leaves no row in the audit log.
///
/// Refused: [`Refusal::NotAdmin`](crate::store::Refusal::NotAdmin) to an account that administrates
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct SetEmergency {
    /// Whether it is on from now on.
    pub is_emergency: bool,
    /// Who says so.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for SetEmergency {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        if let Actor::Account(account) = self.actor {
            require_admin(transaction, account).await?;
        }
        if IsEmergency.run(transaction).await? == self.is_emergency {
            return Ok(());
        }
        let sql = "INSERT INTO moderation (only_row, emergency, reports) VALUES (1, $1, 0) \
                   ON CONFLICT (only_row) DO UPDATE SET emergency = excluded.emergency";
        let values = [u64::from(self.is_emergency).into()];
        transaction.execute(sql, &values).await?;
        Entry::new(self.actor, "server.emergency", "")
            .detail(if self.is_emergency { "on" } else { "off" })
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}
