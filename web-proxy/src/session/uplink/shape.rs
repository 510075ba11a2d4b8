//! The commands of accounts that a page may give: what is not listed here is the proxy's business or
//! nobody's.

use wire_format::{
    command::Command,
    limits::{KEYS_PROOF_BYTES, KEYSET_BYTES, VAULT_ROOT_BYTES, WRAP_KEY_BYTES},
};

/// What a command and its reply look like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shape {
    pub(crate) takes: Takes,
    pub(crate) gives: Gives,
}

/// Whether a command has a tail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Takes {
    /// None.
    Fields,
    /// One of at most so many bytes.
    Tail(usize),
}

/// Whether a reply has a tail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gives {
    /// None.
    Fields,
    /// One, which may be empty.
    Tail,
}

impl Shape {
    /// The shape of a command of accounts; `None` for any other.
    pub(crate) const fn of(command: &Command) -> Option<Self> {
        let (takes, gives) = match command {
            Command::ProveKeys(_) => (Takes::Tail(KEYS_PROOF_BYTES), Gives::Fields),
            Command::ChangePassword(_) | Command::SetVaultRoot(_) => {
                (Takes::Tail(VAULT_ROOT_BYTES), Gives::Fields)
            }
            Command::WrapKey(_) => (Takes::Tail(WRAP_AND_ROOT_BYTES), Gives::Fields),
            Command::RotateKeys(_) | Command::ResetKeys(_) => {
                (Takes::Tail(KEYS_AND_ROOT_BYTES), Gives::Fields)
            }
            Command::PutVaultItems(_) => (Takes::Tail(VAULT_PUT_BYTES), Gives::Fields),
            Command::KeysChain(_)
            | Command::WrapKeys(_)
            | Command::VaultRoot(_)
            | Command::VaultItems(_) => (Takes::Fields, Gives::Tail),
            Command::ListSessions(_)
            | Command::RevokeSession(_)
            | Command::DeleteAccount(_)
            | Command::CodeRehearsed(_)
            | Command::FindAccount(_)
            | Command::UpdateAccount(_)
            | Command::AddFriend(_)
            | Command::AcceptFriend(_)
            | Command::DeclineFriend(_)
            | Command::RemoveFriend(_)
            | Command::BlockAccount(_)
            | Command::UnblockAccount(_)
            | Command::ListFriends(_)
            | Command::PresenceOf(_) => (Takes::Fields, Gives::Fields),
            _ => return None,
        };
        Some(Self { takes, gives })
    }
}

/// Whether a command signs in, for which there is a route of its own.
pub(crate) const fn signs_in(command: &Command) -> bool {
    matches!(
        command,
        Command::Guest(_)
            | Command::SignInParams(_)
            | Command::Register(_)
            | Command::Login(_)
            | Command::Recover(_)
            | Command::StartFresh(_)
    )
}

/// Size of the length in front of a record of a list, in bytes.
const RECORD_LENGTH_BYTES: usize = 4;
/// Largest tail of `keys.wrap`, in bytes: two records.
pub(crate) const WRAP_AND_ROOT_BYTES: usize =
    WRAP_KEY_BYTES + VAULT_ROOT_BYTES + 2 * RECORD_LENGTH_BYTES;
/// Largest tail of `keys.rotate` and `keys.reset`, in bytes: three records.
pub(crate) const KEYS_AND_ROOT_BYTES: usize =
    KEYSET_BYTES + RECORD_LENGTH_BYTES + WRAP_AND_ROOT_BYTES;
/// Largest tail of `vault.put`, in bytes: what fits a frame to the chat-server beside its header.
pub(crate) const VAULT_PUT_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str, fields: &str) -> Option<Shape> {
        Shape::of(&Command::from_parts(name, fields.as_bytes()).expect("a command"))
    }

    #[test]
    fn what_is_the_proxys_business_is_not_for_pages() {
        let room = "00".repeat(16);
        for (name, fields) in [
            (
                "session.hello",
                "{\"version\":1,\"client\":\"x\"}".to_owned(),
            ),
            ("auth.resume", "{}".to_owned()),
            ("keys.announce", "{}".to_owned()),
            ("keys.of", format!("{{\"member\":\"{room}\"}}")),
            ("epochs.ask", format!("{{\"room\":\"{room}\",\"n\":\"1\"}}")),
            ("rooms.list", "{}".to_owned()),
        ] {
            assert_eq!(shape(name, &fields), None, "{name}");
        }
    }

    #[test]
    fn the_largest_vault_root_fits_every_command_that_takes_one() {
        let most = |name, fields| match shape(name, fields) {
            Some(Shape {
                takes: Takes::Tail(most),
                ..
            }) => most,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(most("vault.set_root", "{\"expected\":\"1\"}"), 192 * 1024);
        assert_eq!(most("keys.wrap", "{}"), (192 + 4) * 1024 + 8);
        assert_eq!(
            most("keys.rotate", "{\"expected\":\"1\"}"),
            (192 + 8) * 1024 + 12
        );
        assert_eq!(most("vault.put", "{}"), 1024 * 1024);
    }
}
