//! `epochs.grant`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Event, Refusal,
    limits::GRANTS_PER_REQUEST,
    room::{UnverifiedGrant, UnverifiedKeyRequest},
};

use super::{room_of_member, whole};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    conversation::{Conversation, Standing},
    store::rooms::{PutGrant, ReadKeyRequest},
};

/// Keeps a grant for who asked, unless it is plainly invalid, and tells them. Who signed it and what is
/// sealed in it is for them to judge: it comes from a session that has proven its keys, and whoever
/// wanted to could sign worthless secrets. A dropped future leaves it kept and told, or neither.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let grant = UnverifiedGrant::parse(errand.tail.clone());
    let grant = grant.map_err(|error| unreadable(&error))?;
    let conversation = room_of_member(&errand, own.account, grant.room()).await?;
    if grant.granter() != own.account {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let request = pending(&errand, &grant).await?;
    let people = [grant.granter(), grant.asker()];
    let keysets = errand.accounts.chains_of(people).await?;
    let checked = grant.check_plain(&request, &conversation.chain(), &keysets);
    checked.map_err(|_| ErrorCode::RequestInvalid)?;
    let tracker = errand.node.tracker.clone();
    whole(&tracker, keep(errand, own, conversation, grant)).await
}

/// The request that stands where the grant says that it answers one.
async fn pending(
    errand: &Errand,
    grant: &UnverifiedGrant,
) -> Result<UnverifiedKeyRequest, Refusal> {
    let read = ReadKeyRequest {
        room: grant.room(),
        account: grant.asker().into(),
    };
    let request = errand.read(read).await?.ok_or(ErrorCode::RequestInvalid)?;
    let request = UnverifiedKeyRequest::parse(request.record.into());
    Ok(request.map_err(|_| ErrorCode::Internal)?)
}

async fn keep(
    errand: Errand,
    own: Arc<AccountSession>,
    conversation: Arc<Conversation>,
    grant: UnverifiedGrant,
) -> Result<Turn, Refusal> {
    let _turn = conversation.turn().await?;
    let (room, asker) = (conversation.id(), grant.asker());
    let is_member = |account| matches!(conversation.standing(account), Standing::Member(_));
    if !is_member(own.account) {
        return Err(ErrorCode::NoSuchRoom.into());
    }
    if !is_member(asker) {
        return Err(ErrorCode::RequestInvalid.into());
    }
    let put = PutGrant {
        room,
        asker: asker.into(),
        request: *grant.request().as_bytes(),
        granter: own.member(),
        record: grant.bytes().to_vec(),
        most: GRANTS_PER_REQUEST,
    };
    let kept = errand.write_in(&own, put).await;
    kept.map_err(|refusal| match refusal.code {
        // Others have answered it.
        ErrorCode::OverQuota => ErrorCode::RequestInvalid.into(),
        _ => refusal,
    })?;
    let attendance = &errand.accounts.online.attendance;
    let granted = Event::EpochGranted { room };
    attendance.tell_with([asker], &granted, grant.bytes().clone());
    errand.done()
}
