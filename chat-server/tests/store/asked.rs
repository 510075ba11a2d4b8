//! What is asked of end-to-end rooms, and what they hold beside their chains.

use chat_server::store::{
    Refusal, Store as _,
    accounts::DeleteAccount,
    audit::Actor,
    friends::{FriendStep, TakeFriendStep},
    keys::{AppendKeyset, Link, ReadChain},
    rooms::{
        Action, AppendCommit, DenyKeys, DropInvitation, DropRequests, FoundRoom, Invitation,
        IsAsking, IsInvited, ListInvitations, ListKeyRequests, PutGrant, PutInvitation,
        PutKeyRequest, ReadGrants, ReadRequests, ReadRoom, ReadState, RoomsWith, SetState, State,
    },
};
use wire_format::MemberId;

use crate::{
    rooms::{append, found, founding, next, request, room, rooms_of, row},
    support::{House, NOW, after},
};

async fn waiting(house: &House, number: u8) -> Vec<(u64, String)> {
    let read = ReadRequests {
        room: room(number),
        limit: 10,
    };
    let (requests, newest) = house.store.read(read).await.expect("read");
    assert_eq!(newest, requests.last().map_or(0, |last| last.number));
    let short = requests.into_iter().map(|request| {
        let record = String::from_utf8(request.record).expect("text");
        (request.number, record)
    });
    short.collect()
}

pub(crate) async fn requests_wait_in_their_order(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let eve = house.register("eve").await;
    found(house, founding(1, &[ann, bob]))
        .await
        .expect("a room");
    let put = async |request| house.store.write(request).await.expect("written");
    put(request(1, eve, Action::Join, "join"))
        .await
        .expect("kept");
    put(request(1, bob, Action::Leave, "leave"))
        .await
        .expect("kept");
    let expected = [(1, "join".to_owned()), (2, "leave".to_owned())];
    assert_eq!(waiting(house, 1).await, expected);
    let asking = IsAsking {
        account: eve,
        room: room(1),
    };
    assert!(house.store.read(asking).await.expect("read"));
    put(request(1, eve, Action::Join, "again"))
        .await
        .expect("kept");
    assert_eq!(waiting(house, 1).await[1], (3, "again".to_owned()));
    assert_eq!(rooms_of(house, bob).await, []);
    assert_eq!(row(house, 1).await.leaving, [bob]);
    let nowhere = put(request(9, eve, Action::Join, "join")).await;
    assert_eq!(nowhere, Err(Refusal::NoSuchRoom));

    // One that was not looked at is in the way of a commit.
    let mut unseen = next(1, 2, &[ann, bob]);
    unseen.requests_seen = 2;
    assert_eq!(append(house, unseen).await, Err(Refusal::RequestsPending));
    let mut takes = next(1, 2, &[ann, bob]);
    (takes.requests_seen, takes.settled) = (3, vec![eve]);
    let appended = append(house, takes).await.expect("taken");
    assert_eq!((appended.has_joins, appended.leaving), (false, vec![bob]));
    let drop = DropRequests {
        room: room(1),
        requests: vec![(bob, 1)],
    };
    let dropped = house.store.write(drop.clone()).await.expect("written");
    assert_eq!(dropped, Ok((false, vec![bob])), "another number");
    let drop = DropRequests {
        requests: vec![(bob, 2)],
        ..drop
    };
    let dropped = house.store.write(drop).await.expect("written");
    assert_eq!(dropped, Ok((false, vec![])));
    // A number that was given comes never again: what was looked at is not mistaken for what was not.
    put(request(1, eve, Action::Join, "later"))
        .await
        .expect("kept");
    let unseen = house.store.write(third(3)).await.expect("written");
    assert_eq!(unseen, Err(Refusal::RequestsPending));
    assert_eq!(waiting(house, 1).await, [(4, "later".to_owned())]);
}

pub(crate) async fn who_is_in_may_ask_to_come_in_anew(house: &House) {
    let bob = house.register("bob").await;
    for number in 1..=2 {
        found(house, founding(number, &[bob]))
            .await
            .expect("a room");
    }
    let ann = house.register("ann").await;
    found(house, founding(3, &[ann])).await.expect("a room");
    for (number, verdict) in [(1, Ok(())), (3, Err(Refusal::OverQuota))] {
        let join = request(number, bob, Action::Join, "join");
        assert_eq!(house.store.write(join).await.expect("written"), verdict);
    }
}

/// Commit 3 of room 1 by somebody who has looked at requests up to this one.
fn third(requests_seen: u64) -> AppendCommit {
    let members = [MemberId::from_bytes([0; 16])];
    let mut takes = next(1, 3, &members);
    takes.requests_seen = requests_seen;
    takes
}

