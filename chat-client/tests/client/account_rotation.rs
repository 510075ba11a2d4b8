//! New keys that the old ones signed, and the end of an account: docs/protocol.md sections 14.3 to 14.5.

use chat_client::{SignIn, account::Standing};
use wire_format::{ErrorCode, KeysetNumber, passwords::Password};

use crate::owners::{House, password, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn who_was_verified_stays_so_when_the_old_keys_signed_the_new_ones() {
    let house = House::start().await;
    let (mut ada, code) = house.register("ada").await;
    let (mut bob, _) = house.register("bob").await;
    let seen = bob.check_person(ada.id(), None).await.expect("ada");
    let before = bob.mark_verified(seen).await.expect("noted");
    let (wrap, kept) = (ada.kept().seen.wrap, ada.kept());

    let number = ada.rotate_keys().await.expect("new keys");
    assert_eq!(number, KeysetNumber::new(2));
    assert_eq!(ada.kept().seen.keyset, number);
    assert_eq!(ada.kept().seen.wrap, wrap.next());
    assert_ne!(ada.fingerprint(), before.fingerprint);

    let after = bob.check_person(ada.id(), None).await.expect("ada");
    assert_eq!((after.standing, after.verified), (Standing::Rotated, true));
    assert_eq!(after.fingerprint, ada.fingerprint());
    assert_ne!(after.safety_number, before.safety_number);
    let again = bob.check_person(ada.id(), None).await.expect("ada");
    assert_eq!((again.standing, again.verified), (Standing::Same, true));
    let seen_by_ada = ada.check_person(bob.id(), None).await.expect("bob");
    assert_eq!(seen_by_ada.safety_number, after.safety_number);

    // What a device kept from before, the password and the code all lead to the new keys.
    let fingerprint = ada.fingerprint();
    drop(ada);
    let device = SignIn::again(house.server(), &kept).await.expect("goes on");
    assert_eq!(device.fingerprint(), fingerprint);
    assert_eq!(house.sign_in("ada").await.fingerprint(), fingerprint);
    let recovered = SignIn::new(house.server(), "ada").with_code(code).await;
    assert_eq!(recovered.expect("signed in").fingerprint(), fingerprint);
    drop((device, bob));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_make_new_keys_at_once_follow_each_other() {
    let house = House::start().await;
    let (mut one, _) = house.register("ada").await;
    let mut other = house.sign_in("ada").await;
    let both = tokio::join!(one.rotate_keys(), other.rotate_keys());
    let mut numbers = [both.0.expect("new keys"), both.1.expect("new keys")];
    numbers.sort_unstable();
    assert_eq!(numbers.map(KeysetNumber::value), [2, 3]);
    // A wrap key, too, is that of the keys that came last.
    let latest = house.sign_in("ada").await;
    let seen = latest.kept().seen;
    assert_eq!((seen.keyset.value(), seen.wrap.value()), (3, 3));
    drop((one, other, latest));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_key_is_replaced_when_it_is_asked_for() {
    let house = House::start().await;
    let (mut ada, _) = house.register("ada").await;
    let fingerprint = ada.fingerprint();
    let now = chat_client::clock::Clock::start().now().wall;
    let number = ada.new_wrap_key(now).await.expect("a new key");
    assert_eq!((number.value(), ada.fingerprint()), (2, fingerprint));
    assert_eq!(house.sign_in("ada").await.kept().seen.wrap, number);
    drop(ada);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_gone_with_its_sessions_and_its_name_is_free() {
    let house = House::start().await;
    let (ada, _) = house.register("ada").await;
    let (kept, id) = (ada.kept(), ada.id());
    let other = house.sign_in("ada").await;
    let elsewhere = other.kept();
    let wrong = Password::prepare("another one").expect("a password");
    let error = ada.delete(wrong).await.expect_err("refused");
    assert_eq!(refusal(&error), Some(ErrorCode::LoginFailed));

    let ada = SignIn::again(house.server(), &kept)
        .await
        .expect("still there");
    ada.delete(password()).await.expect("deleted");
    for kept in [kept, elsewhere] {
        let over = SignIn::again(house.server(), &kept).await;
        assert!(over.expect_err("over").is_login_failed());
    }
    drop(other);
    let signing_in = SignIn::new(house.server(), "ada").with_password(password());
    assert!(signing_in.await.expect_err("nobody").is_login_failed());
    let (next, _) = house.register("ada").await;
    assert_ne!(next.id(), id);
    drop(next);
    house.stop().await;
}
