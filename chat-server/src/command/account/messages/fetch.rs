//! `messages.fetch`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    ChannelId, Deliver, DeliverFlags, ErrorCode, Name, Refusal, ServerFrame,
    command::messages::{Fetch, FetchedPage},
    limits::{MESSAGES_PAGE_BYTES, MESSAGES_PER_PAGE},
    record_list,
    room::Erased,
};

use super::room_of;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::messages::{FetchMessages, StoredDelivery, StoredPayload},
};

/// Gives a page of a channel. A dropped future leaves nothing behind.
pub(in crate::command::account) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    fetch: Fetch,
) -> Result<Turn, Refusal> {
    if fetch.limit > MESSAGES_PER_PAGE {
        return Err(ErrorCode::Malformed.into());
    }
    let (room, _) = room_of(&errand, &own, fetch.channel).await?;
    let read = FetchMessages {
        room: room.id(),
        channel: fetch.channel,
        after: fetch.after,
        before: fetch.before,
        limit: fetch.limit.into(),
        bytes: MESSAGES_PAGE_BYTES,
    };
    let page = errand.read(read).await?;
    let bodies = page.deliveries.into_iter();
    let bodies = bodies.map(|stored| body(fetch.channel, stored));
    let bodies: Vec<Bytes> = bodies.collect::<Result<_, _>>()?;
    let tail = record_list::encode(&bodies).map_err(|_| ErrorCode::Internal)?;
    let fields = FetchedPage {
        first: page.first,
        last: page.last,
        more: page.more,
    };
    errand.ok_with(&fields, tail)
}

/// The body of a deliver frame.
fn body(channel: ChannelId, stored: StoredDelivery) -> Result<Bytes, ErrorCode> {
    let (flags, payload) = match stored.payload {
        StoredPayload::Message(envelope) => (DeliverFlags::Stored, envelope),
        StoredPayload::Commit(commit) => (DeliverFlags::Commit, commit),
        StoredPayload::Erased { hash, tombstone } => {
            (DeliverFlags::Stored, Erased { hash, tombstone }.encode())
        }
    };
    let deliver = Deliver {
        channel,
        sequence: stored.sequence,
        time: stored.at,
        flags,
        sender: stored.sender,
        name: Name::try_from(stored.name.as_str()).map_err(|_| ErrorCode::Internal)?,
        payload,
    };
    let frame = ServerFrame::Deliver(deliver).encode().message();
    Ok(frame.slice(1..))
}
