//! The changes of a commit: who comes, who goes, and what the room allows from then on.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Action, Policy, Role, UnverifiedRequest};
use crate::{
    cursor::Cursor,
    identity::{Link, UnverifiedKeyset},
    ids::{AccountId, Fingerprint},
    open_error::{Field, OpenError},
    record::Record,
};

byte_enum! {
    /// Whether somebody who is removed may come back.
    AfterRemoval {
        /// By a new request, as anybody.
        MayReturn = 0,
        /// Not before it is unbanned.
        Banned = 1,
    }
}

/// One change; a commit has them ascending by kind, then by account.
#[derive(Clone, Debug)]
pub enum Change {
    /// Kind 1: the room is made; the author owns it.
    Founded(Policy),
    /// Kind 2: somebody is in a conversation from its beginning.
    Placed {
        /// Who.
        account: AccountId,
        /// With which keys.
        fingerprint: Fingerprint,
    },
    /// Kind 3: somebody comes in who asked to.
    Joined(Box<UnverifiedRequest>),
    /// Kind 4: somebody goes who asked to.
    Left(Box<UnverifiedRequest>),
    /// Kind 5: somebody goes who did not ask.
    Removed {
        /// Who.
        account: AccountId,
        /// Whether it may come back.
        after: AfterRemoval,
    },
    /// Kind 6: a member may do more or less.
    Role {
        /// Who.
        account: AccountId,
        /// What it is from then on.
        role: Role,
    },
    /// Kind 7: the room allows more or less.
    Policy(Policy),
    /// Kind 8: a member has new keys, which its old ones signed.
    Rekeyed(Box<UnverifiedKeyset>),
    /// Kind 9: somebody may come back.
    Unbanned(AccountId),
}

impl Change {
    /// The byte in a commit.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Founded(_) => 1,
            Self::Placed { .. } => 2,
            Self::Joined(_) => 3,
            Self::Left(_) => 4,
            Self::Removed { .. } => 5,
            Self::Role { .. } => 6,
            Self::Policy(_) => 7,
            Self::Rekeyed(_) => 8,
            Self::Unbanned(_) => 9,
        }
    }

    /// Whom it is about; nobody where the room itself changes.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Founded(_) | Self::Policy(_) => None,
            Self::Placed { account, .. }
            | Self::Removed { account, .. }
            | Self::Role { account, .. }
            | Self::Unbanned(account) => Some(*account),
            Self::Joined(request) | Self::Left(request) => Some(request.account()),
            Self::Rekeyed(keyset) => Some(keyset.account()),
        }
    }

    /// What changes are ordered by; none stands twice in a commit.
    pub(super) fn place(&self) -> (u8, Option<AccountId>) {
        (self.kind(), self.account())
    }

    /// Reads `kind u8 | length u32 | body` where a commit stands.
    pub(super) fn read(record: &mut Record) -> Result<Self, OpenError> {
        let kind = record.u8()?;
        let length = usize::try_from(record.u32()?).map_err(|_| OpenError::Truncated)?;
        let body = record.bytes(length)?;
        match kind {
            3 => Ok(Self::Joined(Box::new(request(body, Action::Join)?))),
            4 => Ok(Self::Left(Box::new(request(body, Action::Leave)?))),
            8 => {
                let keyset = UnverifiedKeyset::parse(body)?;
                if keyset.link() != Link::Rotated {
                    return Err(OpenError::Field(Field::Link));
                }
                Ok(Self::Rekeyed(Box::new(keyset)))
            }
            _ => Self::read_short(kind, body),
        }
    }

    /// Reads the body of a kind that holds no record.
    fn read_short(kind: u8, body: Bytes) -> Result<Self, OpenError> {
        let mut body = Cursor::new(body);
        let change = match kind {
            1 => Self::Founded(Policy::from_bytes(array(&mut body)?)?),
            2 => Self::Placed {
                account: AccountId::from_bytes(array(&mut body)?),
                fingerprint: Fingerprint::from_bytes(array(&mut body)?),
            },
            5 => Self::Removed {
                account: AccountId::from_bytes(array(&mut body)?),
                after: AfterRemoval::from_byte(byte(&mut body)?)
                    .ok_or(OpenError::Field(Field::Change))?,
            },
            6 => Self::Role {
                account: AccountId::from_bytes(array(&mut body)?),
                role: Role::from_byte(byte(&mut body)?).ok_or(OpenError::Field(Field::Role))?,
            },
            7 => Self::Policy(Policy::from_bytes(array(&mut body)?)?),
            9 => Self::Unbanned(AccountId::from_bytes(array(&mut body)?)),
            _ => return Err(OpenError::Field(Field::Change)),
        };
        match body.remaining() {
            0 => Ok(change),
            left => Err(OpenError::LeftOver(left)),
        }
    }

    /// Appends `kind u8 | length u32 | body`.
    pub(super) fn write(&self, record: &mut BytesMut) {
        let body = self.body();
        record.put_u8(self.kind());
        // The largest body is a record of 4 KiB.
        record.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
        record.put_slice(&body);
    }

    fn body(&self) -> Bytes {
        let mut body = BytesMut::new();
        match self {
            Self::Founded(policy) | Self::Policy(policy) => body.put_slice(&policy.to_bytes()),
            Self::Placed {
                account,
                fingerprint,
            } => {
                body.put_slice(account.as_bytes());
                body.put_slice(fingerprint.as_bytes());
            }
            Self::Joined(request) | Self::Left(request) => return request.bytes().clone(),
            Self::Removed { account, after } => {
                body.put_slice(account.as_bytes());
                body.put_u8(after.byte());
            }
            Self::Role { account, role } => {
                body.put_slice(account.as_bytes());
                body.put_u8(role.byte());
            }
            Self::Rekeyed(keyset) => return keyset.bytes().clone(),
            Self::Unbanned(account) => body.put_slice(account.as_bytes()),
        }
        body.freeze()
    }
}

fn request(body: Bytes, action: Action) -> Result<UnverifiedRequest, OpenError> {
    let request = UnverifiedRequest::parse(body)?;
    if request.action() != action {
        return Err(OpenError::Field(Field::Action));
    }
    Ok(request)
}

fn array<const N: usize>(body: &mut Cursor) -> Result<[u8; N], OpenError> {
    body.array().ok_or(OpenError::Truncated)
}

fn byte(body: &mut Cursor) -> Result<u8, OpenError> {
    body.u8().ok_or(OpenError::Truncated)
}
