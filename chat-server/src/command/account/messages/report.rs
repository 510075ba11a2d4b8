//! `messages.report`.

use std::sync::Arc;

use wire_format::{
    EnvelopeHash, ErrorCode, Event, Refusal,
    limits::{CLOCK_SKEW, REPORTS_PENDING},
    room::{Keysets as _, Report, UnverifiedReport},
};

use super::room_of_member;
use crate::{
    account::{AccountSession, account_id},
    command::{
        Turn,
        errand::{Errand, too_often},
        unreadable,
    },
    store::moderation::{Administrators, PutReport},
    wall_clock,
};

/// Keeps a report of a message for the administrators, and tells them. Whether it proves anything is for
/// them to judge; its reporter is certain, and the message stands where it says. A dropped future leaves
/// it kept or not, and the administrators perhaps untold.
pub(in crate::command::account) async fn run(
    mut errand: Errand,
    own: Arc<AccountSession>,
) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.conversation(own.account).map_err(too_often)?;
    let report = UnverifiedReport::parse(std::mem::take(&mut errand.tail));
    let report = report.map_err(|error| unreadable(&error))?;
    let room = room_of_member(&errand, &own, report.unsigned().channel()).await?;
    if report.unsigned().room() != room.id() {
        return Err(ErrorCode::NoSuchRoom.into());
    }
    let (report, message) = checked(&errand, &own, report).await?;
    let put = PutReport {
        hash: report.hash(),
        reporter: own.member(),
        channel: report.channel(),
        sequence: report.sequence(),
        message,
        record: report.bytes().to_vec(),
        most: REPORTS_PENDING,
        now: wall_clock::now(),
    };
    if errand.write_in(&own, put).await? {
        let administrators = errand.read(Administrators).await?;
        let made = Event::ReportMade {
            report: report.hash(),
        };
        let attendance = &errand.accounts.online.attendance;
        attendance.tell(administrators.into_iter().map(account_id), &made);
    }
    errand.done()
}

/// That the session's account reports, with its newest keys and now; gives the hash of the envelope, too.
async fn checked(
    errand: &Errand,
    own: &AccountSession,
    report: UnverifiedReport,
) -> Result<(Report, EnvelopeHash), Refusal> {
    let said = report.unsigned();
    let keysets = errand.accounts.chains_of([own.account]).await?;
    let head = keysets.chain(own.account);
    let head = head.ok_or(ErrorCode::Internal)?.head().fingerprint();
    let now = wall_clock::now().value();
    let is_now = u128::from(now.abs_diff(said.made_at().value())) <= CLOCK_SKEW.as_millis();
    if (said.reporter(), said.fingerprint()) != (own.account, head) || !is_now {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let job = move || {
        let report = report.verify(&keysets).ok()?;
        let message = report.envelope_hash();
        Some((report, message))
    };
    let checked = errand.accounts.work.run(job).await?;
    Ok(checked.ok_or(ErrorCode::RequestInvalid)?)
}
