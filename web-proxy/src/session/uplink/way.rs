//! Which commands a page may give, and what the proxy does with them.

use wire_format::command::{Contract, Operation as _, State, auth};

/// What the proxy does with a command of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// There is a route of its own for it, where the cookie comes.
    SignIn,
    /// It is part of what the proxy does for the session, as rooms are.
    Own,
    /// It is an account's, and passed on as it is with its tail.
    PassedOn,
    /// It is refused: the proxy's business, or nobody's.
    Refused,
}

impl Way {
    /// The way of a command.
    pub(crate) fn of(contract: &Contract) -> Self {
        match contract.state {
            State::Account | State::Proven => Self::PassedOn,
            State::SignIn if contract.name != auth::Resume::NAME => Self::SignIn,
            State::Greeted if contract.name == auth::Guest::NAME => Self::SignIn,
            State::SignedIn => Self::Own,
            State::Member if contract.name.starts_with("rooms.") => Self::Own,
            // Keys and epochs of proxy-sealed rooms among them.
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use wire_format::command::Command;

    use super::*;

    #[test]
    fn what_is_the_proxys_business_is_not_for_pages() {
        let refused: Vec<_> = Command::CONTRACTS
            .iter()
            .filter(|contract| Way::of(contract) == Way::Refused)
            .map(|contract| contract.name)
            .collect();
        let expected = [
            "session.hello",
            "session.carry",
            "keys.announce",
            "keys.of",
            "epochs.start",
            "epochs.hold",
            "epochs.ask",
            "epochs.answer",
            "auth.resume",
        ];
        assert_eq!(refused, expected);
    }
}
