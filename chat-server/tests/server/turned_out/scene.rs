//! A room of which somebody has heard everything, and what is refused to them once they are out.

use bytes::Bytes;
use wire_format::{
    AccountId, ChannelId, ErrorCode, Event, PublishFlags, Storage,
    command::{
        channels::Create,
        commits::{Grants, KeyRequests, RequestKeys, Share},
        conversations::{Follow, GetState, Invite},
        messages::Fetch,
    },
    room::{AfterRemoval, Change, RoomKind},
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk},
    gathering::published,
    older_epochs::key_request,
    owner::{AtServer as _, Folder},
    support::House,
};

/// A test of each way out of each kind of room that others come into.
macro_rules! each_way_out {
    ($what:ident) => {
        $crate::turned_out::scene::each_way_out! {
            $what:
            by_removal_from_a_private_room Private MayReturn
            by_a_ban_from_a_private_room Private Banned
            by_removal_from_a_public_room Public MayReturn
            by_a_ban_from_a_public_room Public Banned
        }
    };
    ($what:ident: $($name:ident $kind:ident $after:ident)+) => {
        mod $what {
            use wire_format::room::{AfterRemoval, RoomKind};

            $(#[tokio::test]
            async fn $name() {
                super::$what(RoomKind::$kind, AfterRemoval::$after).await;
            })+
        }
    };
}
pub(super) use each_way_out;

/// The room's second channel.
pub(super) const SECOND: ChannelId = ChannelId::from_bytes([0xcc; 16]);

/// A room with two channels, in which Mallory has heard all there is, on two connections.
pub(super) struct Scene {
    pub(super) house: House,
    pub(super) ada: Person,
    pub(super) mallory: Person,
    pub(super) other: Person,
    pub(super) talk: Talk,
    pub(super) main: ChannelId,
}

impl Scene {
    pub(super) async fn of(folder: &Folder, kind: RoomKind) -> Self {
        let house = folder.house().await;
        let mut ada = Person::arrives(&house, "Ada").await;
        let mut mallory = Person::arrives(&house, "Mallory").await;
        let mut talk = match kind {
            RoomKind::Public => Talk::public(&mut ada, "Ops").await,
            _ => Talk::made(kind, &mut ada, &mut []).await,
        };
        let create = Create {
            room: talk.room,
            channel: SECOND,
            name: (kind == RoomKind::Public).then(|| "second".into()),
            topic: None,
        };
        ada.does(&create, Bytes::new()).await;
        talk.learns(&mut mallory).await;
        let invitation = match kind {
            RoomKind::Public => None,
            _ => {
                let (invitation, _) = talk.invites(&mut ada, mallory.account()).await;
                mallory.told(&Event::RoomInvited { room: talk.room }).await;
                Some(invitation)
            }
        };
        talk.lets_in(&mut mallory, invitation.as_ref(), &mut [])
            .await;
        let (peer, _) = mallory.owner.comes_again(&house).await;
        let owner = sealwire_tests::owner::Owner::named("Mallory");
        let mut other = Person { owner, peer };
        other.follows(talk.room).await;
        Self {
            main: talk.channel,
            house,
            ada,
            mallory,
            other,
            talk,
        }
    }

    /// Ada turns Mallory out, which is told on both connections.
    pub(super) async fn turns_out(&mut self, after: AfterRemoval) {
        let account = self.mallory.account();
        let removed = Change::Removed { account, after };
        let out = self.talk.commits(&mut self.ada, vec![removed]);
        out.await.expect("removed");
        let room = self.talk.room;
        for person in [&mut self.mallory, &mut self.other] {
            person.told(&Event::RoomRemoved { room }).await;
        }
    }

    /// Ada says something in a channel; gives its place.
    pub(super) async fn says(&mut self, channel: ChannelId) -> Result<u64, ErrorCode> {
        self.talk.channel = channel;
        let sealed = self
            .talk
            .sealed(&self.ada.owner, Storage::Stored, "a secret");
        let frame = self.talk.publish(1 << 29, PublishFlags::STORED, sealed);
        published(&mut self.ada.peer, frame).await
    }

    /// Everything in every channel, and something that passes; nothing of it is told on either of
    /// Mallory's connections.
    pub(super) async fn goes_on(&mut self) {
        for channel in [self.main, SECOND] {
            self.says(channel).await.expect("said");
            let typing = self
                .talk
                .sealed(&self.ada.owner, Storage::Passing, "typing");
            let frame = self.talk.publish(1 << 29, PublishFlags::UNSTORED, typing);
            published(&mut self.ada.peer, frame).await.expect("passed");
        }
        self.talk
            .commits(&mut self.ada, vec![])
            .await
            .expect("a rotation");
        quiet([&mut self.mallory.peer, &mut self.other.peer]).await;
    }

    /// What is refused to somebody, on one of the connections.
    pub(super) async fn nothing_for(&mut self, account: AccountId) {
        let (room, talk) = (self.talk.room, &self.talk);
        let newest = talk.chain.head().n();
        let request = key_request(talk, &self.mallory, 1);
        let invitation = talk.invitation(&self.mallory.owner, account);
        for person in [&mut self.mallory, &mut self.other] {
            for channel in [self.main, SECOND] {
                for (after, before) in [(None, None), (Some(0), None), (None, Some(2))] {
                    let fetch = Fetch {
                        channel,
                        after: after.map(wire_format::Sequence::new),
                        before: before.map(wire_format::Sequence::new),
                        limit: 500,
                    };
                    let refused = person.may_not(&fetch, Bytes::new()).await;
                    assert_eq!(refused, ErrorCode::NoSuchRoom);
                }
            }
            let share = Share { room, n: newest };
            for refused in [
                person.may_not(&Follow { room }, Bytes::new()).await,
                person.may_not(&GetState { room }, Bytes::new()).await,
                person.may_not(&KeyRequests { room }, Bytes::new()).await,
                person.may_not(&Grants { room }, Bytes::new()).await,
                person.may_not(&share, Bytes::new()).await,
                person
                    .may_not(&RequestKeys {}, request.bytes().clone())
                    .await,
                person.may_not(&Invite {}, invitation.bytes().clone()).await,
            ] {
                assert_eq!(refused, ErrorCode::NoSuchRoom);
            }
        }
    }

    pub(super) async fn publishes_nothing(&mut self) {
        for channel in [self.main, SECOND] {
            self.talk.channel = channel;
            let sealed = self
                .talk
                .sealed(&self.mallory.owner, Storage::Stored, "still here");
            let frame = self.talk.publish(1 << 29, PublishFlags::STORED, sealed);
            let refused = published(&mut self.mallory.peer, frame).await;
            assert_eq!(refused, Err(ErrorCode::NotInRoom));
        }
    }

    pub(super) async fn close(self) {
        drop((self.ada, self.mallory, self.other));
        self.house.close().await;
    }
}
