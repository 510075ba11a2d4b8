//! Merging two roots that were both made from the same one.

use serde_json::Map;

use super::{RootContent, WrapEntry, rest::Rest};

/// Merges `mine`, which was refused, into `theirs`, which replaced `base` first.
///
/// What one side added stays, and what one side dropped goes; where both hold an entry, theirs counts.
/// A wrap key is superseded from the earlier of two times. New item keys of mine come last.
#[must_use]
pub fn merge(base: &RootContent, mine: &RootContent, theirs: &RootContent) -> RootContent {
    let mut identity = merged(
        [&base.identity, &mine.identity, &theirs.identity],
        |entry| entry.number,
        |_, theirs| theirs.clone(),
    );
    identity.sort_unstable_by_key(|entry| entry.number);
    let mut wraps = merged(
        [&base.wraps, &mine.wraps, &theirs.wraps],
        |entry| entry.number,
        |mine, theirs| WrapEntry {
            superseded_at: earlier(mine.superseded_at, theirs.superseded_at),
            ..theirs.clone()
        },
    );
    wraps.sort_unstable_by_key(|entry| entry.number);
    let item_keys = merged(
        [&base.item_keys, &mine.item_keys, &theirs.item_keys],
        |entry| entry.id,
        |_, theirs| theirs.clone(),
    );
    RootContent {
        identity,
        wraps,
        item_keys,
        rest: merged_rest(&base.rest, &mine.rest, &theirs.rest),
    }
}

fn merged<T: Clone, K: Eq>(
    [base, mine, theirs]: [&Vec<T>; 3],
    key_of: impl Fn(&T) -> K,
    both: impl Fn(&T, &T) -> T,
) -> Vec<T> {
    let find = |list: &'_ Vec<T>, wanted: &T| {
        let key = key_of(wanted);
        list.iter().position(|entry| key_of(entry) == key)
    };
    let kept = theirs.iter().filter_map(|their| match find(mine, their) {
        Some(at) => Some(both(&mine[at], their)),
        None if find(base, their).is_some() => None,
        None => Some(their.clone()),
    });
    let added = mine
        .iter()
        .filter(|my| find(theirs, my).is_none() && find(base, my).is_none())
        .cloned();
    kept.chain(added).collect()
}

fn merged_rest(base: &Rest, mine: &Rest, theirs: &Rest) -> Rest {
    let (base, mine, theirs) = (base.as_map(), mine.as_map(), theirs.as_map());
    let keys = mine.keys().chain(theirs.keys());
    let merged: Map<_, _> = keys
        .filter_map(|key| {
            // Only what mine changed and theirs did not is taken from mine.
            let changed_by_mine = mine.get(key) != base.get(key);
            let changed_by_theirs = theirs.get(key) != base.get(key);
            let from = if changed_by_mine && !changed_by_theirs {
                mine
            } else {
                theirs
            };
            from.get(key).map(|value| (key.clone(), value.clone()))
        })
        .collect();
    merged.into()
}

/// The earlier of two times; no time is later than any.
fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::{
        ids::{ItemKeyId, KeysetNumber, Millis, WrapNumber},
        vault::{IdentityEntry, ItemKeyEntry, KeyBytes, StoredBytes},
    };

    fn identity(number: u64) -> IdentityEntry {
        IdentityEntry {
            number: KeysetNumber::new(number),
            pss: StoredBytes::from_bytes(Zeroizing::new(vec![7])),
            dsa: KeyBytes::from_bytes([7; 32]),
            rest: Rest::default(),
        }
    }

    fn wrap(number: u64, superseded_at: Option<u64>) -> WrapEntry {
        WrapEntry {
            number: WrapNumber::new(number),
            key: StoredBytes::from_bytes(Zeroizing::new(vec![7])),
            superseded_at: superseded_at.map(Millis::new),
            made_at: None,
            rest: Rest::default(),
        }
    }

    fn item_key(id: u8) -> ItemKeyEntry {
        ItemKeyEntry {
            id: ItemKeyId::from_bytes([id; 16]),
            key: KeyBytes::from_bytes([id; 64]),
            rest: Rest::default(),
        }
    }

    fn base() -> RootContent {
        RootContent {
            identity: vec![identity(1)],
            wraps: vec![wrap(1, Some(10)), wrap(2, None)],
            item_keys: vec![item_key(5)],
            rest: Rest::default(),
        }
    }

    #[test]
    fn what_either_side_added_or_dropped_is_kept_so() {
        let mut mine = base();
        mine.identity.push(identity(2));
        mine.wraps.remove(0);
        mine.item_keys.push(item_key(3));
        let mut theirs = base();
        theirs.wraps[1].superseded_at = Some(Millis::new(30));
        theirs.wraps.push(wrap(3, None));
        theirs.item_keys.push(item_key(9));
        let merged = merge(&base(), &mine, &theirs);
        assert_eq!(merged.identity, [identity(1), identity(2)]);
        assert_eq!(merged.wraps, [wrap(2, Some(30)), wrap(3, None)]);
        assert_eq!(merged.item_keys, [item_key(5), item_key(9), item_key(3)]);
        // The other way round the same entries are there.
        let other = merge(&base(), &theirs, &mine);
        assert_eq!(
            (other.identity, other.wraps),
            (merged.identity, merged.wraps)
        );
    }

    #[test]
    fn a_side_that_changed_nothing_changes_nothing() {
        let mut changed = base();
        changed.identity[0] = identity(4);
        changed.wraps[0].superseded_at = Some(Millis::new(9));
        assert_eq!(merge(&base(), &base(), &changed), changed);
        assert_eq!(merge(&base(), &changed, &base()), changed);
        assert_eq!(merge(&base(), &changed, &changed), changed);
    }

    #[test]
    fn of_two_times_the_earlier_counts() {
        let with = |time| {
            let mut content = base();
            content.wraps[1].superseded_at = Some(Millis::new(time));
            content
        };
        for (mine, theirs) in [(20, 30), (30, 20)] {
            let merged = merge(&base(), &with(mine), &with(theirs));
            assert_eq!(merged, with(20));
        }
    }

    #[test]
    fn what_a_newer_version_wrote_is_merged_key_by_key() {
        let with = |pairs: &[(&str, u8)]| {
            let map: Map<_, _> = pairs
                .iter()
                .map(|&(key, value)| (key.to_owned(), value.into()))
                .collect();
            RootContent {
                rest: map.into(),
                ..base()
            }
        };
        let merged = merge(
            &with(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]),
            &with(&[("a", 2), ("b", 1), ("d", 2), ("e", 2)]),
            &with(&[("a", 1), ("b", 3), ("c", 1), ("d", 3), ("f", 3)]),
        );
        let expected = with(&[("a", 2), ("b", 3), ("d", 3), ("e", 2), ("f", 3)]);
        assert_eq!(merged, expected);
    }
}
