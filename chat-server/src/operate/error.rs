//! Why a command was not carried out.

use std::io;

use chat_server::{
    backup::BackupError,
    store::{Refusal, StoreError, audit::AuditFault},
};

use crate::cli::CliError;

#[derive(Debug, thiserror::Error)]
pub(super) enum OperateError {
    #[error(transparent)]
    Settings(#[from] CliError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("nobody has the name {0:?}")]
    Nobody(String),
    #[error("{0} is disabled; enable the account first")]
    Disabled(String),
    #[error("registration is closed: nobody could use an invitation (`chat-server registration`)")]
    RegistrationClosed,
    #[error(transparent)]
    Audit(#[from] AuditFault),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("old backups in {folder} cannot be deleted")]
    Prune { folder: String, source: io::Error },
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}
