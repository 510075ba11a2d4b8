//! What a commit results in, and whether its author may do that.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Change, ChangeError, CommitError, History, Keysets, Newcomers, Policy, Role, RoomKind,
    RoomRecord, Standing, UnknownKeys, change::AfterRemoval, commit::Body, record::Member,
};
use crate::{
    identity::{ChainError, UnverifiedKeyset},
    ids::{AccountId, Fingerprint},
    limits::{ROOM_BANNED, ROOM_MEMBERS},
};

/// What a commit is judged by.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) history: &'a History,
    pub(super) keysets: &'a dyn Keysets,
    pub(super) newcomers: Newcomers,
}

/// The record that results, if every change is in order, allowed and valid (steps 6 and 7 of the
/// document, save the members hash).
pub(super) fn judge(body: &Body, ground: &Ground<'_>) -> Result<Arc<RoomRecord>, CommitError> {
    let changes = &body.changes;
    let pairs = changes.iter().zip(changes.iter().skip(1));
    if let Some(at) = pairs.clone().position(|(a, b)| a.place() >= b.place()) {
        return Err(CommitError::Order(at + 1));
    }
    let before = ground.history.record();
    let mut after = begin(body, before.map(Arc::as_ref)).ok_or(CommitError::Change {
        at: 0,
        cause: ChangeError::Founded,
    })?;
    let at_first;
    let bench = Bench {
        body,
        is_first: before.is_none(),
        before: match before {
            Some(before) => before,
            None => {
                at_first = after.clone();
                &at_first
            }
        },
        ground,
    };
    for (at, change) in changes.iter().enumerate() {
        bench
            .allow(change, &after)
            .map_err(|cause| CommitError::Change { at, cause })?;
        apply(change, &mut after);
    }
    if !after.members.contains_key(&body.author) {
        return Err(CommitError::AuthorGone(body.author));
    }
    let count = after.members.len();
    let is_no_pair = bench.is_first && after.policy.kind == RoomKind::Direct && count != 2;
    if count > ROOM_MEMBERS || is_no_pair {
        return Err(CommitError::MemberCount(count));
    }
    Ok(match before {
        Some(before) if changes.is_empty() => Arc::clone(before),
        _ => Arc::new(after),
    })
}

/// The record that results from a commit whose hash is known to be good; `None` if it is none of this
/// chain.
pub(super) fn replay(body: &Body, before: Option<&Arc<RoomRecord>>) -> Option<Arc<RoomRecord>> {
    if let Some(before) = before
        && body.changes.is_empty()
    {
        return Some(Arc::clone(before));
    }
    let mut after = begin(body, before.map(Arc::as_ref))?;
    for change in &body.changes {
        apply(change, &mut after);
    }
    Some(Arc::new(after))
}

/// Whom the changes of a commit are about, and whether they come or go by them. Who is banned goes,
/// also where it was not a member: what let it in before does not let it in again.
pub(super) fn touched(body: &Body) -> BTreeMap<AccountId, bool> {
    let mut touched = BTreeMap::new();
    for change in &body.changes {
        let (account, moves) = match change {
            Change::Founded(_) => (body.author, true),
            Change::Placed { account, .. } | Change::Removed { account, .. } => (*account, true),
            Change::Joined(request) | Change::Left(request) => (request.account(), true),
            Change::Role { account, .. } => (*account, false),
            Change::Rekeyed(keyset) => (keyset.account(), false),
            Change::Policy(_) | Change::Unbanned(_) => continue,
        };
        *touched.entry(account).or_default() |= moves;
    }
    touched
}

/// The record that changes are applied to: the one before, or a founded one.
fn begin(body: &Body, before: Option<&RoomRecord>) -> Option<RoomRecord> {
    match (before, body.changes.first()) {
        (Some(before), _) => Some(before.clone()),
        (None, Some(Change::Founded(policy))) => {
            Some(RoomRecord::founded(*policy, body.author, body.fingerprint))
        }
        (None, _) => None,
    }
}

