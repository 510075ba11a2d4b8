//! End-to-end rooms: their chains of commits, and who is in them.

use chat_server::store::{
    Database, Refusal, Store as _, Verdict,
    accounts::DeleteAccount,
    audit::Actor,
    rooms::{
        Action, AppendCommit, Appended, ChannelFace, ChannelRow, Comes, Commit, CompanyOf, Due,
        Face, FaceStep, FoundRoom, Invitation, IsIn, ListRooms, Member, OwnRoom, PutGrant,
        PutInvitation, PutKeyRequest, PutRequest, ReadCommits, ReadRoom, ReadShare, RoomOfChannel,
        RoomRow, SetDue, SetState, Share, State,
    },
};
use wire_format::{ChannelId, MemberId, RoomId, RunId, limits::PLACED_UNANSWERED};

use crate::support::{House, NOW, after};

const MOST: u64 = 2;

pub(crate) fn room(number: u8) -> RoomId {
    RoomId::from_bytes([number; 16])
}

pub(crate) fn hash(room: RoomId, n: u64) -> [u8; 32] {
    let mut hash = [room.as_bytes()[0]; 32];
    hash[..8].copy_from_slice(&n.to_be_bytes());
    hash
}

fn member(account: MemberId, comes: Comes) -> Member {
    Member {
        account,
        fingerprint: [5; 32],
        role: 3,
        comes,
    }
}

/// Commit n of a room, by the first of its members, with a share of its own for each.
fn commit(room: RoomId, n: u64, members: &[MemberId], put: Vec<Member>) -> Commit {
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    let shares = sorted.iter().flat_map(|id| vec![id.as_bytes()[0]; 384]);
    Commit {
        room,
        n,
        hash: hash(room, n),
        author: members[0],
        name: "ann".into(),
        record: format!("commit {n}").into_bytes(),
        wraps: vec![1; members.len()],
        newest: vec![1; members.len()],
        shares: shares.collect(),
        members: sorted,
        put,
        rooms_most: MOST,
        keep_days: 0,
        now: after(n),
    }
}

pub(crate) fn founding(number: u8, members: &[MemberId]) -> FoundRoom {
    let comes = |place| {
        if place == 0 {
            Comes::Itself
        } else {
            Comes::Placed
        }
    };
    let put = members.iter().enumerate();
    let put = put.map(|(place, account)| member(*account, comes(place)));
    FoundRoom {
        kind: 3,
        commit: commit(room(number), 1, members, put.collect()),
        channel: ChannelId::main_of(room(number)),
        run: RunId::from_bytes([number; 16]),
        pair: None,
        face: None,
    }
}

pub(crate) async fn found(house: &House, founding: FoundRoom) -> Verdict<u64> {
    house.store.write(founding).await.expect("written")
}

pub(crate) fn next(number: u8, n: u64, members: &[MemberId]) -> AppendCommit {
    AppendCommit {
        commit: commit(room(number), n, members, vec![]),
        previous: hash(room(number), n - 1),
        requests_seen: 0,
        gone: vec![],
        settled: vec![],
        void: vec![],
    }
}

/// Where a commit stands in the first of the channels that have it.
fn place(appended: &Appended) -> u64 {
    appended.places[0].1
}

pub(crate) async fn append(house: &House, commit: AppendCommit) -> Verdict<Appended> {
    house.store.write(commit).await.expect("written")
}

