//! `reports.settle`.

use std::sync::Arc;

use wire_format::{Refusal, command::moderation::SettleReport};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::moderation,
    wall_clock,
};

/// Settles a report. A dropped future leaves it settled or not.
pub(in crate::command::account) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    settle: SettleReport,
) -> Result<Turn, Refusal> {
    let change = moderation::SettleReport {
        hash: settle.report,
        verdict: settle.verdict.as_str(),
        account: own.member(),
        now: wall_clock::now(),
    };
    errand.write_in(&own, change).await?;
    errand.done()
}
