//! Sections 14.3 and 14.4: chains and wrap keys, over the wire.

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, KeysetNumber,
    command::{
        keys::{Accounts, Chain, Wrap, Wraps},
        vault::Root,
    },
    record_list,
};

use crate::{
    owner::{AtServer as _, Folder, Owner, list},
    support::Peer,
};

fn chain(account: AccountId, after: Option<u64>) -> Chain {
    let after = after.map(KeysetNumber::new);
    Chain { account, after }
}

async fn wraps(peer: &mut Peer, accounts: &[AccountId]) -> Vec<Bytes> {
    let accounts = Accounts::try_from(accounts.to_vec()).expect("few");
    let answer = peer.call(&Wraps { accounts }, Bytes::new()).await;
    record_list::parse(answer.expect("wrap keys").1, 10).expect("a list")
}

#[tokio::test]
async fn a_chain_is_read_by_everyone_who_proved_keys() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (peer, _) = ada.arrives(&house).await;
    let (mut other, _) = bob.arrives(&house).await;
    let answer = other.call(&chain(ada.account, None), Bytes::new()).await;
    let (page, tail) = answer.expect("a chain");
    assert_eq!((page.head.value(), page.more), (1, false));
    let [keyset] = record_list::parse_exactly(tail).expect("one keyset");
    let read = wire_format::identity::Chain::first(ada.account, Some("Ada"), keyset);
    assert!(read.is_ok());
    let answer = other.call(&chain(ada.account, Some(1)), Bytes::new()).await;
    let (page, tail) = answer.expect("nothing newer");
    assert_eq!((page.head.value(), page.more, tail.len()), (1, false, 0));
    let nobody = AccountId::from_bytes([7; 16]);
    let refused = other.call(&chain(nobody, None), Bytes::new()).await;
    assert_eq!(refused.expect_err("nobody").code, ErrorCode::NoSuchAccount);
    drop((peer, other));
    house.close().await;
}

#[tokio::test]
async fn wrap_keys_follow_each_other_and_come_with_their_root() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (mut peer, _) = ada.arrives(&house).await;
    let (mut other, _) = bob.arrives(&house).await;
    let first = wraps(&mut other, &[ada.account]).await;
    assert_eq!(first.len(), 1);

    for (why, code, tail) in [
        (
            "by other keys",
            ErrorCode::Malformed,
            list(&[ada.foreign_wrap_key(2), ada.root(2)]),
        ),
        (
            "a number twice",
            ErrorCode::KeysConflict,
            list(&[ada.wrap_key(1), ada.root(2)]),
        ),
        (
            "a number left out",
            ErrorCode::KeysConflict,
            list(&[ada.wrap_key(3), ada.root(2)]),
        ),
        (
            "a root left out",
            ErrorCode::VaultConflict,
            list(&[ada.wrap_key(2), ada.root(3)]),
        ),
        (
            "another's root",
            ErrorCode::Malformed,
            list(&[ada.wrap_key(2), bob.root(2)]),
        ),
        ("no root", ErrorCode::Malformed, list(&[ada.wrap_key(2)])),
    ] {
        let refused = peer.call(&Wrap {}, tail).await;
        assert_eq!(refused.expect_err(why).code, code, "{why}");
    }
    assert_eq!(wraps(&mut other, &[ada.account]).await, first);

    let next = ada.wrap_key(2);
    let tail = list(&[next.clone(), ada.root(2)]);
    peer.call(&Wrap {}, tail).await.expect("taken");
    let (state, _) = peer.call(&Root {}, Bytes::new()).await.expect("a root");
    assert_eq!(state.number.value(), 2);
    let nobody = AccountId::from_bytes([7; 16]);
    let newest = wraps(&mut other, &[bob.account, nobody, ada.account]).await;
    assert_eq!(newest.len(), 2);
    assert_eq!(newest[1], next);
    drop((peer, other));
    house.close().await;
}
