//! Accounts that nobody signs in to: what a room of many is made of.

use std::{path::Path, thread};

use anyhow::{Context, anyhow};
use chat_server::store::{
    Database, Location, PasswordHash, Store as _,
    accounts::{AccountName, Entrance, Password, Recovery, Register},
};
use sealwire_tests::owner::now;
use wire_format::{
    AccountId, WrapNumber,
    identity::{Chain, IdentityKeys, WrapKey, WrapKeyDraft},
    rsa_keys::WrapPrivateKey,
};

/// Somebody in the crowd. All of it have the same keys, which take long to make; what others compute with
/// them costs as much as with keys of their own.
pub(super) struct Someone {
    pub(super) account: AccountId,
    pub(super) chain: Chain,
    pub(super) wrap: WrapKey,
}

/// Makes so many, with these keys.
///
/// # Errors
/// A key refuses.
pub(super) fn of(count: usize, keys: &IdentityKeys) -> anyhow::Result<Vec<Someone>> {
    let wrap = WrapPrivateKey::generate_for_account(&mut rand::rng())?;
    on_both_cores(count, |number| {
        let rng = &mut rand::rng();
        let account = AccountId::from_bytes(rand::random());
        let name = format!("Member {number:04}");
        let keyset = keys.first_keyset(account, &name, now(), rng)?;
        let draft = WrapKeyDraft {
            account,
            number: WrapNumber::new(1),
            made_at: now(),
            key: &wrap,
        };
        Ok(Someone {
            account,
            chain: Chain::first(account, Some(&name), keyset.bytes().clone())?,
            wrap: keys.sign_wrap_key(&draft, rng)?,
        })
    })
}

/// Writes them into the record of a server, which may be serving it.
///
/// # Errors
/// The record does not take one.
pub(super) async fn register(data: &Path, crowd: &[Someone]) -> anyhow::Result<()> {
    let store = Database::open(Location::Sqlite(data.to_owned())).await?;
    for someone in crowd {
        let registered = store.write(registration(someone)?).await?;
        registered.map_err(|refusal| anyhow!("a member is refused: {refusal:?}"))?;
    }
    store.close().await;
    Ok(())
}

fn registration(someone: &Someone) -> anyhow::Result<Register> {
    let nobodys = || PasswordHash::new("$argon2id$nobody's".into());
    let head = someone.chain.head();
    Ok(Register {
        account: someone.account.into(),
        name: AccountName::prepare(head.name()).context("a name")?,
        password: Password {
            salt: [3; 16],
            rounds: 600_000,
            login: nobodys(),
            recovery: nobodys(),
        },
        keyset: head.bytes().to_vec(),
        wrap_key: someone.wrap.bytes().to_vec(),
        // Nobody opens it.
        vault_root: vec![0],
        recovery: Recovery::Unrehearsed,
        entrance: Entrance::Open,
        now: now(),
    })
}

/// Makes so many of something, half of them on each core.
///
/// # Errors
/// What the first one says that was not made.
pub(super) fn on_both_cores<T: Send>(
    count: usize,
    make: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    thread::scope(|scope| {
        let make = &make;
        let first = scope.spawn(move || (0..count / 2).map(make).collect::<Result<Vec<T>, _>>());
        let rest: anyhow::Result<Vec<T>> = (count / 2..count).map(make).collect();
        let mut all = first.join().map_err(|_| anyhow!("a thread panicked"))??;
        all.extend(rest?);
        Ok(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_come_in_their_order() {
        for count in [0, 1, 2, 5] {
            let all = on_both_cores(count, Ok).expect("numbers");
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
        let third = |number| {
            if number == 2 {
                Err(anyhow!("third"))
            } else {
                Ok(number)
            }
        };
        assert!(on_both_cores(3, third).is_err());
    }
}
