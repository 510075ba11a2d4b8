//! Sessions and one-time tokens.

use chat_server::store::{
    Refusal, Store as _,
    accounts::MarkRehearsed,
    audit::Actor,
    sessions::{
        ExpireSessions, FindSession, InSession, ListSessions, Means, Proof, RevokeOtherSessions,
        RevokeSession, SessionId, StartSession, TouchSessions,
    },
    tokens::{ExpireTokens, Purpose},
};
use wire_format::{MemberId, Millis};

use crate::{
    accounts::issue,
    support::{House, NOW, after, start, token},
};

async fn is_live(house: &House, session: SessionId, now: Millis) -> bool {
    let found = house.store.read(FindSession { session, now }).await;
    found.expect("read").is_some()
}

async fn live(house: &House, account: MemberId, now: Millis) -> Vec<SessionId> {
    let list = ListSessions { account, now };
    let sessions = house.store.read(list).await.expect("read").into_iter();
    sessions.map(|session| session.session).collect()
}

pub(crate) async fn a_session_lives_until_it_is_idle_or_expires(house: &House) {
    let ann = house.register("ann").await;
    let session = house.start(ann, 1).await;
    let find = FindSession { session, now: NOW };
    let (kept, account) = house.store.read(find).await.expect("read").expect("found");
    assert_eq!((kept.account, account.account), (ann, ann));
    assert_eq!(
        (kept.client.as_str(), kept.address.as_str()),
        ("test 1.0", "127.0.0.1")
    );
    assert_eq!(
        (kept.means, kept.started_at, kept.seen_at),
        (Means::Password, NOW, NOW)
    );
    assert_eq!((kept.idle_ms, kept.expires_at), (1_000, after(10_000)));
    assert!(is_live(house, session, after(999)).await);
    assert!(!is_live(house, session, after(1_000)).await, "idle");
    let mut long = start(ann, 2);
    long.idle_ms = 100_000;
    let verdict = house.store.write(long).await.expect("written");
    assert_eq!(verdict, Ok(vec![]));
    let long = SessionId::from_bytes([2; 16]);
    assert!(is_live(house, long, after(9_999)).await);
    assert!(!is_live(house, long, after(10_000)).await, "expired");
    let verdict = house.store.write(start(ann, 1)).await.expect("written");
    assert_eq!(verdict, Err(Refusal::SessionTaken));
    let nobody = house
        .store
        .write(start(MemberId::from_bytes([9; 16]), 3))
        .await;
    assert_eq!(nobody.expect("written"), Err(Refusal::NoSuchAccount));
}

pub(crate) async fn a_touch_keeps_a_session_alive(house: &House) {
    let ann = house.register("ann").await;
    let (first, second) = (house.start(ann, 1).await, house.start(ann, 2).await);
    let gone = SessionId::from_bytes([9; 16]);
    let seen = vec![(first, after(500)), (gone, after(500)), (first, after(400))];
    let touch = TouchSessions { seen };
    let touched = house.store.write(touch).await;
    assert_eq!(touched.expect("written"), Ok(vec![gone]));
    assert!(is_live(house, first, after(1_499)).await);
    assert!(!is_live(house, first, after(1_500)).await);
    assert!(!is_live(house, second, after(1_000)).await);
    assert!(!is_live(house, gone, NOW).await);
}

pub(crate) async fn sessions_end_one_at_a_time_or_all_but_one(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let mut sessions = Vec::new();
    for id in 1..=4 {
        sessions.push(house.start(ann, id).await);
    }
    let bobs = house.start(bob, 5).await;
    let revoke = |account, session| RevokeSession {
        account,
        session,
        actor: Actor::Account(account),
        now: NOW,
    };
    let verdict = house.store.write(revoke(bob, sessions[0])).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::NoSuchSession));
    let verdict = house.store.write(revoke(ann, sessions[0])).await;
    assert_eq!(verdict.expect("written"), Ok(()));
    assert!(!is_live(house, sessions[0], NOW).await);
    let others = RevokeOtherSessions {
        account: ann,
        kept: sessions[1],
        now: NOW,
    };
    let mut ended = house
        .store
        .write(others)
        .await
        .expect("written")
        .expect("ended");
    ended.sort();
    assert_eq!(ended, sessions[2..]);
    assert_eq!(live(house, ann, NOW).await, [sessions[1]]);
    assert_eq!(live(house, bob, NOW).await, [bobs]);
}

