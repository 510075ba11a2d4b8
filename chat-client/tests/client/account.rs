//! Accounts on a real chat-server: docs/protocol.md sections 14.2 to 14.6.

use std::time::Duration;

use chat_client::{
    Registration, SignIn,
    account::{NewItem, Rehearsal, Renewal, Standing, WRAP_KEY_AGE},
};
use wire_format::{
    ErrorCode, Millis, Revision, WrapNumber,
    passwords::{Password, RecoveryCode},
    vault::{ItemContent, ItemKeyEntry, ItemKind, ItemName, PreferenceName, Rest},
};

use crate::owners::{House, PASSWORD, password, refusal};

fn preference(name: &str, number: u64, value: u64) -> NewItem {
    let name = PreferenceName::parse(name.as_bytes()).expect("a name");
    let map: serde_json::Map<_, _> = [("value".to_owned(), value.into())].into_iter().collect();
    NewItem {
        name: ItemName::Preference(name),
        number,
        forget_at: None,
        content: ItemContent::Preference(Rest::from(map)),
    }
}

fn now() -> Millis {
    chat_client::clock::Clock::start().now().wall
}

fn later(than: Millis, by: Duration) -> Millis {
    let by = u64::try_from(by.as_millis()).expect("a short time");
    Millis::new(than.value() + by)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_alone_opens_everything_on_another_device() {
    let house = House::start().await;
    let (mut first, _) = house.register("  Ada   Lovelace ").await;
    assert_eq!(first.name(), "Ada Lovelace");
    let items = [preference("theme", 1, 7), preference("sound", 1, 8)];
    first.put_items(&items).await.expect("kept");
    let mut second = house.sign_in("ada lovelace").await;
    assert_eq!(second.id(), first.id());
    assert_eq!(second.fingerprint(), first.fingerprint());
    assert_ne!(second.session(), first.session());
    let all = second.items(None, Revision::new(0)).await;
    let (all, revision) = all.expect("items");
    assert_eq!((all.len(), revision), (2, Revision::new(2)));
    for (read, put) in all.iter().zip(&items) {
        assert_eq!((&read.name, read.number), (&put.name, put.number));
        assert_eq!(read.content.as_ref(), Ok(&put.content));
    }
    let of_kind = second.items(Some(ItemKind::Pin), Revision::new(0)).await;
    assert_eq!(of_kind.expect("items").0.len(), 0);
    first.close().await;
    second.logout().await.expect("signed out");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_session_goes_on_without_a_password() {
    let house = House::start().await;
    let (account, _) = house.register("ada").await;
    let (kept, session) = (account.kept(), account.session());
    account.close().await;
    // As it is read back from a file.
    let text = serde_json::to_string(&kept).expect("JSON");
    let kept = serde_json::from_str(&text).expect("what was kept");
    let again = SignIn::again(house.server(), &kept).await;
    let again = again.expect("the session");
    assert_eq!(again.session(), session);
    again.logout().await.expect("signed out");
    let over = SignIn::again(house.server(), &kept).await;
    let error = over.expect_err("the session is over");
    assert!(error.is_login_failed(), "{error:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_name_and_a_taken_one_are_refused() {
    let house = House::start().await;
    let (account, _) = house.register("ada").await;
    account.close().await;
    let wrong = Password::prepare("another one").expect("a password");
    for name in ["ada", "nobody"] {
        let refused = SignIn::new(house.server(), name).with_password(wrong.clone());
        let error = refused.await.expect_err("refused");
        assert!(error.is_login_failed(), "{name}: {error:?}");
    }
    let code = RecoveryCode::generate(&mut rand::rng());
    let registration = Registration::begin(house.server(), "ADA").await;
    let registration = registration.expect("a server");
    let taken = registration.register(password(), code, Rehearsal::Skipped);
    let error = taken.await.expect_err("taken");
    assert_eq!(refusal(&error), Some(ErrorCode::NameTaken));
    let bad = Registration::begin(house.server(), "\u{202e}ada").await;
    assert!(bad.is_err());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_change_the_root_at_once_lose_nothing() {
    let house = House::start().await;
    let (mut first, _) = house.register("ada").await;
    let mut second = house.sign_in("ada").await;
    let new_key = || ItemKeyEntry::generate(&mut rand::rng());
    let (one, other) = (new_key(), new_key());
    let (of_first, of_second) = (one.clone(), other.clone());
    first
        .set_root(|root| root.item_keys.push(of_first))
        .await
        .expect("replaced");
    // The second starts from a root that is not the newest any more.
    second
        .set_root(|root| root.item_keys.push(of_second))
        .await
        .expect("merged");
    first.refresh().await.expect("the newest root");
    let third = house.sign_in("ada").await;
    for account in [&first, &second, &third] {
        let seen = account.kept().seen;
        assert_eq!(seen.root.value(), 3);
    }
    // What one seals under its newest key, the others open.
    second
        .put_items(&[preference("a", 1, 1)])
        .await
        .expect("put");
    let (items, _) = first.items(None, Revision::new(0)).await.expect("items");
    assert_eq!(items.len(), 1);
    assert!(items[0].content.is_ok());
    drop((first, second, third));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_of_a_lower_number_is_a_conflict_and_changes_nothing() {
    let house = House::start().await;
    let (mut account, _) = house.register("ada").await;
    account
        .put_items(&[preference("a", 2, 2)])
        .await
        .expect("put");
    let both = [preference("b", 1, 1), preference("a", 1, 1)];
    let error = account.put_items(&both).await.expect_err("a conflict");
    assert_eq!(refusal(&error), Some(ErrorCode::VaultConflict));
    let (items, revision) = account.items(None, Revision::new(0)).await.expect("items");
    assert_eq!((items.len(), revision), (1, Revision::new(1)));
    drop(account);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_items_than_a_page_are_put_and_read() {
    let house = House::start().await;
    let (mut account, _) = house.register("ada").await;
    let count = 1_025;
    let items: Vec<_> = (0..count)
        .map(|n| preference(&format!("p{n}"), 1, n))
        .collect();
    account.put_items(&items).await.expect("put");
    let (read, revision) = account.items(None, Revision::new(0)).await.expect("items");
    assert_eq!((read.len(), revision.value()), (items.len(), count));
    let (newest, _) = account
        .items(None, Revision::new(count - 1))
        .await
        .expect("items");
    assert_eq!(newest.len(), 1);
    drop(account);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_key_is_replaced_after_seven_days() {
    let house = House::start().await;
    let before = now();
    let (mut account, _) = house.register("ada").await;
    let after = now();
    let young = later(before, WRAP_KEY_AGE - Duration::from_millis(1));
    assert_eq!(
        account.renew_wrap_key(young).await.expect("kept"),
        Renewal::Kept
    );
    let renewed = account.renew_wrap_key(later(after, WRAP_KEY_AGE)).await;
    let second = WrapNumber::new(2);
    assert_eq!(renewed.expect("renewed"), Renewal::Renewed(second));
    assert_eq!(account.kept().seen.wrap, second);
    // A device that knew the old one finds the new one, and its private half.
    let other = house.sign_in("ada").await;
    assert_eq!(other.kept().seen.wrap, second);
    drop((account, other));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_pinned_at_first_sight_and_verified_once() {
    let house = House::start().await;
    let (mut ada, _) = house.register("ada").await;
    let (mut bob, _) = house.register("bob").await;
    let first = ada.check_person(bob.id(), Some("bob")).await;
    let first = first.expect("bob");
    assert_eq!((first.standing, first.verified), (Standing::New, false));
    assert_eq!(first.fingerprint, bob.fingerprint());
    let seen_by_bob = bob.check_person(ada.id(), None).await.expect("ada");
    assert_eq!(first.safety_number, seen_by_bob.safety_number);
    let verified = ada.mark_verified(first).await.expect("noted");
    assert!(verified.verified);
    // Another device knows it, too.
    let mut elsewhere = house.sign_in("ada").await;
    let again = elsewhere.check_person(bob.id(), None).await.expect("bob");
    assert_eq!((again.standing, again.verified), (Standing::Same, true));
    let mistaken = elsewhere.check_person(bob.id(), Some("bert")).await;
    assert!(mistaken.is_err());
    let nobody = wire_format::AccountId::from_bytes([7; 16]);
    let error = elsewhere.check_person(nobody, None).await;
    let error = error.expect_err("nobody");
    assert_eq!(refusal(&error), Some(ErrorCode::NoSuchAccount));
    drop((ada, bob, elsewhere));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_pin_at_once_agree() {
    let house = House::start().await;
    let (ada, _) = house.register("ada").await;
    let (mut one, mut other) = (house.sign_in("ada").await, house.sign_in("ada").await);
    let (bob, _) = house.register("bob").await;
    let both = tokio::join!(
        one.check_person(bob.id(), None),
        other.check_person(bob.id(), None)
    );
    let (first, second) = (both.0.expect("bob"), both.1.expect("bob"));
    assert_eq!(first.head, second.head);
    one.mark_verified(first).await.expect("noted");
    let seen = other.check_person(bob.id(), None).await.expect("bob");
    assert!(seen.verified);
    drop((ada, bob, one, other));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_from_elsewhere_is_over() {
    let house = House::start().await;
    let (mut account, _) = house.register("ada").await;
    let other = house.sign_in("ada").await;
    let kept = other.kept();
    let sessions = account.sessions().await.expect("sessions");
    assert_eq!(sessions.len(), 2);
    account.revoke(other.session()).await.expect("ended");
    let error = SignIn::again(house.server(), &kept).await;
    assert!(error.expect_err("over").is_login_failed());
    drop((account, other));
    house.stop().await;
}

#[test]
fn nothing_secret_shows_in_debug() {
    let password = Password::prepare(PASSWORD).expect("a password");
    let server = crate::owners::server_at(([127, 0, 0, 1], 1).into());
    let sign_in = SignIn::new(server, "ada");
    assert!(!format!("{password:?} {sign_in:?}").contains("horse"));
}
