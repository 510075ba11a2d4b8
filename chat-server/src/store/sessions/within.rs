//! Changes that only a live session makes.

use wire_format::MemberId;

use super::SessionId;
use crate::store::{Change, Refusal, Stop, Trace, Transaction};

/// A change that a session asks for: one that was ended a moment ago changes nothing more.
///
/// Refused: [`Refusal::NoSuchSession`], and what refuses the change.
#[derive(Clone, Copy, Debug)]
pub struct InSession<C> {
    /// Whose session.
    pub account: MemberId,
    /// Which session.
    pub session: SessionId,
    /// What it changes.
    pub change: C,
}

impl<C: Change> Change for InSession<C> {
    type Answer = C::Answer;
    const TRACE: Trace = C::TRACE;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<C::Answer, Stop> {
        let sql = "SELECT 1 FROM sessions WHERE id = $1 AND account = $2";
        let values = [self.session.as_bytes().into(), (&self.account).into()];
        if transaction.row(sql, &values).await?.is_none() {
            return Err(Refusal::NoSuchSession.into());
        }
        self.change.run(transaction).await
    }
}
