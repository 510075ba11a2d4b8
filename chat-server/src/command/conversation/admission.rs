//! What a commit is judged by, for `rooms.create` and `epochs.commit`.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, MemberId, Millis, Refusal, WrapNumber,
    room::{
        Admission, AdmissionError, Admitted, Change, CommitTail, PendingRequest, PublishedWrap,
        RoomChain, RoomRecord, UnverifiedCommit,
    },
};

use crate::{
    account::Known,
    command::{errand::Errand, unreadable},
    conversation::Share,
    store::rooms::{Comes, Commit, Member},
};

/// A commit as it came.
pub(super) struct Offer {
    pub(super) tail: CommitTail,
    pub(super) commit: UnverifiedCommit,
    pub(super) wraps: Vec<WrapNumber>,
}

/// What the store has of those whom a commit concerns.
#[derive(Clone)]
pub(super) struct Ground {
    keysets: Known,
    wraps: HashMap<AccountId, PublishedWrap>,
}

impl Offer {
    /// Takes the tail of a command apart.
    pub(super) fn read(tail: Bytes, wraps: &[WrapNumber]) -> Result<Self, Refusal> {
        let tail = CommitTail::parse(tail).map_err(|error| unreadable(&error))?;
        let commit = UnverifiedCommit::parse(tail.commit.clone());
        Ok(Self {
            commit: commit.map_err(|error| unreadable(&error))?,
            tail,
            wraps: wraps.to_vec(),
        })
    }

    /// Everybody whose keys judge the commit, but members whom it does not change.
    fn people(&self) -> BTreeSet<AccountId> {
        let mut people = BTreeSet::from([self.commit.author()]);
        for change in self.commit.changes() {
            people.extend(change.account());
            if let Change::Joined(request) = change {
                people.extend(request.invitation().map(|invitation| invitation.inviter()));
            }
        }
        people
    }

    /// Judges the commit off the tasks that read: its signatures are dear.
    pub(super) async fn judge(
        self,
        errand: &Errand,
        chain: Option<std::sync::Arc<RoomChain>>,
        ground: Ground,
        pending: Vec<PendingRequest>,
        now: Millis,
    ) -> Result<Result<(Admitted, Self, Ground), AdmissionError>, Refusal> {
        let account = self.commit.author();
        let job = move || {
            let admission = Admission {
                account,
                now,
                pending: &pending,
                wraps: &self.wraps,
                newest_wrap: &|account| ground.wraps.get(&account).copied(),
                shares: &self.tail.shares,
                keysets: &ground.keysets,
            };
            let record = self.tail.commit.clone();
            let admitted = match &chain {
                Some(chain) => chain.admit(record, &admission),
                None => RoomChain::admit_first(self.commit.room(), record, &admission),
            };
            admitted.map(|admitted| (admitted, self, ground))
        };
        errand.accounts.work.run(job).await
    }

    /// The share of each member, in the order in which they came.
    pub(super) fn shares(&self, record: &RoomRecord) -> HashMap<AccountId, Share> {
        let shares = self.wraps.iter().zip(&self.tail.shares);
        let shares = record.members().zip(shares);
        shares
            .map(|((account, _), (&wrap, share))| {
                let share = share.clone();
                (account, Share { wrap, share })
            })
            .collect()
    }

    /// The commit as the store takes it.
    pub(super) fn kept(
        &self,
        admitted: &Admitted,
        ground: &Ground,
        put: Vec<Member>,
        kept: Kept,
    ) -> Commit {
        let members: Vec<AccountId> = admitted.record().members().map(|(id, _)| id).collect();
        let newest = members.iter().map(|account| ground.wraps.get(account));
        let newest = newest.map(|wrap| wrap.map_or(0, |wrap| wrap.number.value()));
        Commit {
            room: self.commit.room(),
            n: self.commit.n().value(),
            hash: *self.commit.hash().as_bytes(),
            author: self.commit.author().into(),
            name: kept.name,
            record: self.tail.commit.to_vec(),
            wraps: self.wraps.iter().map(|wrap| wrap.value()).collect(),
            shares: self.tail.shares.concat(),
            put,
            newest: newest.collect(),
            members: members.into_iter().map(MemberId::from).collect(),
            rooms_most: kept.rooms_most,
            keep_days: admitted.record().policy().keep.days(),
            now: kept.now,
        }
    }
}

/// What stands beside a commit that is kept.
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) rooms_most: u64,
    pub(super) now: Millis,
}

impl Ground {
    /// Reads the keys of everybody whom a commit concerns, and of those members whose newest wrap key
    /// is not by the keys in the list.
    pub(super) async fn read(
        errand: &Errand,
        offer: &Offer,
        record: Option<&RoomRecord>,
    ) -> Result<Self, Refusal> {
        let mut people = offer.people();
        let members = record.into_iter().flat_map(RoomRecord::members);
        let listed: HashMap<_, _> = members
            .map(|(account, member)| (account, member.fingerprint))
            .collect();
        let everybody: BTreeSet<_> = people.iter().chain(listed.keys()).copied().collect();
        let everybody: Vec<_> = everybody.into_iter().collect();
        let wraps = errand.accounts.newest_wraps(&everybody).await?;
        let others = listed.iter().filter(|(account, listed)| {
            let wrap = wraps.get(*account);
            wrap.is_some_and(|wrap| wrap.fingerprint != **listed)
        });
        people.extend(others.map(|(account, _)| *account));
        Ok(Self {
            keysets: errand.accounts.chains_of(people).await?,
            wraps,
        })
    }

    /// Whether an account can be written to.
    pub(super) fn has(&self, account: AccountId) -> bool {
        self.wraps.contains_key(&account)
    }
}

/// Members that a commit lets in, or gives another role or other keys.
pub(super) fn put(
    before: Option<&RoomRecord>,
    after: &RoomRecord,
    author: AccountId,
) -> Vec<Member> {
    let mut put = Vec::new();
    for (account, member) in after.members() {
        let was = before.and_then(|before| before.member(account));
        if was == Some(member) {
            continue;
        }
        let comes = match was {
            Some(_) => Comes::WasIn,
            None if before.is_some() || account == author => Comes::Itself,
            None => Comes::Placed,
        };
        put.push(Member {
            account: account.into(),
            fingerprint: *member.fingerprint.as_bytes(),
            role: member.role.byte(),
            comes,
        });
    }
    put
}

/// The one map from what is wrong with a commit to codes.
pub(super) fn refused(error: AdmissionError) -> Refusal {
    match error {
        AdmissionError::Record(error) => unreadable(&error),
        AdmissionError::Conflict => ErrorCode::CommitConflict.into(),
        AdmissionError::Pending(_) => ErrorCode::RequestsPending.into(),
        AdmissionError::Superseded => ErrorCode::WrapSuperseded.into(),
        AdmissionError::Shares { .. } | AdmissionError::Placeholder(_) => {
            ErrorCode::Malformed.into()
        }
        _ => ErrorCode::CommitInvalid.into(),
    }
}
