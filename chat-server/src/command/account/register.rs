//! `auth.register`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, GuestToken, MemberId, Name, OpenError, Refusal, RootNumber, WrapNumber,
    command::auth::Register,
    identity::{Chain, UnverifiedWrapKey},
    open_error::Field,
    passwords::Rounds,
    record_list,
    vault::VaultRoot,
};

use super::begin::{self, Beginner};
use crate::{
    account::{hashed, refused, store_failed},
    command::{
        Turn,
        errand::{Errand, too_often},
        unreadable,
    },
    directory::NameHold,
    store::{
        Store as _, TokenHash,
        accounts::{self, AccountName, Entrance, Password, Recovery},
        sessions::Proof,
    },
    wall_clock,
};

/// Makes an account from records that hold together, and begins its first session. A name that is a
/// live guest's is taken, unless it is this guest who registers: then it passes over, and nobody can
/// have it in between.
///
/// A dropped future leaves no account and the guest as it was, or a whole account that can sign in
/// and no guest.
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
    let guest = register.guest.as_ref().map(GuestToken::member);
    let held = match guest {
        None => directory.hold(prepared.as_str(), None)?,
        Some(guest) => directory.hold_of_guest(&prepared, guest)?,
    };
    let checked = check(&errand, &register, prepared.clone()).await?;
    make(&errand, change(name, &register, checked), held, guest).await?;
    let beginner = Beginner {
        account,
        name: prepared,
        client,
        proof: Proof::Password,
    };
    begin::run(errand, beginner).await
}

/// Makes the account in a task of its own: its name is held until it is made and the guest who had
/// it is gone, whoever hangs up.
async fn make(
    errand: &Errand,
    change: accounts::Register,
    held: NameHold,
    guest: Option<MemberId>,
) -> Result<(), Refusal> {
    let (node, shared) = (Arc::clone(&errand.node), Arc::clone(&errand.accounts));
    let written = errand.node.tracker.spawn(async move {
        let name = change.name.name().clone();
        let written = shared.store.write(change).await;
        if let (Ok(Ok(_)), Some(guest)) = (&written, guest) {
            node.directory.hand_over(&name, guest);
        }
        drop(held);
        written
    });
    let written = written.await.map_err(|_| ErrorCode::Internal)?;
    written.map_err(store_failed)?.map_err(refused)?;
    Ok(())
}

/// Checks the records and hashes what proves the account, off the tasks that read.
async fn check(
    errand: &Errand,
    register: &Register,
    name: Name,
) -> Result<(Records, Password), Refusal> {
    let (account, tail) = (register.account, errand.tail.clone());
    let (salt, rounds) = (*register.salt.as_bytes(), register.rounds);
    let (login, recovery) = (register.login.clone(), register.recovery.clone());
    let checked = errand.accounts.work.run(move || {
        let records = Records::check(account, name.as_str(), tail)?;
        let password = hashed(salt, rounds, &login, &recovery).ok_or(ErrorCode::Busy)?;
        Ok::<_, Refusal>((records, password))
    });
    checked.await?
}

fn change(
    name: AccountName,
    register: &Register,
    (records, password): (Records, Password),
) -> accounts::Register {
    accounts::Register {
        account: register.account.into(),
        name,
        password,
        keyset: records.keyset.to_vec(),
        wrap_key: records.wrap_key.to_vec(),
        vault_root: records.root.to_vec(),
        recovery: match register.rehearsed {
            true => Recovery::Rehearsed,
            false => Recovery::Unrehearsed,
        },
        entrance: match &register.invitation {
            None => Entrance::Open,
            Some(token) => Entrance::Token(TokenHash::of(token)),
        },
        now: wall_clock::now(),
    }
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
}
