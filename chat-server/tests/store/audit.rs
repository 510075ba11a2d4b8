//! The hash-chained audit log.

use chat_server::store::{
    Store as _,
    audit::{Actor, AuditFault, ReadAudit, VerifyAudit},
    server::{Registration, SetRegistration},
};

use crate::support::{House, NOW, registration};

/// Writes rows 2 to 5; row 1 is the founding.
pub(crate) async fn fill(house: &House) {
    for registration in [Registration::Closed, Registration::Open].repeat(2) {
        let set = SetRegistration {
            registration,
            actor: Actor::Operator,
            now: NOW,
        };
        house.store.write(set).await.expect("written").expect("set");
    }
    assert_eq!(house.head().await.number, 5);
}

async fn fault(house: &House) -> Option<AuditFault> {
    house.store.read(VerifyAudit).await.expect("read").err()
}

pub(crate) async fn every_change_continues_the_chain(house: &House) {
    let ann = house.register("ann").await;
    let head = house.head().await;
    assert_eq!(head.number, 2);
    let rows = ReadAudit {
        after: 0,
        limit: 10,
    };
    let rows = house.store.read(rows).await.expect("read");
    let [founded, registered] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (founded.action.as_str(), founded.actor),
        ("server.found", Actor::Server)
    );
    assert_eq!(founded.previous, [0; 32]);
    assert_eq!(registered.previous, founded.hash);
    assert_eq!(registered.hash, head.hash);
    assert_eq!(registered.actor, Actor::Account(ann));
    assert_eq!(registered.action, "account.register");
    assert_eq!(
        (registered.subject.clone(), registered.at),
        (ann.to_string(), NOW)
    );
    for row in &rows {
        assert!(!format!("{row:?}").contains("argon2id"));
    }
}

pub(crate) async fn a_refusal_leaves_no_row(house: &House) {
    house.register("ann").await;
    let before = house.head().await;
    let verdict = house.store.write(registration("ann")).await;
    assert!(verdict.expect("written").is_err());
    assert_eq!(house.head().await, before);
}

pub(crate) async fn the_first_altered_row_is_named(house: &House) {
    fill(house).await;
    for column in ["action", "subject", "detail"] {
        let keep = format!("UPDATE audit SET {column} = {column} || 'x' WHERE number IN (3, 4)");
        house.tamper(&keep).await;
        assert_eq!(fault(house).await, Some(AuditFault::Altered(3)), "{column}");
        let undo = format!(
            "UPDATE audit SET {column} = substr({column}, 1, length({column}) - 1) \
             WHERE number IN (3, 4)"
        );
        house.tamper(&undo).await;
        assert_eq!(fault(house).await, None, "{column}");
    }
    house
        .tamper("UPDATE audit SET at = at + 1 WHERE number = 2")
        .await;
    assert_eq!(fault(house).await, Some(AuditFault::Altered(2)));
    house
        .tamper("UPDATE audit SET actor_kind = 9 WHERE number = 1")
        .await;
    assert_eq!(fault(house).await, Some(AuditFault::Altered(1)));
}

pub(crate) async fn a_missing_row_is_named(house: &House) {
    fill(house).await;
    house.tamper("DELETE FROM audit WHERE number = 4").await;
    assert_eq!(fault(house).await, Some(AuditFault::Missing(4)));
    house.tamper("DELETE FROM audit WHERE number = 1").await;
    assert_eq!(fault(house).await, Some(AuditFault::Missing(1)));
}

pub(crate) async fn a_row_chained_to_another_is_named(house: &House) {
    fill(house).await;
    house
        .tamper(
            "UPDATE audit SET previous = (SELECT hash FROM audit WHERE number = 1) \
             WHERE number = 4",
        )
        .await;
    assert_eq!(fault(house).await, Some(AuditFault::Unchained(4)));
}
