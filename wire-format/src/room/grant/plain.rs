//! What a server can see of a grant.

use super::{GrantError, UnverifiedGrant};
use crate::room::{Claim, ClaimError, KeyRequest, Keysets, RoomChain, UnverifiedKeyRequest, keys};

impl UnverifiedGrant {
    /// Checks everything that is in the open, of an answer to a request that was verified when it came:
    /// all but the signatures, which are the asker's to verify, and what is sealed.
    ///
    /// # Errors
    /// The typed cause, in the order of docs/protocol.md#1413-history-key-requests-and-grants.
    pub fn check_plain(
        &self,
        pending: &UnverifiedKeyRequest,
        chain: &RoomChain,
        keysets: &dyn Keysets,
    ) -> Result<(), GrantError> {
        let pending = pending.unsigned();
        let own = (pending.room(), pending.hash(), pending.account());
        if (self.room, self.request, self.asker) != own || self.room != chain.room() {
            return Err(GrantError::OtherRequest);
        }
        if !keys::is_member_with(chain.record(), keysets, self.granter, self.fingerprint)? {
            return Err(GrantError::NotMember(self.granter));
        }
        self.check_place(pending, chain)?;
        if self.wrap != pending.wrap() {
            return Err(GrantError::OtherWrapKey {
                found: self.wrap,
                asked: pending.wrap(),
            });
        }
        let member = chain.record().member(self.granter);
        let decides = member.is_some_and(|member| member.role.is_over_members());
        if !decides && !is_for_anybody(pending, chain, keysets)? {
            return Err(GrantError::NotAllowed(self.granter));
        }
        Ok(())
    }
}

/// Whether there is an epoch among those that were asked for that every member gives.
fn is_for_anybody(
    pending: &KeyRequest,
    chain: &RoomChain,
    keysets: &dyn Keysets,
) -> Result<bool, GrantError> {
    let (first, last) = (*pending.epochs().start(), chain.head().n());
    let last = last.min(*pending.epochs().end());
    let mut n = first;
    while n <= last {
        match pending.claim(n, chain, keysets) {
            Ok(Some(Claim::Always | Claim::SharedHistory)) => return Ok(true),
            Ok(Some(Claim::Decision) | None) => {}
            Err(ClaimError::UnknownKeys(unknown)) => return Err(unknown.into()),
            Err(ClaimError::Older(_)) => return Err(GrantError::Older),
        }
        n = n.next();
    }
    Ok(false)
}
