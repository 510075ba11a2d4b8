//! What everybody asks for in a row of the table.

use bytes::{BufMut as _, Bytes, BytesMut};
use wire_format::{
    AccountId, ByteCount, ClientFrame, EnvelopeHash, EpochNumber, FileId, InvitationHash,
    KeyRequestHash, KeysetNumber, MemberId, OneTimeToken, Proof, PublishFlags, ReportHash, RoomId,
    RootNumber, Sequence, SessionId, StateNumber, Storage,
    command::{
        accounts, auth, channels, commits, conversations, directory, epochs, files, friends, keys,
        messages, moderation, rooms, session, vault,
    },
    room::{Action, AfterRemoval, Change, JoinPolicy, Role},
};

use super::scene::{REQUEST, Scene, Who};
use crate::{
    conversing::numbers,
    older_epochs::{grant, key_request, state},
    support::lobby,
};

impl Scene {
    /// The frame with which somebody asks.
    pub(super) fn frame(&mut self, name: &str, who: Who) -> ClientFrame {
        let (noun, _) = name.split_once(['.', ' ']).unwrap_or((name, ""));
        match noun {
            "session" | "auth" => self.signing_in(name, who),
            "vault" | "accounts" | "friends" | "presence" => self.own_things(name),
            "keys" => self.keys(name, who),
            "epochs" => self.epochs(name, who),
            "channels" => self.channels(name),
            "messages" => self.messages(name, who),
            "publish" => self.publishes(name, who),
            "reports" | "server" => Self::moderates(name),
            "files" => self.files(name),
            "rooms" => self.rooms(name, who),
            other => panic!("{other} is not asked for"),
        }
    }

    fn signing_in(&self, name: &str, who: Who) -> ClientFrame {
        let owner = &self.person(who).owner;
        let nothing = Bytes::new();
        let wrong = self.stranger.owner.login.clone();
        match name {
            "session.hello" => {
                let client = "test/1".into();
                Self::command(session::Hello { version: 1, client }, nothing)
            }
            "session.carry" => {
                let carry = session::Carry {
                    address: "192.0.2.1".into(),
                    proof: Proof::from_bytes([0; 32]),
                };
                Self::command(carry, nothing)
            }
            "auth.guest" => {
                let guest = auth::Guest {
                    name: "somebody".into(),
                    token: None,
                };
                Self::command(guest, nothing)
            }
            "auth.logout" => Self::command(auth::Logout {}, nothing),
            "auth.params" => {
                let name = owner.name.clone();
                Self::command(auth::Params { name }, nothing)
            }
            "auth.register" => Self::command(owner.register(), owner.records()),
            "auth.login" => Self::command(owner.login(), nothing),
            "auth.resume" => Self::command(auth::Resume { token: None }, nothing),
            "auth.recover" => Self::command(owner.recover(), nothing),
            "auth.fresh" => {
                let token = OneTimeToken::from_bytes([9; 32]);
                Self::command(owner.fresh(&token), nothing)
            }
            "auth.prove" => Self::command(auth::Prove {}, nothing),
            "auth.password" => {
                let (change, root) = owner.password(Some(&wrong), owner, 1);
                Self::command(change, root)
            }
            "auth.sessions" => Self::command(auth::Sessions {}, nothing),
            "auth.revoke" => {
                let session = SessionId::from_bytes([9; 16]);
                Self::command(auth::Revoke { session }, nothing)
            }
            "auth.delete" => Self::command(auth::Delete { login: wrong }, nothing),
            "auth.rehearsed" => Self::command(auth::Rehearsed {}, nothing),
            other => panic!("{other} is not asked for"),
        }
    }

    fn own_things(&self, name: &str) -> ClientFrame {
        let (nothing, nobody) = (Bytes::new(), NOBODY);
        match name {
            "vault.root" => Self::command(vault::Root {}, nothing),
            "vault.set_root" => {
                let expected = RootNumber::new(1);
                Self::command(vault::SetRoot { expected }, nothing)
            }
            "vault.put" => Self::command(vault::Put {}, Bytes::from_static(b"cut")),
            "vault.items" => {
                let (after, kind) = (None, None);
                Self::command(vault::Items { after, kind }, nothing)
            }
            "accounts.find" => {
                let name = "nobody at all".into();
                Self::command(accounts::Find { name }, nothing)
            }
            "accounts.update" => {
                let display = "a\nb".into();
                Self::command(accounts::Update { display }, nothing)
            }
            "friends.add" => Self::command(crate::circle::add(nobody), nothing),
            "friends.accept" => Self::command(friends::Accept { account: nobody }, nothing),
            "friends.decline" => Self::command(friends::Decline { account: nobody }, nothing),
            "friends.remove" => Self::command(friends::Remove { account: nobody }, nothing),
            "friends.block" => Self::command(friends::Block { account: nobody }, nothing),
            "friends.unblock" => Self::command(friends::Unblock { account: nobody }, nothing),
            "friends.list" => Self::command(friends::List::default(), nothing),
            "presence.of" => {
                let accounts = vec![nobody].try_into().expect("few");
                Self::command(friends::Presence { accounts }, nothing)
            }
            other => panic!("{other} is not asked for"),
        }
    }

