//! `sealwire mode`: whether the server is closed to newcomers.

use serde_json::json;

use super::{
    at::At,
    flags::{Mode, Switch},
    home::Home,
    opened::Opened,
    out::print,
};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Mode) -> Result<(), Failure> {
    let emergency = flags.emergency.map(|switch| switch == Switch::On);
    let mut opened = Opened::again(&at, home, flags.account.as_deref()).await?;
    let state = opened.account.server_mode(emergency).await?;
    opened.close().await?;
    let text = if state.emergency {
        "emergency: nobody registers, makes a room or joins one uninvited"
    } else {
        "no emergency"
    };
    let object = json!({
        "type": "mode",
        "emergency": state.emergency,
        "administers": state.administers,
    });
    print(format, text, &object)
}
