//! What is agreed on about a command beside its fields: where it belongs, what is behind its fields,
//! and how it can be refused.

use crate::error::ErrorCode;

/// One command as both ends know it; `docs/api.md` and the OpenAPI document are made of these.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Contract {
    /// The name on every transport.
    pub name: &'static str,
    /// When in the life of a connection it belongs.
    pub state: State,
    /// Largest tail of the command, in bytes; 0 where it has none.
    pub tail_bytes: usize,
    /// Whether its reply has a tail.
    pub answers_tail: bool,
    /// What it may be refused with beside [`State::errors`] and [`Contract::COMMON_ERRORS`].
    pub own_errors: &'static [ErrorCode],
}

impl Contract {
    /// What any command may be refused with.
    pub const COMMON_ERRORS: &[ErrorCode] = &[
        ErrorCode::Malformed,
        ErrorCode::TooLarge,
        ErrorCode::RateLimited,
        ErrorCode::Busy,
        ErrorCode::Internal,
    ];

    /// Everything that the chat-server may refuse this command with, in the order of the document.
    pub fn errors(&self) -> impl Iterator<Item = ErrorCode> {
        ErrorCode::ALL
            .iter()
            .copied()
            .filter(|&code| self.allows(code))
    }

    /// Whether the chat-server may refuse this command so.
    pub fn allows(&self, code: ErrorCode) -> bool {
        [self.own_errors, self.state.errors(), Self::COMMON_ERRORS]
            .iter()
            .any(|errors| errors.contains(&code))
    }
}

/// When in the life of a connection a command belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Nothing was said yet.
    New,
    /// Versions were exchanged and nobody has signed in: commands of proxies and guests.
    Greeted,
    /// As [`State::Greeted`], and only where accounts are served.
    SignIn,
    /// Somebody has signed in: a guest, or an account whether its keys are proven or not.
    SignedIn,
    /// Somebody may be in rooms: a guest, or an account whose keys are proven.
    Member,
    /// An account, whether its keys are proven or not.
    Account,
    /// An account whose keys are proven.
    Proven,
}

impl State {
    /// What a command may be refused with where it does not belong.
    pub const fn errors(self) -> &'static [ErrorCode] {
        match self {
            Self::New => &[ErrorCode::NotAllowed],
            Self::Greeted => &[ErrorCode::NotAllowed, ErrorCode::AlreadySignedIn],
            Self::SignIn => &[
                ErrorCode::UnknownCommand,
                ErrorCode::NotAllowed,
                ErrorCode::AlreadySignedIn,
            ],
            Self::SignedIn => &[ErrorCode::NotSignedIn],
            Self::Member => &[
                ErrorCode::NotSignedIn,
                ErrorCode::NotAllowed,
                ErrorCode::KeysUnproven,
            ],
            Self::Account | Self::Proven => &[
                ErrorCode::UnknownCommand,
                ErrorCode::NotSignedIn,
                ErrorCode::NotAllowed,
                ErrorCode::KeysUnproven,
            ],
        }
    }

    /// Whether a command is served only where accounts are.
    pub const fn needs_accounts(self) -> bool {
        matches!(self, Self::SignIn | Self::Account | Self::Proven)
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Command;

    #[test]
    fn a_contract_says_nothing_twice() {
        for contract in Command::CONTRACTS {
            let mut said = [contract.own_errors, contract.state.errors()].concat();
            said.extend(super::Contract::COMMON_ERRORS);
            for (at, code) in said.iter().enumerate() {
                assert!(!said[..at].contains(code), "{}: {code}", contract.name);
            }
            assert_eq!(contract.errors().count(), said.len(), "{}", contract.name);
        }
    }
}
