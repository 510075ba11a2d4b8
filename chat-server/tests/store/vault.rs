//! Vault roots and items.

use chat_server::store::{
    Refusal, Store as _, StoreError, Verdict,
    keys::Link,
    vault::{
        ForgetItems, ItemsPage, PAGE_BYTES, PutItems, ReadItems, ReadRoot, ReplaceRoot, VaultItem,
    },
};
use wire_format::{MemberId, Millis};

use crate::{
    keys::keyset,
    support::{House, NOW, after},
};

pub(crate) fn item(kind: u8, name: &[u8], number: u64) -> VaultItem {
    let name = name.to_vec();
    VaultItem {
        kind,
        record: [&name[..], &number.to_be_bytes()].concat(),
        name,
        number,
        forget_at: Millis::new(0),
    }
}

async fn put(house: &House, account: MemberId, items: Vec<VaultItem>) -> Verdict<u64> {
    let put = PutItems {
        account,
        items,
        most: 5_000,
    };
    house.store.write(put).await.expect("written")
}

async fn page(house: &House, account: MemberId, after: u64, kind: Option<u8>) -> ItemsPage {
    let read = ReadItems {
        account,
        after,
        kind,
    };
    house.store.read(read).await.expect("read")
}

pub(crate) async fn a_root_is_replaced_by_its_number(house: &House) {
    let ann = house.register("ann").await;
    let replace = |expected: u64| ReplaceRoot {
        account: ann,
        expected,
        record: format!("root {}", expected + 1).into_bytes(),
    };
    for expected in [0, 2] {
        let verdict = house.store.write(replace(expected)).await.expect("written");
        assert_eq!(verdict, Err(Refusal::VaultConflict));
    }
    assert_eq!(
        house.store.write(replace(1)).await.expect("written"),
        Ok(())
    );
    let root = house.store.read(ReadRoot { account: ann }).await;
    let root = root.expect("read").expect("a root");
    assert_eq!((root.number, root.record), (2, b"root 2".to_vec()));
}

pub(crate) async fn an_item_replaces_a_lower_number(house: &House) {
    let ann = house.register("ann").await;
    assert_eq!(put(house, ann, vec![item(2, b"a", 5)]).await, Ok(1));
    assert_eq!(
        put(house, ann, vec![item(2, b"a", 5)]).await,
        Ok(1),
        "the same bytes"
    );
    let lower = put(house, ann, vec![item(2, b"a", 4)]).await;
    assert_eq!(lower, Err(Refusal::VaultConflict));
    let mut other_bytes = item(2, b"a", 5);
    other_bytes.record.push(0);
    let other_bytes = put(house, ann, vec![other_bytes]).await;
    assert_eq!(other_bytes, Err(Refusal::VaultConflict));
    assert_eq!(
        put(house, ann, vec![item(3, b"a", 1)]).await,
        Ok(2),
        "another kind"
    );
    assert_eq!(put(house, ann, vec![item(2, b"a", 9)]).await, Ok(3));
    let read = page(house, ann, 0, None).await;
    let records = vec![item(3, b"a", 1).record, item(2, b"a", 9).record];
    let expected = ItemsPage {
        revision: 3,
        more: false,
        records,
    };
    assert_eq!(read, expected);
    assert_eq!(page(house, ann, 2, None).await.records.len(), 1);
    let nobody = put(house, MemberId::from_bytes([9; 16]), vec![]).await;
    assert_eq!(nobody, Err(Refusal::NoSuchAccount));
}

pub(crate) async fn items_are_put_all_or_none(house: &House) {
    let ann = house.register("ann").await;
    assert_eq!(put(house, ann, vec![item(1, b"a", 2)]).await, Ok(1));
    let verdict = put(house, ann, vec![item(1, b"b", 1), item(1, b"a", 1)]).await;
    assert_eq!(verdict, Err(Refusal::VaultConflict));
    let read = page(house, ann, 0, None).await;
    assert_eq!((read.revision, read.records.len()), (1, 1));
    let twice = put(house, ann, vec![item(1, b"b", 1), item(1, b"b", 2)]).await;
    assert_eq!(twice, Ok(3), "one after the other");
    assert_eq!(page(house, ann, 0, None).await.records.len(), 2);
}

pub(crate) async fn a_vault_has_a_most(house: &House) {
    let ann = house.register("ann").await;
    let put = async |names: &[&[u8]], number| {
        let items = names.iter().map(|name| item(1, name, number)).collect();
        let put = PutItems {
            account: ann,
            items,
            most: 3,
        };
        house.store.write(put).await.expect("written")
    };
    assert_eq!(put(&[b"a", b"b"], 1).await, Ok(2));
    assert_eq!(put(&[b"c", b"d"], 1).await, Err(Refusal::OverQuota));
    assert_eq!(put(&[b"c"], 1).await, Ok(3));
    assert_eq!(put(&[b"d"], 1).await, Err(Refusal::OverQuota));
    assert_eq!(
        put(&[b"a", b"b", b"c"], 2).await,
        Ok(6),
        "replacing needs no room"
    );
}

