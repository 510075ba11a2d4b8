//! A new password, and what follows from it; a device that was lost.

use bytes::Bytes;
use wire_format::{
    LoginHalf, SessionId,
    command::auth::{Password as ChangePassword, Rehearsed},
    passwords::{Password, RecoveryCode},
    vault::{ItemKeyEntry, OpenedRoot},
};

use super::{
    Account,
    blocking::blocking,
    error::{AccountError, PeerFault},
    records::NewSecrets,
    root::{ATTEMPTS, is_conflict},
    sign_in::{ask, stretch},
};
use crate::clock::Clock;

impl Account {
    /// Changes password and recovery code: there are a new vault key and a new item key for what
    /// follows, and the other sessions end. The caller has shown or kept the new code.
    ///
    /// A dropped future leaves both changed or neither.
    ///
    /// # Errors
    /// `login_failed` for another old password; [`AccountError::Contended`]; the typed cause otherwise.
    pub async fn change_password(
        &mut self,
        old: Password,
        new: Password,
        code: RecoveryCode,
    ) -> Result<(), AccountError> {
        let login = self.login_half(old).await?;
        self.replace(Some(login), new, code).await
    }

    /// Sets a password after a sign-in with the recovery code. Otherwise as
    /// [`Account::change_password`].
    ///
    /// # Errors
    /// As [`Account::change_password`].
    pub async fn set_password(
        &mut self,
        new: Password,
        code: RecoveryCode,
    ) -> Result<(), AccountError> {
        self.replace(None, new, code).await
    }

    /// Says that the present recovery code was typed back.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn rehearsed(&mut self) -> Result<(), AccountError> {
        self.line.call(&Rehearsed {}, Bytes::new()).await?;
        Ok(())
    }

    /// Shuts a lost device out: its session ends, and the wrap key, the vault key and the item key
    /// are replaced, so that nothing it has opens what follows. What it has read it has read.
    ///
    /// A dropped future may leave the first of these steps done; doing it again does the rest.
    ///
    /// # Errors
    /// As [`Account::change_password`].
    pub async fn lost_device(
        &mut self,
        session: SessionId,
        old: Password,
        new: Password,
        code: RecoveryCode,
    ) -> Result<(), AccountError> {
        self.revoke(session).await?;
        self.new_wrap_key(Clock::start().now().wall).await?;
        self.change_password(old, new, code).await
    }

    /// What shows the server that somebody knows this account's password.
    pub(super) async fn login_half(&self, password: Password) -> Result<LoginHalf, AccountError> {
        let (server_name, params) = ask(&self.server, &self.who.name).await?;
        if params.account != self.who.account {
            let (expected, found) = (self.who.account, params.account);
            return Err(PeerFault::OtherAccount { expected, found }.into());
        }
        Ok(stretch(password, &params, server_name).await?.login)
    }

    async fn replace(
        &mut self,
        login: Option<LoginHalf>,
        new: Password,
        code: RecoveryCode,
    ) -> Result<(), AccountError> {
        let (account, server) = (self.who.account, self.who.server.clone());
        let secrets = blocking(move || NewSecrets::make(account, &server, &new, &code));
        let secrets = secrets.await??;
        let item_key = ItemKeyEntry::generate(&mut rand::rng());
        for _ in 0..ATTEMPTS {
            let mut content = self.root.content.clone();
            content.item_keys.push(item_key.clone());
            let root = self.seal_next(&secrets.lock, &content)?;
            let change = ChangePassword {
                login: login.clone(),
                salt: secrets.salt,
                rounds: secrets.rounds.value(),
                new_login: secrets.login.clone(),
                recovery: secrets.recovery.clone(),
                expected: self.root.number,
            };
            match self.line.call(&change, root.bytes().clone()).await {
                Ok(_) => {
                    self.take(OpenedRoot {
                        number: root.number(),
                        content,
                        lock: secrets.lock,
                    });
                    return Ok(());
                }
                Err(error) if is_conflict(&error) => self.refresh().await?,
                Err(error) => return Err(error),
            }
        }
        Err(AccountError::Contended)
    }
}
