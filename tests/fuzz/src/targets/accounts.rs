//! Keysets, wrap keys, proofs, the vault, and what people type or scan.

use bytes::Bytes;
use wire_format::{
    compare::AccountKeys,
    identity::{UnverifiedKeyset, UnverifiedProof, UnverifiedWrapKey},
    passwords::{Password, RecoveryCode, ServerName},
    record_list,
    vault::{ItemContent, ItemKind, RootContent, VaultItem, VaultRoot},
};

use crate::Verdict;

/// The records that a list of the target may have.
const RECORDS: usize = 1_000;

/// The layout of a keyset.
pub(super) fn keyset(input: &[u8]) -> Verdict {
    let read = UnverifiedKeyset::parse(Bytes::copy_from_slice(input));
    if let Ok(keyset) = &read {
        assert_eq!(&keyset.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a wrap key.
pub(super) fn wrap_key(input: &[u8]) -> Verdict {
    let read = UnverifiedWrapKey::parse(Bytes::copy_from_slice(input));
    if let Ok(key) = &read {
        assert_eq!(&key.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a proof of keys.
pub(super) fn keys_proof(input: &[u8]) -> Verdict {
    Verdict::of(&UnverifiedProof::parse(Bytes::copy_from_slice(input)))
}

/// The layout of a vault's root.
pub(super) fn vault_root(input: &[u8]) -> Verdict {
    let read = VaultRoot::parse(Bytes::copy_from_slice(input));
    if let Ok(root) = &read {
        assert_eq!(&root.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// What a root holds.
pub(super) fn root_content(input: &[u8]) -> Verdict {
    let read = RootContent::parse(input);
    if let Ok(content) = &read {
        let written = content.encode().expect("what was read is written");
        assert_eq!(RootContent::parse(&written).as_ref(), Ok(content));
    }
    Verdict::of(&read)
}

/// The layout of a vault's item.
pub(super) fn vault_item(input: &[u8]) -> Verdict {
    let read = VaultItem::parse(Bytes::copy_from_slice(input));
    if let Ok(item) = &read {
        assert_eq!(&item.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// What an item of any kind holds.
pub(super) fn item_content(input: &[u8]) -> Verdict {
    let mut verdict = Verdict::Refused;
    for kind in (1..=5).filter_map(ItemKind::from_byte) {
        if let Ok(content) = ItemContent::parse(kind, input) {
            let written = content.encode().expect("what was read is written");
            assert_eq!(ItemContent::parse(kind, &written), Ok(content));
            verdict = Verdict::Accepted;
        }
    }
    verdict
}

/// A record list.
pub(super) fn records(input: &[u8]) -> Verdict {
    let read = record_list::parse(Bytes::copy_from_slice(input), RECORDS);
    if let Ok(records) = &read {
        let written = record_list::encode(records).expect("what was read is written");
        assert_eq!(&written[..], input);
    }
    Verdict::of(&read)
}

/// A recovery code as it is typed.
pub(super) fn recovery_code(input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    let read: Result<RecoveryCode, _> = text.parse();
    if let Ok(code) = &read {
        assert!(code.to_text().parse().as_ref() == Ok(code));
    }
    Verdict::of(&read)
}

/// The text of a QR code.
pub(super) fn qr_text(input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    let read: Result<AccountKeys, _> = text.parse();
    if let Ok(keys) = &read {
        assert_eq!(keys.to_string(), text);
    }
    Verdict::of(&read)
}

/// A password as it is typed, and a server's name.
pub(super) fn password(input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    if let Ok(server) = ServerName::parse(text) {
        assert_eq!(server.as_str(), text);
    }
    Verdict::of(&Password::prepare(text))
}
