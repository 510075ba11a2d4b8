//! `messages.delete`.

use std::sync::Arc;

use wire_format::{
    Deliver, DeliverFlags, EpochNumber, ErrorCode, Publish, PublishFlags, Refusal,
    command::messages::{Delete, Deleted},
    limits::TOMBSTONE_BYTES,
    room::Role,
};

use super::{role_in, room_of};
use crate::{
    account::{AccountSession, Accounts, refused, store_failed},
    command::{Turn, errand::Errand},
    conversation::Conversation,
    node::Node,
    post::Sealed,
    store::{
        Store as _,
        messages::{EraseMessage, MessageDraft, Placed},
    },
    wall_clock,
};

/// Erases a message for its tombstone, which everybody gets. A dropped future leaves it erased and
/// told, or as it was.
pub(in crate::command::account) async fn run(
    mut errand: Errand,
    own: Arc<AccountSession>,
    delete: Delete,
) -> Result<Turn, Refusal> {
    let (room, _) = room_of(&errand, &own, delete.channel).await?;
    let tail = std::mem::take(&mut errand.tail);
    if tail.len() > TOMBSTONE_BYTES {
        return Err(ErrorCode::TooLarge.into());
    }
    if delete.n == EpochNumber::new(0) {
        return Err(ErrorCode::StaleEpoch.into());
    }
    let publish = Publish {
        request: errand.request,
        channel: delete.channel,
        epoch: delete.n,
        flags: PublishFlags::STORED,
        payload: tail,
    };
    let tombstone = Sealed::read(publish, room.id(), own.account, &own.name)?;
    let (node, accounts) = (Arc::clone(&errand.node), Arc::clone(&errand.accounts));
    // Whoever hangs up meanwhile: what is kept is told, too.
    let erasing = async move { erase((&node, &accounts), &room, &own, delete, tombstone).await };
    let placed = errand.node.tracker.spawn(erasing).await;
    let placed = placed.map_err(|_| ErrorCode::Internal)??;
    errand.ok(&Deleted {
        sequence: placed.sequence,
    })
}

async fn erase(
    (node, accounts): (&Node, &Accounts),
    room: &Conversation,
    own: &AccountSession,
    delete: Delete,
    tombstone: Sealed,
) -> Result<Placed, Refusal> {
    let _turn = room.turn().await?;
    let role = role_in(room, own)?;
    if role == Role::Muted {
        return Err(ErrorCode::NotAllowed.into());
    }
    let at = wall_clock::now();
    if room.head() != (tombstone.epoch, tombstone.commit) || room.is_over(at) {
        return Err(ErrorCode::StaleEpoch.into());
    }
    let change = EraseMessage {
        tombstone: MessageDraft {
            room: room.id(),
            channel: tombstone.channel,
            sender: own.member(),
            name: own.name.as_str().to_owned(),
            n: tombstone.epoch.value(),
            at,
            message: tombstone.message,
            hash: tombstone.hash(),
            envelope: tombstone.bytes.clone(),
            is_answer: false,
        },
        sequence: delete.sequence,
        hash: delete.hash,
        may_erase_others: role.is_over_members(),
    };
    let placed = accounts.store.write(change).await;
    let placed = placed.inspect_err(|error| {
        node.alerts.store(error);
        if error.leaves_unknown() {
            accounts.conversations.give_up(room);
        }
    });
    let placed = placed.map_err(store_failed)?.map_err(refused)?;
    if placed.is_new {
        room.deliver_stored(&[Deliver {
            channel: delete.channel,
            sequence: placed.sequence,
            time: at,
            flags: DeliverFlags::Stored,
            sender: own.member(),
            name: own.name.clone(),
            payload: tombstone.bytes,
        }]);
    }
    Ok(placed)
}
