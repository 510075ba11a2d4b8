//! Sections 14.3 and 14.5: `auth.fresh` and `keys.reset`: starting with new keys.

use bytes::Bytes;
use chat_server::store::{Store as _, accounts::FindAccount, tokens::Purpose};
use wire_format::{
    ErrorCode, OneTimeToken,
    command::{
        auth::{Prove, Sessions, SignedInAccount},
        keys::{Reset, Rotate},
        vault::Root,
    },
};

use crate::{
    owner::{AtServer as _, Folder, Owner},
    support::Peer,
};

async fn starts(
    owner: &Owner,
    peer: &mut Peer,
    token: &OneTimeToken,
) -> Result<SignedInAccount, ErrorCode> {
    let answer = peer.call(&owner.fresh(token), Bytes::new()).await;
    let signed_in = answer.map(|(signed_in, _)| signed_in);
    signed_in.map_err(|refusal| refusal.code)
}

#[tokio::test]
async fn a_one_time_token_gives_new_keys_and_a_new_password() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut before, _) = ada.arrives(&house).await;
    let token = folder.issues(Purpose::Fresh(ada.account.into())).await;
    let mut peer = house.greeted().await;
    let session = starts(&ada, &mut peer, &token).await.expect("a session");
    let (state, _) = peer.call(&Root {}, Bytes::new()).await.expect("a root");
    let chain = ada.chain(&mut peer).await;
    let expected = chain.head().number();
    let rotation = ada.rotation(chain.head(), 2, 2);
    let refused = peer.call(&Rotate { expected }, rotation).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);
    let refused = peer.call(&Sessions {}, Bytes::new()).await;
    assert_eq!(refused.expect_err("unproven").code, ErrorCode::KeysUnproven);

    let root = state.number.value() + 1;
    let reset = ada.reset(chain.head(), 2, root);
    peer.call(&Reset { expected }, reset)
        .await
        .expect("new keys");
    let new = ada.renewed();
    let (password, tail) = ada.password(None, &new, root);
    peer.call(&password, tail).await.expect("a new password");
    // The new keys answer, not the old ones.
    let proof = ada.foreign_proof(&session);
    peer.call(&Prove {}, proof).await.expect("proven");
    peer.call(&Sessions {}, Bytes::new()).await.expect("all");
    assert_eq!(
        before.closed().await,
        wire_format::CloseCode::Revoked,
        "by the new password"
    );
    let mut other = house.greeted().await;
    let again = new.signs_in(&mut other).await.expect("a session");
    let refused = other.call(&Prove {}, ada.proof(&again)).await;
    assert_eq!(refused.expect_err("old keys").code, ErrorCode::NotAllowed);
    drop((before, peer, other));
    house.close().await;
}

#[tokio::test]
async fn a_token_is_for_one_account_and_one_time() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (ada, bob) = (Owner::named("Ada"), Owner::named("Bob"));
    drop((ada.arrives(&house).await, bob.arrives(&house).await));
    let token = folder.issues(Purpose::Fresh(ada.account.into())).await;
    let invitation = folder.issues(Purpose::Invitation).await;
    let mut peer = house.greeted().await;
    let nobody = Owner::named("Nobody");
    let impossible = Owner::named("x");
    for (why, owner, token) in [
        ("another's", &bob, &token),
        ("of nobody", &nobody, &token),
        ("no name", &impossible, &token),
        ("an invitation", &ada, &invitation),
        ("unknown", &ada, &OneTimeToken::from_bytes([7; 32])),
    ] {
        let refused = starts(owner, &mut peer, token).await;
        assert_eq!(refused.err(), Some(ErrorCode::LoginFailed), "{why}");
    }
    starts(&ada, &mut peer, &token).await.expect("a session");
    let mut again = house.greeted().await;
    let refused = starts(&ada, &mut again, &token).await;
    assert_eq!(refused.err(), Some(ErrorCode::LoginFailed), "replayed");
    drop((peer, again));
    house.close().await;
}

#[tokio::test]
async fn two_that_have_a_token_begin_one_session() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    drop(ada.arrives(&house).await);
    let token = folder.issues(Purpose::Fresh(ada.account.into())).await;
    let (mut one, mut two) = (house.greeted().await, house.greeted().await);
    let (a, b) = tokio::join!(
        starts(&ada, &mut one, &token),
        starts(&ada, &mut two, &token)
    );
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1);
    assert_eq!(a.err().or(b.err()), Some(ErrorCode::LoginFailed));
    drop((one, two));
    house.close().await;
}

#[tokio::test]
async fn a_sign_in_by_password_may_start_with_new_keys_unproven() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    drop(ada.arrives(&house).await);
    let mut peer = house.greeted().await;
    let session = ada.signs_in(&mut peer).await.expect("a session");
    let chain = ada.chain(&mut peer).await;
    let expected = chain.head().number();
    let reset = ada.reset(chain.head(), 2, 2);
    peer.call(&Reset { expected }, reset)
        .await
        .expect("new keys");
    let proof = ada.foreign_proof(&session);
    peer.call(&Prove {}, proof).await.expect("proven");
    assert_eq!(ada.chain(&mut peer).await.head().number().value(), 2);
    let store = folder.store().await;
    let find = FindAccount::ById(ada.account.into());
    assert!(store.read(find).await.expect("read").is_some());
    store.close().await;
    drop(peer);
    house.close().await;
}
