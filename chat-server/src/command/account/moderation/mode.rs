//! `server.mode`.

use std::sync::Arc;

use wire_format::{
    Refusal,
    command::moderation::{Mode, ModeState},
};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::{
        audit::Actor,
        moderation::{ReadMode, SetEmergency},
    },
    wall_clock,
};

/// Says, or lets an administrator say, whether anybody new comes in. A dropped future leaves it said or
/// not.
pub(in crate::command::account) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    mode: Mode,
) -> Result<Turn, Refusal> {
    if let Some(is_emergency) = mode.emergency {
        let set = SetEmergency {
            is_emergency,
            actor: Actor::Account(own.member()),
            now: wall_clock::now(),
        };
        errand.write_in(&own, set).await?;
    }
    let account = own.member();
    let mode = errand.read(ReadMode { account }).await?;
    errand.ok(&ModeState {
        emergency: mode.is_emergency,
        administers: mode.is_admin,
    })
}
