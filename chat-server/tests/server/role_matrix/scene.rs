//! A room, and everybody who has, had or wants something to do with it.

use bytes::Bytes;
use wire_format::{
    ChannelId, ClientFrame, CommandFrame, EpochNumber, ErrorCode, FileId, PublishFlags, Storage,
    command::{Command, channels::Create, conversations::Invite},
    room::{Action, AfterRemoval, Change, Role, RoomKind, UnverifiedInvitation},
};

use crate::{
    conversing::{Person, Talk},
    gathering::published,
    owner::{AtServer as _, Owner},
    support::{House, Peer},
};

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Who {
    Owner,
    Admin,
    Member,
    Muted,
    Leaving,
    Removed,
    Banned,
    Invited,
    Outside,
    Unproven,
    Guest,
}

/// In the order of the table's letters.
pub(super) const PEOPLE: [Who; 11] = [
    Who::Owner,
    Who::Admin,
    Who::Member,
    Who::Muted,
    Who::Leaving,
    Who::Removed,
    Who::Banned,
    Who::Invited,
    Who::Outside,
    Who::Unproven,
    Who::Guest,
];

/// Those who have accounts, in that order; the unproven session is the owner's.
const ACCOUNTS: usize = 9;
/// Those who have been in the room.
const BEEN_IN: usize = 7;

pub(super) struct Scene {
    pub(super) talk: Talk,
    /// A second channel.
    pub(super) channel: ChannelId,
    /// An epoch that everybody was in who has ever been in.
    pub(super) shared: EpochNumber,
    /// Somebody without anything to do with the room.
    pub(super) stranger: Person,
    /// A message of the owner's.
    pub(super) said: (u64, Bytes),
    /// A file of the owner's.
    pub(super) file: FileId,
    people: Vec<Person>,
    unproven: Peer,
    guest: Peer,
}

impl Scene {
    pub(super) async fn of(house: &House, kind: RoomKind) -> Self {
        let mut people = Vec::new();
        for who in &PEOPLE[..ACCOUNTS] {
            people.push(Person::arrives(house, &format!("{who:?}")).await);
        }
        let mut talk = match kind {
            RoomKind::Public => Talk::public(&mut people[0], "Scene").await,
            _ => Talk::made(kind, &mut people[0], &mut []).await,
        };
        let mut stranger = Person::arrives(house, "Stranger").await;
        for person in people.iter_mut().chain([&mut stranger]) {
            talk.learns(person).await;
        }
        let channel = ChannelId::from_bytes([0xcc; 16]);
        let create = Create {
            room: talk.room,
            channel,
            name: (kind == RoomKind::Public).then(|| "second".into()),
            topic: None,
        };
        people[0].does(&create, Bytes::new()).await;
        let shared = fill(&mut talk, &mut people).await;
        let unproven = unproven(house, &people[0].owner).await;
        let mut scene = Self {
            channel,
            shared,
            stranger,
            said: (0, Bytes::new()),
            file: FileId::from_bytes(rand::random()),
            unproven,
            guest: house.guest("Guest").await,
            people,
            talk,
        };
        scene.said = scene.says_something().await;
        let made = scene.asks("files.create by the owner", Who::Owner).await;
        assert_eq!(made, None, "the owner's file");
        scene
    }

    /// The account of somebody; that of the owner for who has none, or no proof of it.
    pub(super) fn person(&self, who: Who) -> &Person {
        &self.people[place(who)]
    }

    /// A text by somebody, sealed for the newest epoch as a member would.
    pub(super) fn seals(&mut self, who: Who, storage: Storage) -> Bytes {
        let owner = &self.people[place(who)].owner;
        self.talk.sealed(owner, storage, "hello")
    }

    fn peer(&mut self, who: Who) -> &mut Peer {
        match who {
            Who::Unproven => &mut self.unproven,
            Who::Guest => &mut self.guest,
            who => &mut self.people[place(who)].peer,
        }
    }

    /// Asks for something; `None` if it was done.
    pub(super) async fn asks(&mut self, name: &str, who: Who) -> Option<ErrorCode> {
        if name == "files.remove of the owner's" {
            self.file = FileId::from_bytes(rand::random());
            for owners in ["files.create by the owner", "files.put the chunk"] {
                let frame = self.frame(owners, Who::Owner);
                let peer = self.peer(Who::Owner);
                peer.send(frame).await;
                let reply = peer.reply_to::<serde::de::IgnoredAny>(REQUEST).await;
                reply.expect("the owner's file");
            }
        }
        if name == "messages.delete of the owner's" {
            // The one before may be gone.
            self.said = self.says_something().await;
        }
        let frame = self.frame(name, who);
        let peer = self.peer(who);
        peer.send(frame).await;
        let reply = peer.reply_to::<serde::de::IgnoredAny>(REQUEST).await;
        reply.err().map(|refusal| refusal.code)
    }

    /// A command as it travels.
    pub(super) fn command(command: impl Into<Command>, tail: Bytes) -> ClientFrame {
        let header = serde_json::to_vec(&command.into()).expect("a header");
        ClientFrame::Command(CommandFrame {
            request: REQUEST,
            header: header.into(),
            tail,
        })
    }

    async fn says_something(&mut self) -> (u64, Bytes) {
        let sealed = self.seals(Who::Owner, Storage::Stored);
        let frame = self
            .talk
            .publish(REQUEST, PublishFlags::STORED, sealed.clone());
        let place = published(&mut self.people[0].peer, frame).await;
        (place.expect("stored"), sealed)
    }
}

/// Where somebody's account is among the people.
fn place(who: Who) -> usize {
    let place = PEOPLE.iter().position(|one| *one == who);
    place.filter(|place| *place < ACCOUNTS).unwrap_or_default()
}

/// Lets those in who are or were in, and out again who were.
async fn fill(talk: &mut Talk, people: &mut [Person]) -> EpochNumber {
    let mut shared = talk.chain.head().n();
    for place in 1..BEEN_IN {
        let invitation = invitation(talk, people, place).await;
        let newcomer = &mut people[place];
        let join = talk.request(&newcomer.owner, Action::Join, invitation.as_ref());
        let comes = vec![Change::Joined(Box::new(join))];
        talk.commits(newcomer, comes).await.expect("in");
        shared = talk.chain.head().n();
    }
    let account = |place: usize| people[place].account();
    let role = |place, role| Change::Role {
        account: account(place),
        role,
    };
    let removed = |place, after| Change::Removed {
        account: account(place),
        after,
    };
    let changes = vec![
        removed(5, AfterRemoval::MayReturn),
        removed(6, AfterRemoval::Banned),
        role(1, Role::Admin),
        role(3, Role::Muted),
    ];
    talk.commits(&mut people[0], changes).await.expect("roles");
    talk.asks(&mut people[4], Action::Leave, None).await;
    // The invited one.
    let invitation = talk.invitation(&people[0].owner, people[7].account());
    people[0].does(&Invite {}, invitation.bytes().clone()).await;
    shared
}

async fn invitation(talk: &Talk, people: &mut [Person], to: usize) -> Option<UnverifiedInvitation> {
    if talk.chain.record().policy().kind == RoomKind::Public {
        return None;
    }
    let invitation = talk.invitation(&people[0].owner, people[to].account());
    people[0].does(&Invite {}, invitation.bytes().clone()).await;
    Some(invitation)
}

async fn unproven(house: &House, owner: &Owner) -> Peer {
    let mut peer = house.greeted().await;
    owner.signs_in(&mut peer).await.expect("a session");
    peer
}

/// No other command has this request.
pub(super) const REQUEST: u32 = 1 << 29;
