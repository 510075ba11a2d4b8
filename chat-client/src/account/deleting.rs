//! The end of an account.

use bytes::Bytes;
use wire_format::{command::auth::Delete, passwords::Password};

use super::{Account, error::AccountError};

impl Account {
    /// Deletes the account, after its password was shown again: its sessions, keys, vault and friends
    /// are gone, and its name is free. A dropped future leaves it whole or gone.
    ///
    /// # Errors
    /// `login_failed` for another password; `not_allowed` for the last administrator; the typed cause
    /// otherwise.
    pub async fn delete(mut self, password: Password) -> Result<(), AccountError> {
        let login = self.login_half(password).await?;
        self.line.call(&Delete { login }, Bytes::new()).await?;
        Ok(())
    }
}
