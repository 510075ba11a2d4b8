//! Public and private rooms: making one, looking at it from outside, coming in, archiving
//! (docs/protocol.md#147-rooms-roles-and-policy).

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    CommitHash, EpochNumber, ErrorCode, InstanceId, RoomId,
    command::{
        conversations::Request,
        directory::{Archive, Directory, ListedRoom, Look, Update},
    },
    event::KeysetChange,
    room::{
        Action, Change, CommitReason, HistoryPolicy, JoinPolicy, Keysets as _, Policy,
        RequestDraft, RoomKind, RoomRecord, UnverifiedInvitation,
    },
};

use super::{ConversationError, Conversations, Room, now, words};
use crate::{account::PeerFault, conversation::Conversation};

/// A public room as it is seen from outside, by the server's word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sight {
    /// Which.
    pub room: RoomId,
    /// Its newest epoch.
    pub n: EpochNumber,
    /// The commit that started it.
    pub commit: CommitHash,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// What it allows.
    pub policy: Policy,
    /// What its channels are called, in their order.
    pub channels: Vec<String>,
}

impl Conversations {
    /// Makes a public or private room: one that everybody finds by its name, or one whose name only
    /// its members see. A dropped future leaves it made or not; a private one with or without its name.
    ///
    /// # Errors
    /// [`ConversationError::Kind`] for a policy of a conversation, [`ConversationError::Words`]; the
    /// typed cause otherwise.
    pub async fn make_room(
        &mut self,
        policy: Policy,
        name: &str,
        topic: &str,
    ) -> Result<RoomId, ConversationError> {
        words::check_name(name)?;
        words::check_topic(topic)?;
        match policy.kind {
            RoomKind::Public => self.make(policy, &[], Some((name, topic))).await,
            RoomKind::Private => {
                let room = self.make(policy, &[], None).await?;
                self.change_settings(room, |settings| {
                    name.clone_into(&mut settings.name);
                    topic.clone_into(&mut settings.topic);
                })
                .await?;
                Ok(room)
            }
            kind => Err(ConversationError::Kind(kind)),
        }
    }

