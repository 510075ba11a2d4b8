//! The requests of a room that the next commit has to take in.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    Refusal,
    limits::{JOINS_TAKEN, LEAVES_TAKEN},
    room::{Action, PendingRequest, RequestError, UnverifiedRequest},
};

use crate::{
    account::account_id,
    command::errand::Errand,
    conversation::Conversation,
    store::rooms::{DropRequests, ReadRequests, Request},
    wall_clock,
};

/// What waits to be taken in.
pub(super) struct Waiting {
    /// The pending requests, the oldest first.
    pub(super) pending: Vec<PendingRequest>,
    /// Their records.
    records: Vec<Bytes>,
    /// The number of the newest request that was looked at.
    pub(super) seen: u64,
}

/// What became of a request since it came.
enum Verdict {
    Pending(Box<UnverifiedRequest>),
    /// It may be pending again.
    Later,
    Over,
}

impl Waiting {
    /// Reads what is pending, and drops what no commit can take in any more. A dropped future leaves
    /// some of that there.
    pub(super) async fn read(
        errand: &Errand,
        conversation: &Arc<Conversation>,
    ) -> Result<Self, Refusal> {
        loop {
            let room = conversation.id();
            let limit = REQUESTS_LOOKED_AT;
            let (requests, seen) = errand.read(ReadRequests { room, limit }).await?;
            let verdicts = judge(errand, conversation, &requests).await?;
            let over = requests.iter().zip(&verdicts);
            let over = over.filter(|(_, verdict)| matches!(verdict, Verdict::Over));
            let over: Vec<_> = over.map(|(one, _)| (one.account, one.number)).collect();
            if over.is_empty() {
                return Ok(Self::of(verdicts, seen));
            }
            let _turn = conversation.turn().await?;
            let requests = over;
            let (has_joins, leaving) = errand
                .write_known(conversation, DropRequests { room, requests })
                .await?;
            let leaving = leaving.into_iter().map(account_id);
            conversation.left_pending(has_joins, leaving.collect());
        }
    }

    /// The records of those that the next commit has to take in.
    pub(super) fn demanded(&self, conversation: &Conversation) -> Vec<Bytes> {
        let chain = conversation.chain();
        let demanded: Vec<_> = chain.demanded(&self.pending).map(|one| one.hash).collect();
        let records = self.pending.iter().zip(&self.records);
        let records = records.filter(|(one, _)| demanded.contains(&one.hash));
        records.map(|(_, record)| record.clone()).collect()
    }

    fn of(verdicts: Vec<Verdict>, seen: u64) -> Self {
        let (mut pending, mut records) = (Vec::new(), Vec::new());
        for verdict in verdicts {
            if let Verdict::Pending(request) = verdict {
                pending.push(request.pending());
                records.push(request.bytes().clone());
            }
        }
        Self {
            pending,
            records,
            seen,
        }
    }
}

async fn judge(
    errand: &Errand,
    conversation: &Conversation,
    requests: &[Request],
) -> Result<Vec<Verdict>, Refusal> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let parsed = requests.iter().map(|request| {
        let record = Bytes::copy_from_slice(&request.record);
        UnverifiedRequest::parse(record).ok()
    });
    let parsed: Vec<_> = parsed.collect();
    let keysets = errand.accounts.chains_of(people(parsed.iter().flatten()));
    let (keysets, chain, now) = (keysets.await?, conversation.chain(), wall_clock::now());
    let most = errand.accounts.limits.rooms;
    let is_archived = conversation.face().archived;
    // A member that comes in anew with other keys is in as many rooms as before.
    let is_new = |request: &UnverifiedRequest| {
        request.action() == Action::Join && chain.record().member(request.account()).is_none()
    };
    let verdicts = parsed.into_iter().zip(requests).map(|(parsed, kept)| {
        let Some(request) = parsed else {
            return Verdict::Over;
        };
        match chain.would_take(&request, now, &keysets) {
            Ok(()) if is_new(&request) && kept.rooms >= most => Verdict::Later,
            // Nobody comes into what is only read.
            Ok(()) if is_archived && request.action() == Action::Join => Verdict::Later,
            Ok(()) => Verdict::Pending(Box::new(request)),
            Err(RequestError::Full) => Verdict::Later,
            Err(_) => Verdict::Over,
        }
    });
    Ok(verdicts.collect())
}

/// Whose keys judge requests.
pub(super) fn people<'r>(
    requests: impl Iterator<Item = &'r UnverifiedRequest>,
) -> Vec<wire_format::AccountId> {
    let people = requests.flat_map(|request| {
        let inviter = request.invitation().map(|invitation| invitation.inviter());
        [Some(request.account()), inviter]
    });
    people.flatten().collect()
}

/// Requests of each kind that are looked at: twice as many as a commit has to take in, since some may
/// not be pending now.
const REQUESTS_LOOKED_AT: u32 = 256;
const _: () = assert!(LEAVES_TAKEN <= 128 && JOINS_TAKEN <= 128, "see above");
