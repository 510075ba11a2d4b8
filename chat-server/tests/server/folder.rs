//! A place for data, and what an operator does to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chat_server::{
    AccountLimits, Limits, Rate, Settings,
    store::{
        Database, Location, Store as _, TokenHash,
        accounts::{Role, SetRole, SetStanding, Standing},
        audit::Actor,
        moderation::SetEmergency,
        tokens::{IssueToken, Purpose},
    },
};
use wire_format::{AccountId, Millis, OneTimeToken};

use crate::{
    owner::now,
    support::{House, generous},
};

/// A folder for data, deleted when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("sealwire-accounts-{:016x}", rand::random::<u64>());
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The data, as another process opens them.
    pub(crate) async fn store(&self) -> Database {
        let location = Location::Sqlite(self.0.clone());
        Database::open(location).await.expect("a store")
    }

    /// A one-time token, as an operator issues it.
    pub(crate) async fn issues(&self, purpose: Purpose) -> OneTimeToken {
        let token = OneTimeToken::from_bytes(rand::random());
        let issue = IssueToken {
            hash: TokenHash::of(&token),
            purpose,
            expires_at: Millis::new(now().value() + 60_000),
            actor: Actor::Operator,
            now: now(),
        };
        let store = self.store().await;
        let issued = store.write(issue).await.expect("written");
        issued.expect("issued");
        store.close().await;
        token
    }

    /// Disables an account behind the server's back; gives how many sessions that ends.
    pub(crate) async fn disables(&self, account: AccountId) -> usize {
        let store = self.store().await;
        let disable = SetStanding {
            account: account.into(),
            standing: Standing::Disabled,
            actor: Actor::Operator,
            now: now(),
        };
        let ended = store.write(disable).await.expect("written");
        store.close().await;
        ended.expect("disabled").len()
    }

    /// Makes an account an administrator behind the server's back.
    pub(crate) async fn appoints(&self, account: AccountId) {
        let store = self.store().await;
        let appoint = SetRole {
            account: account.into(),
            role: Role::Admin,
            actor: Actor::Operator,
            now: now(),
        };
        let appointed = store.write(appoint).await.expect("written");
        store.close().await;
        appointed.expect("appointed");
    }

    /// Ends the emergency mode, as an operator does.
    pub(crate) async fn ends_emergency(&self) {
        let store = self.store().await;
        let end = SetEmergency {
            is_emergency: false,
            actor: Actor::Operator,
            now: now(),
        };
        let ended = store.write(end).await.expect("written");
        store.close().await;
        ended.expect("ended");
    }

    /// A server on this folder, with limits that no test of something else runs into.
    pub(crate) async fn house(&self) -> House {
        self.limited(AccountLimits::default()).await
    }

    /// One with so many tries at a name from an address.
    pub(crate) async fn with_tries(&self, tries: Rate) -> House {
        self.limited(AccountLimits {
            tries_per_name_and_address: tries,
            ..AccountLimits::default()
        })
        .await
    }

    pub(crate) async fn limited(&self, accounts: AccountLimits) -> House {
        House::with(self.settings(accounts)).await
    }

    pub(crate) fn settings(&self, accounts: AccountLimits) -> Settings {
        Settings {
            data: Some(self.0.clone()),
            limits: Limits {
                accounts,
                ..generous()
            },
            ..Settings::default()
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
