//! What a name that nobody has is answered with: always the same, and like an account's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wire_format::{AccountId, Salt, command::auth::SignInParams, limits::ROUNDS_LEAST};

use crate::store::{PasswordHash, SecretBytes};

/// Makes decoys.
pub(crate) struct Decoys {
    secret: SecretBytes,
    hash: PasswordHash,
}

impl Decoys {
    pub(super) const fn new(secret: SecretBytes, hash: PasswordHash) -> Self {
        Self { secret, hash }
    }

    /// The parameters of a folded name that nobody has.
    pub(crate) fn params(&self, server: &str, folded: &str) -> SignInParams {
        SignInParams {
            server: server.to_owned(),
            account: AccountId::from_bytes(self.half(b"account\0", folded)),
            salt: Salt::from_bytes(self.half(b"salt\0", folded)),
            rounds: ROUNDS_LEAST,
        }
    }

    /// A hash that nothing matches, so that an unknown name costs what a known one does.
    pub(crate) const fn hash(&self) -> &PasswordHash {
        &self.hash
    }

    fn half(&self, label: &[u8], folded: &str) -> [u8; 16] {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            // HMAC takes keys of every length.
            return [0; 16];
        };
        let mac = mac.chain_update(label).chain_update(folded).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&mac.into_bytes()[..16]);
        half
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoy_is_stable_for_one_server_and_name() {
        let of = |secret: u8, name| {
            let hash = PasswordHash::new(String::new());
            Decoys::new(SecretBytes::new(vec![secret; 32]), hash).params("here", name)
        };
        assert_eq!(of(1, "ada"), of(1, "ada"));
        let (ada, bob, elsewhere) = (of(1, "ada"), of(1, "bob"), of(2, "ada"));
        assert_ne!(ada.salt, bob.salt);
        assert_ne!(ada.account, bob.account);
        assert_ne!(ada.salt, elsewhere.salt);
        assert_ne!(ada.salt.as_bytes(), ada.account.as_bytes());
    }
}
