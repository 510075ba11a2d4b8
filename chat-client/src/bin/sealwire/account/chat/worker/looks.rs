//! What there is to know of conversations, and whom to trust in them.

use chat_client::{
    AccountError,
    account::{Person, Standing},
    conversations::{ConversationError, Overview, Place},
};
use wire_format::{
    AccountId, ErrorCode, RoomId,
    compare::Digits,
    room::{Role, RoomKind},
};

use super::{Worker, passed};
use crate::{
    account::{
        chat::{
            command,
            ear::in_chat,
            model::{Belief, Believed, Glance, Kind, Trust, Update},
            shown::Shown,
        },
        group::{decide, role_word},
    },
    exit::Failure,
};

impl Worker<'_> {
    /// Looks at every conversation anew: what it is called, and how it stands.
    pub(super) async fn look_at_all(&mut self) -> Result<(), Failure> {
        let overview = self.reader.talker.conversations.overview().await;
        match self.unless_of_one_room(overview).await? {
            Some(overview) => {
                for one in overview {
                    self.glance(&one);
                }
            }
            // Each by itself: the others go on.
            None => {
                for own in self.reader.talker.conversations.mine().await? {
                    self.ear.touch(own.room);
                }
            }
        }
        self.look_at_touched().await
    }

    pub(super) async fn look_at_touched(&mut self) -> Result<(), Failure> {
        for room in self.ear.take_touched() {
            let conversations = &mut self.reader.talker.conversations;
            if conversations.conversation(room).is_none() {
                continue;
            }
            let overview = conversations.at_a_glance(room).await;
            let Some(overview) = self.unless_of_one_room(overview).await? else {
                continue;
            };
            self.glance(&overview);
            let open = self.desk.with(|model| model.open);
            if open.is_some_and(|open| open.room == room) {
                self.look_at_trust(room).await?;
            }
        }
        Ok(())
    }

    /// What was asked about a room, after telling what came to light beside it; `None` where that
    /// room, or somebody in it, is at fault: it is named, and everything else goes on.
    async fn unless_of_one_room<T>(
        &mut self,
        outcome: Result<T, ConversationError>,
    ) -> Result<Option<T>, Failure> {
        let known = match outcome {
            Ok(known) => Some(known),
            Err(error) if is_of_one_room(&error) => {
                let notice = Shown::line(&error.to_string());
                self.desk.take(Update::Notice(notice));
                None
            }
            Err(error) => return Err(error.into()),
        };
        self.reader.tell_rest(&mut self.ear).await?;
        Ok(known)
    }

    fn glance(&self, one: &Overview) {
        let kind = match one.kind {
            _ if one.is_request => Kind::Request,
            RoomKind::Direct => Kind::Direct,
            _ => Kind::Group,
        };
        let name = if one.name.is_empty() {
            one.room.to_string()
        } else {
            one.name.clone()
        };
        let name = if one.kind == RoomKind::Public {
            format!("#{name}")
        } else {
            name
        };
        let glance = |at: Place, name: &str| Glance {
            at,
            name: Shown::line(name),
            kind,
            is_stopped: one.is_stopped,
            mark: self.reader.read_mark(at),
        };
        self.desk.take(Update::Room(glance(one.room.into(), &name)));
        // Each other channel of a room stands by itself.
        let conversations = &self.reader.talker.conversations;
        for channel in conversations.known_channels(one.room) {
            let at = Place {
                room: one.room,
                channel: channel.channel,
            };
            if !at.is_main() {
                let name = format!("{name} #{}", channel.name);
                self.desk.take(Update::Room(glance(at, &name)));
            }
        }
    }

    /// Shows whom and what to trust in a conversation. What the server would answer a moment later
    /// is no reason to give the connection up: what is sent next is looked at by itself.
    pub(super) async fn look_at_trust(&mut self, room: RoomId) -> Result<(), Failure> {
        let trust = match self.trust_in(room).await {
            Ok(trust) => trust,
            Err(Failure::Account(error)) => {
                let error = ConversationError::from(error);
                if !error.is_passing() {
                    return Err(error.into());
                }
                let notice = format!("whom to trust was not looked at: {error}. Ctrl-T: again");
                self.desk.take(Update::Notice(Shown::line(&notice)));
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        self.desk.take(Update::Trust(room, trust));
        self.reader.tell_rest(&mut self.ear).await
    }

    async fn trust_in(&mut self, room: RoomId) -> Result<Trust, Failure> {
        for account in self.ear.take_changed() {
            self.believed.remove(&account);
        }
        let mut trust = Trust::default();
        let conversations = &self.reader.talker.conversations;
        let Some(conversation) = conversations.conversation(room) else {
            trust.fork = self.fork(room).await?;
            return Ok(trust);
        };
        let head = conversation.chain().head();
        let number = Digits::of_room(head.hash()).to_string();
        let n = Shown::line(&head.n().to_string());
        trust.known = Some((n, Shown::line(&number)));
        let is_forked = conversation.is_forked();
        let members = conversation.record().members();
        let members = members.map(|(account, member)| (account, member.role));
        let members: Vec<(AccountId, Role)> = members.collect();
        let me = conversations.account().id();
        trust.others = members.iter().filter(|(one, _)| *one != me).count();
        for (account, role) in members.into_iter().take(MOST_PEOPLE) {
            trust.people.push(self.believe(account, role).await?);
        }
        if is_forked {
            trust.fork = self.fork(room).await?;
        }
        Ok(trust)
    }

    /// The numbers of both histories, and what to do.
    async fn fork(&mut self, room: RoomId) -> Result<Vec<Shown>, Failure> {
        let histories = self.reader.talker.conversations.histories(room);
        let Ok(histories) = passed(histories.await.map_err(Failure::from))? else {
            return Ok(Vec::new());
        };
        let mut lines = Shown::lines(&decide::numbers(room, &histories));
        let next = decide::next(room, &histories).replace(&room.to_string(), ".");
        lines.extend(next.split('\n').map(in_chat));
        Ok(lines)
    }

    /// How far somebody can be believed; looked at once on a connection, and when the keys change.
    async fn believe(&mut self, account: AccountId, role: Role) -> Result<Believed, Failure> {
        let role = role_word(role);
        if let Some(known) = self.believed.get(&account) {
            let known = known.clone();
            return Ok(Believed { role, ..known });
        }
        let conversations = &mut self.reader.talker.conversations;
        if account == conversations.account().id() {
            let name = conversations.read_name(account).await?;
            return Ok(unnumbered(account, &name, role, Belief::Own));
        }
        let checked = conversations
            .account_mut()
            .check_person(account, None)
            .await;
        match passed(checked.map_err(Failure::from))? {
            Ok(person) => {
                let one = believed(&person, role);
                self.believed.insert(account, one.clone());
                Ok(one)
            }
            Err(failure) => {
                let name = conversations.name_of(account);
                let name = name.map_or_else(|| account.to_string(), str::to_owned);
                Ok(unnumbered(account, &name, role, unbelieved(&failure)))
            }
        }
    }
}

fn believed(person: &Person, role: &'static str) -> Believed {
    Believed {
        name: Shown::line(&person.name),
        typed: command::typed(&person.name, person.account),
        role,
        belief: match person.standing {
            Standing::Reset => Belief::Reset,
            _ if person.verified => Belief::Verified,
            _ => Belief::Seen,
        },
        safety_number: Some(Shown::line(&person.safety_number.to_string())),
    }
}

fn unnumbered(account: AccountId, name: &str, role: &'static str, belief: Belief) -> Believed {
    Believed {
        name: Shown::line(name),
        typed: command::typed(name, account),
        role,
        belief,
        safety_number: None,
    }
}

/// Whether the fault is one room's, or somebody's in it. A room can go, and an account be deleted,
/// while they are looked at.
fn is_of_one_room(error: &ConversationError) -> bool {
    let gone = [ErrorCode::NoSuchRoom, ErrorCode::NoSuchAccount];
    error.is_of_one_room()
        || matches!(error, ConversationError::NoSuchRoom(_))
        || error.refusal().is_some_and(|code| gone.contains(&code))
}

fn unbelieved(failure: &Failure) -> Belief {
    match failure {
        Failure::Account(AccountError::Refused { refusal, .. })
            if refusal.code == ErrorCode::NoSuchAccount =>
        {
            Belief::Gone
        }
        _ => Belief::Unknown,
    }
}

/// Members whose keys are looked at, each of which is a call; the others are looked at when something
/// is sent, and are not verified as far as the screen says.
const MOST_PEOPLE: usize = 50;