pub(crate) async fn expired_sessions_are_deleted(house: &House) {
    let ann = house.register("ann").await;
    for id in 1..=3 {
        house.start(ann, id).await;
    }
    let expire = async |now, limit| {
        let expire = ExpireSessions { now, limit };
        let ended = house.store.write(expire).await.expect("written");
        ended.expect("ended").len()
    };
    assert_eq!(expire(after(999), 10).await, 0);
    assert_eq!(expire(after(1_000), 2).await, 2);
    assert_eq!(expire(after(1_000), 2).await, 1);
    assert_eq!(live(house, ann, NOW).await.len(), 0);
}

pub(crate) async fn the_least_seen_session_makes_room(house: &House) {
    let ann = house.register("ann").await;
    let begin = |id| StartSession {
        most: 2,
        ..start(ann, id)
    };
    let mut ended = Vec::new();
    for id in 1..=2 {
        ended.extend(
            house
                .store
                .write(begin(id))
                .await
                .expect("written")
                .expect("begun"),
        );
    }
    assert!(ended.is_empty());
    let id = |byte| SessionId::from_bytes([byte; 16]);
    let seen = vec![(id(1), after(1))];
    let touched = house.store.write(TouchSessions { seen }).await;
    assert_eq!(touched.expect("written"), Ok(vec![]));
    let verdict = house.store.write(begin(3)).await.expect("written");
    assert_eq!(verdict, Ok(vec![id(2)]));
    assert_eq!(live(house, ann, NOW).await, [id(1), id(3)]);
}

pub(crate) async fn a_session_that_ended_changes_nothing(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let session = house.start(ann, 1).await;
    let change = |account| InSession {
        account,
        session,
        change: MarkRehearsed { account, now: NOW },
    };
    let verdict = house.store.write(change(bob)).await.expect("written");
    assert_eq!(verdict, Err(Refusal::NoSuchSession), "another's");
    let verdict = house.store.write(change(ann)).await.expect("written");
    assert_eq!(verdict, Ok(()));
    let revoke = RevokeSession {
        account: ann,
        session,
        actor: Actor::Account(ann),
        now: NOW,
    };
    let revoked = house.store.write(revoke).await.expect("written");
    assert_eq!(revoked, Ok(()));
    let verdict = house.store.write(change(ann)).await.expect("written");
    assert_eq!(verdict, Err(Refusal::NoSuchSession), "ended");
}

pub(crate) async fn a_one_time_token_is_used_once(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    issue(house, 1, Purpose::Fresh(ann)).await;
    issue(house, 2, Purpose::Fresh(bob)).await;
    issue(house, 3, Purpose::Invitation).await;
    let fresh = |account, id, byte, now| StartSession {
        proof: Proof::Fresh(token(byte)),
        now,
        ..start(account, id)
    };
    for (byte, now) in [(2, NOW), (3, NOW), (4, NOW), (1, after(1_000))] {
        let verdict = house.store.write(fresh(ann, 1, byte, now)).await;
        assert_eq!(
            verdict.expect("written"),
            Err(Refusal::TokenInvalid),
            "{byte}"
        );
    }
    let verdict = house.store.write(fresh(ann, 1, 1, after(999))).await;
    assert_eq!(verdict.expect("written"), Ok(vec![]));
    let verdict = house.store.write(fresh(ann, 2, 1, NOW)).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::TokenInvalid));
    let session = SessionId::from_bytes([1; 16]);
    let find = FindSession { session, now: NOW };
    let (kept, _) = house.store.read(find).await.expect("read").expect("found");
    assert_eq!(kept.means, Means::Fresh);
    let expire = ExpireTokens { now: after(1_000) };
    assert_eq!(house.store.write(expire).await.expect("written"), Ok(2));
}

pub(crate) async fn a_later_token_replaces_an_earlier_one(house: &House) {
    let ann = house.register("ann").await;
    for byte in 1..=2 {
        issue(house, byte, Purpose::Fresh(ann)).await;
    }
    for (byte, expected) in [(1, Err(Refusal::TokenInvalid)), (2, Ok(vec![]))] {
        let fresh = StartSession {
            proof: Proof::Fresh(token(byte)),
            ..start(ann, byte)
        };
        assert_eq!(house.store.write(fresh).await.expect("written"), expected);
    }
}
