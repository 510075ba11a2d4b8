//! Deleting an account.

use wire_format::{MemberId, Millis};

use super::manage;
use crate::store::{
    Change, Stop, Trace, Transaction,
    audit::{Actor, Entry},
    rooms,
    sessions::{self, SessionId},
};

/// Deletes an account and everything that is kept for it, except what the audit log says of it and the
/// keysets that rooms' chains name. The
/// name is free then; whoever takes it has another id. The answer is the sessions that ended.
///
/// Refused: [`NoSuchAccount`](crate::store::Refusal::NoSuchAccount);
/// [`LastAdmin`](crate::store::Refusal::LastAdmin) if nobody could administrate then.
#[derive(Clone, Copy, Debug)]
pub struct DeleteAccount {
    /// Which account.
    pub account: MemberId,
    /// Who deletes it.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for DeleteAccount {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        manage::keep_an_admin(transaction, self.account).await?;
        let ended = sessions::end_all(transaction, self.account, None).await?;
        rooms::keep_keysets(transaction, self.account).await?;
        for sql in EVERYTHING {
            transaction.execute(sql, &[(&self.account).into()]).await?;
        }
        Entry::about(self.actor, "account.delete", self.account)
            .append(transaction, self.now)
            .await?;
        Ok(ended)
    }
}

/// The account itself comes last: the others refer to it.
const EVERYTHING: [&str; 10] = [
    "DELETE FROM storage WHERE account = $1",
    "DELETE FROM friends WHERE account = $1 OR other = $1",
    "DELETE FROM tokens WHERE account = $1",
    "DELETE FROM vault_items WHERE account = $1",
    "DELETE FROM vaults WHERE account = $1",
    "DELETE FROM vault_roots WHERE account = $1",
    "DELETE FROM wrap_keys WHERE account = $1",
    "DELETE FROM keysets WHERE account = $1",
    "DELETE FROM account_looks WHERE account = $1",
    "DELETE FROM accounts WHERE id = $1",
];
