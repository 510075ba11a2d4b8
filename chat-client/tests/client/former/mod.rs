//! Somebody who was in a group or room, keeps every key, secret and connection, and goes on by hand.

use bytes::Bytes;
use sealwire_tests::{
    former::{Former, Opened},
    haul::Haul,
    relay::Relay,
};
use serde_json::Value;
use wire_format::{
    ChannelId, EpochNumber, Millis, StateNumber, WrapNumber,
    room::{GrantDraft, InvitationDraft, KeyRequestDraft, RoomStateContent, RoomStateDraft},
    vault::ItemContent,
};

use crate::owners::{
    House,
    command::Device,
    liar::Liar,
    telling::{comes_in, does, heard, makes},
};

/// How somebody goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goes {
    Removed,
    Banned,
    Left,
}

/// Where somebody was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Group,
    Private,
    Public,
}

/// Ada, who made a group or room with Bob, and Mallory, who came in; what passes between Ada, Bob and the server is
/// recorded, and the server may lie to Bob.
pub(crate) struct Scene {
    pub(crate) house: House,
    pub(crate) relay: Relay,
    pub(crate) liar: Liar,
    pub(crate) ada: Device,
    pub(crate) bob: Device,
    pub(crate) mallory: Former,
    pub(crate) room: String,
    /// A second channel, in rooms.
    pub(crate) plans: Option<ChannelId>,
}

impl Scene {
    /// The group, with Mallory in it.
    pub(crate) async fn begins() -> Self {
        Self::begins_in(Place::Group).await
    }

    /// The group or room, with Mallory in it.
    pub(crate) async fn begins_in(place: Place) -> Self {
        let house = House::start().await;
        let relay = Relay::start(house.address).await;
        let liar = Liar::before(relay.address()).await;
        let (ada, bob) = (Device::of(relay.address()), Device::of(liar.address));
        ada.register("Ada").await.well();
        bob.register("Bob").await.well();
        let mut mallory = Former::registered(house.address, "Mallory").await;
        let room = match place {
            Place::Group => makes(&ada, &["group", "new", "ops", "bob"]).await,
            Place::Private => makes(&ada, &["rooms", "create", "ops"]).await,
            Place::Public => makes(&ada, &["rooms", "create", "ops", "--public"]).await,
        };
        let plans = if place == Place::Group {
            None
        } else {
            let made = does(&ada, &["channels", "create", &room, "plans"]).await;
            let channel = made["channel"].as_str().expect("a channel");
            Some(channel.parse().expect("a channel"))
        };
        match place {
            Place::Group => {}
            Place::Private => {
                ada.run(&["rooms", "invite", &room, "bob"]).await.well();
                comes_in(&bob).await;
            }
            Place::Public => {
                bob.run(&["rooms", "join", &room]).await.well();
            }
        }
        ada.run(&["send", &room, "before Mallory"]).await.well();
        if place == Place::Public {
            mallory.joins_open(room.parse().expect("a room")).await;
        } else {
            ada.run(&["group", "invite", &room, "mallory"]).await.well();
            mallory.joins().await;
        }
        Self {
            house,
            relay,
            liar,
            ada,
            bob,
            mallory,
            room,
            plans,
        }
    }

    /// Something is said while Mallory is there, under a key of its own and under one of the others.
    pub(crate) async fn talk_with_mallory(&mut self) {
        self.ada
            .run(&["send", &self.room, "Mallory is in"])
            .await
            .well();
        self.bob.run(&["group", "rekey", &self.room]).await.well();
        self.bob
            .run(&["send", &self.room, "for Mallory, too"])
            .await
            .well();
        self.mallory.reads().await;
        let n = self.mallory.chain().head().n();
        self.mallory.takes_share(n).await;
    }

    pub(crate) async fn mallory_goes(&mut self, how: Goes) {
        match how {
            Goes::Removed => {
                let remove = ["group", "remove", &self.room, "mallory"];
                self.ada.run(&remove).await.well();
            }
            Goes::Banned => {
                let ban = ["members", "ban", &self.room, "mallory"];
                self.ada.run(&ban).await.well();
            }
            Goes::Left => self.mallory.leaves().await,
        }
    }

