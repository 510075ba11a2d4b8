//! What conversations need of their account: its connection, its private keys, others' wrap keys.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use wire_format::{
    AccountId, Fingerprint, Publish, ReplyFrame, Sequence, WrapNumber,
    command::{
        Command, Operation,
        keys::{Accounts, Wraps},
    },
    identity::{AccountWrapKey, IdentityKeys, UnverifiedWrapKey},
    record_list,
};

use super::{
    Account,
    blocking::blocking,
    error::{AccountError, OwnFault, PeerFault},
};
use crate::{connection::Arrival, error::Ended};

impl Account {
    /// Calls and waits for the reply. A dropped future may have sent the command.
    pub(crate) async fn call<O>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), AccountError>
    where
        O: Operation + Clone + Into<Command>,
    {
        self.line.call(operation, tail).await
    }

    /// Sends a command; its reply comes by [`Account::any_reply`].
    pub(crate) fn post<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<u32, AccountError> {
        self.line.post(operation, tail)
    }

    /// Waits for a reply to one of the commands that were posted. Safe to drop while waiting.
    pub(crate) async fn any_reply(
        &mut self,
        is_asked: impl Fn(u32) -> bool,
    ) -> Result<ReplyFrame, AccountError> {
        self.line.any_reply(is_asked).await
    }

    /// Publishes a payload and waits until it stands in its channel. A dropped future may have sent it.
    pub(crate) async fn publish(&mut self, publish: Publish) -> Result<Sequence, AccountError> {
        self.line.publish(publish).await
    }

    /// From now on events and deliveries are kept for [`Account::arrival`].
    pub(crate) fn listen(&mut self) {
        self.line.listen();
    }

    /// The next event or delivery. Safe to drop while waiting.
    pub(crate) async fn arrival(&mut self) -> Result<Arrival, Ended> {
        self.pins.grow_old();
        self.line.next().await
    }

    /// The private keys of a keyset of this account, as long as its vault has them.
    pub(crate) async fn keys_of(
        &mut self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Arc<IdentityKeys>>, AccountError> {
        if self.keys.fingerprint() == fingerprint {
            return Ok(Some(Arc::clone(&self.keys)));
        }
        let entries = self.root.content.identity.clone();
        let found = blocking(move || {
            let mut keys = entries.iter().rev().map(|entry| entry.keys());
            keys.find(|keys| {
                keys.as_ref()
                    .is_ok_and(|keys| keys.fingerprint() == fingerprint)
            })
        });
        let found = found.await?.transpose().map_err(PeerFault::Root)?;
        Ok(found.map(Arc::new))
    }

    /// The number of the newest own wrap key.
    pub(crate) fn wrap_number(&self) -> WrapNumber {
        super::entering::newest_wrap(&self.root.content)
    }

    /// The private half of a wrap key of this account, as long as its vault has it; the vault is read
    /// again where another device may have made it.
    pub(crate) async fn wrap_of(
        &mut self,
        number: WrapNumber,
    ) -> Result<Option<AccountWrapKey>, AccountError> {
        if number > self.wrap_number() {
            self.refresh().await?;
        }
        let mut entries = self.root.content.wraps.iter();
        let entry = entries.find(|entry| entry.number == number).cloned();
        let Some(entry) = entry else {
            return Ok(None);
        };
        let key = blocking(move || entry.key()).await?;
        Ok(Some(key.map_err(PeerFault::Root)?))
    }

    /// The newest published wrap keys of accounts, whose signatures nobody has looked at; none of
    /// those that have none.
    pub(crate) async fn wraps_of(
        &mut self,
        accounts: Vec<AccountId>,
    ) -> Result<BTreeMap<AccountId, UnverifiedWrapKey>, AccountError> {
        let asked = accounts.len();
        let accounts = Accounts::try_from(accounts).map_err(|_| OwnFault::Kept)?;
        let (_, tail) = self.line.call(&Wraps { accounts }, Bytes::new()).await?;
        let keys = record_list::parse(tail, asked)?.into_iter();
        let keys = keys.map(|record| {
            let key = UnverifiedWrapKey::parse(record)?;
            Ok((key.account(), key))
        });
        keys.collect()
    }
}
