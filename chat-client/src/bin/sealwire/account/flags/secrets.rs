//! Flags of what is typed or shown once.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct PasswordFlags {
    /// Read the password from this file's first line; SEALWIRE_PASSWORD, or a prompt without it
    #[arg(long, env = "SEALWIRE_PASSWORD_FILE", value_name = "FILE")]
    pub(in crate::account) password_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct NewPasswordFlags {
    /// Read the new password from this file's first line; SEALWIRE_NEW_PASSWORD, or a prompt without it
    #[arg(long, env = "SEALWIRE_NEW_PASSWORD_FILE", value_name = "FILE")]
    pub(in crate::account) new_password_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct CodeFlags {
    /// Write the recovery code to this new file instead of showing it; needed without a terminal
    #[arg(long, env = "SEALWIRE_RECOVERY_FILE", value_name = "FILE")]
    pub(in crate::account) recovery_file: Option<PathBuf>,
}