/// Puts something into every table of rooms.
pub(crate) async fn fill(house: &House, ann: MemberId, bob: MemberId) {
    let dan = house.register("dan").await;
    let mut direct = founding(1, &[ann, bob]);
    direct.pair = Some([ann.min(bob), ann.max(bob)]);
    found(house, direct).await.expect("a room");
    found(house, founding(2, &[ann, dan]))
        .await
        .expect("a room");
    let store = &house.store;
    let leave = request(2, dan, Action::Leave, "leave");
    store.write(leave).await.expect("written").expect("kept");
    let invitation = PutInvitation {
        invitation: Invitation {
            room: room(2),
            invitee: bob,
            inviter: ann,
            expires_at: after(1_000_000),
            record: vec![1],
        },
        hash: [1; 32],
        most: 10,
        most_by_one: 10,
        now: NOW,
    };
    store
        .write(invitation)
        .await
        .expect("written")
        .expect("kept");
    let ask = PutKeyRequest {
        room: room(1),
        account: bob,
        hash: [1; 32],
        record: vec![1],
    };
    store.write(ask).await.expect("written").expect("kept");
    let grant = PutGrant {
        room: room(1),
        asker: bob,
        request: [1; 32],
        granter: ann,
        record: vec![1],
        most: 1,
    };
    store.write(grant).await.expect("written").expect("kept");
    let state = State {
        number: 1,
        record: vec![1],
    };
    let (room, expected) = (room(1), 0);
    let set = SetState {
        room,
        expected,
        state,
    };
    store.write(set).await.expect("written").expect("kept");
    let public = crate::channels::public(3, "Ops", ann);
    found(house, public).await.expect("a room");
    for (revision, step) in [
        (0, crate::channels::another(9)),
        (1, FaceStep::Archived(true)),
    ] {
        let revised = crate::channels::revise(house, 3, revision, step).await;
        revised.expect("revised");
    }
    // What is archived gives its name back.
    let named = crate::channels::public(4, "Docs", ann);
    found(house, named).await.expect("a room");
    crate::files::fill(house, room, ann).await;
    let delete = DeleteAccount {
        account: dan,
        actor: Actor::Account(dan),
        now: NOW,
    };
    store.write(delete).await.expect("written").expect("gone");
}

/// Makes a room of one, or its next commit.
pub(crate) async fn commits(store: &Database, room: RoomId, n: u64, account: MemberId) {
    if n == 1 {
        let mut founding = founding(0, &[account]);
        founding.commit = commit(room, 1, &[account], founding.commit.put);
        founding.channel = ChannelId::main_of(room);
        let founded = store.write(founding).await.expect("written");
        assert_eq!(founded, Ok(1));
    } else {
        let mut next = next(0, n, &[account]);
        next.commit = commit(room, n, &[account], vec![]);
        next.previous = hash(room, n - 1);
        let appended = store.write(next).await.expect("written");
        assert_eq!(appended.map(|appended| place(&appended)), Ok(n));
    }
}

/// A room has all its commits up to this one at least, each with its share and its place.
pub(crate) async fn is_whole(store: &Database, room: RoomId, n: u64) {
    let row = store.read(ReadRoom { room }).await.expect("read");
    let row = row.expect("a room");
    assert!(row.n >= n, "{room}: {} of {n}", row.n);
    let [channel] = &row.channels[..] else {
        panic!("{room}: not one channel");
    };
    assert_eq!((channel.sequence, channel.committed), (row.n, row.n));
    let mut after = 0;
    while after < row.n {
        let page = store.read(ReadCommits { room, after }).await.expect("read");
        for (number, record) in (after + 1..).zip(&page.commits) {
            assert_eq!(*record, format!("commit {number}").into_bytes());
        }
        assert!(!page.commits.is_empty(), "{room}: a gap after {after}");
        after += u64::try_from(page.commits.len()).expect("few");
    }
    let share = ReadShare {
        room,
        n: row.n,
        account: row.founder,
    };
    assert!(store.read(share).await.expect("read").is_some());
}

pub(crate) async fn row(house: &House, number: u8) -> RoomRow {
    let read = ReadRoom { room: room(number) };
    house.store.read(read).await.expect("read").expect("a room")
}

pub(crate) async fn rooms_of(house: &House, account: MemberId) -> Vec<(RoomId, bool)> {
    let list = ListRooms {
        account,
        after: None,
        limit: 10,
    };
    let rooms = house.store.read(list).await.expect("read");
    let short = |room: OwnRoom| (room.room, room.request);
    rooms.into_iter().map(short).collect()
}

