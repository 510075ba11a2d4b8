use super::*;
use crate::{ids::Fingerprint, room::Role, room::RoomKind};

const ROOM: RoomId = RoomId::from_bytes([9; 16]);

fn account(number: u16) -> AccountId {
    let mut id = [0; AccountId::LEN];
    id[..2].copy_from_slice(&number.to_be_bytes());
    AccountId::from_bytes(id)
}

fn hash(n: u64) -> CommitHash {
    let mut hash = [0; CommitHash::LEN];
    hash[..8].copy_from_slice(&n.to_be_bytes());
    CommitHash::from_bytes(hash)
}

fn room(members: u16) -> RoomRecord {
    let keys = Fingerprint::from_bytes([7; 32]);
    let mut record = RoomRecord::founded(Policy::new(RoomKind::Private), account(0), keys);
    let member = Member {
        fingerprint: keys,
        role: Role::Member,
    };
    let others = (1..members).map(|number| (account(number), member));
    record.members.extend(others);
    record
}

fn outcome(n: u64, record: &Arc<RoomRecord>, touched: &[(AccountId, bool)]) -> Outcome {
    Outcome {
        entry: ChainEntry {
            room: ROOM,
            n: EpochNumber::new(n),
            hash: hash(n),
            author: account(0),
            made_at: Millis::new(n),
            commitment: Commitment::from_bytes([0; 32]),
        },
        record: Arc::clone(record),
        members: MembersHash::from_bytes([0; 32]),
        touched: touched.iter().copied().collect(),
    }
}

fn with_role(record: &RoomRecord, account: AccountId, role: Role) -> Arc<RoomRecord> {
    let mut record = record.clone();
    let member = record.members.get_mut(&account).expect("a member");
    member.role = role;
    Arc::new(record)
}

/// Everything that is kept beside the newest list, in entries.
fn kept(history: &History) -> usize {
    let turns = history.turns.values().map(Vec::len).sum::<usize>();
    history.entries.len() + history.numbers.len() + history.policies.len() + turns
}

#[test]
fn a_commit_costs_what_it_changes_however_many_are_in_the_room() {
    for members in [2, 10, 1_000] {
        let mut record = Arc::new(room(members));
        let mut history = History::default();
        history.push(outcome(1, &record, &[]));
        let mut before = kept(&history);
        for n in 2..100 {
            // A rotation is an entry and its number; a role is one turn more.
            history.push(outcome(n, &record, &[]));
            assert_eq!(kept(&history) - before, 2, "{members}");
            before = kept(&history);
        }
        for n in 100..200 {
            let role = if n % 2 == 0 {
                Role::Admin
            } else {
                Role::Member
            };
            record = with_role(&record, account(1), role);
            history.push(outcome(n, &record, &[(account(1), false)]));
            assert_eq!(kept(&history) - before, 3, "{members}");
            before = kept(&history);
        }
    }
}

#[test]
fn the_past_is_found_by_number_and_by_hash() {
    let mut history = History::default();
    let first = Arc::new(room(3));
    history.push(outcome(1, &first, &[]));
    let admin = with_role(&first, account(1), Role::Admin);
    history.push(outcome(2, &admin, &[(account(1), false)]));
    let mut gone = RoomRecord::clone(&admin);
    gone.members.remove(&account(1));
    gone.policy.join = super::super::JoinPolicy::Open;
    let gone = Arc::new(gone);
    history.push(outcome(3, &gone, &[(account(1), true)]));

    let role = |n| {
        let member = history.member(EpochNumber::new(n), account(1));
        member.map(|member| member.map(|member| member.role))
    };
    assert_eq!(role(1), Ok(Some(Role::Member)));
    assert_eq!(role(2), Ok(Some(Role::Admin)));
    assert_eq!(role(3), Ok(None));
    assert_eq!(role(4), Err(NotHere::Unknown));
    assert_eq!(role(0), Err(NotHere::Unknown));
    let never = history.member(EpochNumber::new(3), account(8));
    assert_eq!(never, Ok(None));
    let policy = |n| history.policy(EpochNumber::new(n)).copied();
    assert_eq!(policy(2), Ok(first.policy));
    assert_eq!(policy(3), Ok(gone.policy));
    assert_eq!(history.position(hash(2)), Ok(EpochNumber::new(2)));
    assert_eq!(history.position(hash(4)), Err(NotHere::Unknown));
}

#[test]
fn coming_going_and_powers_are_known_since_a_commit() {
    let mut history = History::default();
    let first = Arc::new(room(3));
    history.push(outcome(1, &first, &[]));
    for (n, role) in [
        (2, Role::Admin),
        (3, Role::Owner),
        (4, Role::Member),
        (5, Role::Admin),
    ] {
        let record = with_role(&first, account(1), role);
        history.push(outcome(n, &record, &[(account(1), false)]));
    }
    let is_over = |n| history.is_over_members_since(EpochNumber::new(n), account(1));
    assert_eq!([4, 5, 6].map(is_over), [false, true, true]);
    assert!(!history.came_or_went(EpochNumber::new(1), account(1)));
    // With new keys it comes again, though it was never gone.
    history.push(outcome(6, &first, &[(account(1), true)]));
    assert!(history.came_or_went(EpochNumber::new(5), account(1)));
    assert!(!history.came_or_went(EpochNumber::new(6), account(1)));
    assert!(!history.is_over_members_since(EpochNumber::new(6), account(1)));
    // Who is banned goes, also where it was not in.
    history.push(outcome(7, &first, &[(account(9), true)]));
    assert!(history.came_or_went(EpochNumber::new(6), account(9)));
    assert!(!history.came_or_went(EpochNumber::new(6), account(8)));
}

#[test]
fn where_a_chain_was_taken_up_the_past_is_older() {
    let mut history = History::default();
    let record = Arc::new(room(2));
    history.push(outcome(5, &record, &[]));
    assert!(!history.is_whole());
    assert_eq!(history.position(hash(4)), Err(NotHere::Older));
    let member = history.member(EpochNumber::new(4), account(1));
    assert_eq!(member, Err(NotHere::Older));
    assert!(
        history
            .member(EpochNumber::new(5), account(1))
            .is_ok_and(|member| member.is_some())
    );
    assert!(!history.came_or_went(EpochNumber::new(5), account(1)));
}
