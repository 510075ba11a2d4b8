//! `reports.list`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    ErrorCode, Refusal, ReportNumber,
    command::moderation::{ListReports, ListedReport, ReportPage},
    limits::{MESSAGES_PAGE_BYTES, REPORTS_PER_PAGE},
    record_list,
};

use crate::{
    account::{AccountSession, account_id},
    command::{Turn, errand::Errand},
    store::moderation::{self, ReportRow},
};

/// Gives pending reports to an administrator. A dropped future leaves nothing behind.
pub(in crate::command::account) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    list: ListReports,
) -> Result<Turn, Refusal> {
    let read = moderation::ListReports {
        account: own.member(),
        after: list.after.map_or(0, ReportNumber::value),
        limit: REPORTS_PER_PAGE,
        bytes: MESSAGES_PAGE_BYTES,
    };
    let page = errand.read(read).await?.ok_or(ErrorCode::NotAllowed)?;
    let fields = ReportPage {
        reports: page.reports.iter().map(listed).collect(),
        more: page.more,
    };
    let records = page.reports.into_iter();
    let records: Vec<Bytes> = records.map(|row| row.record.into()).collect();
    let tail = record_list::encode(&records).map_err(|_| ErrorCode::Internal)?;
    errand.ok_with(&fields, tail)
}

fn listed(row: &ReportRow) -> ListedReport {
    ListedReport {
        number: ReportNumber::new(row.number),
        report: row.hash,
        received_at: row.received_at,
        room: row.room,
        channel: row.channel,
        sequence: row.sequence,
        hash: row.message,
        sender: account_id(row.sender),
    }
}
