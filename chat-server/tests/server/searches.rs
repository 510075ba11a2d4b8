//! Section 14.17: how far somebody gets who looks for people, and how many of them an account may know.

use bytes::Bytes;
use chat_server::{AccountLimits, Limits, Rate, Settings};
use wire_format::{
    AccountId, ErrorCode, ProxyKey,
    command::{
        accounts::Find,
        friends::{Accept, Block, FriendState, List, Presence, Remove},
        keys::Accounts,
        session::Carry,
    },
};

use crate::{
    circle::{add, done, list, refused, tamper},
    owner::{AtServer as _, Folder, Owner},
    support::{House, Peer, generous},
};

fn find(name: &str) -> Find {
    Find { name: name.into() }
}

/// Ada, Bob and Cat, each at a peer.
async fn three(house: &House) -> [(Owner, Peer); 3] {
    let arrives = async |name: &str| {
        let owner = Owner::named(name);
        let (peer, _) = owner.arrives(house).await;
        (owner, peer)
    };
    [
        arrives("Ada").await,
        arrives("Bob").await,
        arrives("Cat").await,
    ]
}

#[tokio::test]
async fn a_search_gives_exactly_that_account_or_nobody() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada Lee"), Owner::named("Bob"));
    let (mut adas, _) = ada.arrives(&house).await;
    let (mut bobs, _) = bob.arrives(&house).await;
    for typed in ["Ada Lee", "ada lee", " ADA   LEE "] {
        let found = done(&mut bobs, &find(typed)).await;
        let given = (found.account, found.name.as_str(), found.display.as_str());
        assert_eq!(given, (ada.account, "Ada Lee", ""));
    }
    // Not what begins so, looks so, or cannot be a name.
    for typed in [
        "Ada",
        "Ada Le",
        "Ada Lee 2",
        "Ada Lее",
        "",
        "a\u{202e}",
        "%",
        "A_a Lee",
    ] {
        let refusal = refused(&mut bobs, &find(typed)).await;
        assert_eq!(refusal, ErrorCode::NoSuchAccount, "{typed:?}");
    }
    // A block does not show.
    let account = bob.account;
    done(&mut adas, &Block { account }).await;
    let found = done(&mut bobs, &find("Ada Lee")).await;
    assert_eq!(found.account, ada.account);
    // Who may not sign in is nobody.
    folder.disables(ada.account).await;
    let refusal = refused(&mut bobs, &find("Ada Lee")).await;
    assert_eq!(refusal, ErrorCode::NoSuchAccount);
    drop((adas, bobs));
    house.close().await;
}

#[tokio::test]
async fn an_account_has_so_many_searches() {
    let folder = Folder::new();
    let house = folder
        .limited(AccountLimits {
            finds_per_account: Rate::per_minute(1, 3),
            ..AccountLimits::default()
        })
        .await;
    let ada = Owner::named("Ada");
    let (mut adas, _) = ada.arrives(&house).await;
    let (mut again, _) = ada.comes_again(&house).await;
    let (mut bobs, _) = Owner::named("Bob").arrives(&house).await;
    // Known, unknown and impossible names count alike, on all devices together.
    done(&mut adas, &find("Bob")).await;
    for typed in ["Nobody", ""] {
        let refusal = refused(&mut again, &find(typed)).await;
        assert_eq!(refusal, ErrorCode::NoSuchAccount);
    }
    for peer in [&mut adas, &mut again] {
        for typed in ["Bob", "Nobody", ""] {
            let refusal = peer.call(&find(typed), Bytes::new()).await;
            let refusal = refusal.expect_err("the fourth");
            assert_eq!(refusal.code, ErrorCode::RateLimited);
            let wait = refusal.retry_after_ms.expect("a time to wait");
            assert!((1..=60_000).contains(&wait));
        }
    }
    done(&mut bobs, &find("Ada")).await;
    drop((adas, again, bobs));
    house.close().await;
}

#[tokio::test]
async fn an_address_has_so_many_searches_whoever_it_is() {
    let folder = Folder::new();
    let key = [9; 32];
    let accounts = AccountLimits {
        finds_per_address: Rate::per_minute(1, 2),
        ..AccountLimits::default()
    };
    let house = House::with(Settings {
        proxy_key: Some(ProxyKey::from_bytes(key)),
        ..folder.settings(accounts)
    })
    .await;
    let from = async |owner: &Owner, address: &str| {
        let mut peer = house.connect().await;
        let challenge = peer.hello().await.challenge;
        let carry = Carry {
            address: address.into(),
            proof: ProxyKey::from_bytes(key).prove(&challenge, address),
        };
        done(&mut peer, &carry).await;
        let session = owner.registers(&mut peer).await;
        owner.proves(&mut peer, &session).await;
        peer
    };
    let mut ada = from(&Owner::named("Ada"), "192.0.2.1").await;
    let mut bob = from(&Owner::named("Bob"), "192.0.2.1").await;
    let mut cat = from(&Owner::named("Cat"), "192.0.2.2").await;
    done(&mut ada, &find("Cat")).await;
    done(&mut bob, &find("Cat")).await;
    for peer in [&mut ada, &mut bob] {
        let refusal = refused(peer, &find("Cat")).await;
        assert_eq!(refusal, ErrorCode::RateLimited);
    }
    done(&mut cat, &find("Ada")).await;
    drop((ada, bob, cat));
    house.close().await;
}

