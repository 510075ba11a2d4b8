//! Joining, removing and renewing the key by the client library, while a member talks.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use wire_format::AccountId;

use super::{
    Room,
    member::{Member, Part, Registered, Step},
    talk::{Ear, Seen, Talk},
};
use crate::{
    bench::Bench,
    case::{Case, Measure, STEPS},
    cases::rooms,
    results::Faults,
    servers::{Server, Who},
    statistics::Digits,
};

/// Who is not of the crowd.
pub(super) struct People {
    /// Signs in to the page, later.
    pub(super) page: Registered,
    /// Removes others, and renews the key.
    admin: Registered,
    talker: Registered,
    listener: Registered,
    /// Comes and goes.
    newcomer: Registered,
}

impl People {
    /// Registers them.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn register(address: SocketAddr) -> anyhow::Result<Self> {
        let (page, admin, talker, listener, newcomer) = tokio::try_join!(
            Registered::named(address, PAGE_NAME),
            Registered::named(address, "Admin"),
            Registered::named(address, "Talker"),
            Registered::named(address, "Listener"),
            Registered::named(address, "Newcomer"),
        )?;
        Ok(Self {
            page,
            admin,
            talker,
            listener,
            newcomer,
        })
    }

    /// Those who are in the room from its beginning.
    pub(super) fn admins(&self) -> [&Registered; 4] {
        [&self.page, &self.admin, &self.talker, &self.listener]
    }
}

/// Measures all steps, some rounds of them.
///
/// # Errors
/// A step fails, or does not end.
pub(super) async fn measure(bench: &mut Bench, server: &Server, room: &Room) -> anyhow::Result<()> {
    let mut stage = Stage::set(server.address, room).await?;
    let rounds = if bench.options.quick { 1 } else { ROUNDS };
    stage.talker.does(Step::Talk).await?;
    let first = stage.joins().await?;
    keep(bench, JOIN, Measure::DoneNew, first);
    for round in 0..rounds {
        let victim = room.crowd.get(round).context("nobody is left")?;
        let removed = stage.removes(*victim).await?;
        keep(bench, REMOVAL, Measure::Done, removed);
        let rotated = stage.rotates().await?;
        keep(bench, ROTATION, Measure::Done, rotated);
        stage.newcomer_leaves().await?;
        let joined = stage.joins().await?;
        keep(bench, JOIN, Measure::Done, joined);
    }
    stage.talker.does(Step::Hush).await?;
    keep_talk(bench, &stage.talk).await;
    drop(stage);
    let alone = rooms::commit_alone(room.size)?;
    for case in [JOIN, REMOVAL, ROTATION] {
        let results = &mut bench.results;
        results.add(case, Measure::Done, Who::Primitives, Some(alone));
        results.add_faults(case, Who::Sealwire, Faults::default());
    }
    println!(
        "a commit's primitives alone take {} ms",
        Digits(alone / 1e3)
    );
    Ok(())
}

fn keep(bench: &mut Bench, case: Case, measure: Measure, took: Duration) {
    let micros = took.as_secs_f64() * 1e6;
    println!(
        "{case:<26} {:<24} {} ms ({})",
        Who::Sealwire.name(),
        Digits(micros / 1e3),
        measure.name()
    );
    let results = &mut bench.results;
    results.add(case, measure, Who::Sealwire, Some(micros));
}

/// Waits for what is still on its way, and counts.
async fn keep_talk(bench: &mut Bench, talk: &Talk) {
    let until = Instant::now() + LATE;
    let is_all = |talk: &Talk| {
        let state = talk.state();
        usize::try_from(state.said).is_ok_and(|said| state.taken.len() >= said)
    };
    while !is_all(talk) && Instant::now() < until {
        sleep(LOOK).await;
    }
    let mut state = talk.state();
    state.taken.sort_unstable();
    let heard = u64::try_from(state.taken.len()).unwrap_or(u64::MAX);
    let faults = Faults {
        lost: u64::from(state.said).saturating_sub(heard),
        disordered: state.disordered,
        cut: 0,
    };
    let results = &mut bench.results;
    results.add_faults(Case::RoomTalk, Who::Sealwire, faults);
    for (measure, percent) in [(Measure::P50, 50), (Measure::P99, 99)] {
        let place = state.taken.len().saturating_sub(1) * percent / 100;
        let took = state.taken.get(place).map(|took| took.as_secs_f64() * 1e6);
        results.add(Case::RoomTalk, measure, Who::Sealwire, took);
    }
    println!(
        "{:<26} {:<24} {} said, {heard} heard",
        Case::RoomTalk,
        Who::Sealwire.name(),
        state.said
    );
}

