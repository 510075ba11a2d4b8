//! What commands of end-to-end rooms cost of a connection's rate.

use bytes::Bytes;
use chat_server::{AccountLimits, Rate};
use wire_format::{
    ErrorCode, RoomId,
    command::conversations::Follow,
    room::{Action, RoomKind},
};

use crate::{
    conversing::{Person, Talk},
    owner::{AtServer as _, Folder},
    support::{House, Peer},
};

/// What hello, a sign-in and a proof cost.
const ARRIVAL: u32 = 3;

async fn with_commands(folder: &Folder, burst: u32) -> House {
    let mut settings = folder.settings(AccountLimits::default());
    settings.limits.commands = Rate::per_minute(1, ARRIVAL + burst);
    House::with(settings).await
}

async fn follow(peer: &mut Peer, room: RoomId) -> Result<(), ErrorCode> {
    let followed = peer.call(&Follow { room }, Bytes::new()).await;
    followed.map(|_| ()).map_err(|refusal| refusal.code)
}

#[tokio::test]
async fn a_room_that_is_read_costs_as_much_as_a_page() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let first = Talk::made(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    let second = Talk::made(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    drop((ada.peer, bob.peer));
    house.close().await;

    let house = with_commands(&folder, 5 + 1 + 1).await;
    let (mut peer, _) = ada.owner.comes_again(&house).await;
    assert_eq!(follow(&mut peer, first.room).await, Ok(()), "it is read");
    assert_eq!(follow(&mut peer, first.room).await, Ok(()), "it is there");
    let refused = follow(&mut peer, second.room).await;
    assert_eq!(refused, Err(ErrorCode::RateLimited), "it is to be read");
    assert_eq!(follow(&mut peer, first.room).await, Ok(()));

    // Where somebody asks for something, the requests are read each time.
    let (other, _) = bob.owner.comes_again(&house).await;
    let mut bob = Person { peer: other, ..bob };
    first.asks(&mut bob, Action::Leave, None).await;
    let (mut again, _) = ada.owner.comes_again(&house).await;
    assert_eq!(follow(&mut again, first.room).await, Ok(()));
    let refused = follow(&mut again, first.room).await;
    assert_eq!(refused, Err(ErrorCode::RateLimited));
    drop((peer, again, bob));
    house.close().await;
}
