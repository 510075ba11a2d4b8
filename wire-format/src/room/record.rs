//! The room record: what all members agree on. It is computed, and never sent on its own authority.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::Policy;
use crate::{
    cursor::Cursor,
    ids::{AccountId, Fingerprint, MembersHash, RoomId},
    limits::{ROOM_BANNED, ROOM_MEMBERS},
    open_error::{Field, OpenError},
};

byte_enum! {
    /// What a member may do.
    Role {
        /// Everything.
        Owner = 1,
        /// Removes members and changes roles below its own.
        Admin = 2,
        /// Publishes.
        Member = 3,
        /// Otherwise a member, and does not publish.
        Muted = 4,
    }
}

impl Role {
    /// Owner > admin > member = muted member.
    const fn rank(self) -> u8 {
        match self {
            Self::Owner => 2,
            Self::Admin => 1,
            Self::Member | Self::Muted => 0,
        }
    }

    /// Whether this role is below the other one; nobody has power over an equal.
    pub const fn is_below(self, other: Self) -> bool {
        self.rank() < other.rank()
    }

    /// Whether it is an owner's or an admin's.
    pub const fn is_over_members(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}

/// An account in a room: the keys that it is there with, and what it may do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Member {
    /// The account's keys as the room knows them.
    pub fingerprint: Fingerprint,
    /// What it may do.
    pub role: Role,
}

/// Policy, members and banned accounts of a room after one of its commits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoomRecord {
    pub(super) policy: Policy,
    pub(super) members: BTreeMap<AccountId, Member>,
    pub(super) banned: BTreeSet<AccountId>,
}

impl RoomRecord {
    /// A room as its founder makes it.
    pub(super) fn founded(policy: Policy, founder: AccountId, fingerprint: Fingerprint) -> Self {
        let owner = Member {
            fingerprint,
            role: Role::Owner,
        };
        Self {
            policy,
            members: BTreeMap::from([(founder, owner)]),
            banned: BTreeSet::new(),
        }
    }

    /// What the room is and allows.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The members, ascending by account: the order of a commit's shares.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (AccountId, Member)> {
        self.members
            .iter()
            .map(|(&account, &member)| (account, member))
    }

    /// The member that this account is, if it is one.
    pub fn member(&self, account: AccountId) -> Option<Member> {
        self.members.get(&account).copied()
    }

    /// The accounts that may not come back, ascending.
    pub fn banned(&self) -> impl ExactSizeIterator<Item = AccountId> {
        self.banned.iter().copied()
    }

    /// Whether this account may not come back.
    pub fn is_banned(&self, account: AccountId) -> bool {
        self.banned.contains(&account)
    }

    /// Whether anybody has this role.
    pub fn has(&self, role: Role) -> bool {
        self.members.values().any(|member| member.role == role)
    }

    /// SHA-256 over label ‖ room ‖ record: what a commit says that it results in.
    pub fn members_hash(&self, room: RoomId) -> MembersHash {
        let hash = Sha256::new()
            .chain_update(b"sealwire/v1/members\0")
            .chain_update(room.as_bytes())
            .chain_update(self.encode())
            .finalize();
        MembersHash::from_bytes(hash.into())
    }

    /// The record as it is hashed, and as a vault keeps it.
    pub fn encode(&self) -> Bytes {
        let bytes = Policy::LEN
            + COUNT_BYTES
            + self.members.len() * MEMBER_BYTES
            + COUNT_BYTES
            + self.banned.len() * AccountId::LEN;
        let mut record = BytesMut::with_capacity(bytes);
        record.put_slice(&self.policy.to_bytes());
        put_count(&mut record, self.members.len());
        for (account, member) in &self.members {
            record.put_slice(account.as_bytes());
            record.put_slice(member.fingerprint.as_bytes());
            record.put_u8(member.role.byte());
        }
        put_count(&mut record, self.banned.len());
        for account in &self.banned {
            record.put_slice(account.as_bytes());
        }
        record.freeze()
    }

    /// Reads a record that was kept.
    ///
    /// # Errors
    /// The typed cause; nobody is in it twice, or both a member and banned.
    pub fn parse(record: Bytes) -> Result<Self, OpenError> {
        read(&mut Cursor::new(record))
    }
}

const COUNT_BYTES: usize = 4;
const MEMBER_BYTES: usize = AccountId::LEN + Fingerprint::LEN + 1;

fn read(record: &mut Cursor) -> Result<RoomRecord, OpenError> {
    let policy = Policy::from_bytes(record.array().ok_or(OpenError::Truncated)?)?;
    let mut members = BTreeMap::new();
    for _ in 0..read_count(record, 1, ROOM_MEMBERS)? {
        let account = read_account(record)?;
        let fingerprint = Fingerprint::from_bytes(record.array().ok_or(OpenError::Truncated)?);
        let role = Role::from_byte(record.u8().ok_or(OpenError::Truncated)?)
            .ok_or(OpenError::Field(Field::Role))?;
        ascends(members.last_key_value().map(|(&last, _)| last), account)?;
        members.insert(account, Member { fingerprint, role });
    }
    let mut banned = BTreeSet::new();
    for _ in 0..read_count(record, 0, ROOM_BANNED)? {
        let account = read_account(record)?;
        ascends(banned.last().copied(), account)?;
        if members.contains_key(&account) {
            return Err(OpenError::Field(Field::Account));
        }
        banned.insert(account);
    }
    match record.remaining() {
        0 => Ok(RoomRecord {
            policy,
            members,
            banned,
        }),
        left => Err(OpenError::LeftOver(left)),
    }
}

