//! `rooms.mine`.

use std::sync::Arc;

use wire_format::{
    CommitHash, EpochNumber, Refusal,
    command::conversations::{Mine, OwnRoom, OwnRooms},
    limits::{CHANNELS_PER_PAGE, ROOMS_PER_PAGE},
};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::{self, ListRooms},
};

/// Lists the rooms of the account, by id. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    mine: Mine,
) -> Result<Turn, Refusal> {
    let list = ListRooms {
        account: own.member(),
        after: mine.after,
        limit: u32::try_from(ROOMS_PER_PAGE + 1).unwrap_or(u32::MAX),
    };
    let mut rooms = errand.read(list).await?;
    let read = rooms.len();
    rooms.truncate(rooms_that_fit(&rooms));
    let more = rooms.len() < read;
    let rooms = rooms.into_iter().map(listed).collect();
    errand.ok(&OwnRooms { rooms, more })
}

/// How many of the rooms a reply's header holds with their channels; one of them in any case.
fn rooms_that_fit(rooms: &[rooms::OwnRoom]) -> usize {
    let mut channels = 0;
    let fitting = rooms.iter().take(ROOMS_PER_PAGE).take_while(|room| {
        channels += room.channels.len();
        channels <= CHANNELS_PER_PAGE
    });
    fitting.count().max(rooms.len().min(1))
}

fn listed(room: rooms::OwnRoom) -> OwnRoom {
    OwnRoom {
        room: room.room,
        n: EpochNumber::new(room.n),
        commit: CommitHash::from_bytes(room.hash),
        channels: room.channels,
        request: room.request,
    }
}