    fn keys(&self, name: &str, who: Who) -> ClientFrame {
        let (nothing, account) = (Bytes::new(), self.person(who).account());
        let expected = KeysetNumber::new(1);
        match name {
            "keys.announce" => Self::command(keys::Announce {}, nothing),
            "keys.of" => {
                let member = MemberId::from_bytes([9; 16]);
                Self::command(keys::Of { member }, nothing)
            }
            "keys.chain" => {
                let after = None;
                Self::command(keys::Chain { account, after }, nothing)
            }
            "keys.rotate" => Self::command(keys::Rotate { expected }, nothing),
            "keys.reset" => Self::command(keys::Reset { expected }, nothing),
            "keys.wrap" => Self::command(keys::Wrap {}, nothing),
            "keys.wraps" => {
                let accounts = vec![account].try_into().expect("few");
                Self::command(keys::Wraps { accounts }, nothing)
            }
            other => panic!("{other} is not asked for"),
        }
    }

    fn rooms(&self, name: &str, who: Who) -> ClientFrame {
        let (nothing, room, person) = (Bytes::new(), self.talk.room, self.person(who));
        match name {
            "rooms.open" => Self::command(rooms::Open { room: LOBBY.into() }, nothing),
            "rooms.list" => Self::command(rooms::List {}, nothing),
            "rooms.enter" => {
                let (room, resume) = (LOBBY.into(), None);
                Self::command(rooms::Enter { room, resume }, nothing)
            }
            "rooms.members" => {
                let (room, after) = (lobby(), None);
                Self::command(rooms::Members { room, after }, nothing)
            }
            "rooms.exit" => Self::command(rooms::Exit { room: lobby() }, nothing),
            "rooms.create" => {
                let room = RoomId::from_bytes(rand::random());
                let create = conversations::Create::unnamed(room, numbers(&[]));
                Self::command(create, nothing)
            }
            "rooms.mine" => Self::command(conversations::Mine { after: None }, nothing),
            "rooms.follow" => Self::command(conversations::Follow { room }, nothing),
            "rooms.unfollow" => Self::command(conversations::Unfollow { room }, nothing),
            "rooms.directory" => Self::command(directory::Directory::default(), nothing),
            "rooms.look" => Self::command(directory::Look { room }, nothing),
            "rooms.update" => {
                let update = directory::Update {
                    room,
                    revision: PAST,
                    name: None,
                    topic: None,
                };
                Self::command(update, nothing)
            }
            "rooms.archive" => {
                let archived = false;
                Self::command(directory::Archive { room, archived }, nothing)
            }
            "rooms.request" => {
                let request = self.talk.request(&person.owner, Action::Join, None);
                Self::command(conversations::Request {}, request.bytes().clone())
            }
            "rooms.request to leave" => {
                // By somebody else's account.
                let request = self.talk.request(&self.stranger.owner, Action::Leave, None);
                Self::command(conversations::Request {}, request.bytes().clone())
            }
            "rooms.invite" => {
                let stranger = self.stranger.account();
                let invitation = self.talk.invitation(&person.owner, stranger);
                Self::command(conversations::Invite {}, invitation.bytes().clone())
            }
            "rooms.invitations" => Self::command(conversations::Invitations {}, nothing),
            "rooms.decline" => {
                let invitation = InvitationHash::from_bytes([9; 32]);
                Self::command(conversations::Decline { invitation }, nothing)
            }
            "rooms.state" => Self::command(conversations::GetState { room }, nothing),
            "rooms.set_state" => {
                let expected = StateNumber::new(5);
                let state = state(&self.talk, person, 6);
                Self::command(conversations::SetState { room, expected }, state)
            }
            other => panic!("{other} is not asked for"),
        }
    }

