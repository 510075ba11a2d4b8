//! Somebody with an account: the keys, and the records that a client would make.

use bytes::Bytes;
use serde_json::Value;
use wire_format::{
    AccountId, KeysetNumber, LoginHalf, MessageId, Millis, OneTimeToken, RecoveryLogin, Refusal,
    RootNumber, RunId, Salt, Sequence, WrapNumber,
    command::{
        auth::{Fresh, Login, Password, Prove, Recover, Register, Resume, SignedInAccount},
        keys,
    },
    dsa::DsaPrivateKey,
    identity::{AccountWrapKey, Chain, IdentityKeys, Keyset, ProofDraft, WrapKeyDraft},
    passwords::{RecoveryVault, ServerName, VaultHalf},
    record_list,
    rsa_keys::{ModulusSize, PssPrivateKey, WrapPrivateKey},
    vault::{
        IdentityEntry, ItemContent, ItemDraft, ItemKeyEntry, ItemName, ReadMarkNote, Rest,
        RootContent, VaultLock, WrapEntry,
    },
};

pub(crate) use crate::folder::Folder;
use crate::support::{House, Peer};

/// An account's owner.
pub(crate) struct Owner {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) login: LoginHalf,
    pub(crate) recovery: RecoveryLogin,
    keys: IdentityKeys,
    others: IdentityKeys,
    wraps: Vec<Vec<u8>>,
    lock: VaultLock,
    content: RootContent,
}

