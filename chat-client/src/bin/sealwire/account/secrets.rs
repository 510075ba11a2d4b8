//! Where passwords and recovery codes come from: a file, the environment, a prompt; never a flag,
//! which every process of the machine can read.

use std::{fmt::Display, fs::File, io::Read as _, path::Path, str::FromStr};

use wire_format::{
    OneTimeToken,
    passwords::{Password, RecoveryCode},
};
use zeroize::Zeroizing;

use super::{
    flags::{NewPasswordFlags, PasswordFlags},
    terminal::Terminal,
};
use crate::exit::Failure;

/// A password that is known already.
pub(super) async fn password(flags: &PasswordFlags) -> Result<Password, Failure> {
    let source = Source::of_password(flags);
    let typed = match source.given()? {
        Some(given) => given,
        None => source.terminal()?.hidden("Password: ").await?,
    };
    prepared(&typed)
}

/// A password that is chosen for an account that is made: typed twice.
pub(super) async fn first_password(flags: &PasswordFlags) -> Result<Password, Failure> {
    Source::of_password(flags).chosen().await
}

/// A password that is chosen in place of another: typed twice.
pub(super) async fn new_password(flags: &NewPasswordFlags) -> Result<Password, Failure> {
    let source = Source {
        file: flags.new_password_file.as_deref(),
        variable: "SEALWIRE_NEW_PASSWORD",
        missing: "no new password: name a file with --new-password-file, or set SEALWIRE_NEW_PASSWORD",
    };
    source.chosen().await
}

/// A recovery code that was kept.
pub(super) async fn recovery_code(file: Option<&Path>) -> Result<RecoveryCode, Failure> {
    code(file, "Recovery code: ").await
}

/// A one-time token that the server's operator handed out.
pub(super) async fn one_time_token(file: Option<&Path>) -> Result<OneTimeToken, Failure> {
    code(file, "One-time token: ").await
}

async fn code<T: FromStr<Err: Display>>(file: Option<&Path>, question: &str) -> Result<T, Failure> {
    let source = Source {
        file,
        variable: "SEALWIRE_RECOVERY_CODE",
        missing: "no recovery code: name a file with --code-file, or set SEALWIRE_RECOVERY_CODE",
    };
    let typed = match source.given()? {
        Some(given) => given,
        None => source.terminal()?.hidden(question).await?,
    };
    let parsed = typed.trim().parse();
    parsed.map_err(|error| Failure::Settings(format!("not a code: {error}")))
}

/// The places where one secret may be.
struct Source<'a> {
    file: Option<&'a Path>,
    variable: &'static str,
    missing: &'static str,
}

impl<'a> Source<'a> {
    fn of_password(flags: &'a PasswordFlags) -> Self {
        Self {
            file: flags.password_file.as_deref(),
            variable: "SEALWIRE_PASSWORD",
            missing: "no password: name a file with --password-file, or set SEALWIRE_PASSWORD",
        }
    }

    /// What a file or the environment holds.
    #[expect(
        clippy::disallowed_methods,
        reason = "clap would make a flag of it, and a flag can be read by every process"
    )]
    fn given(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        if let Some(file) = self.file {
            return first_line(file).map(Some);
        }
        match std::env::var(self.variable) {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Failure::Settings(format!("{} is not UTF-8", self.variable)))
            }
        }
    }

    fn terminal(&self) -> Result<Terminal, Failure> {
        Terminal::here().ok_or_else(|| Failure::Settings(self.missing.to_owned()))
    }

    async fn chosen(&self) -> Result<Password, Failure> {
        if let Some(given) = self.given()? {
            return prepared(&given);
        }
        let mut terminal = self.terminal()?;
        loop {
            let typed = terminal.hidden("New password: ").await?;
            let password = prepared(&typed)?;
            let again = terminal.hidden("The same again: ").await?;
            if typed == again {
                return Ok(password);
            }
            terminal.show("These were not the same.\n")?;
        }
    }
}

fn prepared(typed: &str) -> Result<Password, Failure> {
    Password::prepare(typed).map_err(|error| Failure::Settings(error.to_string()))
}

/// The first line of a file, without its line feed.
pub(super) fn first_line(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unreadable =
        |why: &str| Failure::Settings(format!("cannot read {}: {why}", path.display()));
    let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES));
    let limit = u64::try_from(SECRET_BYTES).unwrap_or(u64::MAX);
    let read = file.take(limit).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error.to_string()))?;
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let text = str::from_utf8(line).map_err(|_| unreadable("it is not UTF-8"))?;
    Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
}

/// Bytes of a file that are looked at: more than the longest password before it is prepared.
const SECRET_BYTES: usize = 4096;
