//! `epochs.request_keys`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Event, Refusal,
    room::{KeyRequestError, UnverifiedKeyRequest},
};

use super::{room_of_member, whole};
use crate::{
    account::AccountSession,
    command::{
        Turn,
        errand::{Errand, too_often},
        unreadable,
    },
    conversation::Conversation,
    room::event_with,
    session::Session,
    store::rooms::PutKeyRequest,
};

/// Keeps the account's request for keys of older epochs, in place of an earlier one, and tells the
/// others. A dropped future leaves it kept and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: Arc<Session>,
) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.conversation(own.account).map_err(too_often)?;
    let request = UnverifiedKeyRequest::parse(errand.tail.clone());
    let request = request.map_err(|error| unreadable(&error))?;
    let conversation = room_of_member(&errand, own.account, request.room()).await?;
    if request.account() != own.account {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let wraps = errand.accounts.newest_wraps(&[own.account]).await?;
    let wrap = wraps.get(&own.account).ok_or(ErrorCode::RequestInvalid)?;
    let keysets = errand.accounts.chains_of([own.account]).await?;
    let (chain, checked, newest) = (conversation.chain(), request.clone(), wrap.number);
    let job = move || checked.verify(&chain, &keysets, newest);
    match errand.accounts.work.run(job).await? {
        Ok(_) => {}
        Err(KeyRequestError::OtherWrapKey { .. }) => return Err(ErrorCode::WrapSuperseded.into()),
        Err(_) => return Err(ErrorCode::RequestInvalid.into()),
    }
    let tracker = errand.node.tracker.clone();
    let but = member.number();
    whole(&tracker, keep(errand, own, but, conversation, request)).await
}

async fn keep(
    errand: Errand,
    own: Arc<AccountSession>,
    but: u64,
    conversation: Arc<Conversation>,
    request: UnverifiedKeyRequest,
) -> Result<Turn, Refusal> {
    let _turn = conversation.turn().await?;
    let room = conversation.id();
    let put = PutKeyRequest {
        room,
        account: own.member(),
        hash: *request.hash().as_bytes(),
        record: request.bytes().to_vec(),
    };
    errand.write_in(&own, put).await?;
    let requested = Event::EpochKeysRequested { room };
    let requested = event_with(&requested, request.bytes().clone());
    conversation.tell(&requested, Some(but));
    errand.done()
}
