//! `auth.register`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, OpenError, Refusal, RootNumber, WrapNumber,
    command::auth::Register,
    identity::{Chain, UnverifiedWrapKey},
    open_error::Field,
    passwords::Rounds,
    record_list,
    vault::VaultRoot,
};

use super::begin::{self, Beginner};
use crate::{
    account::{phc, refused, store_failed},
    command::{
        Turn,
        errand::{Errand, too_often},
        unreadable,
    },
    store::{
        PasswordHash, Store as _,
        accounts::{self, AccountName, Entrance, Password},
    },
    wall_clock,
};

/// Makes an account from records that hold together, and begins its first session. A name that is a
/// live guest's is taken.
///
/// A dropped future leaves no account, or a whole one that can sign in.
pub(super) async fn run(
    errand: Errand,
    client: Box<str>,
    register: Register,
) -> Result<Turn, Refusal> {
    errand.may_sign_in()?;
    let attempts = &errand.accounts.attempts;
    attempts.register(errand.client).map_err(too_often)?;
    let name = AccountName::prepare(&register.name).ok_or(ErrorCode::NameInvalid)?;
    Rounds::try_from(register.rounds).map_err(|_| ErrorCode::Malformed)?;
    let account = register.account;
    let prepared = name.name().clone();
    let directory = &errand.node.directory;
    if directory.find(account.into()).is_some() {
        // A guest's id: others would take the one for the other.
        return Err(ErrorCode::NotAllowed.into());
    }
    let held = directory.hold(prepared.as_str(), None)?;
    let (login, recovery) = (register.login, register.recovery);
    let (tail, expected) = (errand.tail.clone(), prepared.clone());
    let checked = move || {
        let records = Records::check(account, expected.as_str(), tail)?;
        let hash = |half: &[u8; 32]| phc(half).ok_or(ErrorCode::Busy);
        let hashes = (hash(login.as_bytes())?, hash(recovery.as_bytes())?);
        Ok::<_, Refusal>((records, hashes))
    };
    let (records, hashes) = errand.accounts.work.run(checked).await??;
    let change = records.into_change(account, name, (register.salt, register.rounds), hashes);
    let shared = Arc::clone(&errand.accounts);
    // In a task of its own: the name is held until the account is made, whoever hangs up.
    let written = errand.node.tracker.spawn(async move {
        let written = shared.store.write(change).await;
        drop(held);
        written
    });
    let written = written.await.map_err(|_| ErrorCode::Internal)?;
    written.map_err(store_failed)?.map_err(refused)?;
    let beginner = Beginner {
        account,
        name: prepared,
        client,
    };
    begin::run(errand, beginner).await
}

/// Keyset, wrap key and vault root of a new account.
struct Records {
    keyset: Bytes,
    wrap_key: Bytes,
    root: Bytes,
}

impl Records {
    /// Checks the three in the receiver's order: keyset 1 of this account and name, wrap key 1 by
    /// its keys, root 1 of this account.
    fn check(account: AccountId, name: &str, tail: Bytes) -> Result<Self, Refusal> {
        let [keyset, wrap_key, root] =
            record_list::parse_exactly(tail).map_err(|error| unreadable(&error))?;
        let chain = Chain::first(account, Some(name), keyset.clone());
        let chain = chain.map_err(|_| ErrorCode::Malformed)?;
        let first = WrapNumber::new(1);
        UnverifiedWrapKey::parse(wrap_key.clone())
            .ok()
            .filter(|key| key.number() == first)
            .and_then(|key| key.verify(chain.head(), WrapNumber::new(0)).ok())
            .ok_or(ErrorCode::Malformed)?;
        let read = VaultRoot::parse(root.clone()).map_err(|error| unreadable(&error))?;
        if (read.account(), read.number()) != (account, RootNumber::new(1)) {
            return Err(unreadable(&OpenError::Field(Field::Number)));
        }
        Ok(Self {
            keyset,
            wrap_key,
            root,
        })
    }

    fn into_change(
        self,
        account: AccountId,
        name: AccountName,
        (salt, rounds): (wire_format::Salt, u32),
        (login, recovery): (PasswordHash, PasswordHash),
    ) -> accounts::Register {
        accounts::Register {
            account: account.into(),
            name,
            password: Password {
                salt: *salt.as_bytes(),
                rounds,
                login,
                recovery,
            },
            keyset: self.keyset.to_vec(),
            wrap_key: self.wrap_key.to_vec(),
            vault_root: self.root.to_vec(),
            entrance: Entrance::Open,
            now: wall_clock::now(),
        }
    }
}
