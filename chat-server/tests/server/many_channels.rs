//! A long commit in a room of as many channels as there may be.

use std::collections::BTreeMap;

use bytes::Bytes;
use chat_server::{AccountLimits, Limits, Rate};
use wire_format::{
    ChannelId, CloseCode, DeliverFlags, Event, ServerFrame, WrapNumber,
    command::channels::Create,
    limits::ROOM_CHANNELS,
    room::{Action, Change, RoomKind, UnverifiedRequest},
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk},
    owner::{AtServer as _, Folder, Owner},
    presence::goes_on,
    support::{House, Stopwatch},
};

/// Invited joins are 1.5 KiB each: in all channels these are 9 MiB, more than a socket takes that nobody
/// reads and the smallest outbox behind it.
const NEWCOMERS: usize = 60;

/// A private room of Ada's with all channels that it may have.
async fn wide_room(ada: &mut Person) -> Talk {
    let talk = Talk::made(RoomKind::Private, ada, &mut []).await;
    for byte in 1..ROOM_CHANNELS {
        let byte = u8::try_from(byte).expect("few");
        let create = Create {
            room: talk.room,
            channel: ChannelId::from_bytes([byte; 16]),
            name: None,
            topic: None,
        };
        ada.does(&create, Bytes::new()).await;
    }
    talk
}

/// Somebody new asks to come in, invited by Ada, and goes.
async fn asks_to_come_in(
    house: &House,
    talk: &mut Talk,
    ada: &mut Person,
    number: usize,
) -> UnverifiedRequest {
    let owner = Owner::named(&format!("Newcomer {number}"));
    let (peer, _) = owner.arrives(house).await;
    let chain = owner.own_chain();
    let wrap = owner.verified_wrap_key(&chain);
    talk.wraps.insert(owner.account, wrap);
    talk.keysets.insert(owner.account, chain);
    let mut person = Person { owner, peer };
    let (invitation, _) = talk.invites(ada, person.account()).await;
    talk.asks(&mut person, Action::Join, Some(&invitation))
        .await
}

#[tokio::test]
async fn a_long_commit_in_a_hundred_channels_cuts_nobody_who_reads() {
    let folder = Folder::new();
    let mut settings = folder.settings(AccountLimits {
        conversations_per_account: Rate::UNLIMITED,
        ..AccountLimits::default()
    });
    settings.limits.outbox_bytes = Limits::OUTBOX_BYTES_LEAST;
    let house = House::with(settings).await;
    // However long a busy machine takes, nobody is silent or behind for too long.
    let stopwatch = Stopwatch::stop();
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut talk = wide_room(&mut ada).await;
    let (mut bob, mut carol) = (
        Person::arrives(&house, "Bob").await,
        Person::arrives(&house, "Carol").await,
    );
    for newcomer in [&mut bob, &mut carol] {
        talk.learns(newcomer).await;
        let (invitation, _) = talk.invites(&mut ada, newcomer.account()).await;
        newcomer.told(&Event::RoomInvited { room: talk.room }).await;
        talk.lets_in(newcomer, Some(&invitation), &mut []).await;
    }
    let mut joins = BTreeMap::new();
    for number in 0..NEWCOMERS {
        let join = asks_to_come_in(&house, &mut talk, &mut ada, number).await;
        joins.insert(join.account(), Change::Joined(Box::new(join)));
    }
    house.has_sessions(3).await;
    // Nobody reads meanwhile.
    let draft = talk.draft(&ada.owner, joins.into_values().collect());
    let commit = draft.signed.commit.bytes().clone();
    assert!(commit.len() * ROOM_CHANNELS > 2 * Limits::OUTBOX_BYTES_LEAST);
    talk.sends(&mut ada, draft).await.expect("all are in");

    let committed = Event::EpochCommitted {
        room: talk.room,
        n: talk.chain.head().n(),
        wrap: WrapNumber::new(1),
    };
    let share = loop {
        // Behind what was told before.
        match bob.peer.next().await.expect("he is not cut") {
            ServerFrame::Event(told) if told.event().ok().as_ref() == Some(&committed) => {
                break told.tail;
            }
            ServerFrame::Event(_) | ServerFrame::Deliver(_) => {}
            other => panic!("{other:?}"),
        }
    };
    let opened = talk
        .chain
        .head()
        .open_share(&share, &bob.owner.wrap(1), &mut rand::rng());
    opened.expect("a share that opens");
    let mut channels = Vec::new();
    while channels.len() < ROOM_CHANNELS {
        let Some(ServerFrame::Deliver(deliver)) = bob.peer.next().await else {
            panic!("nothing comes in between");
        };
        assert_eq!(deliver.flags, DeliverFlags::Commit);
        assert_eq!(deliver.payload, commit);
        channels.push(deliver.channel);
    }
    assert!(channels.is_sorted(), "in the order of the channels' ids");
    quiet([&mut bob.peer]).await;
    // Who does not read is cut at the deadline, as ever.
    stopwatch
        .advance(Limits::default().outbox_deadline.as_secs_f64() + 0.1)
        .await;
    house.has_sessions(2).await;
    assert_eq!(carol.peer.closed().await, CloseCode::TooSlow);
    drop((ada, bob, carol));
    goes_on(stopwatch);
    house.close().await;
}
