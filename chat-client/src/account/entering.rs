//! From a session to an account: the root is opened, the own chain checked, the keys proven.

use std::sync::Arc;

use wire_format::{
    KeysetNumber, OpenError, WrapNumber,
    command::auth::{Prove, SignedInAccount},
    identity::{Chain, IdentityKeys},
    passwords::ServerName,
    vault::{OpenedRoot, RootContent},
};

use super::{
    Account, Who,
    blocking::blocking,
    chain::{self, Start},
    error::{AccountError, PeerFault},
    kept::{Seen, SeenItems},
    line::Line,
    pins::Pins,
    prover::Prover,
    root::{self, Opener},
    server::AccountServer,
};

/// A session that has not proven its keys.
pub(super) struct Entered {
    pub(super) line: Line,
    pub(super) server: AccountServer,
    pub(super) who: Who,
    pub(super) signed_in: SignedInAccount,
}

impl Entered {
    /// Takes the reply of a sign-in; `who` is told by it, apart from the token after a resume.
    pub(super) fn new(
        line: Line,
        server: AccountServer,
        name: ServerName,
        signed_in: SignedInAccount,
    ) -> Result<Self, AccountError> {
        let token = signed_in.token.clone().ok_or(PeerFault::NoToken)?;
        let who = Who {
            account: signed_in.account,
            name: signed_in.name.clone(),
            session: signed_in.session,
            token,
            expires_at: signed_in.expires_at,
            server: name,
        };
        Ok(Self {
            line,
            server,
            who,
            signed_in,
        })
    }

    /// Opens the vault, checks the own chain against it and what was seen before, and proves.
    pub(super) async fn unlock(
        mut self,
        opener: &Opener,
        seen: Option<Seen>,
    ) -> Result<Account, AccountError> {
        let least = seen.map_or_else(Default::default, |seen| seen.root);
        let chain = own_chain(&mut self.line, &self.who, seen).await?;
        let mut opened =
            opener.open(&root::read(&mut self.line, self.who.account, least).await?)?;
        if newest(&opened.content) < chain.head().number() {
            // Another device may have rotated its keys between the two answers.
            opened = opener.open(&root::read(&mut self.line, self.who.account, least).await?)?;
        }
        let keys = own_keys(&opened.content, &chain).await?;
        self.prove(keys, chain, opened, seen).await
    }

    /// Proves the keys of a chain head that was checked.
    pub(super) async fn prove(
        mut self,
        keys: Arc<IdentityKeys>,
        chain: Chain,
        root: OpenedRoot,
        seen: Option<Seen>,
    ) -> Result<Account, AccountError> {
        let prover = Prover {
            keys: Arc::clone(&keys),
            account: self.who.account,
            session: self.who.session,
            server: self.who.server.clone(),
        };
        let proof = prover.answer(self.signed_in.challenge).await?;
        self.line.call(&Prove {}, proof).await?;
        let now = Seen::of(&chain, root.number, newest_wrap(&root.content));
        Ok(Account {
            seen: seen.map_or(now, |seen| seen.or_later(now)),
            line: self.line,
            server: self.server,
            who: self.who,
            chain,
            keys,
            root,
            seen_items: SeenItems::default(),
            pins: Pins::default(),
        })
    }
}

/// The own chain, from its beginning or from where this device last saw it.
pub(super) async fn own_chain(
    line: &mut Line,
    who: &Who,
    seen: Option<Seen>,
) -> Result<Chain, AccountError> {
    let from = match seen {
        Some(seen) => Start::Pinned(seen.pin(who.account)),
        None => Start::First(Some(who.name.clone())),
    };
    let read = chain::read(line, who.account, from).await?;
    if read.chain.head().name() != who.name {
        return Err(PeerFault::OtherName.into());
    }
    Ok(read.chain)
}

/// The private keys in the root, which are those of the chain head or the server lies.
pub(super) async fn own_keys(
    content: &RootContent,
    chain: &Chain,
) -> Result<Arc<IdentityKeys>, AccountError> {
    let head = chain.head();
    let (number, fingerprint) = (head.number(), head.fingerprint());
    let entries = content.identity.iter();
    let entry = entries.rev().find(|entry| entry.number == number).cloned();
    let entry = entry.ok_or(PeerFault::OtherKeys(number))?;
    let keys: Result<IdentityKeys, OpenError> = blocking(move || entry.keys()).await?;
    let keys = keys.map_err(PeerFault::Root)?;
    if keys.fingerprint() != fingerprint {
        return Err(PeerFault::OtherKeys(number).into());
    }
    Ok(Arc::new(keys))
}

fn newest(content: &RootContent) -> KeysetNumber {
    let newest = content.identity.last();
    newest.map_or_else(Default::default, |entry| entry.number)
}

/// The number of the newest wrap key in a root.
pub(super) fn newest_wrap(content: &RootContent) -> WrapNumber {
    let newest = content.wraps.last();
    newest.map_or_else(Default::default, |entry| entry.number)
}
