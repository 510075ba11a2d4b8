//! `rooms.archive`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::directory::Archive, room::Role};

use super::faces::revise;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    conversation::Conversation,
    store::rooms::FaceStep,
};

/// Says that a room is only read, or written in again. A dropped future leaves it so and told, or as it
/// was.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    archive: Archive,
) -> Result<Turn, Refusal> {
    let judge = move |room: &Conversation, role| match acts_as(role, room) {
        Role::Owner => {
            let is_new = room.face().archived != archive.archived;
            Ok(is_new.then_some(FaceStep::Archived(archive.archived)))
        }
        Role::Admin | Role::Member | Role::Muted => Err(ErrorCode::NotAllowed),
    };
    revise(errand, own, (archive.room, None), Box::new(judge)).await
}

/// When no owner is left, admins do what owners may.
fn acts_as(role: Role, room: &Conversation) -> Role {
    let chain = room.chain();
    let mut members = chain.record().members();
    match role {
        Role::Admin if !members.any(|(_, member)| member.role == Role::Owner) => Role::Owner,
        role => role,
    }
}