async fn share(house: &House, number: u8, n: u64, account: MemberId) -> Option<Share> {
    let read = ReadShare {
        room: room(number),
        n,
        account,
    };
    house.store.read(read).await.expect("read")
}

pub(crate) fn request(number: u8, account: MemberId, action: Action, name: &str) -> PutRequest {
    PutRequest {
        room: room(number),
        account,
        action,
        hash: [name.as_bytes()[0]; 32],
        record: name.into(),
        rooms_most: MOST,
    }
}

pub(crate) async fn a_room_begins_with_its_first_commit(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    assert_eq!(found(house, founding(1, &[ann, bob])).await, Ok(1));
    let taken = found(house, founding(1, &[ann])).await;
    assert_eq!(taken, Err(Refusal::RoomTaken));
    let found_row = row(house, 1).await;
    let expected = RoomRow {
        founder: ann,
        n: 1,
        hash: hash(room(1), 1),
        due: None,
        face: Face::default(),
        channels: vec![ChannelRow {
            channel: ChannelId::main_of(room(1)),
            run: RunId::from_bytes([1; 16]),
            sequence: 1,
            committed: 1,
            face: ChannelFace::default(),
        }],
        has_joins: false,
        leaving: vec![],
        unanswered: vec![bob],
        deaf: vec![],
    };
    assert_eq!(found_row, expected);
    assert_eq!(rooms_of(house, ann).await, [(room(1), false)]);
    assert_eq!(rooms_of(house, bob).await, [(room(1), true)]);
    for account in [ann, bob] {
        let expected = Share {
            wrap: 1,
            share: vec![account.as_bytes()[0]; 384],
        };
        assert_eq!(share(house, 1, 1, account).await, Some(expected));
    }
    assert_eq!(share(house, 1, 2, ann).await, None);
    let channel = ChannelId::main_of(room(1));
    let eve = house.register("eve").await;
    for (account, expected) in [(bob, Some(room(1))), (eve, None)] {
        let of = RoomOfChannel { channel, account };
        assert_eq!(house.store.read(of).await.expect("read"), expected);
        let room = room(1);
        let is_in = house.store.read(IsIn { account, room }).await;
        assert_eq!(is_in.expect("read"), expected.is_some());
    }
    let nowhere = house.store.read(ReadRoom { room: room(9) }).await;
    assert_eq!(nowhere.expect("read"), None);
}

pub(crate) async fn a_commit_follows_the_head_or_changes_nothing(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    found(house, founding(1, &[ann, bob]))
        .await
        .expect("a room");
    let due = SetDue {
        rooms: vec![room(1)],
        due: Due::BadShare,
    };
    house
        .store
        .write(due)
        .await
        .expect("written")
        .expect("noted");
    assert_eq!(row(house, 1).await.due, Some(Due::BadShare));
    let appended = append(house, next(1, 2, &[ann, bob])).await;
    assert_eq!(appended.map(|appended| place(&appended)), Ok(2));
    assert_eq!(row(house, 1).await.due, None);
    let mut forked = next(1, 2, &[bob, ann]);
    forked.commit.hash = [9; 32];
    assert_eq!(append(house, forked).await, Err(Refusal::CommitConflict));
    let mut other = next(1, 3, &[ann, bob]);
    other.previous = [9; 32];
    assert_eq!(append(house, other).await, Err(Refusal::CommitConflict));
    let nowhere = append(house, next(7, 2, &[ann])).await;
    assert_eq!(nowhere, Err(Refusal::NoSuchRoom));
    let mut old = next(1, 3, &[ann, bob]);
    old.commit.newest = vec![1, 2];
    assert_eq!(append(house, old).await, Err(Refusal::WrapSuperseded));
    let read = ReadCommits {
        room: room(1),
        after: 0,
    };
    let commits = house.store.read(read).await.expect("read");
    assert_eq!((commits.head, commits.commits.len()), (2, 2));
    assert_eq!(share(house, 1, 3, ann).await, None);
}

