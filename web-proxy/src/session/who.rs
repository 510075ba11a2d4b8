//! Who a session is.

use wire_format::{
    GuestToken, MemberId, Millis,
    command::auth::{SignedIn, SignedInAccount},
};

/// A signed-in guest or account.
#[derive(Debug)]
pub(crate) enum Who {
    /// A guest, with the secret by which its name can pass over to an account.
    Guest {
        /// As the chat-server said.
        signed_in: SignedIn,
        /// Drawn by this proxy, and known to nobody else but the chat-server.
        token: GuestToken,
    },
    /// An account, as the chat-server said, without the token.
    Account(Box<SignedInAccount>),
}

impl Who {
    /// The member id in rooms.
    pub(crate) fn member(&self) -> MemberId {
        match self {
            Self::Guest { signed_in, .. } => signed_in.member,
            Self::Account(account) => account.session.into(),
        }
    }

    /// The prepared name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Guest { signed_in, .. } => &signed_in.name,
            Self::Account(account) => &account.name,
        }
    }

    /// Whether this ends whatever happens, and did.
    pub(crate) fn is_over(&self, now: Millis) -> bool {
        match self {
            Self::Guest { .. } => false,
            Self::Account(account) => account.expires_at <= now,
        }
    }
}
