//! What opens an account, cut into canaries. It is derived here from what a person has, by the
//! protocol and not by the programs.

use std::net::SocketAddr;

use chat_client::Account;
use sealwire_tests::{memory::Canary, wire::Wire};
use serde_json::json;
use sha2::Sha256;
use wire_format::{
    AccountId, Salt,
    passwords::{Password, RecoveryCode, Rounds, ServerName},
    vault::{KeptVaultKey, RootContent},
};

/// Everything of one account, collected while it changes.
#[derive(Default)]
pub(crate) struct Secrets {
    /// What stays with its owner.
    pub(crate) own: Vec<Canary>,
    /// What a server is told to sign somebody in: the login halves.
    pub(crate) halves: Vec<Canary>,
    /// What continues sessions.
    pub(crate) tokens: Vec<Canary>,
}

/// A password as it is typed: no-break spaces are spaces once it is prepared.
pub(crate) struct Typed(String);

impl Typed {
    pub(crate) fn new() -> Self {
        let [first, second]: [u64; 2] = rand::random();
        Self(format!("{first:016x}\u{a0}of\u{a0}{second:016x}"))
    }

    pub(crate) fn prepared(&self) -> Password {
        Password::prepare(&self.0).expect("a password")
    }
}

impl Secrets {
    /// Something else that stays with its owner.
    pub(crate) fn own(&mut self, name: &'static str, bytes: &[u8]) {
        self.own.extend(Canary::new(name, bytes).forms());
    }

    /// A password, and what the protocol makes of it with a salt.
    pub(crate) fn password(&mut self, typed: &Typed, salt: Salt) {
        let prepared = typed.0.replace('\u{a0}', " ");
        self.own("password as typed", typed.0.as_bytes());
        self.own("password as prepared", prepared.as_bytes());
        self.own("beginning of the password", &prepared.as_bytes()[..12]);
        let mut stretched = [0; 32];
        let rounds = Rounds::NEW.value();
        pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), salt.as_bytes(), rounds, &mut stretched);
        self.own("stretched password", &stretched);
        let halves = typed
            .prepared()
            .halves(&salt, Rounds::NEW, &ServerName::localhost());
        let halves = halves.expect("halves");
        self.own("vault half of the password", &halves.vault.as_bytes()[..32]);
        self.own("vault half of the password", &halves.vault.as_bytes()[32..]);
        let login = Canary::new("login half", *halves.login.as_bytes());
        self.halves.extend(login.forms());
    }

    /// A recovery code, and what the protocol makes of it for an account.
    pub(crate) fn code(&mut self, code: &RecoveryCode, account: AccountId) {
        let text = code.to_text();
        self.own("recovery code", text.as_bytes());
        self.own("recovery code", text.replace('-', "").as_bytes());
        self.own("recovery code", text.to_lowercase().as_bytes());
        self.own("bytes of the recovery code", &bytes_of(&text));
        let halves = code.halves(account, &ServerName::localhost());
        let halves = halves.expect("halves");
        self.own("vault half of the code", &halves.vault.as_bytes()[..32]);
        self.own("vault half of the code", &halves.vault.as_bytes()[32..]);
        let login = Canary::new("recovery login", *halves.login.as_bytes());
        self.halves.extend(login.forms());
    }

    /// What an account's root holds now, and what opens it. The root is replaced by the same.
    pub(crate) async fn account(&mut self, account: &mut Account) {
        let mut content = None;
        let look = |root: &mut RootContent| content = Some(root.clone());
        account.set_root(look).await.expect("a new root");
        let kept = account.kept();
        self.root(&content.expect("a root"), &kept.vault_key);
        let token = Canary::new("session's token", kept.token.as_str());
        self.tokens.extend(token.forms());
    }

    /// What a root holds, and the key that opens it.
    pub(crate) fn root(&mut self, content: &RootContent, key: &KeptVaultKey) {
        let key = serde_json::to_value(key).expect("JSON");
        let key = key["key"].as_str().expect("hexadecimal").as_bytes();
        let digits = key
            .chunks(2)
            .map(|pair| str::from_utf8(pair).expect("digits"));
        let key: Vec<_> = digits
            .map(|pair| u8::from_str_radix(pair, 16).expect("a byte"))
            .collect();
        self.own("vault key", &key);
        for entry in &content.item_keys {
            self.own("item key", entry.key.as_bytes());
        }
        for entry in &content.identity {
            self.rsa_key("PSS key", entry.pss.as_bytes());
            self.own("DSA key", entry.dsa.as_bytes());
            self.big_number("DSA key", entry.dsa.as_bytes());
        }
        for entry in &content.wraps {
            self.rsa_key("wrap key", entry.key.as_bytes());
        }
    }

    fn rsa_key(&mut self, name: &'static str, pkcs8: &[u8]) {
        let [_modulus, _exponent, private @ ..] = &numbers(pkcs8)[..] else {
            panic!("an RSA key has more numbers");
        };
        assert_eq!(
            private.len(),
            6,
            "d, p, q, d mod (p-1), d mod (q-1), 1/q mod p"
        );
        for number in private {
            // With the byte before it that keeps it positive, it is also what PKCS #8 has there.
            self.own(name, &number[number.len() - PIECE..]);
            self.own(name, &number[1..=PIECE]);
            self.big_number(name, number);
        }
    }

    /// A number as machine words hold it, the lowest byte first.
    fn big_number(&mut self, name: &'static str, number: &[u8]) {
        let words: Vec<u8> = number.iter().rev().take(PIECE).copied().collect();
        self.own.push(Canary::new(name, words));
    }
}

/// Bytes of a number that are looked for: no page of a database and no buffer cuts both ends.
const PIECE: usize = 24;

/// What a server says that the password of a name is stretched with.
pub(crate) async fn salt_of(server: SocketAddr, name: &str) -> Salt {
    let mut wire = Wire::connect(server).await;
    wire.hello().await;
    let params = wire.command("auth.params", json!({"name": name})).await;
    let salt = params.expect("parameters")["salt"].take();
    serde_json::from_value(salt).expect("a salt")
}

/// The 16 bytes of a recovery code, from its text.
fn bytes_of(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digits = text.chars().filter_map(|digit| ALPHABET.find(digit));
    let bits = digits.flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1));
    let bits: Vec<_> = bits.collect();
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    let bytes = bits.chunks(8).take(RecoveryCode::LEN).map(byte);
    bytes
        .map(|byte| u8::try_from(byte).expect("8 bits"))
        .collect()
}

/// The numbers of an RSA key in PKCS #8 (RFC 8017 A.1.2): the modulus first, 1/q mod p last.
fn numbers(pkcs8: &[u8]) -> Vec<&[u8]> {
    let (info, _) = element(pkcs8);
    let (_version, rest) = element(info);
    let (_algorithm, rest) = element(rest);
    let (octets, _) = element(rest);
    let (key, _) = element(octets);
    let (_version, mut rest) = element(key);
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (number, after) = element(rest);
        numbers.push(number);
        rest = after;
    }
    numbers
}

/// The content of the first element of DER, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, head) = match der[1] {
        short @ ..=0x7f => (usize::from(short), 2),
        long => {
            let digits = &der[2..2 + usize::from(long & 0x7f)];
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, 2 + digits.len())
        }
    };
    der[head..].split_at(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_by_hand_as_by_the_library() {
        let bytes: [u8; 16] = rand::random();
        assert_eq!(bytes_of(&RecoveryCode::from_bytes(bytes).to_text()), bytes);
    }
}
