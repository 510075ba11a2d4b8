use std::collections::BTreeSet;

use super::*;
use crate::{
    identity::Chain,
    ids::{CommitHash, Commitment, EpochNumber, Fingerprint, Millis, RoomId},
    room::{ChainEntry, CommitReason, history::Outcome},
};

/// Nobody's keys are known: what is tested here needs none.
struct NoKeys;

impl Keysets for NoKeys {
    fn chain(&self, _: AccountId) -> Option<&Chain> {
        None
    }
}

const AUTHOR: AccountId = account(1);
const OTHER: AccountId = account(2);
const ROOM: RoomId = RoomId::from_bytes([9; 16]);

const fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

const fn keys() -> Fingerprint {
    Fingerprint::from_bytes([7; 32])
}

/// A room with these members, whose keys are all the same.
fn record(members: &[(AccountId, Role)], banned: &[AccountId]) -> RoomRecord {
    let member = |&(account, role)| {
        let fingerprint = keys();
        (account, Member { fingerprint, role })
    };
    RoomRecord {
        policy: Policy::new(RoomKind::Private),
        members: members.iter().map(member).collect(),
        banned: banned.iter().copied().collect(),
    }
}

fn judged(before: RoomRecord, changes: Vec<Change>) -> Result<Arc<RoomRecord>, CommitError> {
    let mut history = History::default();
    history.push(Outcome {
        entry: ChainEntry {
            room: ROOM,
            n: EpochNumber::new(1),
            hash: CommitHash::from_bytes([1; 32]),
            author: AUTHOR,
            made_at: Millis::new(1),
            commitment: Commitment::from_bytes([0; 32]),
        },
        members: before.members_hash(ROOM),
        record: Arc::new(before),
        touched: BTreeMap::new(),
    });
    let body = Body {
        room: ROOM,
        n: EpochNumber::new(2),
        previous: CommitHash::from_bytes([1; 32]),
        author: AUTHOR,
        fingerprint: keys(),
        made_at: Millis::new(2),
        reason: CommitReason::RolesOrPolicy,
        commitment: Commitment::from_bytes([0; 32]),
        changes,
    };
    let ground = Ground {
        history: &history,
        keysets: &NoKeys,
        newcomers: Newcomers::AnyOfTheirs,
    };
    judge(&body, &ground)
}

fn cause(result: Result<Arc<RoomRecord>, CommitError>) -> Option<ChangeError> {
    match result {
        Ok(_) => None,
        Err(CommitError::Change { cause, .. }) => Some(cause),
        Err(error) => panic!("{error}"),
    }
}

/// Whether an author of this role may make the change to another one of that role, in a room that has
/// an owner.
fn may(author: Role, other: Role, change: Change) -> bool {
    let members = [(AUTHOR, author), (OTHER, other), (account(3), Role::Owner)];
    cause(judged(record(&members, &[account(4)]), vec![change])).is_none()
}

const ROLES: [Role; 4] = [Role::Owner, Role::Admin, Role::Member, Role::Muted];

#[test]
fn owners_and_admins_remove_who_is_below_them() {
    for author in ROLES {
        for other in ROLES {
            for after in [AfterRemoval::MayReturn, AfterRemoval::Banned] {
                let removed = Change::Removed {
                    account: OTHER,
                    after,
                };
                let expected = author.is_over_members() && other.is_below(author);
                assert_eq!(
                    may(author, other, removed),
                    expected,
                    "{author:?} {other:?}"
                );
            }
        }
    }
}

#[test]
fn roles_are_given_below_the_own_one_and_owners_make_owners() {
    for author in ROLES {
        for other in ROLES {
            for role in ROLES {
                let change = Change::Role {
                    account: OTHER,
                    role,
                };
                let expected = match author {
                    Role::Owner => other != Role::Owner,
                    Role::Admin => !other.is_over_members() && !role.is_over_members(),
                    Role::Member | Role::Muted => false,
                };
                assert_eq!(
                    may(author, other, change),
                    expected,
                    "{author:?} makes {other:?} {role:?}"
                );
            }
        }
    }
}

#[test]
fn owners_and_admins_lower_themselves() {
    for author in ROLES {
        for role in ROLES {
            let change = Change::Role {
                account: AUTHOR,
                role,
            };
            let expected = author.is_over_members() && role.is_below(author);
            assert_eq!(
                may(author, Role::Member, change),
                expected,
                "{author:?} {role:?}"
            );
        }
    }
}