pub(crate) async fn a_page_has_at_most_a_mebibyte(house: &House) {
    let ann = house.register("ann").await;
    let size = usize::try_from(PAGE_BYTES / 4).expect("small") - 4;
    let filled = |name: u8, bytes: usize| VaultItem {
        record: vec![name; bytes],
        ..item(4, &[name], 1)
    };
    // Four of them with their lengths fill a page to the byte.
    let items = (0..5).map(|name| filled(name, size)).collect();
    assert_eq!(put(house, ann, items).await, Ok(5));
    let first = page(house, ann, 0, None).await;
    assert_eq!(
        (first.revision, first.more, first.records.len()),
        (4, true, 4)
    );
    let second = page(house, ann, first.revision, None).await;
    assert_eq!(
        (second.revision, second.more, second.records.len()),
        (5, false, 1)
    );
    let third = page(house, ann, second.revision, None).await;
    assert_eq!(
        (third.revision, third.more, third.records.len()),
        (5, false, 0)
    );
    let larger = VaultItem {
        number: 2,
        ..filled(4, size + 1)
    };
    assert_eq!(put(house, ann, vec![larger]).await, Ok(6));
    // A byte more, and the fourth comes on the next page.
    let first = page(house, ann, 1, None).await;
    assert_eq!(
        (first.revision, first.more, first.records.len()),
        (4, true, 3)
    );
}

pub(crate) async fn items_of_one_kind_are_read_alone(house: &House) {
    let ann = house.register("ann").await;
    let items = (0..3_000_u32).map(|number| {
        let kind = if number % 3 == 0 { 1 } else { 2 };
        item(kind, &number.to_be_bytes(), 1)
    });
    assert_eq!(put(house, ann, items.collect()).await, Ok(3_000));
    for (kind, expected) in [
        (Some(1), 1_000),
        (Some(2), 2_000),
        (None, 3_000),
        (Some(3), 0),
    ] {
        let (mut after, mut read) = (0, 0);
        loop {
            let page = page(house, ann, after, kind).await;
            after = page.revision;
            read += page.records.len();
            if !page.more {
                break;
            }
        }
        assert_eq!((after, read), (3_000, expected), "{kind:?}");
    }
}

pub(crate) async fn new_keys_begin_with_an_empty_vault(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    for account in [ann, bob] {
        let items = vec![item(1, b"a", 1), item(3, b"b", 7)];
        assert_eq!(put(house, account, items).await, Ok(2));
    }
    let mut next = keyset(ann, 1);
    assert_eq!(house.store.write(next).await.expect("written"), Ok(()));
    assert_eq!(page(house, ann, 0, None).await.records.len(), 2);
    next = keyset(ann, 2);
    next.link = Link::Reset;
    assert_eq!(house.store.write(next).await.expect("written"), Ok(()));
    let left = page(house, ann, 0, None).await;
    assert_eq!((left.revision, left.records.len()), (2, 0));
    assert_eq!(put(house, ann, vec![item(3, b"b", 1)]).await, Ok(3));
    assert_eq!(page(house, ann, 2, None).await.records.len(), 1);
    assert_eq!(page(house, bob, 0, None).await.records.len(), 2);
}

pub(crate) async fn due_items_are_forgotten(house: &House) {
    let ann = house.register("ann").await;
    let due = |name: &[u8], at| VaultItem {
        forget_at: at,
        ..item(1, name, 1)
    };
    let items = vec![
        due(b"a", after(1)),
        due(b"b", after(2)),
        due(b"c", after(3)),
        item(1, b"d", 1),
    ];
    assert_eq!(put(house, ann, items).await, Ok(4));
    let forget = async |now, limit| {
        let forget = ForgetItems { now, limit };
        house.store.write(forget).await.expect("written")
    };
    assert_eq!(forget(NOW, 10).await, Ok(0));
    assert_eq!(forget(after(2), 1).await, Ok(1));
    assert_eq!(forget(after(2), 10).await, Ok(1));
    assert_eq!(forget(after(2), 10).await, Ok(0));
    let read = page(house, ann, 0, None).await;
    assert_eq!((read.revision, read.records.len()), (4, 2));
    // There is room again for as many as went.
    let put = PutItems {
        account: ann,
        items: vec![item(1, b"e", 1), item(1, b"f", 1)],
        most: 4,
    };
    assert_eq!(house.store.write(put).await.expect("written"), Ok(6));
}

pub(crate) async fn numbers_too_large_are_errors(house: &House) {
    let ann = house.register("ann").await;
    let most = i64::MAX.unsigned_abs();
    assert_eq!(put(house, ann, vec![item(1, b"a", most)]).await, Ok(1));
    let put = PutItems {
        account: ann,
        items: vec![item(1, b"a", most + 1)],
        most: 10,
    };
    let error = house.store.write(put).await.expect_err("too large");
    assert!(matches!(error, StoreError::NumberTooLarge));
    assert_eq!(page(house, ann, 0, None).await.revision, 1);
}
