//! What people ask of a room, and what they invite with.

use wire_format::{
    AccountId, Millis,
    room::{Action, InvitationDraft, RequestDraft, UnverifiedInvitation, UnverifiedRequest},
};

use super::Conversation;
use crate::owner::{Owner, now};

impl Conversation {
    /// A request to come in or to go.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn request(
        &self,
        by: &Owner,
        action: Action,
        invitation: Option<&UnverifiedInvitation>,
    ) -> UnverifiedRequest {
        let draft = RequestDraft {
            room: self.room,
            action,
            account: by.account,
            commit: self.chain.head().hash(),
            made_at: now(),
            invitation,
        };
        let request = by.identity().sign_request(&draft, &mut rand::rng());
        request.expect("a request")
    }

    /// An invitation of somebody whose keys are known, for an hour.
    ///
    /// # Panics
    /// If their keys are not known.
    pub fn invitation(&self, by: &Owner, to: AccountId) -> UnverifiedInvitation {
        let draft = InvitationDraft {
            room: self.room,
            inviter: by.account,
            invitee: to,
            invitee_fingerprint: self.keysets[&to].head().fingerprint(),
            commit: self.chain.head().hash(),
            made_at: now(),
            expires_at: Millis::new(now().value() + 3_600_000),
            name: " ",
            wrap: &self.wraps[&to],
        };
        let invitation = by.identity().sign_invitation(&draft, &mut rand::rng());
        invitation.expect("an invitation")
    }
}