#[test]
fn owners_change_the_policy_and_admins_unban() {
    for author in ROLES {
        let policy = Change::Policy(Policy::new(RoomKind::Private));
        assert_eq!(may(author, Role::Member, policy), author == Role::Owner);
        let unbanned = Change::Unbanned(account(4));
        assert_eq!(
            may(author, Role::Member, unbanned),
            author.is_over_members()
        );
    }
}

#[test]
fn when_no_owner_is_left_admins_do_what_owners_may() {
    let room = |author| record(&[(AUTHOR, author), (OTHER, Role::Admin)], &[account(4)]);
    let of_owners = || {
        [
            Change::Removed {
                account: OTHER,
                after: AfterRemoval::Banned,
            },
            Change::Role {
                account: AUTHOR,
                role: Role::Owner,
            },
            Change::Role {
                account: OTHER,
                role: Role::Owner,
            },
            Change::Policy(Policy::new(RoomKind::Private)),
            Change::Unbanned(account(4)),
        ]
    };
    for change in of_owners() {
        assert_eq!(cause(judged(room(Role::Admin), vec![change])), None);
    }
    // With no admin left either it is over.
    for change in of_owners() {
        let members = [(AUTHOR, Role::Member), (OTHER, Role::Member)];
        let found = cause(judged(record(&members, &[account(4)]), vec![change]));
        assert_eq!(found, Some(ChangeError::NotAllowed));
    }
}

#[test]
fn a_direct_conversation_has_no_roles_to_change() {
    let mut room = record(
        &[(AUTHOR, Role::Owner), (OTHER, Role::Owner)],
        &[account(4)],
    );
    room.policy = Policy::new(RoomKind::Direct);
    for change in [
        Change::Role {
            account: AUTHOR,
            role: Role::Member,
        },
        Change::Policy(Policy::new(RoomKind::Direct)),
        Change::Unbanned(account(4)),
    ] {
        let found = cause(judged(room.clone(), vec![change]));
        assert_eq!(found, Some(ChangeError::RoomKind));
    }
    assert!(judged(room, Vec::new()).is_ok());
}

#[test]
fn who_is_not_in_the_room_is_banned_once() {
    let ban = |author, after, banned: &[AccountId]| {
        let members = [(AUTHOR, author), (account(3), Role::Owner)];
        let removed = Change::Removed {
            account: OTHER,
            after,
        };
        cause(judged(record(&members, banned), vec![removed]))
    };
    for author in [Role::Owner, Role::Admin] {
        assert_eq!(ban(author, AfterRemoval::Banned, &[]), None);
        let again = ban(author, AfterRemoval::Banned, &[OTHER]);
        assert_eq!(again, Some(ChangeError::Banned(OTHER)));
        let nobody = ban(author, AfterRemoval::MayReturn, &[]);
        assert_eq!(nobody, Some(ChangeError::NotMember(OTHER)));
    }
    let member = ban(Role::Member, AfterRemoval::Banned, &[]);
    assert_eq!(member, Some(ChangeError::NotAllowed));
}

#[test]
fn a_thousand_accounts_are_banned_and_no_more() {
    let banned = |count: u16| -> BTreeSet<AccountId> {
        (0..count)
            .map(|number| {
                let mut id = [0xff; 16];
                id[..2].copy_from_slice(&number.to_be_bytes());
                AccountId::from_bytes(id)
            })
            .collect()
    };
    let ban = |count| {
        let mut room = record(&[(AUTHOR, Role::Owner), (OTHER, Role::Member)], &[]);
        room.banned = banned(count);
        let removed = Change::Removed {
            account: OTHER,
            after: AfterRemoval::Banned,
        };
        cause(judged(room, vec![removed]))
    };
    assert_eq!(ban(998), None);
    assert_eq!(ban(999), None);
    assert_eq!(ban(1_000), Some(ChangeError::BannedFull));
}

#[test]
fn a_rotation_shares_the_record() {
    let room = record(&[(AUTHOR, Role::Muted)], &[]);
    let after = judged(room.clone(), Vec::new()).expect("a rotation");
    assert_eq!(*after, room);
}
