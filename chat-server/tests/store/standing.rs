//! Who may sign in and administrate, and who is gone.

use chat_server::store::{
    Refusal, Store as _,
    accounts::{DeleteAccount, Role, SetRole, SetStanding, Standing},
    audit::Actor,
    sessions::FindSession,
    tokens::Purpose,
    vault::{PutItems, ReadItems, ReadRoot},
};
use wire_format::MemberId;

use crate::{
    accounts::issue,
    friends,
    support::{House, NOW, registration, start},
    vault,
};

pub(crate) async fn the_last_administrator_stays(house: &House) {
    let ann = house.register("ann").await;
    let bob = house.register("bob").await;
    let role = |account, role| SetRole {
        account,
        role,
        actor: Actor::Operator,
        now: NOW,
    };
    let disable = |account| SetStanding {
        account,
        standing: Standing::Disabled,
        actor: Actor::Account(ann),
        now: NOW,
    };
    let delete = |account| DeleteAccount {
        account,
        actor: Actor::Account(account),
        now: NOW,
    };
    let verdict = house.store.write(role(ann, Role::Admin)).await;
    assert_eq!(verdict.expect("written"), Ok(()));
    let verdict = house.store.write(role(ann, Role::Member)).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::LastAdmin));
    let verdict = house.store.write(disable(ann)).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::LastAdmin));
    let verdict = house.store.write(delete(ann)).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::LastAdmin));
    let verdict = house.store.write(role(bob, Role::Admin)).await;
    assert_eq!(verdict.expect("written"), Ok(()));
    let verdict = house.store.write(disable(ann)).await;
    assert_eq!(verdict.expect("written"), Ok(vec![]));
    let verdict = house.store.write(role(bob, Role::Member)).await;
    assert_eq!(
        verdict.expect("written"),
        Err(Refusal::LastAdmin),
        "ann may not sign in"
    );
    let verdict = house.store.write(role(ann, Role::Member)).await;
    assert_eq!(verdict.expect("written"), Ok(()));
}

pub(crate) async fn a_disabled_account_has_no_session(house: &House) {
    let ann = house.register("ann").await;
    let session = house.start(ann, 1).await;
    let standing = |standing| SetStanding {
        account: ann,
        standing,
        actor: Actor::Operator,
        now: NOW,
    };
    let ended = house.store.write(standing(Standing::Disabled)).await;
    assert_eq!(ended.expect("written"), Ok(vec![session]));
    let find = FindSession { session, now: NOW };
    assert_eq!(house.store.read(find).await.expect("read"), None);
    let verdict = house.store.write(start(ann, 2)).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::AccountDisabled));
    let enabled = house.store.write(standing(Standing::Active)).await;
    assert_eq!(enabled.expect("written"), Ok(vec![]));
    house.start(ann, 2).await;
}

pub(crate) async fn a_deleted_account_leaves_nothing_and_its_name_is_free(house: &House) {
    let ann = house.register("ann").await;
    let bob = house.register("bob").await;
    let session = house.start(ann, 1).await;
    issue(house, 1, Purpose::Fresh(ann)).await;
    friends::befriend(house, ann, bob).await;
    let put = PutItems {
        account: ann,
        items: vec![vault::item(1, b"name", 1)],
        most: 10,
    };
    house.store.write(put).await.expect("written").expect("put");

    let delete = DeleteAccount {
        account: ann,
        actor: Actor::Account(ann),
        now: NOW,
    };
    let ended = house.store.write(delete).await.expect("written");
    assert_eq!(ended, Ok(vec![session]));
    let verdict = house.store.write(delete).await.expect("written");
    assert_eq!(verdict, Err(Refusal::NoSuchAccount));
    let root = house.store.read(ReadRoot { account: ann }).await;
    assert_eq!(root.expect("read"), None);
    let items = ReadItems {
        account: ann,
        after: 0,
        kind: None,
    };
    let page = house.store.read(items).await.expect("read");
    assert_eq!((page.revision, page.records.len()), (0, 0));
    assert!(friends::list(house, bob).await.is_empty());

    let mut successor = registration("ann");
    successor.account = MemberId::from_bytes([9; 16]);
    let registered = house.store.write(successor).await.expect("written");
    assert_eq!(registered, Ok(Role::Member));
}
