//! Section 14.17: who is there, and who is told.

use wire_format::{
    CloseCode, Event, ServerFrame,
    command::{
        auth::{Logout, Revoke},
        friends::{Block, FriendState},
    },
};

use crate::{
    circle::{Circle, closes, done, presence, quiet, stands, takes_up, there, told},
    owner::{AtServer as _, Folder, Owner, resume},
    support::Stopwatch,
};

/// Real time again, for the end of a test: the store does not know of the stopwatch.
pub(crate) fn goes_on(stopwatch: Stopwatch) {
    tokio::time::resume();
    drop(stopwatch);
}

#[tokio::test]
async fn an_account_is_there_while_one_of_its_devices_is() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut circle = Circle::in_house(&house).await;
    let (mut stranger, _) = Owner::named("Eve").arrives(&house).await;
    let (phone, _) = circle.bob.comes_again(&house).await;
    circle.nothing_else(&house).await;
    closes(phone).await;
    circle.nothing_else(&house).await;
    assert!(circle.is_bob_there().await);

    let Circle {
        mut adas,
        bobs,
        bob,
        ada,
        cat,
        ..
    } = circle;
    let everybody = [ada.account, cat.account, bob.account];
    assert_eq!(there(&mut adas, &everybody).await, [bob.account]);
    // Of others nothing is told, whether they are there or not.
    assert_eq!(there(&mut stranger, &everybody).await, []);
    closes(bobs).await;
    told([&mut adas], &[presence(&bob, false)]).await;
    assert_eq!(there(&mut adas, &everybody).await, []);
    let (bobs, _) = bob.comes_again(&house).await;
    told([&mut adas], &[presence(&bob, true)]).await;
    quiet([&mut stranger]).await;
    drop((adas, bobs, stranger));
    house.close().await;
}

#[tokio::test]
async fn all_devices_of_a_friend_are_told() {
    let folder = Folder::new();
    let house = folder.house().await;
    let Circle {
        ada,
        bob,
        mut adas,
        bobs,
        ..
    } = Circle::in_house(&house).await;
    let (mut other, _) = ada.comes_again(&house).await;
    let mut unproven = house.greeted().await;
    ada.signs_in(&mut unproven).await.expect("a session");
    closes(bobs).await;
    told([&mut adas, &mut other], &[presence(&bob, false)]).await;
    // Whose keys have not answered is told nothing.
    quiet([&mut unproven]).await;
    drop((adas, other, unproven));
    house.close().await;
}

#[tokio::test]
async fn who_signs_out_or_is_revoked_is_gone_at_once() {
    let folder = Folder::new();
    let house = folder.house().await;
    let Circle {
        bob,
        mut adas,
        mut bobs,
        ..
    } = Circle::in_house(&house).await;
    done(&mut bobs, &Logout {}).await;
    told([&mut adas], &[presence(&bob, false)]).await;

    let (mut phone, lost) = bob.comes_again(&house).await;
    told([&mut adas], &[presence(&bob, true)]).await;
    let mut laptop = house.greeted().await;
    let session = bob.signs_in(&mut laptop).await.expect("a session");
    bob.proves(&mut laptop, &session).await;
    let revoke = Revoke {
        session: lost.session,
    };
    done(&mut laptop, &revoke).await;
    assert_eq!(phone.closed().await, CloseCode::Revoked);
    quiet([&mut adas]).await;
    let revoke = Revoke {
        session: session.session,
    };
    done(&mut laptop, &revoke).await;
    told([&mut adas], &[presence(&bob, false)]).await;
    quiet([&mut adas]).await;
    drop((adas, bobs, phone, laptop));
    house.close().await;
}

