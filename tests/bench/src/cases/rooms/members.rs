//! A room of many.

use std::collections::BTreeMap;

use rand::rng;
use wire_format::{
    AccountId, EpochKeys, Millis, RoomId, WrapNumber,
    epoch::EpochSecret,
    identity::{Chain, IdentityKeys, WrapKey, WrapKeyDraft},
    room::{Change, CommitDraft, CommitReason, Policy, RoomChain, RoomKind},
    rsa_keys::WrapPrivateKey,
};

/// A group conversation after its first commit. Its accounts have the same keys, which take long to
/// make; what is computed with them costs as much as with keys of their own.
pub(super) struct Members {
    pub(super) author: AccountId,
    pub(super) keys: IdentityKeys,
    pub(super) wrap: WrapPrivateKey,
    pub(super) keysets: BTreeMap<AccountId, Chain>,
    pub(super) wraps: BTreeMap<AccountId, WrapKey>,
    pub(super) chain: RoomChain,
    pub(super) epoch: EpochKeys,
}

impl Members {
    /// Makes the room.
    ///
    /// # Errors
    /// A key refuses.
    pub(super) fn new(count: u16) -> anyhow::Result<Self> {
        let rng = &mut rng();
        let keys = IdentityKeys::generate(rng)?;
        let wrap = WrapPrivateKey::generate_for_account(rng)?;
        let (mut keysets, mut wraps) = (BTreeMap::new(), BTreeMap::new());
        for number in 0..count {
            let account = account(number);
            let keyset = keys.first_keyset(account, "somebody", Millis::new(1), rng)?;
            let chain = Chain::first(account, None, keyset.bytes().clone())?;
            keysets.insert(account, chain);
            let draft = WrapKeyDraft {
                account,
                number: WrapNumber::new(1),
                made_at: Millis::new(1),
                key: &wrap,
            };
            wraps.insert(account, keys.sign_wrap_key(&draft, rng)?);
        }
        let author = account(0);
        let secret = EpochSecret::generate(rng);
        let chain = found(author, &keys, &keysets, &secret)?;
        let epoch = EpochKeys::of_commit(&secret, chain.head())?;
        Ok(Self {
            author,
            keys,
            wrap,
            keysets,
            wraps,
            chain,
            epoch,
        })
    }
}

fn found(
    author: AccountId,
    keys: &IdentityKeys,
    keysets: &BTreeMap<AccountId, Chain>,
    secret: &EpochSecret,
) -> anyhow::Result<RoomChain> {
    let room = RoomId::from_bytes([7; 16]);
    let mut changes = vec![Change::Founded(Policy::new(RoomKind::Group))];
    let others = keysets.keys().filter(|&&account| account != author);
    changes.extend(others.map(|&account| Change::Placed {
        account,
        fingerprint: keys.fingerprint(),
    }));
    let draft = CommitDraft {
        author,
        made_at: Millis::new(1),
        reason: CommitReason::First,
        changes,
        secret,
    };
    let signed = keys.sign_first_commit(room, draft, keysets, &mut rng())?;
    Ok(RoomChain::first(
        room,
        signed.commit.bytes().clone(),
        keysets,
    )?)
}

fn account(number: u16) -> AccountId {
    let mut id = [0; AccountId::LEN];
    id[..2].copy_from_slice(&number.to_be_bytes());
    AccountId::from_bytes(id)
}
