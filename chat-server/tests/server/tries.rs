//! Section 12: how often somebody may try to sign in or register.

use bytes::Bytes;
use chat_server::{AccountLimits, Limits, Rate, Settings};
use wire_format::{
    ErrorCode, LoginHalf, ProxyKey, Refusal,
    command::{
        auth::{Login, Params},
        session::Carry,
    },
};

use crate::{
    owner::{AtServer as _, Folder, Owner},
    support::{House, Peer, generous},
};

const KEY: [u8; 32] = [9; 32];

/// A server that believes a proxy.
async fn house(folder: &Folder, limits: Limits) -> House {
    House::with(Settings {
        proxy_key: Some(ProxyKey::from_bytes(KEY)),
        limits,
        ..folder.settings(AccountLimits::default())
    })
    .await
}

/// A peer that a proxy carries for this address.
async fn from(house: &House, address: &str) -> Peer {
    let mut peer = house.connect().await;
    let challenge = peer.hello().await.challenge;
    let carry = Carry {
        address: address.into(),
        proof: ProxyKey::from_bytes(KEY).prove(&challenge, address),
    };
    peer.call(&carry, Bytes::new()).await.expect("believed");
    peer
}

async fn guess(peer: &mut Peer, name: &str) -> Refusal {
    let login = Login {
        name: name.into(),
        login: LoginHalf::from_bytes([0; 32]),
    };
    peer.call(&login, Bytes::new()).await.expect_err("a guess")
}

#[tokio::test]
async fn a_name_has_so_many_tries_from_one_address_known_or_not() {
    let folder = Folder::new();
    let house = folder.with_tries(Rate::per_minute(1, 2)).await;
    let ada = Owner::named("Ada");
    drop(ada.arrives(&house).await);
    let mut peer = house.greeted().await;
    for name in ["Ada", "Nobody"] {
        assert_eq!(guess(&mut peer, name).await.code, ErrorCode::LoginFailed);
        // A twin in case is the same name.
        let twin = name.to_uppercase();
        assert_eq!(guess(&mut peer, &twin).await.code, ErrorCode::LoginFailed);
        let refused = guess(&mut peer, name).await;
        assert_eq!(refused.code, ErrorCode::RateLimited);
        let wait = refused.retry_after_ms.expect("a time to wait");
        assert!((1..=60_000).contains(&wait));
    }
    // The right password waits, too: else it could be told from a wrong one.
    let refused = ada.signs_in(&mut peer).await.expect_err("too many");
    assert_eq!(refused.code, ErrorCode::RateLimited);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn guessing_from_everywhere_does_not_keep_the_owner_out() {
    let folder = Folder::new();
    let accounts = AccountLimits {
        tries_per_name: Rate::per_minute(1, 2),
        ..AccountLimits::default()
    };
    let limits = Limits {
        accounts,
        ..generous()
    };
    let house = house(&folder, limits).await;
    let ada = Owner::named("Ada");
    let mut home = from(&house, "192.0.2.1").await;
    ada.registers(&mut home).await;
    let mut codes = Vec::new();
    for stranger in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        let mut peer = from(&house, stranger).await;
        codes.push(guess(&mut peer, "Ada").await.code);
    }
    use ErrorCode::{LoginFailed, RateLimited};
    assert_eq!(codes, [LoginFailed, LoginFailed, RateLimited]);
    let mut again = from(&house, "192.0.2.1").await;
    ada.signs_in(&mut again)
        .await
        .expect("from where she is known");
    drop((home, again));
    house.close().await;
}

#[tokio::test]
async fn all_tries_together_have_a_limit() {
    let folder = Folder::new();
    let house = folder
        .limited(AccountLimits {
            tries: Rate::per_minute(1, 2),
            ..AccountLimits::default()
        })
        .await;
    let mut peer = house.greeted().await;
    assert_eq!(guess(&mut peer, "One").await.code, ErrorCode::LoginFailed);
    assert_eq!(guess(&mut peer, "Two").await.code, ErrorCode::LoginFailed);
    assert_eq!(guess(&mut peer, "Three").await.code, ErrorCode::RateLimited);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn an_address_has_so_many_sign_ins_and_registrations() {
    let folder = Folder::new();
    let limits = Limits {
        sign_ins: Rate::per_minute(1, 3),
        accounts: AccountLimits {
            registrations_per_address: Rate::per_minute(1, 1),
            ..AccountLimits::default()
        },
        ..generous()
    };
    let house = house(&folder, limits).await;
    let mut peer = from(&house, "192.0.2.1").await;
    let name = "Ada".to_owned();
    peer.call(&Params { name: name.clone() }, Bytes::new())
        .await
        .expect("the first");
    let ada = Owner::named("Ada");
    // Counted before anything is looked at.
    let refused = peer.call(&ada.register(), Bytes::new()).await;
    assert_eq!(refused.expect_err("no records").code, ErrorCode::Malformed);
    let refused = peer.call(&ada.register(), ada.records()).await;
    assert_eq!(
        refused.expect_err("the second").code,
        ErrorCode::RateLimited
    );
    let refused = peer.call(&Params { name }, Bytes::new()).await;
    assert_eq!(
        refused.expect_err("the fourth").code,
        ErrorCode::RateLimited
    );
    let mut other = from(&house, "192.0.2.2").await;
    ada.registers(&mut other).await;
    drop((peer, other));
    house.close().await;
}
