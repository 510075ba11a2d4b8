//! `chat-server audit`.

use chat_server::{
    store::{
        Database, Store as _,
        audit::{Actor, AuditFault, AuditHead, AuditRow, ReadAudit, VerifyAuditSince},
    },
    wall_clock::utc,
};
use serde_json::json;

use super::{OperateError, output, with_data};
use crate::cli::AuditTask;

pub(super) async fn run(task: AuditTask) -> Result<(), OperateError> {
    match task {
        AuditTask::Verify { expect_head, place } => {
            let noted = expect_head.map_or_else(AuditHead::default, |head| head.0);
            with_data(&place, async |store| verify(store, noted).await).await
        }
        AuditTask::List { json, place } => {
            with_data(&place, async |store| list(store, json).await).await
        }
    }
}

async fn verify(store: &Database, noted: AuditHead) -> Result<(), OperateError> {
    let head = store.read(VerifyAuditSince { noted }).await??;
    if head.number == 0 {
        // The first row is as old as the data.
        return Err(AuditFault::Missing(1).into());
    }
    Ok(output::line(&output::head(&head))?)
}

async fn list(store: &Database, is_json: bool) -> Result<(), OperateError> {
    let mut after = 0;
    loop {
        let read = ReadAudit {
            after,
            limit: ROWS_AT_ONCE,
        };
        let rows = store.read(read).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.number;
        for row in &rows {
            print(row, is_json)?;
        }
    }
}

fn print(row: &AuditRow, is_json: bool) -> Result<(), OperateError> {
    let number = row.number.to_string();
    let actor = match row.actor {
        Actor::Account(account) => account.to_string(),
        Actor::Operator => "operator".into(),
        Actor::Server => "server".into(),
    };
    if is_json {
        let row = json!({
            "number": number,
            "at": row.at.value().to_string(),
            "actor": actor,
            "action": row.action,
            "subject": row.subject,
            "detail": row.detail,
            "hash": output::hex(&row.hash),
        });
        return Ok(output::line(&row.to_string())?);
    }
    let at = utc(row.at);
    let columns = [&number, &at, &actor, &row.action, &row.subject, &row.detail];
    Ok(output::columns(&columns.map(String::as_str))?)
}

/// Rows in memory at once: some 300 KiB.
const ROWS_AT_ONCE: u32 = 1_000;
