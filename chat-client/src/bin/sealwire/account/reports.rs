//! `sealwire reports`: what was reported, for who administrates the server and is in no room.

use chat_client::{
    Account,
    account::{PendingReport, Proof},
};
use serde_json::{Value, json};
use wire_format::{ReportHash, command::moderation::Verdict, room::ReportError};

use super::{
    at::At,
    flags::{Reports, ReportsAction},
    home::Home,
    opened::Opened,
    out::print,
    sessions::day,
    told,
};
use crate::{
    cli::Format,
    exit::Failure,
    plain::{clock, indented, isolated, visible},
};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Reports) -> Result<(), Failure> {
    let words: Vec<&str> = flags.words.iter().map(String::as_str).collect();
    let asked = match (flags.action, words.as_slice()) {
        (ReportsAction::List, []) => Asked::List,
        (ReportsAction::Show, [report]) => Asked::Show(hash(report)?),
        (ReportsAction::Settle, [report, verdict]) => {
            Asked::Settle(hash(report)?, verdict_of(verdict)?)
        }
        _ => return Err(Failure::Settings(USAGE.to_owned())),
    };
    let mut opened = Opened::again(&at, home, flags.account.as_deref()).await?;
    let said = carry_out(&mut opened, asked).await;
    // What was seen of people's keys is kept in any case.
    opened.close().await?;
    let (text, object) = said?;
    print(format, &text, &object)
}

/// Reports that are listed: more than anybody settles in a day.
const LISTED_MOST: usize = 10_000;

/// What is to be done.
enum Asked {
    List,
    Show(ReportHash),
    Settle(ReportHash, Verdict),
}

async fn carry_out(opened: &mut Opened, asked: Asked) -> Result<(String, Value), Failure> {
    let account = &mut opened.account;
    match asked {
        Asked::List => {
            let (mut lines, mut objects) = (Vec::new(), Vec::new());
            let mut after = None;
            loop {
                let (reports, more) = account.reports(after).await?;
                lines.extend(reports.iter().map(line));
                objects.extend(reports.iter().map(object));
                after = reports.last().map(|last| last.listed.number);
                if !more || lines.len() > LISTED_MOST {
                    break;
                }
            }
            let object = json!({ "type": "reports", "reports": objects });
            Ok((lines.join("\n"), object))
        }
        Asked::Show(hash) => {
            let pending = pending(account, hash).await?;
            match account.judge(&pending).await? {
                Ok(proof) => Ok(shown(&pending, &proof)),
                Err(error) => Err(Failure::NoProof(error)),
            }
        }
        Asked::Settle(hash, verdict) => {
            account.settle_report(hash, verdict).await?;
            let word = verdict.as_str();
            let object = json!({ "type": "settled", "report": hash, "verdict": word });
            Ok((format!("{hash}: {word}"), object))
        }
    }
}

/// The pending report with this hash; no page behind it is read.
async fn pending(account: &mut Account, hash: ReportHash) -> Result<PendingReport, Failure> {
    let mut after = None;
    loop {
        let (reports, more) = account.reports(after).await?;
        after = reports.last().map(|last| last.listed.number);
        let mut reports = reports.into_iter();
        match reports.find(|pending| pending.listed.report == hash) {
            Some(pending) => return Ok(pending),
            None if more => {}
            None => return Err(nothing(hash)),
        }
    }
}

fn nothing(hash: ReportHash) -> Failure {
    Failure::Settings(format!(
        "no report {hash} is pending: sealwire reports list"
    ))
}

fn line(pending: &PendingReport) -> String {
    let (listed, said) = (&pending.listed, pending.unsigned());
    let reason = visible(said.reason());
    format!("{}\t{}\t{reason}", listed.report, day(listed.received_at))
}

fn object(pending: &PendingReport) -> Value {
    let (listed, said) = (&pending.listed, pending.unsigned());
    json!({
        "report": listed.report,
        "number": listed.number,
        "received_at": listed.received_at,
        "room": listed.room,
        "channel": listed.channel,
        "sequence": listed.sequence,
        "reporter": said.reporter(),
        "sender": listed.sender,
        "reason": said.reason(),
    })
}

/// A report that holds, with what its message says.
fn shown(pending: &PendingReport, proof: &Proof) -> (String, Value) {
    let sent_at = proof.header.sent_at;
    let words = told::words(&proof.content).unwrap_or_default();
    let text = format!(
        "report {}\n{} reports: {}\n{} {} {} wrote:\n      {}\nproven by the signatures of both; \
         this one message was opened, and nothing else can be with its key",
        pending.listed.report,
        isolated(&proof.reporter),
        visible(proof.report.reason()),
        day(sent_at),
        clock(sent_at),
        isolated(&proof.sender),
        indented(&words),
    );
    let mut value = object(pending);
    value["type"] = json!("report");
    value["proven"] = json!(true);
    value["reporter_name"] = json!(proof.reporter);
    value["sender"] = json!(proof.account);
    value["sender_name"] = json!(proof.sender);
    value["sent_at"] = json!(sent_at);
    value["n"] = json!(proof.header.epoch);
    let (kind, fields) = told::content(&proof.content);
    value["kind"] = json!(kind);
    value["content"] = fields;
    (text, value)
}

fn hash(word: &str) -> Result<ReportHash, Failure> {
    let parsed = word.parse();
    parsed.map_err(|_| Failure::Settings(format!("{word} is no 64 hexadecimal digits")))
}

fn verdict_of(word: &str) -> Result<Verdict, Failure> {
    let verdicts = [Verdict::Dismissed, Verdict::Upheld].into_iter();
    let mut found = verdicts.filter(|verdict| verdict.as_str() == word);
    found
        .next()
        .ok_or_else(|| Failure::Settings(USAGE.to_owned()))
}

/// A word for scripts for why a report is no proof.
pub(crate) const fn word(error: &ReportError) -> &'static str {
    match error {
        ReportError::Record(_) | ReportError::Envelope(_) => "malformed",
        ReportError::UnknownKeys(_) => "unknown_keys",
        ReportError::Reporter(_) | ReportError::Sender(_) => "bad_signature",
        ReportError::OtherPlace | ReportError::OtherMessage => "misplaced",
        ReportError::Message(_) => "not_opened",
        _ => "no_proof",
    }
}

const USAGE: &str =
    "it goes like this: sealwire reports [list | show REPORT | settle REPORT dismissed|upheld]";
