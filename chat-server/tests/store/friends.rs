//! Friends, asked and blocked.

use chat_server::store::{
    Refusal, Store as _, Verdict,
    friends::{
        Friend, FriendState, FriendStep, Friendship, ListFriends, OtherSide, TakeFriendStep,
    },
    rooms::CompanyOf,
};
use wire_format::MemberId;

use crate::support::House;

async fn take(
    house: &House,
    account: MemberId,
    step: FriendStep,
    other: MemberId,
) -> Verdict<Friendship> {
    let step = TakeFriendStep {
        account,
        other,
        step,
        most: 3,
    };
    house.store.write(step).await.expect("written")
}

pub(crate) async fn befriend(house: &House, ann: MemberId, bob: MemberId) {
    take(house, ann, FriendStep::Ask, bob).await.expect("asked");
    take(house, bob, FriendStep::Accept, ann)
        .await
        .expect("accepted");
}

pub(crate) async fn list(house: &House, account: MemberId) -> Vec<Friend> {
    let list = ListFriends {
        account,
        after: None,
        limit: 100,
    };
    house.store.read(list).await.expect("read")
}

async fn states(house: &House, ann: MemberId, bob: MemberId) -> [Option<FriendState>; 2] {
    let state = async |account, other| {
        let friends = list(house, account).await.into_iter();
        let mut state = friends.filter(|friend| friend.account == other);
        state.next().map(|friend| friend.state)
    };
    [state(ann, bob).await, state(bob, ann).await]
}

pub(crate) async fn asking_and_accepting_make_friends_of_both(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let asked = take(house, ann, FriendStep::Ask, bob).await;
    let expected = Friendship {
        name: "bob".into(),
        before: None,
        own: Some(FriendState::Asked),
        other: OtherSide::Changed(Some(FriendState::Asking)),
    };
    assert_eq!(asked, Ok(expected));
    let asking = [Some(FriendState::Asked), Some(FriendState::Asking)];
    assert_eq!(states(house, ann, bob).await, asking);
    let again = take(house, ann, FriendStep::Ask, bob).await.expect("asked");
    assert_eq!(again.other, OtherSide::Unchanged);
    let own = take(house, ann, FriendStep::Accept, bob).await;
    assert_eq!(own, Err(Refusal::NotAsked));
    let accepted = take(house, bob, FriendStep::Accept, ann)
        .await
        .expect("accepted");
    assert_eq!(
        accepted.other,
        OtherSide::Changed(Some(FriendState::Friend))
    );
    assert_eq!(
        states(house, ann, bob).await,
        [Some(FriendState::Friend); 2]
    );
    let bobs = list(house, bob).await;
    assert_eq!(
        (bobs[0].name.as_str(), bobs[0].display.as_str()),
        ("ann", "")
    );
}

pub(crate) async fn a_block_is_silent(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let blocked = take(house, ann, FriendStep::Block, bob)
        .await
        .expect("blocked");
    assert_eq!(blocked.other, OtherSide::Unchanged);
    let asked = take(house, bob, FriendStep::Ask, ann).await.expect("asked");
    assert_eq!(
        (asked.own, asked.other),
        (Some(FriendState::Asked), OtherSide::Unchanged)
    );
    let verdict = take(house, ann, FriendStep::Ask, bob).await;
    assert_eq!(verdict, Err(Refusal::Blocked));
    let unblocked = take(house, ann, FriendStep::Unblock, bob)
        .await
        .expect("unblocked");
    assert_eq!(unblocked.own, Some(FriendState::Asking));
    assert_eq!(unblocked.other, OtherSide::Unchanged);
    take(house, ann, FriendStep::Accept, bob)
        .await
        .expect("accepted");
    take(house, ann, FriendStep::Block, bob)
        .await
        .expect("blocked");
    assert_eq!(
        states(house, ann, bob).await,
        [Some(FriendState::Blocked), None]
    );
}

pub(crate) async fn declining_and_removing_leave_nothing(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    take(house, ann, FriendStep::Ask, bob).await.expect("asked");
    let declined = take(house, bob, FriendStep::Decline, ann)
        .await
        .expect("declined");
    assert_eq!(declined.other, OtherSide::Changed(None));
    assert_eq!(states(house, ann, bob).await, [None, None]);
    befriend(house, ann, bob).await;
    let removed = take(house, ann, FriendStep::Remove, bob)
        .await
        .expect("removed");
    assert_eq!(
        (removed.own, removed.other),
        (None, OtherSide::Changed(None))
    );
    assert_eq!(states(house, ann, bob).await, [None, None]);
}

