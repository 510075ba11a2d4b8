//! `rooms.update`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::directory::Update, room::RoomKind};

use super::faces::{name, over_members, revise, topic, written_in};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::FaceStep,
};

/// Calls a public room otherwise; what private ones are called is sealed. A dropped future leaves it
/// called so and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    update: Update,
) -> Result<Turn, Refusal> {
    let typed_name = update.name.as_deref().map(name).transpose()?;
    let typed_topic = update.topic.as_deref().map(topic).transpose()?;
    let which = (update.room, Some(update.revision));
    let judge = move |room: &crate::conversation::Conversation, role| {
        if room.kind() != RoomKind::Public {
            return Err(ErrorCode::NotAllowed);
        }
        over_members(role)?;
        written_in(room)?;
        let face = room.face();
        let name = typed_name.unwrap_or_else(|| face.name.clone());
        let topic = typed_topic.unwrap_or_else(|| face.topic.clone());
        let is_new = (&name, &topic) != (&face.name, &face.topic);
        Ok(is_new.then_some(FaceStep::Named { name, topic }))
    };
    revise(errand, own, which, Box::new(judge)).await
}
