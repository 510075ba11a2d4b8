//! An account's owner at a server: what the records are sent with.

use bytes::Bytes;
use wire_format::{
    Refusal,
    command::{
        auth::{Prove, Resume, SignedInAccount},
        keys,
    },
    identity::Chain,
    record_list,
};

pub(crate) use sealwire_tests::owner::{Owner, list, now};

pub(crate) use crate::folder::Folder;
use crate::support::{House, Peer};

/// What an owner does by a peer.
pub(crate) trait AtServer {
    /// Registers; the session is unproven.
    async fn registers(&self, peer: &mut Peer) -> SignedInAccount;

    /// Signs in; the session is unproven.
    async fn signs_in(&self, peer: &mut Peer) -> Result<SignedInAccount, Refusal>;

    /// Proves the keys of a session.
    async fn proves(&self, peer: &mut Peer, session: &SignedInAccount);

    /// A peer that has registered and proven.
    async fn arrives(&self, house: &House) -> (Peer, SignedInAccount);

    /// Another peer that has signed in and proven.
    async fn comes_again(&self, house: &House) -> (Peer, SignedInAccount);

    /// The chain of the account as the server gives it.
    async fn chain(&self, peer: &mut Peer) -> Chain;
}

impl AtServer for Owner {
    async fn registers(&self, peer: &mut Peer) -> SignedInAccount {
        let answer = peer.call(&self.register(), self.records()).await;
        answer.expect("an account").0
    }

    async fn signs_in(&self, peer: &mut Peer) -> Result<SignedInAccount, Refusal> {
        let answer = peer.call(&self.login(), Bytes::new()).await;
        answer.map(|(signed_in, _)| signed_in)
    }

    async fn proves(&self, peer: &mut Peer, session: &SignedInAccount) {
        let proof = self.proof(session);
        peer.call(&Prove {}, proof).await.expect("proven");
    }

    async fn arrives(&self, house: &House) -> (Peer, SignedInAccount) {
        let mut peer = house.greeted().await;
        let session = self.registers(&mut peer).await;
        self.proves(&mut peer, &session).await;
        (peer, session)
    }

    async fn comes_again(&self, house: &House) -> (Peer, SignedInAccount) {
        let mut peer = house.greeted().await;
        let session = self.signs_in(&mut peer).await.expect("a session");
        self.proves(&mut peer, &session).await;
        (peer, session)
    }

    async fn chain(&self, peer: &mut Peer) -> Chain {
        let command = keys::Chain {
            account: self.account,
            after: None,
        };
        let answer = peer.call(&command, Bytes::new()).await;
        let keysets = record_list::parse(answer.expect("a chain").1, 100).expect("a list");
        let mut keysets = keysets.into_iter();
        let first = keysets.next().expect("keyset 1");
        let chain = Chain::first(self.account, Some(&self.name), first);
        let mut chain = chain.expect("a first keyset");
        for keyset in keysets {
            chain.extend(keyset).expect("the next keyset");
        }
        chain
    }
}

/// Continues a session on a new connection.
pub(crate) async fn resume(
    house: &House,
    session: &SignedInAccount,
) -> Result<(Peer, SignedInAccount), Refusal> {
    let mut peer = house.greeted().await;
    let token = session.token.clone();
    let answer = peer.call(&Resume { token }, Bytes::new()).await;
    answer.map(|(resumed, _)| (peer, resumed))
}
