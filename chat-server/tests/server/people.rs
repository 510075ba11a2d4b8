//! Section 14.17: who finds whom, and who stands how to whom.

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, RoomId, ServerFrame,
    command::{
        Operation,
        accounts::{Find, Update},
        friends::{Accept, Add, Block, Decline, FriendState, List, Presence, Remove, Unblock},
        keys::Accounts,
    },
};

use crate::{
    circle::{Circle, add, done, entry, events, list, presence, quiet, refused, stands, told},
    owner::{AtServer as _, Folder, Owner},
    support::{Peer, token},
};

#[tokio::test]
async fn both_sides_see_on_all_devices_how_they_stand() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (mut ada1, _) = ada.arrives(&house).await;
    let (mut ada2, _) = ada.comes_again(&house).await;
    let (mut bob1, _) = bob.arrives(&house).await;
    let (mut bob2, _) = bob.comes_again(&house).await;

    done(&mut ada1, &add(bob.account)).await;
    let asked = [stands(&bob, FriendState::Asked)];
    told([&mut ada1, &mut ada2], &asked).await;
    let asking = [stands(&ada, FriendState::Asking)];
    told([&mut bob1, &mut bob2], &asking).await;
    // Whether somebody is there is told of friends only.
    let asked = [entry(&bob, FriendState::Asked, false)];
    assert_eq!(list(&mut ada2).await, asked);
    let asking = [entry(&ada, FriendState::Asking, false)];
    assert_eq!(list(&mut bob2).await, asking);
    // Once more changes nothing.
    done(&mut ada2, &add(bob.account)).await;
    quiet([&mut ada1, &mut ada2, &mut bob1, &mut bob2]).await;

    let account = ada.account;
    done(&mut bob2, &Accept { account }).await;
    let bobs = [stands(&bob, FriendState::Friend), presence(&bob, true)];
    told([&mut ada1, &mut ada2], &bobs).await;
    let adas = [stands(&ada, FriendState::Friend), presence(&ada, true)];
    told([&mut bob1, &mut bob2], &adas).await;
    let friend = [entry(&bob, FriendState::Friend, true)];
    assert_eq!(list(&mut ada1).await, friend);
    let friend = [entry(&ada, FriendState::Friend, true)];
    assert_eq!(list(&mut bob1).await, friend);

    let account = bob.account;
    done(&mut ada2, &Remove { account }).await;
    told([&mut ada1, &mut ada2], &[stands(&bob, FriendState::None)]).await;
    told([&mut bob1, &mut bob2], &[stands(&ada, FriendState::None)]).await;
    assert_eq!(list(&mut ada1).await, []);
    assert_eq!(list(&mut bob1).await, []);
    quiet([&mut ada1, &mut ada2, &mut bob1, &mut bob2]).await;
    drop((ada1, ada2, bob1, bob2));
    house.close().await;
}

#[tokio::test]
async fn a_request_is_declined_or_taken_back() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (mut adas, _) = ada.arrives(&house).await;
    let (mut bobs, _) = bob.arrives(&house).await;
    let asked = stands(&bob, FriendState::Asked);
    let asking = stands(&ada, FriendState::Asking);
    let nothing = |of: &Owner| stands(of, FriendState::None);

    done(&mut adas, &add(bob.account)).await;
    let account = ada.account;
    done(&mut bobs, &Decline { account }).await;
    told([&mut adas], &[asked.clone(), nothing(&bob)]).await;
    told([&mut bobs], &[asking.clone(), nothing(&ada)]).await;
    let gone = refused(&mut bobs, &Accept { account }).await;
    assert_eq!(gone, ErrorCode::NotAsked);

    done(&mut adas, &add(bob.account)).await;
    let account = bob.account;
    done(&mut adas, &Remove { account }).await;
    told([&mut adas], &[asked, nothing(&bob)]).await;
    told([&mut bobs], &[asking, nothing(&ada)]).await;
    quiet([&mut adas, &mut bobs]).await;
    assert_eq!(list(&mut adas).await, []);
    assert_eq!(list(&mut bobs).await, []);
    drop((adas, bobs));
    house.close().await;
}