impl Owner {
    /// Somebody with this name, a new account id, and the keys of the published test account.
    pub(crate) fn named(name: &str) -> Self {
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
            recovery: RecoveryLogin::from_bytes(rand::random()),
            keys,
            others: identity(&published["identities"][1]),
            wraps,
            lock: lock.expect("a lock"),
            content,
        }
    }

    /// Registers; the session is unproven.
    pub(crate) async fn registers(&self, peer: &mut Peer) -> SignedInAccount {
        let answer = peer.call(&self.register(), self.records()).await;
        answer.expect("an account").0
    }

    /// Signs in; the session is unproven.
    pub(crate) async fn signs_in(&self, peer: &mut Peer) -> Result<SignedInAccount, Refusal> {
        let answer = peer.call(&self.login(), Bytes::new()).await;
        answer.map(|(signed_in, _)| signed_in)
    }

    /// Proves the keys of a session.
    pub(crate) async fn proves(&self, peer: &mut Peer, session: &SignedInAccount) {
        let proof = self.proof(session);
        peer.call(&Prove {}, proof).await.expect("proven");
    }

    /// A peer that has registered and proven.
    pub(crate) async fn arrives(&self, house: &House) -> (Peer, SignedInAccount) {
        let mut peer = house.greeted().await;
        let session = self.registers(&mut peer).await;
        self.proves(&mut peer, &session).await;
        (peer, session)
    }

    /// Another peer that has signed in and proven.
    pub(crate) async fn comes_again(&self, house: &House) -> (Peer, SignedInAccount) {
        let mut peer = house.greeted().await;
        let session = self.signs_in(&mut peer).await.expect("a session");
        self.proves(&mut peer, &session).await;
        (peer, session)
    }

    pub(crate) fn login(&self) -> Login {
        Login {
            name: self.name.clone(),
            login: self.login.clone(),
        }
    }

    pub(crate) fn register(&self) -> Register {
        Register {
            account: self.account,
            name: self.name.clone(),
            salt: Salt::from_bytes([9; 16]),
            rounds: 600_000,
            login: self.login.clone(),
            recovery: self.recovery.clone(),
            rehearsed: true,
            guest: None,
            invitation: None,
        }
    }

    pub(crate) fn recover(&self) -> Recover {
        Recover {
            name: self.name.clone(),
            recovery: self.recovery.clone(),
        }
    }

    pub(crate) fn fresh(&self, token: &OneTimeToken) -> Fresh {
        Fresh {
            name: self.name.clone(),
            token: token.clone(),
        }
    }

    /// A new password and recovery code, with root `expected` + 1.
    pub(crate) fn password(
        &self,
        old: Option<&LoginHalf>,
        new: &Self,
        expected: u64,
    ) -> (Password, Bytes) {
        let password = Password {
            login: old.cloned(),
            salt: Salt::from_bytes([7; 16]),
            rounds: 600_001,
            new_login: new.login.clone(),
            recovery: new.recovery.clone(),
            expected: RootNumber::new(expected),
        };
        (password, self.root(expected + 1))
    }

    /// The same owner with another password and recovery code.
    pub(crate) fn renewed(&self) -> Self {
        Self {
            account: self.account,
            ..Self::named(&self.name)
        }
    }

    /// The chain of the account as the server gives it.
    pub(crate) async fn chain(&self, peer: &mut Peer) -> Chain {
        let command = keys::Chain {
            account: self.account,
            after: None,
        };
        let answer = peer.call(&command, Bytes::new()).await;
        let keysets = record_list::parse(answer.expect("a chain").1, 100).expect("a list");
        let mut keysets = keysets.into_iter();
        let first = keysets.next().expect("keyset 1");
        let chain = Chain::first(self.account, Some(&self.name), first);
        let mut chain = chain.expect("a first keyset");
        for keyset in keysets {
            chain.extend(keyset).expect("the next keyset");
        }
        chain
    }

    /// The owner's other keys after those of the head, by which they are signed, with their wrap key
    /// and a root.
    pub(crate) fn rotation(&self, head: &Keyset, wrap: u64, root: u64) -> Bytes {
        let others = &self.others;
        let keyset = others.rotated_keyset(head, &self.keys, now(), &mut rand::rng());
        let keyset = keyset.expect("a keyset").bytes().clone();
        list(&[keyset, self.foreign_wrap_key(wrap), self.root(root)])
    }

    /// The owner's other keys in place of those of the head, with their wrap key and a root.
    pub(crate) fn reset(&self, head: &Keyset, wrap: u64, root: u64) -> Bytes {
        let keyset = self.others.reset_keyset(head, now(), &mut rand::rng());
        let keyset = keyset.expect("a keyset").bytes().clone();
        list(&[keyset, self.foreign_wrap_key(wrap), self.root(root)])
    }

    /// Keyset 1, wrap key 1 and root 1.
    pub(crate) fn records(&self) -> Bytes {
        list(&[self.keyset(&self.name), self.wrap_key(1), self.root(1)])
    }

    pub(crate) fn keyset(&self, name: &str) -> Bytes {
        let keyset = self
            .keys
            .first_keyset(self.account, name, now(), &mut rand::rng());
        keyset.expect("a keyset").bytes().clone()
    }

    pub(crate) fn wrap_key(&self, number: u64) -> Bytes {
        self.wrap_key_by(&self.keys, number)
    }

    /// A wrap key that the account's keys did not sign.
    pub(crate) fn foreign_wrap_key(&self, number: u64) -> Bytes {
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

    pub(crate) fn root(&self, number: u64) -> Bytes {
        let number = RootNumber::new(number);
        let root = self.lock.seal_root(number, &self.content, &rand::random());
        root.expect("a root").bytes().clone()
    }

    /// A read mark of a channel.
    pub(crate) fn item(&self, channel: u8, number: u64) -> Bytes {
        let name = ItemName::ReadMark(wire_format::ChannelId::from_bytes([channel; 16]));
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

    pub(crate) fn proof(&self, session: &SignedInAccount) -> Bytes {
        self.proof_for(session, "localhost", now())
    }

    pub(crate) fn proof_for(&self, session: &SignedInAccount, server: &str, now: Millis) -> Bytes {
        prove(&self.keys, session, server, now)
    }

    /// A proof by keys that are not the account's.
    pub(crate) fn foreign_proof(&self, session: &SignedInAccount) -> Bytes {
        prove(&self.others, session, "localhost", now())
    }
}

/// Continues a session on a new connection.
pub(crate) async fn resume(
    house: &House,
    session: &SignedInAccount,
) -> Result<(Peer, SignedInAccount), Refusal> {
    let mut peer = house.greeted().await;
    let token = session.token.clone();
    let answer = peer.call(&Resume { token }, Bytes::new()).await;
    answer.map(|(resumed, _)| (peer, resumed))
}

/// Records behind each other.
pub(crate) fn list(records: &[Bytes]) -> Bytes {
    record_list::encode(records).expect("a list")
}

/// The present time.
pub(crate) fn now() -> Millis {
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
    let text = std::fs::read_to_string(format!("{}{path}", env!("CARGO_MANIFEST_DIR")));
    serde_json::from_str(&text.expect("the vectors are there")).expect("JSON")
}

fn bytes_of(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().expect("hexadecimal").as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(|pair| byte(pair).expect("two digits")).collect()
}