pub(crate) async fn steps_need_two_accounts(house: &House) {
    let ann = house.register("ann").await;
    let nobody = MemberId::from_bytes([9; 16]);
    let oneself = take(house, ann, FriendStep::Ask, ann).await;
    assert_eq!(oneself, Err(Refusal::Oneself));
    for (account, other) in [(ann, nobody), (nobody, ann)] {
        let verdict = take(house, account, FriendStep::Ask, other).await;
        assert_eq!(verdict, Err(Refusal::NoSuchAccount));
    }
}

pub(crate) async fn a_list_has_a_most(house: &House) {
    let ann = house.register("ann").await;
    let mut others = Vec::new();
    for number in 0..5 {
        others.push(house.register(&format!("user {number}")).await);
    }
    for other in &others[..3] {
        take(house, ann, FriendStep::Ask, *other)
            .await
            .expect("asked");
    }
    for step in [FriendStep::Ask, FriendStep::Block] {
        let own_full = take(house, ann, step, others[3]).await;
        assert_eq!(own_full, Err(Refusal::OverQuota));
    }
    assert_eq!(states(house, ann, others[3]).await, [None, None]);
    // What needs no further place is taken when there is none.
    let accepted = take(house, others[0], FriendStep::Accept, ann).await;
    assert_eq!(accepted.expect("accepted").own, Some(FriendState::Friend));
    // Others may ask; to accept takes a place.
    take(house, others[3], FriendStep::Ask, ann)
        .await
        .expect("asked");
    for step in [FriendStep::Accept, FriendStep::Ask, FriendStep::Block] {
        let verdict = take(house, ann, step, others[3]).await;
        assert_eq!(verdict, Err(Refusal::OverQuota));
    }
    let asking = [Some(FriendState::Asking), Some(FriendState::Asked)];
    assert_eq!(states(house, ann, others[3]).await, asking);
    take(house, ann, FriendStep::Remove, others[1])
        .await
        .expect("taken back");
    let accepted = take(house, ann, FriendStep::Accept, others[3]).await;
    assert_eq!(accepted.expect("accepted").own, Some(FriendState::Friend));
    let own_full = take(house, ann, FriendStep::Ask, others[4]).await;
    assert_eq!(own_full, Err(Refusal::OverQuota));
}

pub(crate) async fn a_full_list_of_requests_tells_nothing_of_a_block(house: &House) {
    let ann = house.register("ann").await;
    let mut others = Vec::new();
    for number in 0..5 {
        others.push(house.register(&format!("user {number}")).await);
    }
    let (blocked, stranger) = (others[3], others[4]);
    take(house, ann, FriendStep::Block, blocked)
        .await
        .expect("blocked");
    for (place, other) in others[..3].iter().enumerate() {
        let asked = take(house, *other, FriendStep::Ask, ann).await;
        assert!(asked.is_ok(), "request {place}");
        if place == 1 {
            let asked = take(house, blocked, FriendStep::Ask, ann).await;
            assert_eq!(asked.expect("silent").own, Some(FriendState::Asked));
            take(house, blocked, FriendStep::Remove, ann)
                .await
                .expect("taken back");
        }
    }
    for other in [blocked, stranger] {
        let full = take(house, other, FriendStep::Ask, ann).await;
        assert_eq!(full, Err(Refusal::OverQuota));
    }
}

pub(crate) async fn friends_of_several_are_found_at_once(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let (cat, dan) = (house.register("cat").await, house.register("dan").await);
    befriend(house, ann, bob).await;
    befriend(house, cat, ann).await;
    take(house, dan, FriendStep::Ask, ann).await.expect("asked");
    take(house, bob, FriendStep::Block, dan)
        .await
        .expect("blocked");
    let nobody = MemberId::from_bytes([9; 16]);
    let of = CompanyOf {
        accounts: vec![dan, ann, nobody, bob],
    };
    let found = house.store.read(of).await.expect("read").into_iter();
    let mut found: Vec<_> = found.map(|company| company.friends).collect();
    found[1].sort_unstable();
    let mut anns = vec![bob, cat];
    anns.sort_unstable();
    assert_eq!(found, [vec![], anns, vec![], vec![ann]]);
}

pub(crate) async fn friends_are_listed_in_pages(house: &House) {
    let ann = house.register("ann").await;
    for number in 0..3 {
        let other = house.register(&format!("user {number}")).await;
        befriend(house, ann, other).await;
    }
    let (mut after, mut pages) = (None, Vec::new());
    loop {
        let list = ListFriends {
            account: ann,
            after,
            limit: 2,
        };
        let page = house.store.read(list).await.expect("read");
        let Some(last) = page.last() else { break };
        after = Some(last.account);
        pages.push(page.len());
    }
    assert_eq!(pages, [2, 1]);
}