/// Everybody who does something.
struct Stage {
    admin: Member,
    talker: Member,
    newcomer: Member,
    /// Held, so that it goes on.
    _listener: Member,
    newcomers_account: AccountId,
    talk: Arc<Talk>,
    sees: watch::Receiver<Option<Seen>>,
}

impl Stage {
    /// Signs all of them in, and has all but the newcomer read the room.
    async fn set(address: SocketAddr, room: &Room) -> anyhow::Result<Self> {
        let talk = Arc::<Talk>::default();
        let (ear, sees) = Ear::of(Arc::clone(&talk));
        let at = (address, room.id);
        let People {
            admin,
            talker,
            listener,
            newcomer,
            ..
        } = &room.people;
        let newcomers_account = newcomer.account;
        let begins = |who: &Registered, part| Member::begins(who.clone(), at, part);
        let mut admin = begins(admin, Part::Quiet);
        let mut talker = begins(talker, Part::Talks(Arc::clone(&talk)));
        let mut listener = begins(listener, Part::Listens(ear));
        tokio::try_join!(
            admin.does(Step::Enter),
            talker.does(Step::Enter),
            listener.does(Step::Enter),
        )?;
        Ok(Self {
            admin,
            talker,
            newcomer: begins(newcomer, Part::Quiet),
            _listener: listener,
            newcomers_account,
            talk,
            sees,
        })
    }

    async fn joins(&mut self) -> anyhow::Result<Duration> {
        let newcomer = self.newcomers_account;
        let is_in = move |seen: &Seen| seen.members.contains(&newcomer);
        timed(&mut self.newcomer, Step::Join, &mut self.sees, is_in).await
    }

    async fn removes(&mut self, account: AccountId) -> anyhow::Result<Duration> {
        let is_out = move |seen: &Seen| !seen.members.contains(&account);
        let step = Step::Remove(account);
        timed(&mut self.admin, step, &mut self.sees, is_out).await
    }

    async fn rotates(&mut self) -> anyhow::Result<Duration> {
        let before = self.sees.borrow().as_ref().map_or(0, |seen| seen.n);
        let is_next = move |seen: &Seen| seen.n > before;
        timed(&mut self.admin, Step::Rotate, &mut self.sees, is_next).await
    }

    /// Out, and by a commit of whoever talks next.
    async fn newcomer_leaves(&mut self) -> anyhow::Result<()> {
        let newcomer = self.newcomers_account;
        let is_out = move |seen: &Seen| !seen.members.contains(&newcomer);
        let left = timed(&mut self.newcomer, Step::Leave, &mut self.sees, is_out);
        left.await.map(drop)
    }
}

/// How long it takes from the call until it has returned and the listener has the key of an epoch of this
/// kind.
async fn timed(
    who: &mut Member,
    step: Step,
    sees: &mut watch::Receiver<Option<Seen>>,
    is_meant: impl Fn(&Seen) -> bool,
) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let returned = async {
        who.does(step).await?;
        anyhow::Ok(Instant::now())
    };
    let seen = async {
        let seen = sees.wait_for(|seen| seen.as_ref().is_some_and(&is_meant));
        let seen = seen.await.context("the listener has ended")?;
        let at = seen.as_ref().map(|seen| seen.at);
        anyhow::Ok(at.unwrap_or(began))
    };
    let both = async { tokio::try_join!(returned, seen) };
    let Ok(both) = timeout(PATIENCE, both).await else {
        bail!("{step:?} did not end within {PATIENCE:?}");
    };
    let (returned, seen) = both?;
    Ok(returned.max(seen).saturating_duration_since(began))
}

const JOIN: Case = Case::RoomStep(STEPS[0]);
const REMOVAL: Case = Case::RoomStep(STEPS[1]);
const ROTATION: Case = Case::RoomStep(STEPS[2]);
/// Of removal, rotation and joining again.
const ROUNDS: usize = 5;
/// The name with which the page signs in.
pub(super) const PAGE_NAME: &str = "Paige";
/// How long one step is waited for: a cold one on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long something may take that was said last.
const LATE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);
