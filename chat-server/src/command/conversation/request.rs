//! `rooms.request`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Event, Refusal,
    room::{Action, RequestError, UnverifiedRequest},
};

use super::{faces, room_that_is_open, waiting::people, whole};
use crate::{
    account::AccountSession,
    command::{
        Turn,
        errand::{Errand, too_often},
        unreadable,
    },
    conversation::{Conversation, Standing},
    store::rooms::{self, PutRequest},
    wall_clock,
};

/// Keeps a request to join or to leave, in place of an earlier one, and tells it to the members who may
/// take it in. Who asks to be out is told nothing more of the room. A dropped future leaves it kept
/// and told, or neither.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.conversation(own.account).map_err(too_often)?;
    let request = UnverifiedRequest::parse(errand.tail.clone());
    let request = request.map_err(|error| unreadable(&error))?;
    let conversation = room_that_is_open(&errand, own.account, request.room()).await?;
    if request.account() != own.account {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let keysets = people([&request].into_iter());
    let keysets = errand.accounts.chains_of(keysets).await?;
    let (chain, now, checked) = (conversation.chain(), wall_clock::now(), request.clone());
    let job = move || chain.check_request(&checked, now, &keysets);
    match errand.accounts.work.run(job).await? {
        Ok(()) => {}
        Err(RequestError::Full) => return Err(ErrorCode::RoomFull.into()),
        Err(_) => return Err(ErrorCode::RequestInvalid.into()),
    }
    let comes_in = request.action() == Action::Join && request.invitation().is_none();
    if comes_in && conversation.standing(own.account) == Standing::Outside {
        errand.is_open_to_newcomers().await?;
    }
    let tracker = errand.node.tracker.clone();
    whole(&tracker, keep(errand, own, conversation, request)).await
}

async fn keep(
    errand: Errand,
    own: Arc<AccountSession>,
    conversation: Arc<Conversation>,
    request: UnverifiedRequest,
) -> Result<Turn, Refusal> {
    let _turn = conversation.turn().await?;
    if request.action() == Action::Join {
        faces::written_in(&conversation)?;
    }
    let was_leaving = conversation.standing(own.account) == Standing::Leaving;
    let put = PutRequest {
        room: conversation.id(),
        account: own.member(),
        action: match request.action() {
            Action::Join => rooms::Action::Join,
            Action::Leave => rooms::Action::Leave,
        },
        hash: *request.hash().as_bytes(),
        record: request.bytes().to_vec(),
        rooms_most: errand.accounts.limits.rooms,
    };
    errand.write_of_room(&own, &conversation, put).await?;
    conversation.asked(own.account, request.action(), request.bytes().clone());
    if request.action() == Action::Leave && !was_leaving {
        let removed = Event::RoomRemoved {
            room: conversation.id(),
        };
        let attendance = &errand.accounts.online.attendance;
        attendance.tell([own.account], &removed);
    }
    errand.done()
}
