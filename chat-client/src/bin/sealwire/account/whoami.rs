//! `sealwire whoami`: which account this device has.

use chat_client::account::Account;
use serde_json::json;

use super::{at::At, home::Home, opened::Opened, out, state::State};
use crate::{cli::Format, exit::Failure, plain::visible};

pub(super) async fn run(
    at: At,
    home: Home,
    format: Format,
    name: Option<String>,
) -> Result<(), Failure> {
    let opened = Opened::again(&at, home, name.as_deref()).await?;
    print(format, &opened.account, &opened.held.state)?;
    opened.close().await
}

/// Prints an account that is signed in.
pub(super) fn print(format: Format, account: &Account, state: &State) -> Result<(), Failure> {
    let rehearsed = match state.rehearsed {
        Some(true) => "was typed back",
        Some(false) => "was not typed back yet: keep its file safe",
        None => "not known on this device",
    };
    let text = format!(
        "name           {}\n\
         account        {}\n\
         fingerprint    {}\n\
         session        {}\n\
         server         {} at {}\n\
         recovery code  {rehearsed}",
        visible(account.name()),
        account.id(),
        account.fingerprint(),
        account.session(),
        account.server_name(),
        state.server,
    );
    let object = json!({
        "type": "account",
        "name": account.name(),
        "account": account.id(),
        "fingerprint": account.fingerprint(),
        "session": account.session(),
        "expires_at": account.expires_at(),
        "server": state.server,
        "server_name": account.server_name().as_str(),
        "recovery_rehearsed": state.rehearsed,
    });
    out::print(format, &text, &object)
}
