//! `chat-server registration`.

use chat_server::{
    RegistrationMode,
    store::{
        Store as _,
        audit::Actor,
        server::{ReadRegistration, SetRegistration},
    },
    wall_clock,
};

use super::{OperateError, output, with_data};
use crate::cli::Place;

pub(super) async fn run(mode: Option<RegistrationMode>, place: &Place) -> Result<(), OperateError> {
    with_data(place, async |store| {
        if let Some(mode) = mode {
            let set = SetRegistration {
                registration: mode.into(),
                actor: Actor::Operator,
                now: wall_clock::now(),
            };
            store.write(set).await??;
        }
        let mode = store.read(ReadRegistration).await?;
        Ok(output::line(mode.as_str())?)
    })
    .await
}
