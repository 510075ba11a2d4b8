//! `sealwire password`: changes password and recovery code.

use chat_client::account::Rehearsal;
use serde_json::json;
use wire_format::passwords::RecoveryCode;

use super::{at::At, code::Sink, flags::Change, home::Home, opened::Opened, out::print, secrets};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Change) -> Result<(), Failure> {
    let mut sink = Sink::choose(&flags.code)?;
    // The account is found before anything is asked.
    home.find(at.endpoint.as_ref(), flags.account.as_deref())?;
    let old = secrets::password(&flags.old).await?;
    let new = secrets::new_password(&flags.new).await?;
    let code = RecoveryCode::generate(&mut rand::rng());
    let rehearsal = sink.keep(&code).await?;
    let mut opened = Opened::again(&at, home, flags.account.as_deref())
        .await
        .map_err(|failure| sink.not_sent(failure))?;
    let account = &mut opened.account;
    let changed = match flags.lost {
        None => account.change_password(old, new, code).await,
        Some(session) => account.lost_device(session, old, new, code).await,
    };
    changed.map_err(|error| sink.refused(error))?;
    let rehearsed = rehearsal == Rehearsal::Done;
    opened.held.state.rehearsed = Some(rehearsed);
    // The vault key is another one from here on.
    opened.keep()?;
    if rehearsed {
        opened.account.rehearsed().await?;
    }
    opened.close().await?;
    print(
        format,
        "The password and the recovery code are changed. Other sessions have ended.",
        &json!({ "type": "password_changed", "recovery_rehearsed": rehearsed }),
    )
}
