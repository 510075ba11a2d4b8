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
mod messages;
mod moderation;
mod next_keyset;
mod params;
mod password;
pub(super) mod people;
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

use wire_format::{
    ErrorCode, Refusal,
    command::{Command, State},
};

use super::{Answered, Call, conversation, files, in_rooms, later, signs_in};
use crate::{
    phase::{Greeted, Proven, Unproven},
    store::sessions::Means,
};

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
    let state = command.contract().state;
    if !state.needs_accounts() && state != State::SignedIn {
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
        Command::FetchMessages(fetch) => later(messages::fetch::run(errand, own, fetch)),
        Command::DeleteMessage(delete) => later(messages::delete::run(errand, own, delete)),
        Command::ReportMessage(_) => later(messages::report::run(errand, own)),
        Command::ListReports(list) => later(moderation::list::run(errand, own, list)),
        Command::ServerMode(mode) => later(moderation::mode::run(errand, own, mode)),
        Command::SettleReport(settle) => later(moderation::settle::run(errand, own, settle)),
        command if files::is_one(&command) => files::run(errand, own, command),
        command => conversation::run(errand, own, &proven.member, command),
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
