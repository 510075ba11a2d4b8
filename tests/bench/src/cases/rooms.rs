//! What messages and commits of an end-to-end room cost whoever seals, opens and makes them.

mod members;
mod primitives;

use rand::rng;
use wire_format::{
    ChannelId, Draft, InstanceId, MessageId, Millis, Storage,
    envelope::{Delivery, UnverifiedSignedEnvelope},
    epoch::EpochSecret,
    room::{CommitDraft, CommitReason},
    seal::IV_BYTES,
};

use self::{members::Members, primitives::Primitives};
use crate::{
    account::cost_of,
    bench::Bench,
    case::{Case, Measure},
    results::Faults,
    servers::Who,
    statistics::Digits,
};

/// Measures each case once.
pub(super) fn measure(bench: &mut Bench) {
    let cases = CASES.into_iter();
    let wanted: Vec<Case> = cases
        .filter(|case| bench.options.wants(&case.to_string()))
        .collect();
    if wanted.is_empty() {
        return;
    }
    // In this process: what is measured is what a client does.
    let prepared = Members::new(MEMBERS).and_then(|members| {
        let primitives = Primitives::measure(&members)?;
        Ok((members, primitives))
    });
    match prepared {
        Ok((members, primitives)) => {
            for case in wanted {
                keep(bench, case, one(case, &members), primitives.needed(case));
            }
        }
        Err(error) => {
            for case in wanted {
                keep(bench, case, Err(anyhow::anyhow!("{error:#}")), 0.0);
            }
        }
    }
}

/// CPU of what a commit with shares for so many members needs at least, in µs.
///
/// # Errors
/// A key refuses.
pub(super) fn commit_alone(members: u16) -> anyhow::Result<f64> {
    Ok(Primitives::measure(&Members::new(1)?)?.commit(members))
}

/// Adds what was measured, in µs, to the results.
fn keep(bench: &mut Bench, case: Case, ours: anyhow::Result<f64>, alone: f64) {
    let ours = match ours {
        Ok(ours) => ours,
        Err(error) => {
            bench.results.unfinished(case);
            return bench.leave_out(case, Who::Sealwire, &format!("{error:#}"));
        }
    };
    println!(
        "{case:<26} {:<24} {} ms, the primitives alone {} ms",
        Who::Sealwire.name(),
        Digits(ours / 1e3),
        Digits(alone / 1e3)
    );
    let results = &mut bench.results;
    results.add(case, Measure::Work, Who::Sealwire, Some(ours));
    results.add(case, Measure::Work, Who::Primitives, Some(alone));
    results.add_faults(case, Who::Sealwire, Faults::default());
}

fn one(case: Case, members: &Members) -> anyhow::Result<f64> {
    match case {
        Case::OpenSigned => opening(members),
        Case::Commit => committing(members),
        _ => sealing(members),
    }
}

fn sealing(members: &Members) -> anyhow::Result<f64> {
    let (draft, rng) = (draft(members), &mut rng());
    members.epoch.seal_signed(&draft, IV, &members.keys, rng)?;
    Ok(cost_of(TURNS, || {
        members.epoch.seal_signed(&draft, IV, &members.keys, rng)
    }))
}

fn opening(members: &Members) -> anyhow::Result<f64> {
    let draft = draft(members);
    let sealed = members
        .epoch
        .seal_signed(&draft, IV, &members.keys, &mut rng())?;
    let delivery = Delivery {
        channel: draft.channel,
        sender: draft.sender,
        storage: draft.storage,
    };
    let open = || -> anyhow::Result<_> {
        let envelope = UnverifiedSignedEnvelope::parse(sealed.clone())?;
        let envelope = envelope.verify(&delivery, &members.chain, &members.keysets)?;
        Ok(envelope.open(&members.epoch)?)
    };
    open()?;
    Ok(cost_of(TURNS, open))
}

/// A rotation: the commit, and a share to everybody.
fn committing(members: &Members) -> anyhow::Result<f64> {
    let secret = EpochSecret::generate(&mut rng());
    let commit = || -> anyhow::Result<_> {
        let rng = &mut rng();
        let draft = CommitDraft {
            author: members.author,
            made_at: Millis::new(2),
            reason: CommitReason::OnDemand,
            changes: Vec::new(),
            secret: &secret,
        };
        let keysets = &members.keysets;
        let signed = members
            .keys
            .sign_commit(&members.chain, draft, keysets, rng)?;
        Ok(signed.tail(&members.wraps, keysets, &secret, rng)?)
    };
    commit()?;
    Ok(cost_of(COMMITS, commit))
}

fn draft(members: &Members) -> Draft<'_> {
    Draft {
        channel: ChannelId::main_of(members.chain.room()),
        sender: members.author.into(),
        fingerprint: members.keys.fingerprint(),
        instance: InstanceId::from_bytes([3; 16]),
        counter: 4,
        storage: Storage::Stored,
        sent_at: Millis::new(5),
        message: MessageId::from_bytes([6; 16]),
        content: &CONTENT,
    }
}

const CASES: [Case; 3] = [Case::SealSigned, Case::OpenSigned, Case::Commit];
const MEMBERS: u16 = 100;
const CONTENT: [u8; 256] = [b'x'; 256];
const IV: [u8; IV_BYTES] = [9; IV_BYTES];
const TURNS: u32 = 200;
const COMMITS: u32 = 20;
