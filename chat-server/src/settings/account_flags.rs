//! Flags about accounts, in every program that starts a server.

use clap::{ArgMatches, Args, ValueEnum, parser::ValueSource};
use serde::Deserialize;
use wire_format::passwords::{ServerName, ServerNameError};

use super::Settings;
use crate::{
    blobs::{BlobsAddress, BlobsPlaceError},
    store::server::Registration,
};

/// What new data are made with, and what an account may keep, as flags, variables and keys of a file of
/// settings.
///
/// For `#[command(flatten)]` and `#[serde(flatten)]`. It denies no unknown keys: that is for the
/// struct that it is flattened into.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct AccountFlags {
    /// Name of new data, which passwords are bound to for good: best the host that clients are told [default: localhost]
    #[arg(long, env = "SEALWIRE_SERVER_NAME", value_name = "NAME")]
    server_name: Option<String>,
    /// Who may register on new data [default: open]
    #[arg(long, env = "SEALWIRE_REGISTRATION", value_name = "MODE")]
    registration: Option<RegistrationMode>,
    /// Bytes of sealed messages and files that are kept of one account; 0: no limit [default: 4294967296]
    #[arg(long, env = "SEALWIRE_ACCOUNT_STORAGE", value_name = "BYTES")]
    account_storage: Option<u64>,
    /// Bytes that all files may take; 0: no limit [default: 0]
    #[arg(long, env = "SEALWIRE_SERVER_STORAGE", value_name = "BYTES")]
    server_storage: Option<u64>,
    /// Bytes that one file may take; 0: as much as the protocol allows, 4 GiB [default: 0]
    #[arg(long, env = "SEALWIRE_FILE_SIZE", value_name = "BYTES")]
    file_size: Option<u64>,
    /// Where the sealed chunks of files are kept: a folder, or s3://BUCKET/PREFIX with keys and endpoint from AWS_… variables [default: the folder files below the one of the data]
    #[arg(long, env = "SEALWIRE_BLOBS", value_name = "PLACE")]
    blobs: Option<BlobsText>,
}

/// A flag that cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountFlagsError {
    /// The name is none.
    #[error("--server-name")]
    ServerName(#[from] ServerNameError),
    /// There is no such place for files.
    #[error(transparent)]
    Blobs(#[from] BlobsPlaceError),
}

/// A [`BlobsAddress`] as a flag and in the file, where it is a string, too.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct BlobsText(BlobsAddress);

impl std::str::FromStr for BlobsText {
    type Err = BlobsPlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        BlobsAddress::parse(text).map(Self)
    }
}

impl TryFrom<String> for BlobsText {
    type Error = BlobsPlaceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Who may register.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    /// Anyone.
    Open,
    /// Who brings an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

impl AccountFlags {
    /// What is not set here is taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            server_name: self.server_name.or(other.server_name),
            registration: self.registration.or(other.registration),
            account_storage: self.account_storage.or(other.account_storage),
            server_storage: self.server_storage.or(other.server_storage),
            file_size: self.file_size.or(other.file_size),
            blobs: self.blobs.or(other.blobs),
        }
    }

    /// Takes the server's name out where the environment says it: `sealwire` reads the same variable, as
    /// the name that it expects, so that it does not show that a server is meant here.
    #[must_use]
    pub fn take_environment_name(&mut self, matches: &ArgMatches) -> Self {
        let mut taken = Self::default();
        if matches.value_source("server_name") == Some(ValueSource::EnvVariable) {
            taken.server_name = self.server_name.take();
        }
        taken
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.server_name.is_none()
            && self.registration.is_none()
            && self.account_storage.is_none()
            && self.server_storage.is_none()
            && self.file_size.is_none()
            && self.blobs.is_none()
    }

    /// Settings with what is set here, and for `--blobs s3://…` what the environment says about the
    /// service.
    ///
    /// # Errors
    /// [`AccountFlagsError`] names the flag that cannot be used.
    pub fn apply(self, mut settings: Settings) -> Result<Settings, AccountFlagsError> {
        if let Some(name) = self.server_name {
            settings.server_name = ServerName::parse(&name)?;
        }
        if let Some(mode) = self.registration {
            settings.registration = mode.into();
        }
        if let Some(bytes) = self.account_storage {
            settings.limits.accounts.storage_bytes = bytes;
        }
        if let Some(bytes) = self.server_storage {
            settings.limits.accounts.files_bytes = bytes;
        }
        if let Some(bytes) = self.file_size {
            settings.limits.accounts.file_bytes = bytes;
        }
        if let Some(BlobsText(address)) = self.blobs {
            settings.blobs = Some(address.into_place()?);
        }
        Ok(settings)
    }
}

impl From<RegistrationMode> for Registration {
    fn from(mode: RegistrationMode) -> Self {
        match mode {
            RegistrationMode::Open => Self::Open,
            RegistrationMode::Invitation => Self::Invitation,
            RegistrationMode::Closed => Self::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::BlobsPlace;

    fn flags(text: &str) -> AccountFlags {
        toml::from_str(text).expect("flags")
    }

    #[test]
    fn what_is_said_first_counts_and_the_rest_is_as_usual() {
        let first = flags("account-storage = 5");
        let second = flags("account-storage = 7\nregistration = 'closed'");
        let usual = Settings::default();
        let settings = first.or(second).apply(usual.clone()).expect("settings");
        assert_eq!(settings.limits.accounts.storage_bytes, 5);
        assert_eq!(settings.registration, Registration::Closed);
        assert_eq!(settings.server_name, usual.server_name);
        assert!(AccountFlags::default().is_empty());
        assert!(!flags("account-storage = 0").is_empty());
    }

    #[test]
    fn files_have_a_place_and_limits() {
        let said = flags("server-storage = 7\nfile-size = 5\nblobs = 'chunks'");
        assert!(!said.is_empty());
        let mut settings = said.apply(Settings::default()).expect("settings");
        let accounts = &settings.limits.accounts;
        assert_eq!((accounts.files_bytes, accounts.file_bytes), (7, 5));
        let folder = |path: &str| Some(BlobsPlace::Folder(path.into()));
        assert_eq!(settings.place_of_files(), folder("chunks"));
        settings.blobs = None;
        assert_eq!(settings.place_of_files(), None);
        settings.data = Some("data".into());
        assert_eq!(settings.place_of_files(), folder("data/files"));
        assert!(toml::from_str::<AccountFlags>("blobs = ''").is_err());
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let named = flags("server-name = 'no name'").apply(Settings::default());
        assert!(named.is_err());
        let named = flags("server-name = 'chat.example'").apply(Settings::default());
        assert_eq!(named.expect("a name").server_name.as_str(), "chat.example");
    }
}