#[tokio::test]
async fn an_account_takes_so_many_steps() {
    let folder = Folder::new();
    let house = folder
        .limited(AccountLimits {
            friend_steps_per_account: Rate::per_minute(1, 3),
            ..AccountLimits::default()
        })
        .await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (mut adas, _) = ada.arrives(&house).await;
    let (bobs, _) = bob.arrives(&house).await;
    let account = bob.account;
    done(&mut adas, &add(account)).await;
    done(&mut adas, &Remove { account }).await;
    done(&mut adas, &add(account)).await;
    let refusal = refused(&mut adas, &Remove { account }).await;
    assert_eq!(refusal, ErrorCode::RateLimited);
    assert_eq!(list(&mut adas).await.len(), 1);
    drop((adas, bobs));
    house.close().await;
}

#[tokio::test]
async fn lists_weigh_more_and_a_flood_of_them_ends_the_connection() {
    let folder = Folder::new();
    let settings = folder.settings(AccountLimits::default());
    let house = House::with(Settings {
        limits: Limits {
            commands: Rate::per_minute(1, 17),
            patience: Rate::per_minute(1, 2),
            ..generous()
        },
        ..settings
    })
    .await;
    // Hello, registering and the proof leave 14: two of these, and not a third.
    let (mut adas, _) = Owner::named("Ada").arrives(&house).await;
    list(&mut adas).await;
    let accounts = Accounts::default();
    done(&mut adas, &Presence { accounts }).await;
    let refusal = refused(&mut adas, &List::default()).await;
    assert_eq!(refusal, ErrorCode::RateLimited);
    for request in 200..202 {
        adas.send_header(request, br#"{"command":"friends.list"}"#)
            .await;
    }
    assert_eq!(adas.closed().await, wire_format::CloseCode::Flood);
    drop(adas);
    house.close().await;
}

/// Makes 999 accounts with the longest names, all of whom are friends of this one.
async fn crowd(folder: &Folder, of: AccountId) {
    for sql in [
        "INSERT INTO accounts WITH RECURSIVE n (n) AS \
         (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 998) \
         SELECT CAST(printf('%016d', n) AS BLOB), printf('%04d', n) || replace(hex(zeroblob(13)), '0', '𐐷'), \
         printf('crowd %d', n), replace(hex(zeroblob(32)), '0', '𐐷'), zeroblob(16), 600000, \
         'none', 'none', 1, 1, 1, 0 FROM n"
            .to_owned(),
        format!(
            "INSERT INTO friends SELECT x'{of}', id, 3 FROM accounts WHERE login_hash = 'none'"
        ),
        format!(
            "INSERT INTO friends SELECT id, x'{of}', 3 FROM accounts WHERE login_hash = 'none'"
        ),
    ] {
        tamper(folder, &sql).await;
    }
}

#[tokio::test]
async fn an_account_knows_a_thousand_people_and_lists_them_in_pages() {
    let folder = Folder::new();
    let house = folder.house().await;
    let [(ada, mut adas), (bob, mut bobs), (cat, mut cats)] = three(&house).await;
    crowd(&folder, ada.account).await;
    done(&mut adas, &add(bob.account)).await;
    let refusal = refused(&mut adas, &add(cat.account)).await;
    assert_eq!(refusal, ErrorCode::OverQuota);
    // Others may still ask; there is no room to accept.
    done(&mut cats, &add(ada.account)).await;
    let account = cat.account;
    let refusal = refused(&mut adas, &Accept { account }).await;
    assert_eq!(refusal, ErrorCode::OverQuota);
    let account = ada.account;
    done(&mut bobs, &Accept { account }).await;

    let (mut after, mut all, mut pages) = (None, Vec::new(), Vec::new());
    loop {
        let page = done(&mut adas, &List { after }).await;
        after = page.friends.last().map(|friend| friend.account);
        pages.push(page.friends.len());
        all.extend(page.friends);
        if !page.more {
            break;
        }
    }
    assert_eq!(pages, [500, 500, 1]);
    assert!(all.is_sorted_by_key(|friend| friend.account));
    let online: Vec<_> = all.iter().filter(|friend| friend.online).collect();
    assert_eq!(online.len(), 1);
    assert_eq!(online[0].account, bob.account);
    let asking = all.iter().filter(|one| one.state == FriendState::Asking);
    assert_eq!(asking.count(), 1);

    // As many as may be asked about at once, and one more.
    let ids = |most| all.iter().take(most).map(|friend| friend.account);
    let accounts = Accounts::try_from(ids(1_000).collect::<Vec<_>>()).expect("few enough");
    let asked = accounts.as_slice().contains(&bob.account);
    let there = done(&mut adas, &Presence { accounts }).await.online;
    assert_eq!(there.contains(&bob.account), asked);
    let header = serde_json::json!({
        "command": "presence.of",
        "accounts": ids(1_001).collect::<Vec<_>>(),
    });
    let refusal = adas.refused_header(header.to_string().as_bytes()).await;
    assert_eq!(refusal, ErrorCode::Malformed);
    drop((adas, bobs, cats));
    house.close().await;
}

#[tokio::test]
async fn an_account_knows_as_many_people_as_it_may() {
    let folder = Folder::new();
    let house = folder
        .limited(AccountLimits {
            friends: 1,
            ..AccountLimits::default()
        })
        .await;
    let [(_, mut adas), (bob, mut bobs), (cat, mut cats)] = three(&house).await;
    done(&mut adas, &add(bob.account)).await;
    let refusal = refused(&mut adas, &add(cat.account)).await;
    assert_eq!(refusal, ErrorCode::OverQuota);
    // Nor has Bob room for another request.
    let refusal = refused(&mut cats, &add(bob.account)).await;
    assert_eq!(refusal, ErrorCode::OverQuota);
    let account = bob.account;
    done(&mut adas, &Remove { account }).await;
    done(&mut adas, &add(cat.account)).await;
    done(&mut cats, &add(bob.account)).await;
    let asking = list(&mut bobs).await;
    assert_eq!(asking.len(), 1);
    drop((adas, bobs, cats));
    house.close().await;
}
