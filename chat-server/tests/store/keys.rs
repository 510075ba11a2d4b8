//! Keyset chains and wrap keys.

use chat_server::store::{
    Refusal, Store as _,
    keys::{AppendKeyset, AppendWrapKey, Chain, Link, ReadChain, ReadWrapKeys, WRAP_KEYS_AT_ONCE},
    vault::ReadRoot,
};
use wire_format::MemberId;

use crate::support::{House, NOW};

pub(crate) fn keyset(account: MemberId, expected: u64) -> AppendKeyset {
    let next = expected + 1;
    AppendKeyset {
        account,
        expected,
        link: Link::Rotated,
        keyset: format!("keyset {next}").into_bytes(),
        wrap_number: next,
        wrap_key: format!("wrap {next}").into_bytes(),
        root_number: next,
        vault_root: format!("root {next}").into_bytes(),
        now: NOW,
    }
}

fn wrap_key(account: MemberId, number: u64, root_number: u64) -> AppendWrapKey {
    AppendWrapKey {
        account,
        number,
        wrap_key: format!("wrap {number}").into_bytes(),
        root_number,
        vault_root: format!("root {root_number}").into_bytes(),
    }
}

async fn chain(house: &House, account: MemberId, after: u64, limit: u32) -> Chain {
    let read = ReadChain {
        account,
        after,
        limit,
    };
    house.store.read(read).await.expect("read")
}

/// Keyset head, newest wrap key and root number.
async fn heads(house: &House, account: MemberId) -> (u64, u64, u64) {
    let wraps = ReadWrapKeys {
        accounts: vec![account],
    };
    let wraps = house.store.read(wraps).await.expect("read");
    let root = house.store.read(ReadRoot { account }).await.expect("read");
    let head = chain(house, account, 0, 100).await.head;
    (
        head,
        number_in(&wraps[0].record),
        root.expect("a root").number,
    )
}

/// The number in a wrap key that [`keyset`], [`wrap_key`] or a registration made.
fn number_in(record: &[u8]) -> u64 {
    let text = std::str::from_utf8(record).expect("text");
    let number = text.strip_prefix("wrap ").expect("a wrap key");
    number.parse().expect("a number")
}

pub(crate) async fn a_keyset_is_appended_to_the_expected_head(house: &House) {
    let ann = house.register("ann").await;
    let verdict = house.store.write(keyset(ann, 1)).await.expect("written");
    assert_eq!(verdict, Ok(()));
    assert_eq!(heads(house, ann).await, (2, 2, 2));
    for expected in [0, 1, 3] {
        let verdict = house.store.write(keyset(ann, expected)).await;
        assert_eq!(
            verdict.expect("written"),
            Err(Refusal::KeysConflict),
            "{expected}"
        );
    }
    let mut reset = keyset(ann, 2);
    reset.link = Link::Reset;
    assert_eq!(house.store.write(reset).await.expect("written"), Ok(()));
    assert_eq!(heads(house, ann).await, (3, 3, 3));
    let nobody = keyset(MemberId::from_bytes([9; 16]), 1);
    let verdict = house.store.write(nobody).await.expect("written");
    assert_eq!(verdict, Err(Refusal::NoSuchAccount));
}

pub(crate) async fn nothing_of_an_append_stands_alone(house: &House) {
    let ann = house.register("ann").await;
    let mut wrong_wrap = keyset(ann, 1);
    wrong_wrap.wrap_number = 3;
    let verdict = house.store.write(wrong_wrap).await.expect("written");
    assert_eq!(verdict, Err(Refusal::KeysConflict));
    let mut wrong_root = keyset(ann, 1);
    wrong_root.root_number = 3;
    let verdict = house.store.write(wrong_root).await.expect("written");
    assert_eq!(verdict, Err(Refusal::VaultConflict));
    let verdict = house.store.write(wrap_key(ann, 2, 3)).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::VaultConflict));
    assert_eq!(heads(house, ann).await, (1, 1, 1));
}

pub(crate) async fn a_wrap_key_takes_the_next_number(house: &House) {
    let ann = house.register("ann").await;
    for number in [0, 1, 3] {
        let verdict = house.store.write(wrap_key(ann, number, 2)).await;
        assert_eq!(
            verdict.expect("written"),
            Err(Refusal::KeysConflict),
            "{number}"
        );
    }
    let verdict = house.store.write(wrap_key(ann, 2, 2)).await;
    assert_eq!(verdict.expect("written"), Ok(()));
    assert_eq!(heads(house, ann).await, (1, 2, 2));
}

pub(crate) async fn newest_wrap_keys_come_in_the_order_asked(house: &House) {
    let ann = house.register("ann").await;
    let bob = house.register("bob").await;
    let nobody = MemberId::from_bytes([9; 16]);
    let appended = house.store.write(wrap_key(bob, 2, 2)).await;
    assert_eq!(appended.expect("written"), Ok(()));
    let read = async |accounts: Vec<MemberId>| {
        let wraps = house.store.read(ReadWrapKeys { accounts }).await;
        let wraps = wraps.expect("read").into_iter();
        wraps
            .map(|wrap| (wrap.account, number_in(&wrap.record)))
            .collect::<Vec<_>>()
    };
    assert_eq!(read(vec![bob, nobody, ann]).await, [(bob, 2), (ann, 1)]);
    assert_eq!(
        read(vec![ann, bob, ann]).await,
        [(ann, 1), (bob, 2), (ann, 1)]
    );
    assert!(read(vec![]).await.is_empty());
    assert!(read(vec![nobody]).await.is_empty());
    for (asked, given) in [
        (WRAP_KEYS_AT_ONCE - 1, WRAP_KEYS_AT_ONCE - 1),
        (WRAP_KEYS_AT_ONCE, WRAP_KEYS_AT_ONCE),
        (WRAP_KEYS_AT_ONCE + 1, WRAP_KEYS_AT_ONCE),
    ] {
        assert_eq!(read(vec![ann; asked]).await.len(), given);
    }
}

pub(crate) async fn a_chain_is_read_in_pages(house: &House) {
    let ann = house.register("ann").await;
    for expected in 1..5 {
        let appended = house.store.write(keyset(ann, expected)).await;
        assert_eq!(appended.expect("written"), Ok(()));
    }
    let page = chain(house, ann, 1, 2).await;
    let keysets = [&b"keyset 2"[..], b"keyset 3"].map(<[u8]>::to_vec).to_vec();
    assert_eq!(page, Chain { head: 5, keysets });
    assert_eq!(chain(house, ann, 3, 100).await.keysets.len(), 2);
    assert!(chain(house, ann, 5, 100).await.keysets.is_empty());
    let nobody = chain(house, MemberId::from_bytes([9; 16]), 0, 100).await;
    assert_eq!((nobody.head, nobody.keysets.len()), (0, 0));
}