    fn channels(&self, name: &str) -> ClientFrame {
        let (nothing, room) = (Bytes::new(), self.talk.room);
        match name {
            "channels.create" => {
                let create = channels::Create {
                    room,
                    channel: self.talk.channel,
                    name: None,
                    topic: None,
                };
                Self::command(create, nothing)
            }
            "channels.update" => {
                let update = channels::Update {
                    room,
                    channel: self.channel,
                    revision: PAST,
                    name: None,
                    topic: None,
                    position: Some(1),
                    slow_ms: None,
                };
                Self::command(update, nothing)
            }
            "channels.archive" => {
                let archive = channels::Archive {
                    room,
                    channel: self.channel,
                    archived: false,
                };
                Self::command(archive, nothing)
            }
            other => panic!("{other} is not asked for"),
        }
    }

    fn epochs(&self, name: &str, who: Who) -> ClientFrame {
        let (nothing, room, person) = (Bytes::new(), self.talk.room, self.person(who));
        let n = EpochNumber::new(1);
        if let Some(what) = name.strip_prefix("epochs.commit ") {
            return self.commits(what, who);
        }
        match name {
            "epochs.start" => Self::command(epochs::Start { room: lobby(), n }, nothing),
            "epochs.hold" => Self::command(epochs::Hold { room: lobby(), n }, nothing),
            "epochs.ask" => {
                let ask = epochs::Ask {
                    room: lobby(),
                    n,
                    refused: None,
                };
                Self::command(ask, nothing)
            }
            "epochs.answer" => {
                let answer = epochs::Answer {
                    room: lobby(),
                    n,
                    to: MemberId::from_bytes([9; 16]),
                };
                Self::command(answer, nothing)
            }
            "epochs.chain" => {
                let after = None;
                Self::command(commits::Chain { room, after }, nothing)
            }
            "epochs.share" => {
                let n = self.shared;
                Self::command(commits::Share { room, n }, nothing)
            }
            "epochs.pending" => Self::command(commits::Pending { room }, nothing),
            "epochs.bad_share" => {
                let n = EpochNumber::new(999);
                Self::command(commits::BadShare { room, n }, nothing)
            }
            "epochs.request_keys" => {
                let request = key_request(&self.talk, person, 1);
                Self::command(commits::RequestKeys {}, request.bytes().clone())
            }
            "epochs.key_requests" => Self::command(commits::KeyRequests { room }, nothing),
            "epochs.grant" => {
                // For a request that the owner never made.
                let owner = self.person(Who::Owner);
                let asked = key_request(&self.talk, owner, 1);
                let mut record = grant(&self.talk, owner, asked).bytes().to_vec();
                let place = record
                    .windows(AccountId::LEN)
                    .position(|bytes| bytes == owner.account().as_bytes())
                    .expect("the granter");
                let granter = person.account();
                record[place..place + AccountId::LEN].copy_from_slice(granter.as_bytes());
                Self::command(commits::Grant {}, record.into())
            }
            "epochs.grants" => Self::command(commits::Grants { room }, nothing),
            "epochs.refuse" => {
                let refuse = commits::Refuse {
                    room,
                    request: KeyRequestHash::from_bytes([9; 32]),
                    reason: None,
                };
                Self::command(refuse, nothing)
            }
            "epochs.rotate" => Self::command(commits::Rotate { room }, nothing),
            other => panic!("{other} is not asked for"),
        }
    }

    /// A commit that an owner may make, signed by somebody. It does not hold the leave that waits.
    fn commits(&self, what: &str, who: Who) -> ClientFrame {
        let account = |who| self.person(who).account();
        let removed = |who, after| Change::Removed {
            account: account(who),
            after,
        };
        let role = |who, role| Change::Role {
            account: account(who),
            role,
        };
        let changes = match what {
            "rotates" => vec![],
            "removes" => vec![removed(Who::Leaving, AfterRemoval::MayReturn)],
            "removes an admin" => vec![removed(Who::Admin, AfterRemoval::MayReturn)],
            "bans" => vec![removed(Who::Outside, AfterRemoval::Banned)],
            "unbans" => vec![Change::Unbanned(account(Who::Banned))],
            "mutes" => vec![role(Who::Leaving, Role::Muted)],
            "makes an admin" => vec![role(Who::Leaving, Role::Admin)],
            "makes an owner" => vec![role(Who::Leaving, Role::Owner)],
            "changes the policy" => {
                let mut policy = *self.talk.chain.record().policy();
                policy.join = match policy.join {
                    JoinPolicy::Open => JoinPolicy::ByInvitation,
                    JoinPolicy::ByInvitation => JoinPolicy::Open,
                };
                vec![Change::Policy(policy)]
            }
            other => panic!("{other} is not asked for"),
        };
        let (owner, author) = (&self.person(Who::Owner).owner, &self.person(who).owner);
        let (command, tail) = self.talk.usurped(owner, author, changes);
        Self::command(command, tail)
    }