fn placed_role(policy: &Policy) -> Role {
    match policy.kind {
        RoomKind::Direct => Role::Owner,
        RoomKind::Public | RoomKind::Private | RoomKind::Group => Role::Member,
    }
}

fn apply(change: &Change, record: &mut RoomRecord) {
    match change {
        Change::Founded(_) => {}
        Change::Placed {
            account,
            fingerprint,
        } => {
            let member = Member {
                fingerprint: *fingerprint,
                role: placed_role(&record.policy),
            };
            record.members.insert(*account, member);
        }
        Change::Joined(request) => {
            let member = Member {
                fingerprint: request.fingerprint(),
                role: Role::Member,
            };
            record.members.insert(request.account(), member);
        }
        Change::Left(request) => {
            record.members.remove(&request.account());
        }
        Change::Removed { account, after } => {
            record.members.remove(account);
            if *after == AfterRemoval::Banned {
                record.banned.insert(*account);
            }
        }
        Change::Role { account, role } => {
            if let Some(member) = record.members.get_mut(account) {
                member.role = *role;
            }
        }
        Change::Policy(policy) => record.policy = *policy,
        Change::Rekeyed(keyset) => {
            if let Some(member) = record.members.get_mut(&keyset.account()) {
                member.fingerprint = keyset.fingerprint();
            }
        }
        Change::Unbanned(account) => {
            record.banned.remove(account);
        }
    }
}

/// A commit, and the room as it was before.
struct Bench<'a> {
    body: &'a Body,
    is_first: bool,
    /// In a first commit the room as it was founded.
    before: &'a RoomRecord,
    ground: &'a Ground<'a>,
}

