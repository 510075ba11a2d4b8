//! Failures of accounts.

use std::borrow::Cow;

use chat_client::{
    AccountError,
    account::{OwnFault, PeerFault},
};
use wire_format::ErrorCode;

use super::{INTERNAL, LOST, REFUSED, UNBELIEVED, connect, connect_hint};

pub(super) const fn number(error: &AccountError) -> u8 {
    match error {
        AccountError::Connect(error) => connect(error),
        AccountError::Ended(_) | AccountError::TimedOut => LOST,
        AccountError::Refused { .. }
        | AccountError::Contended
        | AccountError::Own(OwnFault::Name) => REFUSED,
        AccountError::Peer(_) => UNBELIEVED,
        AccountError::Own(_) => INTERNAL,
    }
}

pub(super) const fn word(error: &AccountError) -> &'static str {
    match error {
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
        AccountError::Connect(error) => return connect_hint(error).map(Cow::from),
        AccountError::Refused { command, refusal } => {
            return refused(command, refusal.code).map(Cow::from);
        }
        AccountError::Peer(PeerFault::ServerName { found, .. }) => {
            return Some(format!("If that is its name: --server-name {found}").into());
        }
        AccountError::Peer(_) => {
            "Nothing was changed. Ask whoever runs the server before you go on with it."
        }
        AccountError::Ended(_) | AccountError::TimedOut | AccountError::Contended => {
            "It may have been done. Look again: sealwire whoami"
        }
        AccountError::Own(OwnFault::Name) => "Try another NAME.",
        AccountError::Own(_) => return None,
    };
    Some(hint.into())
}

fn refused(command: &str, code: ErrorCode) -> Option<&'static str> {
    Some(match (command, code) {
        (_, ErrorCode::UnknownCommand) => {
            "This server does not do that. One that keeps accounts is started with --data DIR."
        }
        ("auth.resume", ErrorCode::LoginFailed) => {
            "This device's session is over. Sign in again: sealwire login NAME"
        }
        ("auth.login", ErrorCode::LoginFailed) => "If the password is lost: sealwire recover NAME",
        ("auth.recover", ErrorCode::LoginFailed) => "Is the code of this account, and its newest?",
        ("auth.password", ErrorCode::LoginFailed) => "The present password is asked for first.",
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