    fn moderates(name: &str) -> ClientFrame {
        let nothing = Bytes::new();
        match name {
            "reports.list" => Self::command(moderation::ListReports { after: None }, nothing),
            "reports.settle" => {
                let settle = moderation::SettleReport {
                    report: ReportHash::from_bytes([9; 32]),
                    verdict: moderation::Verdict::Dismissed,
                };
                Self::command(settle, nothing)
            }
            "server.mode" => Self::command(moderation::Mode { emergency: None }, nothing),
            "server.mode that closes" => {
                let emergency = Some(true);
                Self::command(moderation::Mode { emergency }, nothing)
            }
            other => panic!("{other} is not asked for"),
        }
    }

    fn files(&self, name: &str) -> ClientFrame {
        let (nothing, file, index) = (Bytes::new(), self.file, 0);
        match name {
            "files.create" | "files.create by the owner" => {
                let file = match name {
                    "files.create" => FileId::from_bytes(rand::random()),
                    _ => file,
                };
                let create = files::Create {
                    room: self.talk.room,
                    file,
                    chunks: 1,
                    bytes: ByteCount::new(CHUNK_BYTES),
                };
                Self::command(create, nothing)
            }
            "files.put" => Self::command(files::Put { file, index }, nothing),
            "files.put the chunk" => Self::command(files::Put { file, index }, chunk(file)),
            "files.held" => Self::command(files::GetHeld { file }, nothing),
            "files.chunk" => Self::command(files::GetChunk { file, index }, nothing),
            "files.keep" => {
                let keep = files::Keep {
                    file,
                    channel: self.talk.channel,
                    sequence: Sequence::new(9_999),
                };
                Self::command(keep, nothing)
            }
            "files.remove of the owner's" => Self::command(files::Remove { file }, nothing),
            other => panic!("{other} is not asked for"),
        }
    }

    fn messages(&mut self, name: &str, who: Who) -> ClientFrame {
        let channel = match name {
            "messages.fetch of another channel" => self.channel,
            _ => self.talk.channel,
        };
        if name == "messages.report nothing" {
            return Self::command(messages::Report {}, Bytes::new());
        }
        if name.starts_with("messages.fetch") {
            let fetch = messages::Fetch {
                channel,
                after: None,
                before: None,
                limit: 10,
            };
            return Self::command(fetch, Bytes::new());
        }
        let (sequence, hash) = match name {
            "messages.delete" => (Sequence::new(9_999), EnvelopeHash::from_bytes([9; 32])),
            "messages.delete of the owner's" => {
                let (sequence, sealed) = &self.said;
                (
                    Sequence::new(*sequence),
                    sealwire_tests::conversation::hash(sealed),
                )
            }
            other => panic!("{other} is not asked for"),
        };
        let delete = messages::Delete {
            channel,
            sequence,
            hash,
            n: self.talk.chain.head().n(),
        };
        let tombstone = self.seals(who, Storage::Stored);
        Self::command(delete, tombstone)
    }

    fn publishes(&mut self, name: &str, who: Who) -> ClientFrame {
        let (storage, flags) = match name {
            "publish" => (Storage::Stored, PublishFlags::STORED),
            _ => (Storage::Passing, PublishFlags::UNSTORED),
        };
        let sealed = self.seals(who, storage);
        self.talk.publish(REQUEST, flags, sealed)
    }
}

/// The one chunk of a file, with the right layout, which is all that a server looks at.
fn chunk(file: FileId) -> Bytes {
    let mut chunk = BytesMut::new();
    chunk.put_slice(&[1, 0x1b]);
    chunk.put_slice(file.as_bytes());
    chunk.put_u32(0);
    chunk.put_u8(1);
    chunk.put_slice(&[7; 16]);
    chunk.put_u32(16_400);
    chunk.put_slice(&[7; 16_400 + 32]);
    chunk.freeze()
}

/// What that takes as it travels, in bytes.
const CHUNK_BYTES: u64 = 16_384 + 91;
const NOBODY: AccountId = AccountId::from_bytes([9; 16]);
const LOBBY: &str = "lobby";
/// A revision that never is the newest.
const PAST: u32 = u32::MAX;
