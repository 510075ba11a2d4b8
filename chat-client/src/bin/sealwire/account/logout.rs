//! `sealwire logout`: ends this device's session and forgets what it kept.

use serde_json::json;

use super::{at::At, home::Home, opened::Opened, out::print};
use crate::{cli::Format, exit::Failure, plain::visible};

pub(super) async fn run(
    at: At,
    home: Home,
    format: Format,
    name: Option<String>,
) -> Result<(), Failure> {
    let state = home.find(at.endpoint.as_ref(), name.as_deref())?;
    let name = state.account.name.clone();
    match Opened::again(&at, home.clone(), Some(&name)).await {
        Ok(opened) => opened.logout().await?,
        // The session is over already: what is left of it is the file.
        Err(Failure::Account(error)) if error.is_login_failed() => {
            home.remove(&state)?;
        }
        Err(failure) => return Err(failure),
    }
    let text = format!("{} is signed out here.", visible(&name));
    print(
        format,
        &text,
        &json!({ "type": "signed_out", "name": name }),
    )
}