    /// The public rooms that are not archived, by the server's word: those with something in their name,
    /// or all.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn directory(
        &mut self,
        find: Option<&str>,
    ) -> Result<Vec<ListedRoom>, ConversationError> {
        let mut rooms: Vec<ListedRoom> = Vec::new();
        loop {
            let after = rooms.last().map(|last| last.room);
            let asked = Directory {
                after,
                find: find.map(str::to_owned),
            };
            let (page, _) = self.account.call(&asked, Bytes::new()).await?;
            let ids = page.rooms.iter().map(|room| Some(room.room));
            let ascends = std::iter::once(after).chain(ids).is_sorted_by(|a, b| a < b);
            let is_empty = page.more && page.rooms.is_empty();
            if !ascends || is_empty || rooms.len() > ROOMS_READ {
                return Err(PeerFault::Pages.into());
            }
            rooms.extend(page.rooms);
            if !page.more {
                return Ok(rooms);
            }
        }
    }

    /// The public room that a word means, also for who is not in it: its id, or its name in any case.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchName`]; the typed cause otherwise.
    pub async fn find_public(&mut self, typed: &str) -> Result<RoomId, ConversationError> {
        if let Ok(id) = typed.parse() {
            return Ok(id);
        }
        let typed = typed.strip_prefix('#').unwrap_or(typed);
        let rooms = self.directory(Some(typed)).await?;
        let meant = |room: &&ListedRoom| room.name.to_lowercase() == typed.to_lowercase();
        let room = rooms.iter().find(meant).map(|room| room.room);
        room.ok_or_else(|| ConversationError::NoSuchName(typed.to_owned()))
    }

    /// Looks at a public room from outside.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn look(&mut self, room: RoomId) -> Result<Sight, ConversationError> {
        let (looked, _) = self.account.call(&Look { room }, Bytes::new()).await?;
        let policy = Policy::from_bytes(*looked.policy.as_bytes())?;
        if policy.kind != RoomKind::Public {
            return Err(PeerFault::Pages.into());
        }
        let channels = looked.channels.into_iter();
        Ok(Sight {
            room,
            n: looked.n,
            commit: looked.commit,
            name: looked.name,
            topic: looked.topic,
            policy,
            channels: channels.map(|channel| channel.name).collect(),
        })
    }

    /// Comes into a public room that is open: asks, and takes itself in by a commit of its own. Where
    /// the policy shares what was said before, its keys are asked for. A dropped future leaves this
    /// account in or out.
    ///
    /// # Errors
    /// [`ConversationError::ByInvitation`], [`ConversationError::Banned`]; the typed cause otherwise.
    pub async fn join(&mut self, id: RoomId) -> Result<(), ConversationError> {
        self.come_in(id, None).await
    }

    /// Asks to be let in, by an invitation or because the room is open, and commits itself.
    pub(super) async fn come_in(
        &mut self,
        id: RoomId,
        invitation: Option<&UnverifiedInvitation>,
    ) -> Result<(), ConversationError> {
        let records = self.commits(id, None).await?;
        let chain = self.verified(id, records).await?;
        let me = self.account.id();
        self.read_chain(me).await?;
        self.must_be_out(chain.record())?;
        let policy = *chain.record().policy();
        if chain.record().is_banned(me) {
            return Err(ConversationError::Banned);
        }
        if invitation.is_none() && policy.join != JoinPolicy::Open {
            return Err(ConversationError::ByInvitation);
        }
        let keys = Arc::clone(self.account.keys());
        let draft = RequestDraft {
            room: id,
            action: Action::Join,
            account: me,
            commit: chain.head().hash(),
            made_at: now(),
            invitation,
        };
        let request = keys.sign_request(&draft, &mut rand::rng())?;
        self.account
            .call(&Request {}, request.bytes().clone())
            .await?;
        let instance = InstanceId::from_bytes(rand::random());
        self.rooms
            .insert(id, Room::of(Conversation::new(me, chain, instance)));
        // The request is among those that are pending; what is wanted is that it was taken in, and
        // another member may be first.
        let joined = Change::Joined(Box::new(request));
        let taken = self
            .commit_as(id, &keys, &[joined], CommitReason::Membership)
            .await;
        if let Err(error) = taken {
            self.rooms.remove(&id);
            return Err(error);
        }
        self.sync(id).await?;
        if policy.history == HistoryPolicy::Shared {
            self.ask_for_all(id).await?;
        }
        Ok(())
    }

    /// That this account is not in a room, or there by keys that it gave up: then it comes in anew.
    fn must_be_out(&self, record: &RoomRecord) -> Result<(), ConversationError> {
        let me = self.account.id();
        let change = record
            .member(me)
            .zip(self.people.chain(me))
            .map(|(listed, chain)| {
                chain.change_between(listed.fingerprint, chain.head().fingerprint())
            });
        match change {
            None | Some(Some(KeysetChange::Reset)) => Ok(()),
            Some(_) => Err(ConversationError::InRoom(me)),
        }
    }

    /// Asks for the keys of everything that was said before, if there is anything.
    async fn ask_for_all(&mut self, id: RoomId) -> Result<(), ConversationError> {
        match self.ask(id).await {
            Ok(()) | Err(ConversationError::NothingToAsk) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Says that a room is only read from now on, or written in again; owners may. A dropped future
    /// leaves it said or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn archive(&mut self, room: RoomId, archived: bool) -> Result<(), ConversationError> {
        self.sync(room).await?;
        self.must_be_room(room)?;
        let archive = Archive { room, archived };
        self.account.call(&archive, Bytes::new()).await?;
        self.room(room)?.face.is_archived = archived;
        Ok(())
    }

    /// Gives another policy: who may come in and invite, what newcomers read, how long it is kept. Its
    /// kind stays. Owners may. A dropped future leaves it done or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn set_policy(
        &mut self,
        id: RoomId,
        change: impl FnOnce(&mut Policy),
    ) -> Result<Policy, ConversationError> {
        self.sync(id).await?;
        let known = *self.room(id)?.conversation.record().policy();
        let mut policy = known;
        change(&mut policy);
        if policy.kind != known.kind {
            return Err(ConversationError::Kind(policy.kind));
        }
        if policy != known {
            let change = Change::Policy(policy);
            self.commit(id, &[change], CommitReason::RolesOrPolicy)
                .await?;
        }
        Ok(policy)
    }

    /// Calls a public room otherwise; what is `None` stays.
    pub(super) async fn update_public(
        &mut self,
        room: RoomId,
        name: Option<&str>,
        topic: Option<&str>,
    ) -> Result<(), ConversationError> {
        for _ in 0..ATTEMPTS {
            let revision = self.revision(room).await?;
            let update = Update {
                room,
                revision,
                name: name.map(str::to_owned),
                topic: topic.map(str::to_owned),
            };
            match self.account.call(&update, Bytes::new()).await {
                // How the server wrote it is in what it shows next.
                Ok(_) => return self.follow(room).await.map(drop),
                Err(error) => self.changed_meanwhile(room, error.into())?,
            }
        }
        Err(ConversationError::Contended)
    }

    /// Which change of a room was the newest, as far as is known here.
    pub(super) async fn revision(&mut self, id: RoomId) -> Result<u32, ConversationError> {
        if !self.room(id)?.is_followed {
            self.follow(id).await?;
        }
        Ok(self.room(id)?.face.revision)
    }

    /// Somebody else was first: what there is now is read before the next try.
    pub(super) fn changed_meanwhile(
        &mut self,
        id: RoomId,
        error: ConversationError,
    ) -> Result<(), ConversationError> {
        if error.refusal() != Some(ErrorCode::StateConflict) {
            return Err(error);
        }
        self.room(id)?.is_followed = false;
        Ok(())
    }

    /// That a room is a public or a private one.
    pub(super) fn must_be_room(&mut self, id: RoomId) -> Result<RoomKind, ConversationError> {
        match self.room(id)?.conversation.kind() {
            kind @ (RoomKind::Public | RoomKind::Private) => Ok(kind),
            kind => Err(ConversationError::Kind(kind)),
        }
    }
}

/// Rooms of a directory that are read: more than one server has.
const ROOMS_READ: usize = 100_000;
/// How often it is tried while others change it.
const ATTEMPTS: usize = 8;
