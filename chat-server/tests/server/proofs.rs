//! Section 14.5: what is a proof of keys, and what is none.

use bytes::Bytes;
use wire_format::{
    ErrorCode, Millis,
    command::auth::{Logout, Prove, Sessions, SignedInAccount},
    identity,
};

use crate::{
    owner::{AtServer as _, Folder, Owner, now},
    support::{House, Peer},
};

/// What makes a proof that is none for this session.
type Forge<'a> = Box<dyn Fn(&SignedInAccount) -> Bytes + 'a>;

async fn unproven(house: &House, ada: &Owner) -> (Peer, SignedInAccount) {
    let mut peer = house.greeted().await;
    let session = ada.registers(&mut peer).await;
    (peer, session)
}

#[tokio::test]
async fn a_proof_is_for_one_session_challenge_server_and_time() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (first, other) = unproven(&house, &ada).await;
    drop(first);
    let five_minutes = 5 * 60 * 1_000;
    let owner = &ada;
    let forged: [(&str, Forge<'_>); 6] = [
        ("other keys", Box::new(|own| owner.foreign_proof(own))),
        (
            "another server",
            Box::new(|own| owner.proof_for(own, "chat.example", now())),
        ),
        ("another session's", Box::new(|_| owner.proof(&other))),
        (
            "too old",
            Box::new(|own| {
                let then = Millis::new(now().value() - five_minutes - 1_000);
                owner.proof_for(own, "localhost", then)
            }),
        ),
        (
            "from the future",
            Box::new(|own| {
                let then = Millis::new(now().value() + five_minutes + 60_000);
                owner.proof_for(own, "localhost", then)
            }),
        ),
        (
            "another challenge",
            Box::new(|own| {
                let mut own = own.clone();
                own.challenge = other.challenge;
                owner.proof(&own)
            }),
        ),
    ];
    for (why, forge) in forged {
        let mut peer = house.greeted().await;
        let own = ada.signs_in(&mut peer).await.expect("a session");
        let refused = peer.call(&Prove {}, forge(&own)).await;
        assert_eq!(refused.expect_err(why).code, ErrorCode::NotAllowed, "{why}");
        // The challenge is gone: the right proof comes too late.
        let refused = peer.call(&Prove {}, ada.proof(&own)).await;
        assert_eq!(refused.expect_err(why).code, ErrorCode::NotAsked, "{why}");
        let refused = peer.call(&Sessions {}, Bytes::new()).await;
        assert_eq!(
            refused.expect_err(why).code,
            ErrorCode::KeysUnproven,
            "{why}"
        );
        peer.call(&Logout {}, Bytes::new())
            .await
            .expect("signed out");
        drop(peer);
    }
    house.close().await;
}

#[tokio::test]
async fn a_proof_serves_once() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut peer, session) = unproven(&house, &ada).await;
    let proof = ada.proof(&session);
    peer.call(&Prove {}, proof.clone()).await.expect("proven");
    let refused = peer.call(&Prove {}, proof.clone()).await;
    assert_eq!(refused.expect_err("replayed").code, ErrorCode::NotAllowed);
    // On another connection of the same session there is another challenge.
    let resumed = crate::owner::resume(&house, &session).await;
    let (mut again, _) = resumed.expect("a session");
    let refused = again.call(&Prove {}, proof).await;
    assert_eq!(refused.expect_err("replayed").code, ErrorCode::NotAllowed);
    drop((peer, again));
    house.close().await;
}

#[tokio::test]
async fn what_is_no_proof_is_malformed() {
    let folder = Folder::new();
    let house = folder.house().await;
    let ada = Owner::named("Ada");
    let (mut peer, session) = unproven(&house, &ada).await;
    let mut cut = ada.proof(&session);
    cut.truncate(cut.len() - 1);
    let refused = peer.call(&Prove {}, cut).await;
    assert_eq!(refused.expect_err("cut").code, ErrorCode::Malformed);
    assert!(identity::UnverifiedProof::parse(ada.proof(&session)).is_ok());
    drop(peer);
    house.close().await;
}