#[tokio::test]
async fn who_ask_each_other_are_friends() {
    let folder = Folder::new();
    let house = folder.house().await;
    // Everybody who came is told of by then.
    let circle = Circle::in_house(&house).await;
    let (ada, bob, cat) = (circle.ada, circle.bob, circle.cat);
    let (mut adas, mut bobs) = (circle.adas, circle.bobs);
    for other in [&cat, &bob] {
        let account = other.account;
        done(&mut adas, &Remove { account }).await;
        told([&mut adas], &[stands(other, FriendState::None)]).await;
    }
    told([&mut bobs], &[stands(&ada, FriendState::None)]).await;
    for _ in 0..10 {
        let (asks, asks_too) = (add(bob.account), add(ada.account));
        tokio::join!(done(&mut adas, &asks), done(&mut bobs, &asks_too));
        for (peer, other) in [(&mut adas, &bob), (&mut bobs, &ada)] {
            let events = events(peer).await;
            let last = &events[events.len() - 2..];
            let friend = [stands(other, FriendState::Friend), presence(other, true)];
            assert_eq!(last, friend, "{events:?}");
            assert_eq!(events.len(), 3, "{events:?}");
            let friend = [entry(other, FriendState::Friend, true)];
            assert_eq!(list(peer).await, friend);
        }
        let account = bob.account;
        done(&mut adas, &Remove { account }).await;
        told([&mut adas], &[stands(&bob, FriendState::None)]).await;
        told([&mut bobs], &[stands(&ada, FriendState::None)]).await;
    }
    drop((adas, bobs));
    house.close().await;
}

/// Everything that comes until the reply, as it travels.
async fn answer(peer: &mut Peer, request: u32, command: &impl Operation) -> Vec<Bytes> {
    peer.send_header(request, &header(command)).await;
    let mut frames = Vec::new();
    loop {
        let frame = peer.next().await.expect("a reply");
        frames.push(frame.encode().stream());
        if matches!(frame, ServerFrame::Reply(_)) {
            return frames;
        }
    }
}

fn header<O: Operation>(command: &O) -> Vec<u8> {
    let mut fields = serde_json::to_value(command).expect("fields");
    fields["command"] = O::NAME.into();
    serde_json::to_vec(&fields).expect("a header")
}

#[tokio::test]
async fn a_block_is_silent() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, eve, max) = (
        Owner::named("Ada"),
        Owner::named("Eve"),
        Owner::named("Max"),
    );
    let (mut adas, _) = ada.arrives(&house).await;
    let (mut other, _) = ada.comes_again(&house).await;
    let (mut eves, _) = eve.arrives(&house).await;
    let (mut maxs, _) = max.arrives(&house).await;
    let account = eve.account;
    done(&mut adas, &Block { account }).await;
    // Events have no blocks: to the other devices it is somebody less.
    told([&mut adas, &mut other], &[stands(&eve, FriendState::None)]).await;
    quiet([&mut eves]).await;
    let blocked = [entry(&eve, FriendState::Blocked, false)];
    assert_eq!(list(&mut adas).await, blocked);

    // Eve and Max are told the same, byte for byte.
    let account = ada.account;
    let name = "Ada".to_owned();
    let asked = Accounts::try_from(vec![ada.account]).expect("one");
    for request in 100..103 {
        let find = Find { name: name.clone() };
        let of = Presence {
            accounts: asked.clone(),
        };
        for (blocked, stranger) in [
            (
                answer(&mut eves, request, &find).await,
                answer(&mut maxs, request, &find).await,
            ),
            (
                answer(&mut eves, request, &add(account)).await,
                answer(&mut maxs, request, &add(account)).await,
            ),
            (
                answer(&mut eves, request, &List::default()).await,
                answer(&mut maxs, request, &List::default()).await,
            ),
            (
                answer(&mut eves, request, &of).await,
                answer(&mut maxs, request, &of).await,
            ),
            (
                answer(&mut eves, request, &Accept { account }).await,
                answer(&mut maxs, request, &Accept { account }).await,
            ),
            (
                answer(&mut eves, request, &Remove { account }).await,
                answer(&mut maxs, request, &Remove { account }).await,
            ),
        ] {
            assert_eq!(blocked, stranger);
        }
        let heard = [
            stands(&max, FriendState::Asking),
            stands(&max, FriendState::None),
        ];
        told([&mut adas, &mut other], &heard).await;
    }
    quiet([&mut adas, &mut other, &mut eves, &mut maxs]).await;
    drop((adas, other, eves, maxs));
    house.close().await;
}

