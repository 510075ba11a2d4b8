//! Where a new recovery code goes: to the terminal, where two of its groups are typed back, or into a
//! new file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chat_client::account::{AccountError, Rehearsal};
use rand::seq::index;
use wire_format::passwords::RecoveryCode;

use super::{flags::CodeFlags, home::write_new, terminal::Terminal};
use crate::exit::Failure;

/// A place for a code, chosen before anything is sent.
pub(super) enum Sink {
    Terminal(Terminal),
    File(PathBuf),
}

impl Sink {
    /// Chooses it.
    pub(super) fn choose(flags: &CodeFlags) -> Result<Self, Failure> {
        let Some(path) = &flags.recovery_file else {
            return Terminal::here().map(Self::Terminal).ok_or_else(|| {
                Failure::Settings(
                    "no terminal to show the recovery code on: name a new file with --recovery-file"
                        .to_owned(),
                )
            });
        };
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::File(path.clone())),
            Err(error) => Err(unwritable(path, &error.to_string())),
            Ok(_) => Err(unwritable(path, "it is there already")),
        }
    }

    /// Hands the code over; it is the user's before the server hears of it.
    pub(super) async fn keep(&mut self, code: &RecoveryCode) -> Result<Rehearsal, Failure> {
        match self {
            Self::Terminal(terminal) => {
                rehearse(terminal, code).await?;
                Ok(Rehearsal::Done)
            }
            Self::File(path) => {
                let mut text = code.to_text();
                text.push('\n');
                let written = write_new(path, text.as_bytes());
                written.map_err(|error| unwritable(path, &error.to_string()))?;
                Ok(Rehearsal::Skipped)
            }
        }
    }

    /// Takes a file back whose code opens nothing, since the server refused.
    pub(super) fn refused(&self, error: AccountError) -> Failure {
        let is_open = matches!(error, AccountError::Ended(_) | AccountError::TimedOut);
        if is_open {
            return error.into();
        }
        self.not_sent(error.into())
    }

    /// Takes a file back whose code the server never heard of.
    pub(super) fn not_sent(&self, failure: Failure) -> Failure {
        if let Self::File(path) = self {
            // If it stays, its owner has a code that opens nothing, and is told of the failure.
            let _ = fs::remove_file(path);
        }
        failure
    }
}

fn unwritable(path: &Path, why: &str) -> Failure {
    Failure::Settings(format!("--recovery-file {}: {why}", path.display()))
}

/// Shows the code, takes it off the screen, and asks for two of its groups.
async fn rehearse(terminal: &mut Terminal, code: &RecoveryCode) -> Result<(), Failure> {
    let text = code.to_text();
    terminal.show("\nYour recovery code. It opens the account when the password is lost:\n")?;
    terminal.show(&format!("\n    {}\n\n", *text))?;
    let asked = "Write it down and keep it away from this machine, then press Enter.";
    terminal.line(asked).await?;
    // Six lines up, and everything below gone.
    terminal.show("\u{1b}[6A\r\u{1b}[J")?;
    let groups: Vec<&str> = text.split('-').collect();
    let mut places = index::sample(&mut rand::rng(), groups.len(), GROUPS_ASKED).into_vec();
    places.sort_unstable();
    for place in places {
        let group = groups.get(place).copied().unwrap_or_default();
        ask(terminal, place + 1, group).await?;
    }
    Ok(())
}

async fn ask(terminal: &mut Terminal, number: usize, group: &str) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let typed = terminal
            .line(&format!("Group {number} of the code: "))
            .await?;
        if is_group(&typed, group) {
            return Ok(());
        }
        terminal.show("That is not it.\n")?;
    }
    Err(Failure::NotRehearsed)
}

/// Whether a group was typed, as a code is read: in any case, `O` for 0, `I` and `L` for 1.
fn is_group(typed: &str, group: &str) -> bool {
    let read = typed.trim().to_ascii_uppercase();
    read.replace('O', "0").replace(['I', 'L'], "1") == group
}

/// Groups that are typed back.
const GROUPS_ASKED: usize = 2;
/// How often one may mistype a group.
const TRIES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_as_it_is_typed() {
        for typed in ["01AB", "oiab", " OlaB ", "0LAb"] {
            assert!(is_group(typed, "01AB"), "{typed}");
        }
        for typed in ["", "01A", "01AC", "01AB-", "10AB"] {
            assert!(!is_group(typed, "01AB"), "{typed}");
        }
    }
}
