//! Commands of accounts: each is a file, and goes on with what this device keeps.
//!
//! ```text
//!  flags ──▶ AccountTask ──▶ register, login, recover ──▶ Account ──▶ home: one file an account
//!                        └─▶ the others ──▶ opened: file, its lock, session ──▶ Account ──▶ the file again
//!  join, rooms ──▶ Own ──▶ taken up: file, its lock ──▶ Session ──▶ Account on each connection ─┘
//! ```

mod at;
mod channels;
mod chat;
mod code;
mod deed;
mod delete;
mod export;
mod files;
mod fingerprint;
mod flags;
mod friends;
mod group;
mod home;
mod keys;
mod listen;
mod login;
mod logout;
mod members;
mod mode;
mod opened;
mod out;
mod password;
mod reader;
mod recover;
mod register;
mod report;
mod reports;
mod resources;
mod rooms;
mod rotate;
mod secrets;
mod send;
mod sessions;
mod state;
mod taken_up;
mod talker;
mod terminal;
mod told;
mod webhook;
mod whoami;

use self::{at::At, flags::Step, home::Home, sessions::day};
pub(crate) use self::{
    at::AtFlags,
    flags::{AccountCommand, Rooms},
    reports::word as report_word,
    taken_up::{Own, TakenUp},
};
use crate::{cli::Format, exit::Failure};

/// A command of accounts, with everything it needs.
pub(crate) struct AccountTask {
    at: At,
    home: Home,
    format: Format,
    step: Step,
}

pub(crate) async fn run(task: AccountTask) -> Result<(), Failure> {
    let AccountTask {
        at,
        home,
        format,
        step,
    } = task;
    match step {
        Step::Register(register) => register::run(at, home, format, register).await,
        Step::Login(login) => login::run(at, home, format, login).await,
        Step::Recover(recover) => recover::run(at, home, format, recover).await,
        Step::Logout(name) => logout::run(at, home, format, name).await,
        Step::Whoami(name) => whoami::run(at, home, format, name).await,
        Step::Password(change) => password::run(at, home, format, change).await,
        Step::Sessions(sessions) => sessions::run(at, home, format, sessions).await,
        Step::Fingerprint(of) => fingerprint::run(at, home, format, of).await,
        Step::Friends(friends) => friends::run(at, home, format, friends).await,
        Step::Send(send) => send::run(at, home, format, send).await,
        Step::Chat(chat) => chat::run(at, home, chat).await,
        Step::Listen(listen) => listen::run(at, home, format, listen).await,
        Step::Export(export) => export::run(at, home, export).await,
        Step::Fetch(fetch) => files::fetch::run(at, home, format, fetch).await,
        Step::Webhook(webhook) => webhook::run(at, home, format, webhook).await,
        Step::Deed(deed) => deed::run(at, home, format, *deed).await,
        Step::Report(report) => report::run(at, home, format, report).await,
        Step::Reports(reports) => reports::run(at, home, format, reports).await,
        Step::Mode(mode) => mode::run(at, home, format, mode).await,
        Step::Rotate(rotate) => rotate::run(at, home, format, rotate).await,
        Step::Delete(delete) => delete::run(at, home, format, delete).await,
    }
}
