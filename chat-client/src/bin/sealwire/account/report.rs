//! `sealwire report`: one message, for the server's administrators.

use serde_json::json;
use wire_format::{Sequence, limits::REPORT_REASON_BYTES};

use super::{at::At, flags::Report, home::Home, out::print, talker::Talker, told};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Report) -> Result<(), Failure> {
    if flags.reason.len() > REPORT_REASON_BYTES {
        let most = format!("a reason has at most {REPORT_REASON_BYTES} bytes");
        return Err(Failure::Settings(most));
    }
    let mut talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let at = talker.place(&flags.room, flags.channel.as_deref()).await?;
    let sequence = Sequence::new(flags.sequence);
    let conversations = &mut talker.conversations;
    let reported = conversations.report(at, sequence, &flags.reason).await;
    for alarm in talker.alarms() {
        told::alarm(&alarm, &talker.conversations);
    }
    let report = reported?;
    talker.close().await?;
    let text = format!(
        "reported: the server's administrators, and so the server, can read this one message\n{}",
        report.hash()
    );
    let object = json!({
        "type": "reported",
        "report": report.hash(),
        "room": at.room,
        "channel": at.channel,
        "sequence": sequence,
    });
    print(format, &text, &object)
}
