//! What the next commit is to do.

use wire_format::{
    AccountId, Fingerprint, Millis,
    event::KeysetChange,
    identity::{Chain, UnverifiedKeyset},
    room::{Action, Change, CommitReason, Keysets, UnknownKeys, UnverifiedRequest},
};

use super::Conversation;

impl Conversation {
    /// The changes of the next commit: what is wanted, the pending requests that are valid, and keys
    /// that members rotated to. `pending` as the server lists it, the oldest first.
    ///
    /// # Errors
    /// [`UnknownKeys`] where somebody's chain is to be read first.
    pub fn changes(
        &self,
        wanted: &[Change],
        pending: &[UnverifiedRequest],
        keysets: &dyn Keysets,
        now: Millis,
    ) -> Result<Vec<Change>, UnknownKeys> {
        let mut changes = wanted.to_vec();
        for request in pending {
            let is_wanted = wanted.iter().any(|change| {
                is_of(change, request.action()) && change.account() == Some(request.account())
            });
            if is_wanted {
                continue;
            }
            if let Err(error) = self.chain.check_request(request, now, keysets) {
                match error.unknown_keys() {
                    Some(keys) => return Err(keys),
                    // What is not valid is not taken in; a server does not count it as pending.
                    None => continue,
                }
            }
            let request = Box::new(request.clone());
            changes.push(match request.action() {
                Action::Join => Change::Joined(request),
                Action::Leave => Change::Left(request),
            });
        }
        let left: Vec<AccountId> = gone(&changes);
        for (account, member) in self.record().members() {
            let Some(chain) = keysets.chain(account).filter(|_| !left.contains(&account)) else {
                continue;
            };
            changes.extend(rekeyed(chain, member.fingerprint));
        }
        Ok(changes)
    }

    /// Whether keys of members that the list does not have are known.
    pub fn is_rekeying(&self, keysets: &dyn Keysets) -> bool {
        self.record().members().any(|(account, member)| {
            let chain = keysets.chain(account);
            chain.is_some_and(|chain| rekeyed(chain, member.fingerprint).is_some())
        })
    }
}

/// Whether a change takes in a request of this kind.
const fn is_of(change: &Change, action: Action) -> bool {
    matches!(
        (change, action),
        (Change::Joined(_), Action::Join) | (Change::Left(_), Action::Leave)
    )
}

/// Why a commit with these changes is made.
pub(crate) fn reason_of(changes: &[Change], otherwise: CommitReason) -> CommitReason {
    let is_membership = |change: &Change| {
        matches!(
            change,
            Change::Joined(_) | Change::Left(_) | Change::Removed { .. } | Change::Unbanned(_)
        )
    };
    if changes.iter().any(is_membership) {
        return CommitReason::Membership;
    }
    match changes.first() {
        Some(Change::Role { .. } | Change::Policy(_)) => CommitReason::RolesOrPolicy,
        Some(Change::Rekeyed(_)) => CommitReason::Rekeyed,
        _ => otherwise,
    }
}

fn gone(changes: &[Change]) -> Vec<AccountId> {
    let gone = changes.iter().filter(|change| {
        matches!(
            change,
            Change::Left(_) | Change::Removed { .. } | Change::Joined(_)
        )
    });
    gone.filter_map(Change::account).collect()
}

/// The keyset that follows the listed keys, where they were rotated.
fn rekeyed(chain: &Chain, listed: Fingerprint) -> Option<Change> {
    let head = chain.head();
    if head.fingerprint() == listed {
        return None;
    }
    let number = chain.with_fingerprint(listed)?.number().next();
    let next = chain.with_number(number)?;
    let change = chain.change_between(listed, next.fingerprint());
    if change != Some(KeysetChange::Rotated) {
        return None;
    }
    let keyset = UnverifiedKeyset::parse(next.bytes().clone()).ok()?;
    Some(Change::Rekeyed(Box::new(keyset)))
}