pub(crate) async fn two_have_one_direct_conversation(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let direct = |number| {
        let pair = Some([ann.min(bob), ann.max(bob)]);
        FoundRoom {
            kind: 4,
            pair,
            ..founding(number, &[ann, bob])
        }
    };
    found(house, direct(1)).await.expect("a room");
    assert_eq!(found(house, direct(2)).await, Err(Refusal::RoomTaken));
    let read = ReadRoom { room: room(2) };
    assert_eq!(house.store.read(read).await.expect("read"), None);
    let leave = request(1, bob, Action::Leave, "leave");
    house
        .store
        .write(leave)
        .await
        .expect("written")
        .expect("kept");
    found(house, direct(2)).await.expect("another one");
    assert_eq!(found(house, direct(3)).await, Err(Refusal::RoomTaken));
    // New keys that the old ones have not signed are in no conversation.
    for (account, link, number, verdict) in [
        (ann, Link::Rotated, 1, Err(Refusal::RoomTaken)),
        (ann, Link::Reset, 2, Ok(1)),
    ] {
        let keyset = AppendKeyset {
            link,
            ..crate::keys::keyset(account, number)
        };
        let appended = house.store.write(keyset).await.expect("written");
        appended.expect("new keys");
        let mut third = direct(3);
        third.commit.rooms_most = 10;
        let places = third.commit.members.iter().zip(&mut third.commit.newest);
        for (_, newest) in places.filter(|(member, _)| **member == account) {
            *newest = number + 1;
        }
        assert_eq!(found(house, third).await, verdict);
    }

    let step = |step| TakeFriendStep {
        account: bob,
        other: ann,
        step,
        most: 10,
    };
    let blocked = house.store.write(step(FriendStep::Block)).await;
    blocked.expect("written").expect("blocked");
    assert_eq!(rooms_of(house, bob).await, []);
    assert_eq!(row(house, 2).await.deaf, [bob]);
    assert_eq!(rooms_of(house, ann).await.len(), 3);
    let unblocked = house.store.write(step(FriendStep::Unblock)).await;
    unblocked.expect("written").expect("unblocked");
    let unanswered = [(room(2), true), (room(3), true)];
    assert_eq!(rooms_of(house, bob).await, unanswered);
}

pub(crate) async fn a_block_hides_where_one_was_placed(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let eve = house.register("eve").await;
    found(house, founding(1, &[ann, bob, eve]))
        .await
        .expect("a room");
    found(house, founding(2, &[bob, ann]))
        .await
        .expect("a room");
    let step = |step| TakeFriendStep {
        account: bob,
        other: ann,
        step,
        most: 10,
    };
    let with = RoomsWith {
        account: bob,
        other: ann,
    };
    for (taken, rooms, deaf) in [
        (FriendStep::Block, vec![(room(2), false)], vec![bob]),
        (
            FriendStep::Unblock,
            vec![(room(1), true), (room(2), false)],
            vec![],
        ),
    ] {
        let taken = house.store.write(step(taken)).await.expect("written");
        taken.expect("a step");
        assert_eq!(rooms_of(house, bob).await, rooms);
        assert_eq!(row(house, 1).await.deaf, deaf);
        assert_eq!(house.store.read(with).await.expect("read"), [room(1)]);
    }
}

pub(crate) async fn invitations_wait_until_they_end(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let eve = house.register("eve").await;
    for (number, by) in [(1, ann), (2, ann), (3, bob)] {
        found(house, founding(number, &[by])).await.expect("a room");
    }
    let invitation = |number, inviter, byte: u8, ends| PutInvitation {
        invitation: Invitation {
            room: room(number),
            invitee: eve,
            inviter,
            expires_at: after(ends),
            record: vec![byte],
        },
        hash: [byte; 32],
        most: 2,
        most_by_one: 2,
        now: NOW,
    };
    let put = async |invitation| house.store.write(invitation).await.expect("written");
    assert_eq!(put(invitation(1, ann, 1, 100)).await, Ok(true));
    assert_eq!(
        put(invitation(1, ann, 2, 200)).await,
        Ok(true),
        "in its place"
    );
    assert_eq!(put(invitation(2, ann, 3, 300)).await, Ok(true));
    let full = put(invitation(3, bob, 4, 400)).await;
    assert_eq!(full, Err(Refusal::OverQuota));
    let listed = async |now| {
        let list = ListInvitations {
            account: eve,
            now: after(now),
            limit: 10,
        };
        house.store.read(list).await.expect("read")
    };
    assert_eq!(listed(199).await, [[2], [3]]);
    assert_eq!(listed(200).await, [[3]]);
    let invited = async |number| {
        let invited = IsInvited {
            account: eve,
            room: room(number),
            now: after(250),
        };
        house.store.read(invited).await.expect("read")
    };
    assert!(!invited(1).await && invited(2).await);
    for (account, left) in [(ann, 1), (eve, 0)] {
        let drop = DropInvitation {
            account,
            hash: [3; 32],
        };
        house
            .store
            .write(drop)
            .await
            .expect("written")
            .expect("done");
        assert_eq!(listed(250).await.len(), left);
    }
    let block = TakeFriendStep {
        account: eve,
        other: bob,
        step: FriendStep::Block,
        most: 10,
    };
    house
        .store
        .write(block)
        .await
        .expect("written")
        .expect("blocked");
    let mut late = invitation(3, bob, 4, 400);
    late.now = after(250);
    assert_eq!(put(late).await, Ok(false));
    assert_eq!(listed(250).await, [[0_u8; 0]; 0]);
    // One by somebody whom she blocks takes no place; and one inviter has so many only.
    for number in [1, 2] {
        let next = invitation(number, ann, 4 + number, 500);
        assert_eq!(put(next).await, Ok(true));
    }
    let mut third = invitation(3, ann, 7, 500);
    third.most = 3;
    assert_eq!(put(third).await, Err(Refusal::OverQuota));
}

