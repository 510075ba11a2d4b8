//! Who signs in, and by which command.

use std::fmt;

use bytes::Bytes;
use wire_format::{
    GuestToken, SessionToken,
    command::auth::{Fresh, Login, Recover, Register, Resume, SignedInAccount},
};

use super::SessionEnd;
use crate::{
    error::{ConnectError, Ended},
    greeted::Greeted,
};

/// Who a session is.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// A guest, for as long as the session lives.
    Guest(Guest),
    /// An account. Once it has signed in, what is left of this is the token that continues its
    /// session.
    Account(AccountSignIn),
}

/// A guest.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The name as it was typed.
    pub name: String,
    /// The session's secret; the member id follows from it.
    pub token: GuestToken,
}

/// How an account's session is begun or continued
/// (docs/protocol.md#145-signing-in-and-the-proof-of-keys).
#[derive(Clone)]
pub enum AccountSignIn {
    /// `auth.register` and its records.
    Register(Box<Register>, Bytes),
    /// `auth.login`.
    Login(Login),
    /// `auth.recover`.
    Recover(Recover),
    /// `auth.fresh`.
    Fresh(Fresh),
    /// `auth.resume`: a session that goes on.
    Resume(SessionToken),
}

/// How a session leaves its connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Parting {
    /// It is over.
    SignOut,
    /// It goes on without a connection.
    Leave,
}

impl SignIn {
    /// Whether it is an account's session.
    pub(super) const fn is_account(&self) -> bool {
        matches!(self, Self::Account(_))
    }

    /// How a session ends that nobody holds any more.
    pub(super) const fn end_of_the_unwanted(&self) -> SessionEnd {
        match self {
            Self::Guest(_) => SessionEnd::SignedOut,
            Self::Account(_) => SessionEnd::Left,
        }
    }

    /// How the connection is left: only its owner's word ends an account's session.
    pub(super) const fn parting(&self, end: &SessionEnd) -> Parting {
        match (self, end) {
            (Self::Guest(_), SessionEnd::Left) => Parting::Leave,
            (Self::Guest(_), _) | (Self::Account(_), SessionEnd::SignedOut) => Parting::SignOut,
            (Self::Account(_), _) => Parting::Leave,
        }
    }
}

impl AccountSignIn {
    /// Signs in; the answer has a token unless it was given one.
    pub(super) async fn carry_out(
        &self,
        greeted: &mut Greeted,
    ) -> Result<SignedInAccount, ConnectError> {
        let none = Bytes::new;
        let (signed_in, _) = match self {
            Self::Register(register, records) => greeted.call(&**register, records.clone()).await?,
            Self::Login(login) => greeted.call(login, none()).await?,
            Self::Recover(recover) => greeted.call(recover, none()).await?,
            Self::Fresh(fresh) => greeted.call(fresh, none()).await?,
            Self::Resume(token) => {
                let token = Some(token.clone());
                greeted.call(&Resume { token }, none()).await?
            }
        };
        let is_resumed = matches!(self, Self::Resume(_));
        if signed_in.token.is_none() && !is_resumed {
            return Err(Ended::Untrue.into());
        }
        Ok(signed_in)
    }
}

/// Says how, not with what.
impl fmt::Debug for AccountSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register(..) => "Register(..)",
            Self::Login(_) => "Login(..)",
            Self::Recover(_) => "Recover(..)",
            Self::Fresh(_) => "Fresh(..)",
            Self::Resume(_) => "Resume(..)",
        })
    }
}
