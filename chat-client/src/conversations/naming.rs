//! What conversations are called, and finding one by what its user types.

use wire_format::{
    AccountId, RoomId,
    room::{RoomKind, RoomRecord},
};

use super::{ConversationError, Conversations};

/// A conversation at a glance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Overview {
    /// Which.
    pub room: RoomId,
    /// Whether it is of two or of several, or a room.
    pub kind: RoomKind,
    /// What it is called: by its settings, or by who else is in it.
    pub name: String,
    /// Who is in it.
    pub members: Vec<AccountId>,
    /// Whether a stranger began it, and this account has not written there yet.
    pub is_request: bool,
    /// Whether an alarm stopped it: its user is to decide ([`Conversations::decide`]).
    pub is_stopped: bool,
}

impl Conversations {
    /// The conversations of this account at a glance, read as far as it takes.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn overview(&mut self) -> Result<Vec<Overview>, ConversationError> {
        let mut overview = Vec::new();
        for own in self.mine().await? {
            overview.push(self.glance(own.room, own.request).await?);
        }
        Ok(overview)
    }

    /// One conversation at a glance.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn at_a_glance(&mut self, id: RoomId) -> Result<Overview, ConversationError> {
        let is_request = self.is_request(id).await?;
        self.glance(id, is_request).await
    }

    async fn glance(
        &mut self,
        id: RoomId,
        is_request: bool,
    ) -> Result<Overview, ConversationError> {
        if !self.holds(id).await? {
            return Ok(self.kept_glance(id, is_request));
        }
        let name = self.title(id).await?;
        let conversation = &self.room(id)?.conversation;
        let members = conversation.record().members();
        Ok(Overview {
            room: id,
            kind: conversation.kind(),
            name,
            members: members.map(|(account, _)| account).collect(),
            is_request,
            is_stopped: conversation.is_forked(),
        })
    }

    /// What the vault has of a conversation that does not hold. Its name is not known.
    fn kept_glance(&self, id: RoomId, is_request: bool) -> Overview {
        let record = self.kept_record(id);
        let kind = record.as_ref().map(|record| record.policy().kind);
        let members = record.as_ref().map(RoomRecord::members).into_iter();
        Overview {
            room: id,
            kind: kind.unwrap_or(RoomKind::Group),
            name: String::new(),
            members: members.flatten().map(|(account, _)| account).collect(),
            is_request,
            is_stopped: true,
        }
    }

    /// What a conversation is called: by its settings, a public room by the server, or by who else is in
    /// it.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn title(&mut self, id: RoomId) -> Result<String, ConversationError> {
        let conversation = &self.room(id)?.conversation;
        if conversation.kind() != RoomKind::Direct
            && let Some(name) = self.own_name(id).await?
        {
            return Ok(name);
        }
        let me = self.account.id();
        let members = self.room(id)?.conversation.record().members();
        let others = members.map(|(account, _)| account);
        let others: Vec<AccountId> = others.filter(|&account| account != me).collect();
        let mut names = Vec::new();
        for account in others.iter().take(NAMES_SHOWN) {
            names.push(self.read_name(*account).await?);
        }
        if others.len() > NAMES_SHOWN {
            names.push("…".to_owned());
        }
        Ok(names.join(", "))
    }

    /// The user name of an account, read if it was not; its id where its account is gone.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn read_name(&mut self, account: AccountId) -> Result<String, ConversationError> {
        if self.people.name(account).is_none() {
            match self.read_chain(account).await {
                Ok(()) => {}
                Err(error) if error.is_lost() => return Err(error),
                // Keys that do not hold were named, and a deleted account has no name.
                Err(_) => return Ok(account.to_string()),
            }
        }
        let name = self.people.name(account);
        Ok(name.map_or_else(|| account.to_string(), str::to_owned))
    }

    /// The conversation of several, or the private room, with this id or name. A public room has its
    /// name by the server's word, which is not to choose who reads: [`Conversations::find_own_public`].
    ///
    /// # Errors
    /// [`ConversationError::NoSuchName`], [`ConversationError::Ambiguous`]; the typed cause otherwise.
    pub async fn find_group(&mut self, typed: &str) -> Result<RoomId, ConversationError> {
        let mut found = Vec::new();
        for own in self.mine().await? {
            if own.room.to_string() == typed {
                return Ok(own.room);
            }
            let is_named_by_members = self.holds(own.room).await?
                && !matches!(
                    self.room(own.room)?.conversation.kind(),
                    RoomKind::Direct | RoomKind::Public
                );
            if !is_named_by_members {
                continue;
            }
            if self.own_name(own.room).await?.as_deref() == Some(typed) {
                found.push(own.room);
            }
        }
        match found.as_slice() {
            [room] => Ok(*room),
            [] => Err(ConversationError::NoSuchName(typed.to_owned())),
            _ => Err(ConversationError::Ambiguous(typed.to_owned())),
        }
    }

    /// The public room with this name, in any case, among those that this account is in: by the server's
    /// word, whoever may come in reads what is said there anyway.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchName`]; the typed cause otherwise.
    pub async fn find_own_public(&mut self, typed: &str) -> Result<RoomId, ConversationError> {
        for own in self.mine().await? {
            let is_public = self.holds(own.room).await?
                && self.room(own.room)?.conversation.kind() == RoomKind::Public;
            if !is_public {
                continue;
            }
            let name = self.own_name(own.room).await?.unwrap_or_default();
            if name.to_lowercase() == typed.to_lowercase() {
                return Ok(own.room);
            }
        }
        Err(ConversationError::NoSuchName(format!("#{typed}")))
    }

    /// Whether a stranger began a conversation and this account has not written there yet.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn is_request(&mut self, id: RoomId) -> Result<bool, ConversationError> {
        let own = self.mine().await?;
        Ok(own.iter().any(|own| own.room == id && own.request))
    }

    /// Whether somebody in the account's conversations, or somebody it knows otherwise, has this name.
    /// The server is not asked about it: it may be the name of a conversation, which it does not know.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn knows(&mut self, name: &str) -> Result<bool, ConversationError> {
        let is_it = |other: &str| other.to_lowercase() == name.to_lowercase();
        let friends = self.account.friends().await?;
        if friends.iter().any(|friend| is_it(&friend.name)) {
            return Ok(true);
        }
        for own in self.mine().await? {
            if !self.holds(own.room).await? {
                continue;
            }
            let members = self.room(own.room)?.conversation.record().members();
            let members: Vec<AccountId> = members.map(|(account, _)| account).collect();
            for account in members {
                if is_it(&self.read_name(account).await?) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Names of members that stand for a conversation without one.
const NAMES_SHOWN: usize = 5;
