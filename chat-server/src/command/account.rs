//! Commands of accounts, by the phase they belong to (docs/protocol.md#145-signing-in-and-the-proof-of-keys).

mod begin;
mod chain;
mod credentials;
mod delete;
mod fresh;
mod head;
mod items;
mod login;
mod logout;
mod next_keyset;
mod params;
mod password;
mod people;
mod prove;
mod put_items;
mod recover;
mod register;
mod rehearsed;
mod reset;
mod resume;
mod revoke;
mod root;
mod rotate;
mod sessions;
mod set_root;
mod tell;
mod wrap;
mod wraps;

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::Command};

use super::{Answered, Call, in_rooms, later};
use crate::{
    phase::{Greeted, Proven, Unproven},
    store::sessions::Means,
};

/// Whether a server with accounts carries a command out that one without does not.
pub(super) fn is_served(command: &Command) -> bool {
    signs_in(command)
        || people::is_served(command)
        || matches!(
            command,
            Command::ProveKeys(_)
                | Command::ListSessions(_)
                | Command::RevokeSession(_)
                | Command::VaultRoot(_)
                | Command::SetVaultRoot(_)
                | Command::PutVaultItems(_)
                | Command::VaultItems(_)
                | Command::KeysChain(_)
                | Command::WrapKeys(_)
                | Command::WrapKey(_)
                | Command::CodeRehearsed(_)
                | Command::ChangePassword(_)
                | Command::DeleteAccount(_)
                | Command::RotateKeys(_)
                | Command::ResetKeys(_)
        )
}

/// Whether a command belongs before a sign-in.
pub(super) fn signs_in(command: &Command) -> bool {
    matches!(
        command,
        Command::SignInParams(_)
            | Command::Register(_)
            | Command::Login(_)
            | Command::ResumeSession(_)
            | Command::Recover(_)
            | Command::StartFresh(_)
    )
}

/// What may be done before a sign-in.
pub(super) fn greeted(greeted: &Greeted, mut call: Call<'_>, command: Command) -> Answered {
    if !signs_in(&command) {
        return Err(ErrorCode::NotSignedIn.into());
    }
    let errand = call.errand()?;
    let client = greeted.client.clone();
    match command {
        Command::SignInParams(params) => later(params::run(errand, params)),
        Command::Register(register) => later(register::run(errand, client, register)),
        Command::Login(login) => later(login::run(errand, client, login)),
        Command::ResumeSession(resume) => later(resume::run(errand, resume)),
        Command::Recover(recover) => later(recover::run(errand, client, recover)),
        Command::StartFresh(fresh) => later(fresh::run(errand, client, fresh)),
        _ => Err(ErrorCode::NotSignedIn.into()),
    }
}

/// What may be done before the proof of keys: it, reading the own vault and keys, and signing out;
/// and by who may have lost the keys, what starts with new ones.
pub(super) fn unproven(session: &mut Unproven, mut call: Call<'_>, command: Command) -> Answered {
    let errand = call.errand()?;
    let own = Arc::clone(session.presence.session());
    match command {
        Command::ProveKeys(_) => later(prove::run(errand, own, session.challenge.take())),
        Command::Logout(_) => later(logout::run(errand, own)),
        Command::VaultRoot(_) => later(root::run(errand, own)),
        Command::VaultItems(items) => later(items::run(errand, own, items)),
        Command::KeysChain(chain) if chain.account == own.account => {
            later(chain::run(errand, chain))
        }
        Command::WrapKeys(wraps) if wraps.accounts.as_slice() == [own.account] => {
            later(wraps::run(errand, wraps))
        }
        Command::ResetKeys(reset) => later(reset::run(errand, own, reset)),
        Command::ChangePassword(change) if own.means != Means::Password => {
            later(password::run(errand, own, change))
        }
        command => Err(out_of_turn(&command).unwrap_or(ErrorCode::KeysUnproven.into())),
    }
}

/// What an account may do: with its keys and vault, and in rooms what a guest may.
pub(super) fn proven(proven: &Proven, mut call: Call<'_>, command: Command) -> Answered {
    if let Some(refusal) = out_of_turn(&command) {
        return Err(refusal);
    }
    if !is_served(&command) && !matches!(command, Command::Logout(_)) {
        return in_rooms(&proven.member, call, command);
    }
    let errand = call.errand()?;
    let own = Arc::clone(proven.presence.session());
    match command {
        Command::Logout(_) => later(logout::run(errand, own)),
        Command::ListSessions(_) => later(sessions::run(errand, own)),
        Command::RevokeSession(revoke) => later(revoke::run(errand, own, revoke)),
        Command::VaultRoot(_) => later(root::run(errand, own)),
        Command::SetVaultRoot(set) => later(set_root::run(errand, own, set)),
        Command::PutVaultItems(_) => later(put_items::run(errand, own)),
        Command::VaultItems(items) => later(items::run(errand, own, items)),
        Command::KeysChain(chain) => later(chain::run(errand, chain)),
        Command::WrapKeys(wraps) => later(wraps::run(errand, wraps)),
        Command::WrapKey(_) => later(wrap::run(errand, own)),
        Command::CodeRehearsed(_) => later(rehearsed::run(errand, own)),
        Command::ChangePassword(change) => later(password::run(errand, own, change)),
        Command::DeleteAccount(delete) => later(delete::run(errand, own, delete)),
        Command::RotateKeys(rotate) => later(rotate::run(errand, own, rotate)),
        Command::ResetKeys(reset) => later(reset::run(errand, own, reset)),
        command if people::is_served(&command) => people::run(errand, own, command),
        _ => Err(ErrorCode::NotAllowed.into()),
    }
}

/// What is wrong with a command of an earlier phase, if it is one.
fn out_of_turn(command: &Command) -> Option<Refusal> {
    match command {
        Command::Hello(_) | Command::Carry(_) | Command::ProveKeys(_) => {
            Some(ErrorCode::NotAllowed.into())
        }
        Command::Guest(_) => Some(ErrorCode::AlreadySignedIn.into()),
        command if signs_in(command) => Some(ErrorCode::AlreadySignedIn.into()),
        _ => None,
    }
}