fn read_count(record: &mut Cursor, least: usize, most: usize) -> Result<usize, OpenError> {
    let count = record.u32().ok_or(OpenError::Truncated)?;
    usize::try_from(count)
        .ok()
        .filter(|count| (least..=most).contains(count))
        .ok_or(OpenError::Field(Field::Count))
}

fn read_account(record: &mut Cursor) -> Result<AccountId, OpenError> {
    let account = record.array().ok_or(OpenError::Truncated)?;
    Ok(AccountId::from_bytes(account))
}

fn ascends(last: Option<AccountId>, next: AccountId) -> Result<(), OpenError> {
    if last.is_some_and(|last| last >= next) {
        return Err(OpenError::Field(Field::Account));
    }
    Ok(())
}

/// Lists are limited far below 2^32.
fn put_count(record: &mut BytesMut, count: usize) {
    record.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::room::RoomKind;

    fn account(number: usize) -> AccountId {
        let mut id = [0; AccountId::LEN];
        id[8..].copy_from_slice(&u64::try_from(number).expect("a number").to_be_bytes());
        AccountId::from_bytes(id)
    }

    fn record_of(members: usize, banned: usize) -> RoomRecord {
        let member = Member {
            fingerprint: Fingerprint::from_bytes([7; 32]),
            role: Role::Member,
        };
        RoomRecord {
            policy: Policy::new(RoomKind::Private),
            members: (0..members).map(|at| (account(at), member)).collect(),
            banned: (members..members + banned).map(account).collect(),
        }
    }

    #[test]
    fn lists_have_limits() {
        let reads = |members, banned| RoomRecord::parse(record_of(members, banned).encode());
        let count = OpenError::Field(Field::Count);
        assert_eq!(reads(0, 0), Err(count));
        for (members, banned) in [(1, 0), (999, 999), (1_000, 1_000)] {
            assert_eq!(reads(members, banned), Ok(record_of(members, banned)));
        }
        assert_eq!(reads(1_001, 0), Err(count));
        assert_eq!(reads(1, 1_001), Err(count));
    }

    #[test]
    fn accounts_ascend_and_stand_once() {
        let good = record_of(2, 2).encode().to_vec();
        let account_at = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at + 15] = value;
            RoomRecord::parse(bytes.into())
        };
        // Members at 12 and 61, banned accounts at 114 and 130.
        assert!(account_at(61, 1).is_ok());
        for (at, value) in [(61, 0), (12, 1), (130, 2), (114, 3), (114, 1)] {
            let found = account_at(at, value);
            assert_eq!(found, Err(OpenError::Field(Field::Account)), "{at}");
        }
    }

    #[test]
    fn nobody_has_power_over_an_equal() {
        assert!(Role::Admin.is_below(Role::Owner));
        assert!(Role::Muted.is_below(Role::Admin));
        assert!(!Role::Muted.is_below(Role::Member));
        assert!(!Role::Owner.is_below(Role::Owner));
        assert!(!Role::Admin.is_below(Role::Member));
    }

    fn records() -> impl Strategy<Value = RoomRecord> {
        let member = (any::<[u8; 16]>(), any::<[u8; 32]>(), 1_u8..=4);
        let members = proptest::collection::vec(member, 1..20);
        let banned = proptest::collection::vec(any::<[u8; 16]>(), 0..20);
        (members, banned, 1_u8..=4).prop_map(|(members, banned, kind)| {
            let members: BTreeMap<_, _> = members
                .into_iter()
                .map(|(account, fingerprint, role)| {
                    let fingerprint = Fingerprint::from_bytes(fingerprint);
                    let role = Role::from_byte(role).expect("a role");
                    (AccountId::from_bytes(account), Member { fingerprint, role })
                })
                .collect();
            RoomRecord {
                policy: Policy::new(RoomKind::from_byte(kind).expect("a kind")),
                banned: banned
                    .into_iter()
                    .map(AccountId::from_bytes)
                    .filter(|account| !members.contains_key(account))
                    .collect(),
                members,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_no_part_of_it(record in records()) {
            let bytes = record.encode();
            prop_assert_eq!(RoomRecord::parse(bytes.clone()), Ok(record));
            for length in 0..bytes.len() {
                prop_assert_eq!(
                    RoomRecord::parse(bytes.slice(..length)),
                    Err(OpenError::Truncated)
                );
            }
            let longer = Bytes::from([&bytes[..], &[0]].concat());
            prop_assert_eq!(RoomRecord::parse(longer), Err(OpenError::LeftOver(1)));
        }
    }
}