pub(crate) async fn of_many_at_once_one_commit_follows(house: &House) {
    let ann = house.register("ann").await;
    found(house, founding(1, &[ann])).await.expect("a room");
    let racing = (0..8_u8).map(|number| {
        let store = house.store.clone();
        let mut commit = next(1, 2, &[ann]);
        commit.commit.hash = [number; 32];
        tokio::spawn(async move { store.write(commit).await.expect("written") })
    });
    let mut taken = 0;
    for race in racing.collect::<Vec<_>>() {
        match race.await.expect("ran") {
            Ok(appended) => {
                assert_eq!(place(&appended), 2);
                taken += 1;
            }
            Err(refusal) => assert_eq!(refusal, Refusal::CommitConflict),
        }
    }
    assert_eq!((taken, row(house, 1).await.channels[0].sequence), (1, 2));
}

pub(crate) async fn who_comes_and_goes_is_found_so(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    found(house, founding(1, &[ann])).await.expect("a room");
    let mut joins = next(1, 2, &[ann, bob]);
    joins.commit.put = vec![member(bob, Comes::Itself)];
    joins.settled = vec![bob];
    append(house, joins).await.expect("in");
    assert_eq!(rooms_of(house, bob).await, [(room(1), false)]);
    let mut removed = next(1, 3, &[ann]);
    removed.gone = vec![bob];
    removed.void = vec![bob];
    append(house, removed).await.expect("out");
    assert_eq!(rooms_of(house, bob).await, []);
    assert!(share(house, 1, 2, bob).await.is_some());
    assert_eq!(share(house, 1, 3, bob).await, None);
    // As many rooms as may be, and no more.
    for number in 2..4 {
        found(house, founding(number, &[bob]))
            .await
            .expect("a room");
    }
    let mut back = next(1, 4, &[ann, bob]);
    back.commit.put = vec![member(bob, Comes::Itself)];
    assert_eq!(append(house, back).await, Err(Refusal::OverQuota));
    let more = found(house, founding(4, &[ann, bob])).await;
    assert_eq!(more, Err(Refusal::OverQuota));
    let accounts = vec![ann, bob];
    let company = house.store.read(CompanyOf { accounts }).await;
    let rooms: Vec<_> = company
        .expect("read")
        .into_iter()
        .map(|one| one.rooms)
        .collect();
    assert_eq!(rooms[0], [room(1)]);
    assert_eq!(rooms[1].len(), 2);
}

pub(crate) async fn being_placed_takes_no_space_of_ones_own(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let eve = house.register("eve").await;
    let places = |number: u8, by: MemberId| {
        let mut founding = founding(number, &[by, bob]);
        founding.commit.rooms_most = 100;
        founding
    };
    let most = u8::try_from(PLACED_UNANSWERED).expect("few");
    for number in 1..=most {
        found(house, places(number, ann)).await.expect("a room");
    }
    let more = found(house, places(most + 1, ann)).await;
    assert_eq!(more, Err(Refusal::OverQuota), "by one founder");
    found(house, places(most + 1, eve))
        .await
        .expect("another's");
    for number in 100..102 {
        found(house, founding(number, &[bob]))
            .await
            .expect("one of his own");
    }
    let more = found(house, founding(102, &[bob])).await;
    assert_eq!(more, Err(Refusal::OverQuota));
    // What he asks to leave takes none either.
    let leave = request(100, bob, Action::Leave, "leave");
    let left = house.store.write(leave).await.expect("written");
    left.expect("kept");
    found(house, founding(102, &[bob]))
        .await
        .expect("in its place");
    // Nobody is told of his presence where he was placed and is silent, or asks to be out.
    let accounts = vec![bob];
    let company = house
        .store
        .read(CompanyOf { accounts })
        .await
        .expect("read");
    let mut shown = company[0].shown.clone();
    shown.sort_unstable();
    assert_eq!(shown, [room(101), room(102)]);
    assert_eq!(company[0].rooms.len(), usize::from(most) + 4);
}
