//! argon2id of login halves: slow on purpose, so only ever run as [`Work`](super::work::Work).

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};

use wire_format::{LoginHalf, RecoveryLogin};

use crate::store::{PasswordHash, accounts::Password};

/// What an account proves itself with from now on, hashed; `None` if memory is short.
pub(crate) fn hashed(
    salt: [u8; 16],
    rounds: u32,
    login: &LoginHalf,
    recovery: &RecoveryLogin,
) -> Option<Password> {
    Some(Password {
        salt,
        rounds,
        login: phc(login.as_bytes())?,
        recovery: phc(recovery.as_bytes())?,
    })
}

/// Hashes a login half or a recovery login with a new salt; `None` if memory is short.
fn phc(half: &[u8; 32]) -> Option<PasswordHash> {
    let salt: [u8; 16] = rand::random();
    let hash = argon2id()?.hash_password_with_salt(half, &salt).ok()?;
    Some(PasswordHash::new(hash.to_string()))
}

/// Whether this is the half that was hashed; compared in constant time.
pub(crate) fn matches(half: &[u8; 32], hash: &PasswordHash) -> bool {
    argon2id().is_some_and(|argon2id| argon2id.verify_password(half, hash.as_str()).is_ok())
}

/// A hash that nobody knows the half of.
pub(super) fn of_nobody() -> Option<PasswordHash> {
    phc(&rand::random())
}

fn argon2id() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Memory of one hash, in KiB: 19 MiB, by the OWASP password storage cheat sheet, and 25 ms.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes at once: a hash takes one core.
const LANES: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_matches_its_own_hash() {
        let hash = phc(&[7; 32]).expect("a hash");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(matches(&[7; 32], &hash));
        assert!(!matches(&[8; 32], &hash));
        assert_ne!(phc(&[7; 32]), Some(hash));
        assert!(!matches(
            &[7; 32],
            &PasswordHash::new("no PHC string".into())
        ));
    }
}
