//! Reports of messages, as an administrator of the server judges them: in no room, with everybody's keys
//! (docs/protocol.md#1415-reports).

use std::collections::BTreeMap;

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, ReportHash, ReportNumber,
    command::moderation::{
        ListReports, ListedReport, Mode, ModeState, ReportPage, SettleReport, Verdict,
    },
    envelope::{Header, UnverifiedSignedEnvelope},
    identity::Chain,
    limits::REPORTS_PER_PAGE,
    record_list,
    room::{Report, ReportError, RoomContent, StoredMessage, UnverifiedReport},
};

use super::{
    Account,
    error::{AccountError, PeerFault},
};

/// A report that is pending, by the server's word; nothing of it was judged.
#[derive(Clone, Debug)]
pub struct PendingReport {
    /// What the server says of it.
    pub listed: ListedReport,
    report: UnverifiedReport,
}

/// A report that holds: who reported, who wrote what, and when.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The report, its reporter certain.
    pub report: Report,
    /// The reporter's user name, as its keys sign it.
    pub reporter: String,
    /// What the message said in the clear: its sender, its time.
    pub header: Header,
    /// The sender's account.
    pub account: AccountId,
    /// The sender's user name, as its keys sign it.
    pub sender: String,
    /// What was written.
    pub content: RoomContent,
}

impl PendingReport {
    /// Who is said to report, and why; nothing of it is certain before it was judged.
    pub fn unsigned(&self) -> &Report {
        self.report.unsigned()
    }
}

impl Account {
    /// A page of the reports that nobody has settled, the oldest first, behind one of them; and whether
    /// there are more. Each may be of 1 MiB, and anybody reports: a page is held at a time.
    ///
    /// # Errors
    /// `not_allowed` to who does not administrate the server; [`PeerFault::Pages`] for pages that do
    /// not lead on, or hold other reports than they say; the typed cause otherwise.
    pub async fn reports(
        &mut self,
        after: Option<ReportNumber>,
    ) -> Result<(Vec<PendingReport>, bool), AccountError> {
        let (page, tail) = self.line.call(&ListReports { after }, Bytes::new()).await?;
        let numbers = page.reports.iter().map(|listed| Some(listed.number));
        let ascends = std::iter::once(after)
            .chain(numbers)
            .is_sorted_by(|a, b| a < b);
        if !ascends || (page.more && page.reports.is_empty()) {
            return Err(PeerFault::Pages.into());
        }
        let more = page.more;
        Ok((pending(page, tail)?, more))
    }

    /// Judges a report by the keys of its reporter and of the sender, which are compared with what was
    /// seen of them before. What fails is no proof, and why.
    ///
    /// # Errors
    /// [`PeerFault::Chain`] where somebody's keys are not those that were seen; the typed cause
    /// otherwise.
    pub async fn judge(
        &mut self,
        pending: &PendingReport,
    ) -> Result<Result<Proof, ReportError>, AccountError> {
        let (said, listed) = (pending.unsigned(), &pending.listed);
        let envelope = UnverifiedSignedEnvelope::parse(said.envelope().clone());
        let sender = envelope.map(|envelope| *envelope.header().sender.as_bytes());
        let sender = sender.map(AccountId::from_bytes);
        let mut keysets = BTreeMap::new();
        for account in [Some(said.reporter()), sender.ok()].into_iter().flatten() {
            match self.whole_chain(account).await {
                Ok((chain, _)) => drop(keysets.insert(account, chain)),
                // Then its keys are not known here.
                Err(AccountError::Refused { refusal, .. })
                    if refusal.code == ErrorCode::NoSuchAccount => {}
                Err(error) => return Err(error),
            }
        }
        Ok(proven(pending.report.clone(), listed, &keysets))
    }

    /// Settles a report. A dropped future leaves it settled or not.
    ///
    /// # Errors
    /// `no_such_message` where it is not pending; the typed cause otherwise.
    pub async fn settle_report(
        &mut self,
        report: ReportHash,
        verdict: Verdict,
    ) -> Result<(), AccountError> {
        let settle = SettleReport { report, verdict };
        self.line.call(&settle, Bytes::new()).await?;
        Ok(())
    }

    /// Says whether the server is closed to newcomers; with `emergency`, as an administrator, whether
    /// it is from now on. A dropped future leaves it said or not.
    ///
    /// # Errors
    /// `not_allowed` to who may only ask; the typed cause otherwise.
    pub async fn server_mode(
        &mut self,
        emergency: Option<bool>,
    ) -> Result<ModeState, AccountError> {
        let (state, _) = self.line.call(&Mode { emergency }, Bytes::new()).await?;
        Ok(state)
    }
}

/// The reports of a page, each the one that the server says it is.
fn pending(page: ReportPage, tail: Bytes) -> Result<Vec<PendingReport>, AccountError> {
    let most = usize::try_from(REPORTS_PER_PAGE).unwrap_or(usize::MAX);
    let records = record_list::parse(tail, most)?;
    if records.len() != page.reports.len() {
        return Err(PeerFault::Pages.into());
    }
    let reports = page.reports.into_iter().zip(records);
    let reports = reports.map(|(listed, record)| {
        let report = UnverifiedReport::parse(record)?;
        if report.unsigned().hash() != listed.report {
            return Err(PeerFault::Pages.into());
        }
        Ok(PendingReport { listed, report })
    });
    reports.collect()
}

fn proven(
    report: UnverifiedReport,
    listed: &ListedReport,
    keysets: &BTreeMap<AccountId, Chain>,
) -> Result<Proof, ReportError> {
    let report = report.verify(keysets)?;
    let stored = StoredMessage {
        room: listed.room,
        channel: listed.channel,
        sequence: listed.sequence,
        hash: listed.hash,
    };
    let opened = report.prove(&stored, keysets)?;
    let content = RoomContent::parse(&opened.content).map_err(ReportError::Message)?;
    let account = AccountId::from_bytes(*opened.header.sender.as_bytes());
    let name = |account| {
        let chain = keysets.get(&account);
        chain.map_or_else(String::new, |chain| chain.head().name().to_owned())
    };
    Ok(Proof {
        reporter: name(report.reporter()),
        sender: name(account),
        header: opened.header,
        account,
        content,
        report,
    })
}
