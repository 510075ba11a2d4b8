//! Section 14.9: a commit is due seven days after the last one.

use chat_server::{
    AccountLimits,
    store::{
        Store as _,
        rooms::{Comes, Commit, FoundRoom, Member},
    },
};
use sealwire_tests::conversation::founding_at;
use tokio::time::Duration;
use wire_format::{
    ChannelId, EpochNumber, MemberId, Millis, RunId,
    event::CommitDue,
    limits::COMMIT_AGE,
    room::{CommitTail, KeepDays, Policy, RoomKind},
};

use crate::{
    conversing::{Conversation, Draft, Person, Talk, keys_of},
    owner::{Folder, now},
    presence::goes_on,
    support::{House, Stopwatch},
};

/// How often the server looks.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// So long ago.
pub(crate) fn before_now(ago: Duration) -> Millis {
    let ago = u64::try_from(ago.as_millis()).expect("not so long");
    Millis::new(now().value() - ago)
}

/// A group of two, made so long ago. No server takes a commit of then today, so it is put into the data.
pub(crate) async fn made_ago(
    folder: &Folder,
    (ago, keep): (Duration, KeepDays),
    ada: &mut Person,
    bob: &mut Person,
) -> Talk {
    let (keysets, wraps) = keys_of(&mut [&mut *ada, &mut *bob]).await;
    let made_at = before_now(ago);
    let placed = [bob.account()];
    let policy = Policy {
        keep,
        ..Policy::new(RoomKind::Group)
    };
    let (room, draft) = founding_at(made_at, policy, &ada.owner, &placed, &keysets, &wraps);
    let room = Conversation::founded(room, &draft, keysets, wraps);
    let store = folder.store().await;
    let found = store.write(found(&room, &draft, ada, made_at)).await;
    found.expect("written").expect("a room");
    store.close().await;
    Talk::of(room)
}

fn found(room: &Conversation, draft: &Draft, founder: &Person, now: Millis) -> FoundRoom {
    let shares = CommitTail::parse(draft.tail.clone())
        .expect("a tail")
        .shares;
    let members = room.chain.record().members();
    let put = members.map(|(account, member)| Member {
        account: account.into(),
        fingerprint: *member.fingerprint.as_bytes(),
        role: member.role.byte(),
        comes: match account == founder.account() {
            true => Comes::Itself,
            false => Comes::Placed,
        },
    });
    let put: Vec<_> = put.collect();
    let wraps: Vec<_> = draft.wraps.iter().map(|wrap| wrap.value()).collect();
    FoundRoom {
        kind: RoomKind::Group.byte(),
        commit: Commit {
            room: room.room,
            n: 1,
            hash: *room.chain.head().hash().as_bytes(),
            author: founder.account().into(),
            name: founder.owner.name.clone(),
            record: draft.signed.commit.bytes().to_vec(),
            newest: wraps.clone(),
            wraps,
            shares: shares.concat(),
            members: put
                .iter()
                .map(|member| member.account)
                .collect::<Vec<MemberId>>(),
            put,
            rooms_most: 10,
            keep_days: room.chain.record().policy().keep.days(),
            now,
        },
        channel: ChannelId::main_of(room.room),
        run: RunId::from_bytes(rand::random()),
        pair: None,
        face: None,
    }
}

/// A server that looks every [`SWEEP_EVERY`].
pub(crate) async fn house(folder: &Folder) -> House {
    let mut settings = folder.settings(AccountLimits::default());
    settings.limits.sweep_every = SWEEP_EVERY;
    House::with(settings).await
}

#[tokio::test]
async fn a_commit_is_due_after_seven_days_and_not_before() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let almost = COMMIT_AGE - Duration::from_secs(10 * 60);
    for (ago, due) in [(almost, None), (COMMIT_AGE, Some(CommitDue::Age))] {
        let made = (ago, KeepDays::Forever);
        let talk = made_ago(&folder, made, &mut ada, &mut bob).await;
        assert_eq!(bob.follows(talk.room).await.due, due, "{ago:?}");
    }
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn an_epoch_s_age_is_told_once_and_over_with_the_next() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let made = (COMMIT_AGE, KeepDays::Forever);
    let mut old = made_ago(&folder, made, &mut ada, &mut bob).await;
    let young = Talk::made(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    crate::circle::events(&mut bob.peer).await;
    for room in [old.room, young.room] {
        bob.follows(room).await;
    }
    let stopwatch = Stopwatch::stop();
    for _ in 0..3 {
        stopwatch.advance(SWEEP_EVERY.as_secs_f64()).await;
        // Whatever a sweep tells is on its way then.
        bob.follows(young.room).await;
    }
    old.commits(&mut ada, vec![]).await.expect("a rotation");
    let told = old.was_due(EpochNumber::new(1), CommitDue::Age);
    bob.told(&told).await;
    old.reaches(&mut bob).await;
    assert_eq!(bob.follows(old.room).await.due, None);
    stopwatch.advance(SWEEP_EVERY.as_secs_f64()).await;
    crate::circle::quiet([&mut bob.peer]).await;
    drop((ada, bob));
    goes_on(stopwatch);
    house.close().await;
}