    /// What Bob hears from the beginning.
    pub(crate) async fn bob_hears(&self) -> Vec<Value> {
        heard(&self.bob, &["--from", "1"]).await
    }

    pub(crate) async fn stop(self) {
        drop((self.liar, self.mallory));
        self.relay.stop().await;
        self.house.stop().await;
    }
}

/// What the account of this name holds in its vault opens this, with what Mallory knows of the room.
pub(crate) async fn opened_by(scene: &mut Scene, name: &str, haul: &Haul) -> Opened {
    let mut account = scene.house.sign_in(name).await;
    let (items, _) = account
        .items(None, Default::default())
        .await
        .expect("items");
    account.close().await;
    let own = std::mem::take(&mut scene.mallory.secrets);
    let notes = items.into_iter().filter_map(|item| match item.content {
        Ok(ItemContent::EpochSecret(note)) => Some(note.to_secret()),
        _ => None,
    });
    let numbered = (1..).map(EpochNumber::new).zip(notes);
    scene.mallory.secrets = numbered.collect();
    let opened = scene.mallory.opens(haul);
    scene.mallory.secrets = own;
    opened
}

pub(crate) fn code(answer: sealwire_tests::wire::Answer) -> String {
    match answer {
        Ok(done) => format!("it was done: {done}"),
        Err((code, _)) => code,
    }
}

/// What a member makes, to be sent when it is none any more.
pub(crate) struct Records {
    pub(crate) invitation: Bytes,
    pub(crate) state: Bytes,
    pub(crate) key_request: Bytes,
    pub(crate) grant: Bytes,
}

impl Records {
    /// By what Mallory knows and holds; nobody but Mallory is invited, asks, or is given anything.
    pub(crate) fn of(scene: &Scene) -> Self {
        let mallory = &scene.mallory;
        let (owner, chain) = (&mallory.owner, mallory.chain());
        let rng = &mut rand::rng();
        let head = chain.head();
        let own_chain = owner.own_chain();
        let wrap = owner.verified_wrap_key(&own_chain);
        let now = sealwire_tests::owner::now();
        let invitation = owner.identity().sign_invitation(
            &InvitationDraft {
                room: mallory.room,
                inviter: owner.account,
                invitee: owner.account,
                invitee_fingerprint: owner.identity().fingerprint(),
                commit: head.hash(),
                made_at: now,
                expires_at: Millis::new(now.value() + 60_000),
                name: "ops",
                wrap: &wrap,
            },
            rng,
        );
        let secret = &mallory.secrets[&head.n()];
        let content = RoomStateContent::default();
        let state = owner.identity().sign_room_state(
            chain,
            &RoomStateDraft {
                author: owner.account,
                number: StateNumber::new(1_000),
                made_at: now,
                settings: None,
                content: &content,
                secret,
                iv: &rand::random(),
            },
            rng,
        );
        let request = KeyRequestDraft {
            room: mallory.room,
            account: owner.account,
            commit: head.hash(),
            from: EpochNumber::new(1),
            to: EpochNumber::new(head.n().value() + 1),
            wrap: WrapNumber::new(1),
            made_at: now,
        };
        let request = owner
            .identity()
            .sign_key_request(&request, rng)
            .expect("signed");
        let key = wire_format::identity::GrantKey::generate(rng);
        let secrets = [(head.n(), secret.clone())];
        let grant = owner.identity().sign_grant(
            chain,
            &GrantDraft {
                request: &request,
                granter: owner.account,
                made_at: now,
                wrap: &wrap,
                secrets: &secrets,
                key: &key,
                iv: &rand::random(),
            },
            &mallory.people,
            rng,
        );
        Self {
            invitation: invitation.expect("signed").bytes().clone(),
            state: state.expect("signed").bytes().clone(),
            key_request: request.bytes().clone(),
            grant: grant.expect("signed").bytes().clone(),
        }
    }
}

/// Where the epoch stands in an envelope, with its commit behind it (docs/protocol.md#9-the-envelope).
pub(crate) const EPOCH_AT: usize = 2 + 16 + 16;
