//! Many at once: one wins where one can, and nobody undoes anybody else.

use std::future::Future;

use chat_server::store::{
    Change, Refusal, Store as _, Verdict,
    accounts::MarkRehearsed,
    sessions::{Proof, StartSession},
    tokens::Purpose,
    vault::ReplaceRoot,
};
use tokio::task::JoinSet;
use wire_format::MemberId;

use crate::{
    accounts::issue,
    support::{House, NOW, registration, start, token},
};

/// As many as a small team presses the same button.
const AT_ONCE: u8 = 16;

/// Makes changes at the same time.
async fn all_at_once<C: Change>(
    house: &House,
    change: impl Fn(u8) -> C,
) -> Vec<Verdict<C::Answer>> {
    let mut writes = JoinSet::new();
    for number in 0..AT_ONCE {
        writes.spawn(owned(house, change(number)));
    }
    let verdicts = writes.join_all().await.into_iter();
    verdicts.map(|verdict| verdict.expect("written")).collect()
}

fn owned<C: Change>(
    house: &House,
    change: C,
) -> impl Future<Output = Result<Verdict<C::Answer>, chat_server::store::StoreError>> + use<C> {
    let store = house.store.clone();
    async move { store.write(change).await }
}

fn one_wins<T>(verdicts: &[Verdict<T>], otherwise: Refusal) {
    let won = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    let lost = |verdict: &&Verdict<T>| verdict.as_ref().err() == Some(&otherwise);
    let lost = verdicts.iter().filter(lost).count();
    assert_eq!((won, lost), (1, usize::from(AT_ONCE) - 1));
}

pub(crate) async fn one_of_many_replaces_a_root(house: &House) {
    let ann = house.register("ann").await;
    let verdicts = all_at_once(house, |number| ReplaceRoot {
        account: ann,
        expected: 1,
        record: vec![number],
    });
    one_wins(&verdicts.await, Refusal::VaultConflict);
}

pub(crate) async fn one_of_many_takes_a_name(house: &House) {
    let verdicts = all_at_once(house, |number| {
        let mut registration = registration("ann");
        registration.account = MemberId::from_bytes([number; 16]);
        registration
    });
    one_wins(&verdicts.await, Refusal::NameTaken);
}

pub(crate) async fn one_of_many_uses_a_token(house: &House) {
    let ann = house.register("ann").await;
    issue(house, 1, Purpose::Fresh(ann)).await;
    let verdicts = all_at_once(house, |number| StartSession {
        proof: Proof::Fresh(token(1)),
        ..start(ann, number)
    });
    one_wins(&verdicts.await, Refusal::TokenInvalid);
}

pub(crate) async fn everyone_gets_a_row_in_the_audit_log(house: &House) {
    let ann = house.register("ann").await;
    let before = house.head().await.number;
    let verdicts = all_at_once(house, |_| MarkRehearsed {
        account: ann,
        now: NOW,
    });
    assert!(verdicts.await.iter().all(Result::is_ok));
    assert_eq!(house.head().await.number, before + u64::from(AT_ONCE));
}

pub(crate) async fn refusals_undo_nobody_else(house: &House) {
    house.register("taken").await;
    let verdicts = all_at_once(house, |number| {
        let mut attempt = registration(&format!("user {number:02}"));
        if number % 2 == 0 {
            attempt.name = registration("TAKEN").name;
        }
        attempt
    });
    let mut names = 0;
    for verdict in verdicts.await {
        match verdict {
            Ok(_) => names += 1,
            Err(refusal) => assert_eq!(refusal, Refusal::NameTaken),
        }
    }
    assert_eq!(names, AT_ONCE / 2);
    for number in (1..AT_ONCE).step_by(2) {
        let name = registration(&format!("user {number:02}")).name;
        let held = chat_server::store::accounts::IsNameHeld { name };
        assert!(house.store.read(held).await.expect("read"), "{number}");
    }
}
