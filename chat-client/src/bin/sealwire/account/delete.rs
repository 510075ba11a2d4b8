//! `sealwire delete`: ends an account for good.

use serde_json::json;

use super::{
    at::At, flags::Delete, home::Home, opened::Opened, out::print, secrets, terminal::Terminal,
};
use crate::{cli::Format, exit::Failure, plain::visible};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Delete) -> Result<(), Failure> {
    // The account is found before anything is asked.
    let state = home.find(at.endpoint.as_ref(), flags.account.as_deref())?;
    let name = state.account.name;
    confirm(&name, flags.yes.as_deref()).await?;
    let password = secrets::password(&flags.password).await?;
    let Opened { account, held } = Opened::again(&at, home, Some(&name)).await?;
    let id = account.id();
    account.delete(password).await?;
    held.forget()?;
    let text = format!("{} is deleted, and forgotten here.", visible(&name));
    let object = json!({ "type": "account_deleted", "name": name, "account": id });
    print(format, &text, &object)
}

/// Asks for the name, exactly as it is, where no flag has it.
async fn confirm(name: &str, said: Option<&str>) -> Result<(), Failure> {
    let is_meant = match said {
        Some(said) => said == name,
        None => {
            let mut terminal = Terminal::here().ok_or_else(|| {
                Failure::Settings("no terminal to type the name back on: --yes NAME".to_owned())
            })?;
            let question = format!(
                "This deletes {} with its keys, its vault and its friends, for good.\n\
                 Type its name to go on: ",
                visible(name)
            );
            terminal.line(&question).await?.trim() == name
        }
    };
    is_meant.then_some(()).ok_or(Failure::NotConfirmed)
}