#[tokio::test]
async fn a_session_that_goes_on_elsewhere_was_never_away() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut circle = Circle::in_house(&house).await;
    let stopwatch = Stopwatch::stop();
    for _ in 0..3 {
        let next = takes_up(&house, &circle.bob, &circle.session).await;
        let mut before = std::mem::replace(&mut circle.bobs, next);
        assert_eq!(before.closed().await, CloseCode::Replaced);
        drop(before);
        house.has_sessions(2).await;
        circle.nothing_else(&house).await;
        assert!(circle.is_bob_there().await);
        stopwatch.advance(11.0).await;
        circle.nothing_else(&house).await;
        assert!(circle.is_bob_there().await);
    }
    let Circle {
        bob,
        mut adas,
        bobs,
        ..
    } = circle;
    closes(bobs).await;
    told([&mut adas], &[presence(&bob, false)]).await;
    drop(adas);
    goes_on(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn who_takes_a_session_up_and_does_not_prove_the_keys_is_gone() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut circle = Circle::in_house(&house).await;
    let stopwatch = Stopwatch::stop();
    let (unproven, _) = resume(&house, &circle.session).await.expect("a session");
    assert_eq!(circle.bobs.closed().await, CloseCode::Replaced);
    stopwatch.advance(9.5).await;
    circle.nothing_else(&house).await;
    stopwatch.advance(1.0).await;
    told([&mut circle.adas], &[presence(&circle.bob, false)]).await;
    assert!(!circle.is_bob_there().await);
    drop((circle, unproven));
    goes_on(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn who_is_cut_off_may_come_back_unnoticed_and_is_gone_after_ten_seconds() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut circle = Circle::in_house(&house).await;
    let stopwatch = Stopwatch::stop();
    circle.bobs.end_stream().await;
    house.has_sessions(1).await;
    stopwatch.advance(9.5).await;
    circle.nothing_else(&house).await;
    assert!(circle.is_bob_there().await);
    circle.bobs = takes_up(&house, &circle.bob, &circle.session).await;
    stopwatch.advance(11.0).await;
    circle.nothing_else(&house).await;
    assert!(circle.is_bob_there().await);

    circle.bobs.end_stream().await;
    house.has_sessions(1).await;
    stopwatch.advance(10.5).await;
    told([&mut circle.adas], &[presence(&circle.bob, false)]).await;
    assert!(!circle.is_bob_there().await);
    drop(circle);
    goes_on(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn a_cut_that_nobody_sees_shows_within_35_seconds() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut circle = Circle::in_house(&house).await;
    let stopwatch = Stopwatch::stop();
    // The last that is heard of Bob.
    quiet([&mut circle.bobs]).await;
    for _ in 0..2 {
        stopwatch.advance(14.5).await;
        quiet([&mut circle.adas]).await;
    }
    stopwatch.advance(1.1).await;
    assert_eq!(circle.bobs.closed().await, CloseCode::Timeout);
    house.has_sessions(1).await;
    quiet([&mut circle.adas]).await;
    stopwatch.advance(4.0).await;
    told([&mut circle.adas], &[presence(&circle.bob, false)]).await;
    drop(circle);
    goes_on(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn an_unproven_session_is_not_there() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut circle = Circle::in_house(&house).await;
    let bobs = std::mem::replace(&mut circle.bobs, house.greeted().await);
    closes(bobs).await;
    told([&mut circle.adas], &[presence(&circle.bob, false)]).await;
    let session = circle.bob.signs_in(&mut circle.bobs).await;
    circle.nothing_else(&house).await;
    assert!(!circle.is_bob_there().await);
    let session = session.expect("a session");
    circle.bob.proves(&mut circle.bobs, &session).await;
    told([&mut circle.adas], &[presence(&circle.bob, true)]).await;
    drop(circle);
    house.close().await;
}

#[tokio::test]
async fn nobody_hears_of_who_is_no_friend_any_more() {
    let folder = Folder::new();
    let house = folder.house().await;
    let Circle {
        ada,
        bob,
        cat,
        mut adas,
        mut bobs,
        ..
    } = Circle::in_house(&house).await;
    let (mut cats, _) = cat.comes_again(&house).await;
    told([&mut adas], &[presence(&cat, true)]).await;
    let account = bob.account;
    done(&mut adas, &Block { account }).await;
    told([&mut bobs], &[stands(&ada, FriendState::None)]).await;
    assert_eq!(there(&mut bobs, &[ada.account]).await, []);
    closes(adas).await;
    told([&mut cats], &[presence(&ada, false)]).await;
    let (mut adas, _) = ada.comes_again(&house).await;
    told([&mut cats], &[presence(&ada, true)]).await;
    quiet([&mut bobs]).await;
    closes(bobs).await;
    closes(cats).await;
    told([&mut adas], &[presence(&cat, false)]).await;
    quiet([&mut adas]).await;
    drop(adas);
    house.close().await;
}

#[tokio::test]
async fn many_comings_and_goings_end_in_what_is() {
    let folder = Folder::new();
    let house = folder.house().await;
    let Circle {
        bob,
        cat,
        mut adas,
        bobs,
        ..
    } = Circle::in_house(&house).await;
    closes(bobs).await;
    for _ in 0..4 {
        let (one, other) = tokio::join!(bob.comes_again(&house), bob.comes_again(&house));
        tokio::join!(closes(one.0), closes(other.0));
    }
    let (cats, _) = cat.comes_again(&house).await;
    let mut heard = Vec::new();
    while heard.last() != Some(&presence(&cat, true)) {
        heard.push(adas.event().await.0);
    }
    heard.pop();
    // However many of them there was time for, each is news, and the last one is how it is.
    let expected = (0..heard.len()).map(|place| presence(&bob, place % 2 == 1));
    assert_eq!(heard, expected.collect::<Vec<_>>());
    assert_eq!(heard.len() % 2, 1);
    drop((adas, cats));
    house.close().await;
}

#[tokio::test]
async fn a_restart_tells_nobody_and_all_come_again() {
    let folder = Folder::new();
    let house = folder.house().await;
    let circle = Circle::in_house(&house).await;
    let Circle {
        ada,
        bob,
        mut adas,
        bobs,
        ..
    } = circle;
    let hears_the_end = async {
        let mut heard = Vec::new();
        while let Some(frame) = adas.next().await {
            if let ServerFrame::Event(frame) = frame {
                heard.push(frame.event().expect("an event"));
            }
        }
        drop((adas, bobs));
        heard
    };
    let ((), heard) = tokio::join!(house.close(), hears_the_end);
    assert!(matches!(heard[..], [Event::SessionResume { .. }]));
    let house = folder.house().await;
    let (mut adas, _) = ada.comes_again(&house).await;
    assert_eq!(there(&mut adas, &[bob.account]).await, []);
    let (bobs, _) = bob.comes_again(&house).await;
    told([&mut adas], &[presence(&bob, true)]).await;
    drop((adas, bobs));
    house.close().await;
}