pub(crate) async fn grants_belong_to_one_request(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    found(house, founding(1, &[ann, bob]))
        .await
        .expect("a room");
    let ask = |byte: u8| PutKeyRequest {
        room: room(1),
        account: bob,
        hash: [byte; 32],
        record: vec![byte],
    };
    let grant = |byte: u8, granter: MemberId| PutGrant {
        room: room(1),
        asker: bob,
        request: [byte; 32],
        granter,
        record: vec![byte, granter.as_bytes()[0]],
        most: 1,
    };
    let grants = async || {
        let read = ReadGrants {
            room: room(1),
            account: bob,
        };
        house.store.read(read).await.expect("read")
    };
    let open_to = async |granter, most_grants| {
        let list = ListKeyRequests {
            room: room(1),
            granter,
            most_grants,
            limit: 10,
        };
        house.store.read(list).await.expect("read").len()
    };
    let open = async || open_to(ann, 1).await;
    let put = async |grant| house.store.write(grant).await.expect("written");
    assert_eq!(put(grant(1, ann)).await, Err(Refusal::NoSuchKeyRequest));
    house
        .store
        .write(ask(1))
        .await
        .expect("written")
        .expect("kept");
    assert_eq!(
        (open().await, grants().await.request),
        (1, Some(([1; 32], None)))
    );
    put(grant(1, ann)).await.expect("kept");
    put(grant(1, ann)).await.expect("again");
    assert_eq!(put(grant(1, bob)).await, Err(Refusal::OverQuota));
    assert_eq!((open().await, grants().await.grants.len()), (0, 1));
    // That one has granted it hides it from nobody else before as many have as may.
    assert_eq!((open_to(ann, 2).await, open_to(bob, 2).await), (0, 1));
    house
        .store
        .write(ask(2))
        .await
        .expect("written")
        .expect("kept");
    assert_eq!((open().await, grants().await.grants.len()), (1, 0));
    let deny = |byte| DenyKeys {
        room: room(1),
        request: [byte; 32],
        reason: Some(3),
    };
    let old = house.store.write(deny(1)).await.expect("written");
    assert_eq!(old, Err(Refusal::NoSuchKeyRequest));
    let denied = house.store.write(deny(2)).await.expect("written");
    assert_eq!(denied, Ok(bob));
    assert_eq!(
        (open().await, grants().await.request),
        (0, Some(([2; 32], Some(Some(3)))))
    );
}

pub(crate) async fn a_state_is_replaced_by_its_number(house: &House) {
    let ann = house.register("ann").await;
    found(house, founding(1, &[ann])).await.expect("a room");
    let set = |expected: u64| SetState {
        room: room(1),
        expected,
        state: State {
            number: expected + 1,
            record: vec![7],
        },
    };
    for (expected, verdict) in [
        (1, Err(Refusal::StateConflict)),
        (0, Ok(())),
        (0, Err(Refusal::StateConflict)),
        (1, Ok(())),
    ] {
        let written = house.store.write(set(expected)).await.expect("written");
        assert_eq!(written, verdict, "{expected}");
    }
    let state = house.store.read(ReadState { room: room(1) }).await;
    assert_eq!(state.expect("read").map(|state| state.number), Some(2));
}

pub(crate) async fn keysets_that_rooms_name_outlive_their_account(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let eve = house.register("eve").await;
    house.register("zoe").await;
    found(house, founding(1, &[ann, bob]))
        .await
        .expect("a room");
    for (account, kept) in [(bob, 1), (eve, 0)] {
        let delete = DeleteAccount {
            account,
            actor: Actor::Account(account),
            now: NOW,
        };
        house
            .store
            .write(delete)
            .await
            .expect("written")
            .expect("gone");
        let read = ReadChain {
            account,
            after: 0,
            limit: 10,
        };
        let chain = house.store.read(read).await.expect("read");
        assert_eq!(
            (chain.head, chain.keysets.len()),
            (kept, usize::from(kept == 1))
        );
    }
    let mut again = crate::support::registration("bob");
    again.account = bob;
    let taken = house.store.write(again).await.expect("written");
    assert_eq!(taken, Err(Refusal::AccountTaken));
    // The room goes on, with a placeholder in its place.
    let mut placeholder = next(1, 2, &[ann, bob]);
    let place = placeholder.commit.members.iter().position(|id| *id == bob);
    placeholder.commit.newest[place.expect("a member")] = 0;
    append(house, placeholder).await.expect("taken");
}
