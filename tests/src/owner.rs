//! Somebody with an account: the keys, and the records that a client would make.

use std::fs;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wire_format::{
    AccountId, ChannelId, KeysetNumber, LoginHalf, MessageId, Millis, OneTimeToken, RecoveryLogin,
    RootNumber, RunId, Salt, Sequence, WrapNumber,
    command::auth::{Fresh, Login, Password as ChangePassword, Recover, Register, SignedInAccount},
    dsa::DsaPrivateKey,
    identity::{
        AccountWrapKey, Chain, IdentityKeys, Keyset, ProofDraft, UnverifiedWrapKey, WrapKey,
        WrapKeyDraft,
    },
    passwords::{
        Halves, Password, RecoveryCode, RecoveryHalves, RecoveryVault, Rounds, ServerName,
        VaultHalf,
    },
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
    /// The recovery code's login half.
    pub recovery: RecoveryLogin,
    /// What the password is stretched with.
    pub salt: Salt,
    /// What seals the vault's roots.
    pub lock: VaultLock,
    /// What the roots hold.
    pub content: RootContent,
    keys: IdentityKeys,
    others: IdentityKeys,
    wraps: Vec<Vec<u8>>,
}

impl Owner {
    /// Somebody with this name, a new account id, the keys of the published test account, and halves
    /// of no password and no code.
    pub fn named(name: &str) -> Self {
        let password = Halves {
            login: LoginHalf::from_bytes(rand::random()),
            vault: VaultHalf::from_bytes([1; 64]),
        };
        let code = RecoveryHalves {
            login: RecoveryLogin::from_bytes(rand::random()),
            vault: RecoveryVault::from_bytes([2; 64]),
        };
        let account = AccountId::from_bytes(rand::random());
        Self::of(account, name, Salt::from_bytes([9; 16]), password, code)
    }

    /// Somebody with this password and code on `localhost`, otherwise likewise.
    pub fn with_secrets(name: &str, password: &Password, code: &RecoveryCode) -> Self {
        let (account, server) = (
            AccountId::from_bytes(rand::random()),
            ServerName::localhost(),
        );
        let salt = Salt::from_bytes(rand::random());
        let password = password.halves(&salt, Rounds::NEW, &server);
        let code = code.halves(account, &server).expect("halves");
        Self::of(account, name, salt, password.expect("halves"), code)
    }

    fn of(
        account: AccountId,
        name: &str,
        salt: Salt,
        password: Halves,
        code: RecoveryHalves,
    ) -> Self {
        let published = &published()["accounts"][0];
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
        let lock = VaultLock::new(account, &password.vault, &code.vault, &mut rand::rng());
        Self {
            account,
            name: name.to_owned(),
            login: password.login,
            recovery: code.login,
            salt,
            lock: lock.expect("a lock"),
            content,
            keys,
            others: identity(&published["identities"][1]),
            wraps,
        }
    }

    /// The private half of a wrap key.
    pub fn wrap(&self, number: u64) -> AccountWrapKey {
        let place = usize::from(number > 1);
        let key = AccountWrapKey::from_pkcs8(WrapNumber::new(number), &self.wraps[place]);
        key.expect("a key")
    }

    /// The same owner with another password and recovery code.
    pub fn renewed(&self) -> Self {
        Self {
            account: self.account,
            ..Self::named(&self.name)
        }
    }

    /// The same owner once the other keys are the account's.
    pub fn with_other_keys(mut self) -> Self {
        std::mem::swap(&mut self.keys, &mut self.others);
        self
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
            salt: self.salt,
            rounds: Rounds::NEW.value(),
            login: self.login.clone(),
            recovery: self.recovery.clone(),
            rehearsed: true,
            guest: None,
            invitation: None,
        }
    }

    /// `auth.recover`.
    pub fn recover(&self) -> Recover {
        Recover {
            name: self.name.clone(),
            recovery: self.recovery.clone(),
        }
    }

    /// `auth.fresh`.
    pub fn fresh(&self, token: &OneTimeToken) -> Fresh {
        Fresh {
            name: self.name.clone(),
            token: token.clone(),
        }
    }

    /// `auth.password` for a new password and recovery code, with root `expected` + 1.
    pub fn password(
        &self,
        old: Option<&LoginHalf>,
        new: &Self,
        expected: u64,
    ) -> (ChangePassword, Bytes) {
        let password = ChangePassword {
            login: old.cloned(),
            salt: Salt::from_bytes([7; 16]),
            rounds: 600_001,
            new_login: new.login.clone(),
            recovery: new.recovery.clone(),
            expected: RootNumber::new(expected),
        };
        (password, self.root(expected + 1))
    }

    /// The owner's other keys after those of the head, by which they are signed, with their wrap key
    /// and a root.
    pub fn rotation(&self, head: &Keyset, wrap: u64, root: u64) -> Bytes {
        let others = &self.others;
        let keyset = others.rotated_keyset(head, &self.keys, now(), &mut rand::rng());
        let keyset = keyset.expect("a keyset").bytes().clone();
        list(&[keyset, self.foreign_wrap_key(wrap), self.root(root)])
    }

    /// The owner's other keys in place of those of the head, with their wrap key and a root.
    pub fn reset(&self, head: &Keyset, wrap: u64, root: u64) -> Bytes {
        let keyset = self.others.reset_keyset(head, now(), &mut rand::rng());
        let keyset = keyset.expect("a keyset").bytes().clone();
        list(&[keyset, self.foreign_wrap_key(wrap), self.root(root)])
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

    /// The identity keys.
    pub fn identity(&self) -> &IdentityKeys {
        &self.keys
    }

    /// The keyset chain, as others read it.
    pub fn own_chain(&self) -> Chain {
        Chain::first(self.account, None, self.keyset(&self.name)).expect("a chain")
    }

    /// The wrap key, as others verify it.
    pub fn verified_wrap_key(&self, chain: &Chain) -> WrapKey {
        let key = UnverifiedWrapKey::parse(self.wrap_key(1)).expect("a wrap key");
        let verified = key.verify(chain.head(), WrapNumber::new(0));
        verified.expect("signed by its owner")
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

/// The signature block of the published test account, whose keys every [`Owner`] has, over label ‖
/// body: also for what no client signs.
///
/// # Panics
/// If it cannot be signed.
pub fn signature_block(label: &[u8], body: &[u8]) -> Vec<u8> {
    let (pss, dsa) = parts(&published()["accounts"][0]["identities"][0]);
    let hash = Sha256::new().chain_update(label).chain_update(body);
    let hash: [u8; 32] = hash.finalize().into();
    let rng = &mut rand::rng();
    let pss = pss.sign(&hash, rng).expect("a signature");
    let length = u16::try_from(pss.len()).expect("short").to_be_bytes();
    let dsa = dsa.sign(&hash, rng).expect("a signature");
    [&length[..], &pss, &dsa].concat()
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
    let (pss, dsa) = parts(published);
    IdentityKeys::from_parts(pss, dsa).expect("two keys")
}

fn parts(published: &Value) -> (PssPrivateKey, DsaPrivateKey) {
    let pss = PssPrivateKey::from_pkcs8(&bytes_of(&published["pss_pkcs8"]), ModulusSize::Accepted);
    let x: [u8; 32] = bytes_of(&published["x"]).try_into().expect("32 bytes");
    let dsa = DsaPrivateKey::from_private_bytes(&x).expect("a key");
    (pss.expect("a key"), dsa)
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
