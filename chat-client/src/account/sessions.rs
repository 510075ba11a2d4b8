//! The account's sessions.

use bytes::Bytes;
use wire_format::{
    SessionId,
    command::auth::{Logout, Revoke, SessionSummary, Sessions},
};

use super::{Account, error::AccountError};

impl Account {
    /// The account's sessions, the newest first.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn sessions(&mut self) -> Result<Vec<SessionSummary>, AccountError> {
        let (list, _) = self.line.call(&Sessions {}, Bytes::new()).await?;
        Ok(list.sessions)
    }

    /// Ends a session; one that is not there has ended. A dropped future leaves it ended or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn revoke(&mut self, session: SessionId) -> Result<(), AccountError> {
        self.line.call(&Revoke { session }, Bytes::new()).await?;
        Ok(())
    }

    /// Ends this session. A dropped future leaves it ended or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn logout(mut self) -> Result<(), AccountError> {
        self.line.call(&Logout {}, Bytes::new()).await?;
        Ok(())
    }
}