impl Bench<'_> {
    /// Whether the author may make this change where the ones before it have led to `record`.
    fn allow(&self, change: &Change, record: &RoomRecord) -> Result<(), ChangeError> {
        let is_direct = record.policy.kind == RoomKind::Direct;
        if is_direct && !self.is_first && !matches!(change, Change::Left(_) | Change::Rekeyed(_)) {
            return Err(ChangeError::RoomKind);
        }
        match change {
            Change::Founded(_) if self.is_first => Ok(()),
            Change::Founded(_) => Err(ChangeError::Founded),
            Change::Placed {
                account,
                fingerprint,
            } => {
                let is_conversation =
                    matches!(record.policy.kind, RoomKind::Group | RoomKind::Direct);
                if !(self.is_first && is_conversation) {
                    return Err(ChangeError::RoomKind);
                }
                if record.members.contains_key(account) {
                    return Err(ChangeError::Member(*account));
                }
                self.standing()
                    .newcomer(*account, *fingerprint)?
                    .ok_or(ChangeError::OtherKeys(*fingerprint))?;
                Ok(())
            }
            Change::Joined(request) => Ok(request.check(&self.standing())?),
            Change::Left(request) => {
                request.check(&self.standing())?;
                // Who came back by this very commit has not asked to leave since.
                let account = request.account();
                self.role_before(account, record)
                    .map(drop)
                    .ok_or(ChangeError::NotMember(account))
            }
            Change::Removed { account, after } => self.allow_removal(*account, *after, record),
            Change::Role { account, role } => self.allow_role(*account, *role, record),
            Change::Policy(policy) => {
                if self.power() != Some(Role::Owner) {
                    return Err(ChangeError::NotAllowed);
                }
                if policy.kind != record.policy.kind {
                    return Err(ChangeError::RoomKind);
                }
                Ok(())
            }
            Change::Rekeyed(keyset) => {
                let account = keyset.account();
                let member = record
                    .member(account)
                    .ok_or(ChangeError::NotMember(account))?;
                self.allow_keyset(keyset, member.fingerprint)
            }
            Change::Unbanned(account) => {
                self.power_over_members()?;
                if !record.is_banned(*account) {
                    return Err(ChangeError::NotBanned(*account));
                }
                Ok(())
            }
        }
    }

    fn allow_removal(
        &self,
        account: AccountId,
        after: AfterRemoval,
        record: &RoomRecord,
    ) -> Result<(), ChangeError> {
        if record.member(account).is_some() || after == AfterRemoval::MayReturn {
            self.has_power_over(account, record)?;
        } else {
            // Who left by this very commit is banned as if it had not.
            let power = self.power_over_members()?;
            let left = self.before.member(account);
            if left.is_some_and(|left| !left.role.is_below(power)) {
                return Err(ChangeError::NotAllowed);
            }
            if record.is_banned(account) {
                return Err(ChangeError::Banned(account));
            }
        }
        let is_full = record.banned.len() >= ROOM_BANNED;
        if after == AfterRemoval::Banned && is_full {
            return Err(ChangeError::BannedFull);
        }
        Ok(())
    }

    /// Whether a keyset is the one that follows the listed keys in its account's own chain; there it
    /// was verified.
    fn allow_keyset(
        &self,
        keyset: &UnverifiedKeyset,
        listed: Fingerprint,
    ) -> Result<(), ChangeError> {
        let account = keyset.account();
        let unknown = |fingerprint| UnknownKeys {
            account,
            fingerprint,
        };
        let chain = self.ground.keysets.chain(account);
        let chain = chain.ok_or(unknown(keyset.fingerprint()))?;
        let before = chain.with_fingerprint(listed).ok_or(unknown(listed))?;
        let (expected, found) = (before.number().next(), keyset.number());
        if found != expected {
            return Err(ChangeError::Keyset(ChainError::Number { expected, found }));
        }
        let known = chain.with_number(found);
        if known.ok_or(unknown(keyset.fingerprint()))?.hash() != keyset.hash() {
            return Err(ChangeError::Keyset(ChainError::OtherKeyset(found)));
        }
        Ok(())
    }

    fn allow_role(
        &self,
        account: AccountId,
        role: Role,
        record: &RoomRecord,
    ) -> Result<(), ChangeError> {
        if account == self.body.author
            && let Some(own) = self.own_role()
            && own.is_over_members()
            && role.is_below(own)
            && record.members.contains_key(&account)
        {
            return Ok(());
        }
        let power = self.has_power_over(account, record)?;
        if role.is_below(power) || (power, role) == (Role::Owner, Role::Owner) {
            Ok(())
        } else {
            Err(ChangeError::NotAllowed)
        }
    }

    /// What the author may act as, if that is above a member's role.
    fn has_power_over(&self, account: AccountId, record: &RoomRecord) -> Result<Role, ChangeError> {
        let power = self.power_over_members()?;
        if record.member(account).is_none() {
            return Err(ChangeError::NotMember(account));
        }
        // Who comes in by this commit had no role before it, and is a member.
        let role = self.role_before(account, record).unwrap_or(Role::Member);
        if role.is_below(power) {
            Ok(power)
        } else {
            Err(ChangeError::NotAllowed)
        }
    }

    /// What the author may act as, where it takes more than a member.
    fn power_over_members(&self) -> Result<Role, ChangeError> {
        self.power()
            .filter(|power| power.is_over_members())
            .ok_or(ChangeError::NotAllowed)
    }

    /// The role that the author may act in: when no owner is left, admins do what owners may.
    fn power(&self) -> Option<Role> {
        match self.own_role() {
            Some(Role::Admin) if !self.before.has(Role::Owner) => Some(Role::Owner),
            role => role,
        }
    }

    /// The author's role before, with the keys that sign; none where they came by this commit.
    fn own_role(&self) -> Option<Role> {
        let member = self.before.member(self.body.author);
        member
            .filter(|member| !self.is_first && member.fingerprint == self.body.fingerprint)
            .map(|member| member.role)
    }

    /// The role before of somebody who is in the room with the same keys as before.
    fn role_before(&self, account: AccountId, record: &RoomRecord) -> Option<Role> {
        let before = self.before.member(account)?;
        let now = record.member(account)?;
        (before.fingerprint == now.fingerprint).then_some(before.role)
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            room: self.body.room,
            record: self.before,
            history: self.ground.history,
            keysets: self.ground.keysets,
            newcomers: self.ground.newcomers,
            made_at: self.body.made_at,
        }
    }
}

#[cfg(test)]
mod tests;
