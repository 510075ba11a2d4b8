//! Section 14.5: what an account may do before a sign-in, before the proof of its keys, and after it.

use bytes::Bytes;
use wire_format::{
    ErrorCode,
    command::{
        auth::Sessions,
        keys::{Accounts, Chain, Wraps},
        rooms::List,
        vault::{Items, Put, Root, SetRoot},
    },
    vault,
};

use crate::{
    owner::{AtServer as _, Folder, Owner, list},
    support::{publish, token},
};

#[tokio::test]
async fn until_the_proof_a_session_reads_its_own_vault_and_chain_only() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    drop(bob.arrives(&house).await);
    let mut peer = house.greeted().await;
    let session = ada.registers(&mut peer).await;
    let (state, root) = peer.call(&Root {}, Bytes::new()).await.expect("a root");
    assert_eq!(state.number.value(), 1);
    let root = vault::VaultRoot::parse(root).expect("a root");
    assert_eq!(root.account(), ada.account);
    let items = Items {
        after: None,
        kind: None,
    };
    peer.call(&items, Bytes::new()).await.expect("no items");
    let chain = |account| Chain {
        account,
        after: None,
    };
    peer.call(&chain(ada.account), Bytes::new())
        .await
        .expect("the own chain");

    let refused = peer.call(&chain(bob.account), Bytes::new()).await;
    assert_eq!(
        refused.expect_err("not its own").code,
        ErrorCode::KeysUnproven
    );
    let wraps = Wraps {
        accounts: Accounts::default(),
    };
    let refused = peer.call(&Sessions {}, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    let refused = peer.call(&wraps, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    let refused = peer.call(&Put {}, list(&[ada.item(1, 1)])).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    let expected = state.number;
    let refused = peer.call(&SetRoot { expected }, ada.root(2)).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    let refused = peer.call(&List {}, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    peer.send(publish(9, b"early")).await;
    let refused = peer.reply_to::<serde::de::IgnoredAny>(9).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);

    ada.proves(&mut peer, &session).await;
    peer.call(&Sessions {}, Bytes::new()).await.expect("proven");
    peer.call(&chain(bob.account), Bytes::new())
        .await
        .expect("another's chain");
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn account_commands_have_their_phase() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let mut peer = house.connect().await;
    let early = peer.call(&ada.login(), Bytes::new()).await;
    assert_eq!(early.expect_err("no hello").code, ErrorCode::NotAllowed);
    let early = peer.call(&Root {}, Bytes::new()).await;
    assert_eq!(early.expect_err("no hello").code, ErrorCode::NotSignedIn);
    peer.hello().await;
    let early = peer.call(&Root {}, Bytes::new()).await;
    assert_eq!(early.expect_err("no sign-in").code, ErrorCode::NotSignedIn);
    let early = peer.call(&Sessions {}, Bytes::new()).await;
    assert_eq!(early.expect_err("no sign-in").code, ErrorCode::NotSignedIn);
    peer.sign_in("Grace", token()).await.expect("a guest");
    let refused = peer.call(&Root {}, Bytes::new()).await;
    assert_eq!(refused.expect_err("a guest").code, ErrorCode::NotAllowed);
    let refused = peer.call(&ada.login(), Bytes::new()).await;
    assert_eq!(
        refused.expect_err("a guest").code,
        ErrorCode::AlreadySignedIn
    );

    let (mut peer, _) = ada.arrives(&house).await;
    let refused = peer.call(&ada.login(), Bytes::new()).await;
    assert_eq!(refused.expect_err("twice").code, ErrorCode::AlreadySignedIn);
    let refused = peer.sign_in("Ada", token()).await;
    assert_eq!(refused, Err(ErrorCode::AlreadySignedIn));
    peer.call(&List {}, Bytes::new()).await.expect("rooms");
    drop(peer);
    house.close().await;
}
