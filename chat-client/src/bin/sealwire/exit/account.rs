//! Failures of accounts.

use std::borrow::Cow;

use chat_client::{
    AccountError, ConnectError, Ended,
    account::{OwnFault, PeerFault},
    session::{LostCause, SessionEnd},
};
use wire_format::{CloseCode, ErrorCode};

use super::{INTERNAL, LOST, REFUSED, SESSION_OVER, UNBELIEVED, connect, connect_hint};

pub(super) fn number(error: &AccountError) -> u8 {
    match error {
        error if is_over(error) => SESSION_OVER,
        AccountError::Connect(error) => connect(error),
        AccountError::Ended(_) | AccountError::TimedOut => LOST,
        AccountError::Refused { .. }
        | AccountError::Contended
        | AccountError::Own(OwnFault::Name) => REFUSED,
        AccountError::Peer(_) => UNBELIEVED,
        AccountError::Own(_) => INTERNAL,
    }
}

pub(super) fn word(error: &AccountError) -> &'static str {
    match error {
        AccountError::Ended(_) if is_over(error) => "session_over",
        AccountError::Connect(_) => "unreachable",
        AccountError::Ended(_) | AccountError::TimedOut => "lost",
        AccountError::Refused { refusal, .. } => refusal.code.as_str(),
        AccountError::Contended => "vault_conflict",
        AccountError::Peer(fault) => fault.code(),
        AccountError::Own(OwnFault::Name) => "name_invalid",
        AccountError::Own(_) => "internal",
    }
}

pub(super) fn hint(error: &AccountError) -> Option<Cow<'static, str>> {
    let hint = match error {
        error if is_over(error) => SIGN_IN_AGAIN,
        AccountError::Connect(error) => return connect_hint(error).map(Cow::from),
        AccountError::Refused { command, refusal } => {
            return refused(command, refusal.code).map(Cow::from);
        }
        AccountError::Peer(PeerFault::ServerName { found, .. }) => {
            return Some(format!("If that is its name: --server-name {found}").into());
        }
        AccountError::Peer(PeerFault::KeptKey(_)) => {
            "If this device's folder was put back from before a change of password, sign in again: sealwire login NAME. If not, ask whoever runs the server."
        }
        AccountError::Peer(_) => {
            "Nothing was changed. Ask whoever runs the server before you go on with it."
        }
        AccountError::Ended(Ended::Closed(CloseCode::Replaced)) => GOES_ON_ELSEWHERE,
        AccountError::Ended(_) | AccountError::TimedOut | AccountError::Contended => {
            "It may have been done. Look again: sealwire whoami"
        }
        AccountError::Own(OwnFault::Name) => "Try another NAME.",
        AccountError::Own(_) => return None,
    };
    Some(hint.into())
}

/// The next step when an account's session has ended while it talked.
pub(super) fn hint_at_end(end: &SessionEnd) -> Option<&'static str> {
    if is_over_at(end) {
        return Some(SIGN_IN_AGAIN);
    }
    match end {
        SessionEnd::Lost(LostCause::Ended(Ended::Closed(CloseCode::Replaced))) => {
            Some(GOES_ON_ELSEWHERE)
        }
        _ => None,
    }
}

/// Whether the account's session is over: ended from elsewhere, expired, or gone with its account.
fn is_over(error: &AccountError) -> bool {
    match error {
        AccountError::Refused { command, refusal } => is_refused(command, refusal.code),
        AccountError::Ended(ended) => is_revoked(*ended),
        _ => false,
    }
}

/// As [`is_over`], for a session that has talked.
pub(super) fn is_over_at(end: &SessionEnd) -> bool {
    match end {
        SessionEnd::Lost(LostCause::Ended(ended)) => is_revoked(*ended),
        SessionEnd::Lost(LostCause::Connect(ConnectError::Refused { command, refusal })) => {
            is_refused(command, refusal.code)
        }
        _ => false,
    }
}

const fn is_revoked(ended: Ended) -> bool {
    matches!(ended, Ended::Closed(CloseCode::Revoked))
}

/// Whether a session was asked for that is not there any more.
fn is_refused(command: &str, code: ErrorCode) -> bool {
    matches!(
        (command, code),
        ("auth.resume", ErrorCode::LoginFailed) | (_, ErrorCode::NotSignedIn)
    )
}

fn refused(command: &str, code: ErrorCode) -> Option<&'static str> {
    Some(match (command, code) {
        (_, ErrorCode::UnknownCommand) => {
            "This server does not do that. One that keeps accounts is started with --data DIR."
        }
        ("auth.login", ErrorCode::LoginFailed) => "If the password is lost: sealwire recover NAME",
        ("auth.recover", ErrorCode::LoginFailed) => "Is the code of this account, and its newest?",
        ("auth.password" | "auth.delete", ErrorCode::LoginFailed) => {
            "The present password is asked for first."
        }
        ("auth.delete", ErrorCode::NotAllowed) => "The last administrator's account stays.",
        ("auth.register", ErrorCode::NameTaken) => {
            "Try another NAME. If it is yours: sealwire login NAME"
        }
        ("auth.register", ErrorCode::NotAllowed) => {
            "Registering may need an invitation here: --invitation TOKEN"
        }
        ("auth.prove", ErrorCode::NotAllowed) => "Is this machine's clock right?",
        (_, ErrorCode::NoSuchAccount) => "Is the name spelt right?",
        _ => return None,
    })
}

/// What to do about a session that is over.
const SIGN_IN_AGAIN: &str = "This device's session is over. Sign in again: sealwire login NAME";

/// What to do about a session that somebody else goes on with.
const GOES_ON_ELSEWHERE: &str =
    "If no other program of yours goes on with it: sealwire logout, then sign in again.";

#[cfg(test)]
mod tests {
    use wire_format::Refusal;

    use super::*;

    fn refused(command: &'static str, code: ErrorCode) -> SessionEnd {
        let refusal = Refusal::new(code);
        SessionEnd::Lost(LostCause::Connect(ConnectError::Refused {
            command,
            refusal,
        }))
    }

    #[test]
    fn a_session_that_cannot_be_resumed_is_over_and_one_that_went_elsewhere_is_not() {
        let closed = |code| SessionEnd::Lost(LostCause::Ended(Ended::Closed(code)));
        for over in [
            closed(CloseCode::Revoked),
            refused("auth.resume", ErrorCode::LoginFailed),
        ] {
            assert!(is_over_at(&over), "{over}");
            assert_eq!(hint_at_end(&over), Some(SIGN_IN_AGAIN));
        }
        for other in [
            closed(CloseCode::Replaced),
            closed(CloseCode::Resume),
            refused("auth.resume", ErrorCode::Busy),
            refused("auth.guest", ErrorCode::LoginFailed),
            SessionEnd::Internal,
        ] {
            assert!(!is_over_at(&other), "{other}");
        }
    }
}
