//! `chat-server mode`.

use chat_server::{
    store::{
        Store as _,
        audit::Actor,
        moderation::{IsEmergency, SetEmergency},
    },
    wall_clock,
};

use super::{OperateError, output, with_data};
use crate::cli::{Emergency, Place};

pub(super) async fn run(emergency: Emergency, place: &Place) -> Result<(), OperateError> {
    with_data(place, async |store| {
        if let Some(is_emergency) = emergency.wanted() {
            let set = SetEmergency {
                is_emergency,
                actor: Actor::Operator,
                now: wall_clock::now(),
            };
            store.write(set).await??;
        }
        let line = match store.read(IsEmergency).await? {
            true => "emergency: nobody registers, makes a room or joins one uninvited",
            false => "no emergency",
        };
        Ok(output::line(line)?)
    })
    .await
}
