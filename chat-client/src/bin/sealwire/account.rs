//! Commands of accounts: each is a file, and goes on with what this device keeps.
//!
//! ```text
//!  flags ──▶ AccountTask ──▶ register, login, recover ──▶ Account ──▶ home: one file an account
//!                        └─▶ the others ──▶ opened: file, its lock, session ──▶ Account ──▶ the file again
//! ```

mod at;
mod code;
mod fingerprint;
mod flags;
mod friends;
mod home;
mod login;
mod logout;
mod opened;
mod out;
mod password;
mod recover;
mod register;
mod secrets;
mod sessions;
mod state;
mod terminal;
mod whoami;

pub(crate) use self::flags::AccountCommand;
use self::{at::At, flags::Step, home::Home};
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
    }
}