#[tokio::test]
async fn what_was_asked_during_a_block_is_there_after_it() {
    let folder = Folder::new();
    let house = folder.house().await;
    // Everybody who came is told of by then.
    let circle = Circle::in_house(&house).await;
    let (ada, eve) = (circle.ada, circle.bob);
    let (mut adas, mut eves) = (circle.adas, circle.bobs);
    let account = eve.account;
    done(&mut adas, &Block { account }).await;
    told([&mut adas], &[stands(&eve, FriendState::None)]).await;
    // As if she had only been removed.
    told([&mut eves], &[stands(&ada, FriendState::None)]).await;
    assert_eq!(list(&mut eves).await, []);
    let refusal = refused(&mut adas, &add(account)).await;
    assert_eq!(refusal, ErrorCode::NotAllowed);

    done(&mut eves, &add(ada.account)).await;
    told([&mut eves], &[stands(&ada, FriendState::Asked)]).await;
    quiet([&mut adas]).await;
    done(&mut adas, &Unblock { account }).await;
    told([&mut adas], &[stands(&eve, FriendState::Asking)]).await;
    quiet([&mut eves]).await;
    done(&mut adas, &Accept { account }).await;
    let friend = [stands(&ada, FriendState::Friend), presence(&ada, true)];
    told([&mut eves], &friend).await;
    drop((adas, eves));
    house.close().await;
}

#[tokio::test]
async fn steps_that_lead_nowhere_are_refused() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    let (mut adas, _) = ada.arrives(&house).await;
    let (bobs, _) = bob.arrives(&house).await;
    let nobody = AccountId::from_bytes([9; 16]);
    let refusal = refused(&mut adas, &add(ada.account)).await;
    assert_eq!(refusal, ErrorCode::NotAllowed);
    let refusal = refused(&mut adas, &add(nobody)).await;
    assert_eq!(refusal, ErrorCode::NoSuchAccount);
    let account = bob.account;
    let refusal = refused(&mut adas, &Accept { account }).await;
    assert_eq!(refusal, ErrorCode::NotAsked);
    let refusal = refused(&mut adas, &Decline { account }).await;
    assert_eq!(refusal, ErrorCode::NotAsked);
    // Nobody can be led here by an invitation yet.
    let room = Some(RoomId::from_bytes([1; 16]));
    let refusal = refused(&mut adas, &Add { account, room }).await;
    assert_eq!(refusal, ErrorCode::NotAllowed);
    // What is so already is done.
    done(&mut adas, &Remove { account }).await;
    done(&mut adas, &Unblock { account }).await;
    quiet([&mut adas]).await;
    assert_eq!(list(&mut adas).await, []);
    drop((adas, bobs));
    house.close().await;
}

#[tokio::test]
async fn people_are_for_accounts_with_proven_keys() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let mut unproven = house.greeted().await;
    ada.registers(&mut unproven).await;
    let mut greeted = house.greeted().await;
    let mut guest = house.greeted().await;
    guest.sign_in("Grace", token()).await.expect("a guest");
    let name = "Ada".to_owned();
    for (peer, code) in [
        (&mut unproven, ErrorCode::KeysUnproven),
        (&mut greeted, ErrorCode::NotSignedIn),
        (&mut guest, ErrorCode::NotAllowed),
    ] {
        assert_eq!(refused(peer, &List::default()).await, code);
        assert_eq!(refused(peer, &add(ada.account)).await, code);
        let find = Find { name: name.clone() };
        assert_eq!(refused(peer, &find).await, code);
    }
    drop((unproven, greeted, guest));
    house.close().await;
    // Without a place for data there is nobody to know.
    let house = crate::support::House::open().await;
    let mut guest = house.guest("Grace").await;
    let code = refused(&mut guest, &List::default()).await;
    assert_eq!(code, ErrorCode::UnknownCommand);
    drop(guest);
    house.close().await;
}

#[tokio::test]
async fn a_name_to_show_is_seen_by_who_looks() {
    let folder = Folder::new();
    let house = folder.house().await;
    // Everybody who came is told of by then.
    let circle = Circle::in_house(&house).await;
    let (mut adas, mut bobs) = (circle.adas, circle.bobs);
    let longest = "王".repeat(64);
    for (typed, shown) in [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        (&longest, &longest),
        ("", ""),
    ] {
        let display = typed.to_owned();
        done(&mut adas, &Update { display }).await;
        let name = "ada".to_owned();
        let found = done(&mut bobs, &Find { name }).await;
        assert_eq!(
            (found.name.as_str(), found.display.as_str()),
            ("Ada", shown)
        );
        assert_eq!(list(&mut bobs).await[0].display, shown);
    }
    for display in ["王".repeat(65), "a\u{202e}b".into(), "\n".into()] {
        let refusal = refused(&mut adas, &Update { display }).await;
        assert_eq!(refusal, ErrorCode::NameInvalid);
    }
    assert_eq!(list(&mut bobs).await[0].display, "");
    quiet([&mut adas, &mut bobs]).await;
    drop((adas, bobs));
    house.close().await;
}
