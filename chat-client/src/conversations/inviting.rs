//! Invitations: into a running conversation, and out of what waits for this account.

use std::time::Duration;

use bytes::Bytes;
use wire_format::{
    AccountId, InvitationHash, Millis, RoomId,
    command::conversations::{Decline, Invitations, Invite},
    event::KeysetChange,
    limits::INVITATIONS_PER_ACCOUNT,
    record_list,
    room::{InvitationDraft, InvitationError, Keysets as _, RoomKind, UnverifiedInvitation},
};

use super::{ConversationError, Conversations, now};

/// An invitation that waits for this account, its signatures verified.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// What it is named by.
    pub hash: InvitationHash,
    /// Into which conversation.
    pub room: RoomId,
    /// Who invites.
    pub inviter: AccountId,
    /// The inviter's user name, as its keys sign it.
    pub inviter_name: String,
    /// What the conversation is called, by the inviter's word.
    pub name: String,
    /// When it was made.
    pub made_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    record: UnverifiedInvitation,
}

/// What became of an invitation of one's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Invited {
    /// Its invitee is there and was told.
    Told,
    /// Its invitee is not there: the invitation waits.
    Waits,
}

impl Conversations {
    /// Invites somebody into a conversation of several. A dropped future leaves it made or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn invite(
        &mut self,
        id: RoomId,
        invitee: AccountId,
    ) -> Result<Invited, ConversationError> {
        self.sync(id).await?;
        self.read_chain(invitee).await?;
        if self.people.is_blocked(invitee) {
            return Err(ConversationError::Blocked(invitee));
        }
        let keys = self.own_keys(id).await?;
        let wraps = self.wraps(&[invitee]).await?;
        let wrap = wraps.get(&invitee);
        let wrap = wrap.ok_or(ConversationError::NotInRoom(invitee))?;
        let name = self.name_to_seal(id).await?;
        let conversation = &self.room(id)?.conversation;
        if conversation.kind() == RoomKind::Direct {
            return Err(ConversationError::Kind(RoomKind::Direct));
        }
        let listed = conversation.record().member(invitee);
        let commit = conversation.chain().head().hash();
        let chain = self.people.chain(invitee);
        let chain = chain.ok_or(ConversationError::NotInRoom(invitee))?;
        let change = listed
            .map(|listed| chain.change_between(listed.fingerprint, chain.head().fingerprint()));
        // Who began anew with other keys is let in anew, with those.
        if change.is_some_and(|change| change != Some(KeysetChange::Reset)) {
            return Err(ConversationError::InRoom(invitee));
        }
        let made_at = now();
        let draft = InvitationDraft {
            room: id,
            inviter: self.account.id(),
            invitee,
            invitee_fingerprint: chain.head().fingerprint(),
            commit,
            made_at,
            expires_at: later(made_at, HOLDS),
            name: &name,
            wrap,
        };
        let invitation = keys.sign_invitation(&draft, &mut rand::rng())?;
        let record = invitation.bytes().clone();
        let (invited, _) = self.account.call(&Invite {}, record).await?;
        Ok(if invited.online {
            Invited::Told
        } else {
            Invited::Waits
        })
    }

    /// The invitations that wait for this account; what does not hold is left out.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn invitations(&mut self) -> Result<Vec<Invitation>, ConversationError> {
        let (_, tail) = self.account.call(&Invitations {}, Bytes::new()).await?;
        let mut invitations = Vec::new();
        for record in record_list::parse(tail, INVITATIONS_PER_ACCOUNT)? {
            invitations.extend(self.invitation(record).await?);
        }
        Ok(invitations)
    }

    /// Reads and checks an invitation; `None` for one that does not hold.
    pub(super) async fn invitation(
        &mut self,
        record: Bytes,
    ) -> Result<Option<Invitation>, ConversationError> {
        let record = UnverifiedInvitation::parse(record)?;
        if record.invitee() != self.account.id() {
            return Ok(None);
        }
        match record.check_signatures(&self.people) {
            Ok(()) => {}
            Err(InvitationError::UnknownKeys(keys)) => {
                if !self.read_keys(keys).await? || record.check_signatures(&self.people).is_err() {
                    return Ok(None);
                }
            }
            Err(_) => return Ok(None),
        }
        let key = self.account.wrap_of(record.wrap()).await?;
        let name = key.and_then(|key| record.open_name(&key, &mut rand::rng()).ok());
        let inviter = record.inviter();
        let inviter_name = self.people.name(inviter).unwrap_or_default().to_owned();
        Ok(Some(Invitation {
            hash: record.hash(),
            room: record.room(),
            inviter,
            inviter_name,
            name: name.map_or_else(String::new, |name| name.trim().to_owned()),
            made_at: record.made_at(),
            expires_at: record.expires_at(),
            record,
        }))
    }

    /// Comes into a conversation by an invitation, with nobody else online: asks, and takes itself in
    /// by a commit of its own. A dropped future leaves this account in or out.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn accept(&mut self, invitation: &Invitation) -> Result<(), ConversationError> {
        let (id, inviter) = (invitation.room, invitation.inviter);
        self.read_chain(inviter).await?;
        if self.people.is_blocked(inviter) {
            return Err(ConversationError::Blocked(inviter));
        }
        self.come_in(id, Some(&invitation.record)).await
    }

    /// Lets an invitation go.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn decline(&mut self, invitation: InvitationHash) -> Result<(), ConversationError> {
        self.account
            .call(&Decline { invitation }, Bytes::new())
            .await?;
        Ok(())
    }
}

fn later(time: Millis, by: Duration) -> Millis {
    let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    Millis::new(time.value().saturating_add(by))
}

/// How long an invitation of this program holds: long enough for a month away.
const HOLDS: Duration = Duration::from_secs(60 * 24 * 60 * 60);
