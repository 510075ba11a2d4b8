//! Somebody with an account: the keys, and the records that a client would make.

use std::fs;

use bytes::Bytes;
use serde_json::Value;
use wire_format::{
    AccountId, ChannelId, KeysetNumber, LoginHalf, MessageId, Millis, RecoveryLogin, RootNumber,
    RunId, Salt, Sequence, WrapNumber,
    command::auth::{Login, Register, SignedInAccount},
    dsa::DsaPrivateKey,
    identity::{AccountWrapKey, IdentityKeys, ProofDraft, WrapKeyDraft},
    passwords::{RecoveryVault, ServerName, VaultHalf},
    record_list,
    rsa_keys::{ModulusSize, PssPrivateKey, WrapPrivateKey},
    vault::{
        IdentityEntry, ItemContent, ItemDraft, ItemKeyEntry, ItemName, ReadMarkNote, Rest,
        RootContent, VaultLock, WrapEntry,
    },
};

/// An account's owner. Every method that makes a record panics where the record cannot be made.
pub struct Owner {
    /// The account's id.
    pub account: AccountId,
    /// The name, prepared.
    pub name: String,
    /// The password's login half.
    pub login: LoginHalf,
    keys: IdentityKeys,
    others: IdentityKeys,
    wraps: Vec<Vec<u8>>,
    lock: VaultLock,
    content: RootContent,
}

impl Owner {
    /// Somebody with this name, a new account id, and the keys of the published test account.
    pub fn named(name: &str) -> Self {
        let published = &published()["accounts"][0];
        let account = AccountId::from_bytes(rand::random());
        let keys = identity(&published["identities"][0]);
        let wraps: Vec<_> = (0..2)
            .map(|place| bytes_of(&published["wraps"][place]["pkcs8"]))
            .collect();
        let wrap = AccountWrapKey::from_pkcs8(WrapNumber::new(1), &wraps[0]).expect("a key");
        let content = RootContent::new(
            IdentityEntry::of(KeysetNumber::new(1), &keys).expect("an entry"),
            WrapEntry::of(&wrap).expect("an entry"),
            ItemKeyEntry::generate(&mut rand::rng()),
        );
        let lock = VaultLock::new(
            account,
            &VaultHalf::from_bytes([1; 64]),
            &RecoveryVault::from_bytes([2; 64]),
            &mut rand::rng(),
        );
        Self {
            account,
            name: name.to_owned(),
            login: LoginHalf::from_bytes(rand::random()),
            keys,
            others: identity(&published["identities"][1]),
            wraps,
            lock: lock.expect("a lock"),
            content,
        }
    }

    /// `auth.login`.
    pub fn login(&self) -> Login {
        Login {
            name: self.name.clone(),
            login: self.login.clone(),
        }
    }

    /// `auth.register`, by the records of [`Owner::records`].
    pub fn register(&self) -> Register {
        Register {
            account: self.account,
            name: self.name.clone(),
            salt: Salt::from_bytes([9; 16]),
            rounds: 600_000,
            login: self.login.clone(),
            recovery: RecoveryLogin::from_bytes([8; 32]),
            rehearsed: true,
            guest: None,
            invitation: None,
        }
    }

    /// Keyset 1, wrap key 1 and root 1.
    pub fn records(&self) -> Bytes {
        list(&[self.keyset(&self.name), self.wrap_key(1), self.root(1)])
    }

    /// Keyset 1 under this name.
    pub fn keyset(&self, name: &str) -> Bytes {
        let keyset = self
            .keys
            .first_keyset(self.account, name, now(), &mut rand::rng());
        keyset.expect("a keyset").bytes().clone()
    }

    /// A wrap key.
    pub fn wrap_key(&self, number: u64) -> Bytes {
        self.wrap_key_by(&self.keys, number)
    }

    /// A wrap key that the account's keys did not sign.
    pub fn foreign_wrap_key(&self, number: u64) -> Bytes {
        self.wrap_key_by(&self.others, number)
    }

    fn wrap_key_by(&self, keys: &IdentityKeys, number: u64) -> Bytes {
        let place = usize::from(number > 1);
        let key = WrapPrivateKey::from_pkcs8(&self.wraps[place], ModulusSize::Exactly(3072));
        let draft = WrapKeyDraft {
            account: self.account,
            number: WrapNumber::new(number),
            made_at: now(),
            key: &key.expect("a key"),
        };
        let signed = keys.sign_wrap_key(&draft, &mut rand::rng());
        signed.expect("a wrap key").bytes().clone()
    }

    /// A vault root.
    pub fn root(&self, number: u64) -> Bytes {
        let number = RootNumber::new(number);
        let root = self.lock.seal_root(number, &self.content, &rand::random());
        root.expect("a root").bytes().clone()
    }

    /// A read mark of a channel.
    pub fn item(&self, channel: u8, number: u64) -> Bytes {
        let name = ItemName::ReadMark(ChannelId::from_bytes([channel; 16]));
        let content = ItemContent::ReadMark(ReadMarkNote {
            run: RunId::from_bytes([1; 16]),
            sequence: Sequence::new(number),
            message: MessageId::from_bytes([2; 16]),
            rest: Rest::default(),
        });
        let draft = ItemDraft {
            account: self.account,
            name: &name,
            number,
            forget_at: None,
            content: &content,
        };
        let key = self.content.newest_item_key().expect("a key");
        let item = key.seal_item(&draft, &rand::random());
        item.expect("an item").bytes().clone()
    }

    /// The proof of keys for a session on `localhost`, now.
    pub fn proof(&self, session: &SignedInAccount) -> Bytes {
        self.proof_for(session, "localhost", now())
    }

    /// The proof for a session on another server, or at another time.
    pub fn proof_for(&self, session: &SignedInAccount, server: &str, now: Millis) -> Bytes {
        prove(&self.keys, session, server, now)
    }

    /// A proof by keys that are not the account's.
    pub fn foreign_proof(&self, session: &SignedInAccount) -> Bytes {
        prove(&self.others, session, "localhost", now())
    }
}

/// Records behind each other.
///
/// # Panics
/// If one is empty.
pub fn list(records: &[Bytes]) -> Bytes {
    record_list::encode(records).expect("a list")
}

/// The present time.
///
/// # Panics
/// If the clock is wrong.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.expect("after 1970").as_millis();
    Millis::new(u64::try_from(millis).expect("before the end of time"))
}

fn prove(keys: &IdentityKeys, session: &SignedInAccount, server: &str, now: Millis) -> Bytes {
    let server = ServerName::parse(server).expect("a name");
    let draft = ProofDraft {
        account: session.account,
        session: session.session,
        challenge: session.challenge,
        server: &server,
        now,
    };
    keys.prove(&draft, &mut rand::rng()).expect("a proof")
}

fn identity(published: &Value) -> IdentityKeys {
    let pss = PssPrivateKey::from_pkcs8(&bytes_of(&published["pss_pkcs8"]), ModulusSize::Accepted);
    let x: [u8; 32] = bytes_of(&published["x"]).try_into().expect("32 bytes");
    let dsa = DsaPrivateKey::from_private_bytes(&x).expect("a key");
    IdentityKeys::from_parts(pss.expect("a key"), dsa).expect("two keys")
}

fn published() -> Value {
    let path = "/../wire-format/testdata/account_keys.json";
    let text = fs::read_to_string(format!("{}{path}", env!("CARGO_MANIFEST_DIR")));
    serde_json::from_str(&text.expect("the vectors are there")).expect("JSON")
}

fn bytes_of(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().expect("hexadecimal").as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(|pair| byte(pair).expect("two digits")).collect()
}
