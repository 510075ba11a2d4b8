//! A room of 1 000: how long who joins, removes or renews the key waits, by the client library while a
//! member talks and by the page, and how soon the page shows a channel of 10 000 messages and its members.

mod crowd;
mod founder;
mod member;
mod page;
mod steps;
mod talk;

use std::{path::PathBuf, time::Instant};

use sealwire_tests::owner::Owner;
use wire_format::{AccountId, RoomId};

use self::{founder::Founder, steps::People};
use crate::{
    bench::Bench,
    case::{Case, STEPS},
    pin,
    servers::{Server, Who},
};

/// Measures all of it, in the first repetition only: the room takes longer to make than what is measured
/// in it, which is repeated there.
pub(super) async fn measure(bench: &mut Bench, repetition: u32) {
    let is_wanted = bench.wants_any(&LIBRARY) || bench.wants_any(&PAGE);
    if repetition > 0 || !is_wanted {
        return;
    }
    if let Err(error) = all(bench).await {
        failed(bench, &LIBRARY, &error);
        failed(bench, &PAGE, &error);
    }
}

async fn all(bench: &mut Bench) -> anyhow::Result<()> {
    let me = std::process::id();
    // Keys and signatures are made on both, and so each member has a thread as others have a machine.
    pin::pin(me, pin::BOTH_CORES)?;
    let done = in_the_room(bench).await;
    pin::pin(me, pin::GENERATOR_CORE)?;
    done
}

async fn in_the_room(bench: &mut Bench) -> anyhow::Result<()> {
    let stage = bench.programs.folder.join("thousand");
    let data = stage.join("chat");
    std::fs::create_dir_all(&stage)?;
    let server = Server::on_data(&bench.programs, &data).await?;
    let room = Room::make(bench, &server, data).await?;
    if bench.wants_any(&LIBRARY)
        && let Err(error) = steps::measure(bench, &server, &room).await
    {
        failed(bench, &LIBRARY, &error);
    }
    drop(server);
    if bench.wants_any(&PAGE)
        && let Err(error) = page::measure(bench, &stage).await
    {
        failed(bench, &PAGE, &error);
    }
    Ok(())
}

fn failed(bench: &mut Bench, cases: &[Case], error: &anyhow::Error) {
    for case in cases {
        if bench.options.wants(&case.to_string()) {
            bench.results.unfinished(*case);
            bench.leave_out(*case, Who::Sealwire, &format!("{error:#}"));
        }
    }
}

/// The room as it is made, with everybody in it but the newcomer.
struct Room {
    id: RoomId,
    people: People,
    /// Members whom nobody misses.
    crowd: Vec<AccountId>,
    /// All of them, with the newcomer.
    size: u16,
}

impl Room {
    async fn make(bench: &Bench, server: &Server, data: PathBuf) -> anyhow::Result<Self> {
        let began = Instant::now();
        let size = bench.options.members(MEMBERS);
        let messages = if bench.options.quick {
            QUICK_MESSAGES
        } else {
            MESSAGES
        };
        let people = People::register(server.address).await?;
        let owner = Owner::named("Founder");
        // Founder and newcomer are the other two.
        let crowd = crowd::of(size - people.admins().len() - 2, owner.identity())?;
        crowd::register(&data, &crowd).await?;
        let mut founder = Founder::founds(server.address, owner, NAME).await?;
        founder.lets_in(&crowd).await?;
        founder.trusts(&people.admins()).await?;
        founder.says(messages).await?;
        println!(
            "a room of {size} with {messages} messages was made in {:.0} s",
            began.elapsed().as_secs_f64()
        );
        Ok(Self {
            id: founder.room(),
            people,
            crowd: crowd.iter().map(|someone| someone.account).collect(),
            size: u16::try_from(size)?,
        })
    }
}

/// By the client library.
const LIBRARY: [Case; 4] = [
    Case::RoomStep(STEPS[0]),
    Case::RoomStep(STEPS[1]),
    Case::RoomStep(STEPS[2]),
    Case::RoomTalk,
];
/// By the page.
const PAGE: [Case; 5] = [
    Case::PageStep(STEPS[0]),
    Case::PageStep(STEPS[1]),
    Case::PageStep(STEPS[2]),
    Case::Channel,
    Case::MemberList,
];
const MEMBERS: usize = 1_000;
const MESSAGES: usize = 10_000;
const QUICK_MESSAGES: usize = 200;
/// What the room is called.
const NAME: &str = "Town hall";
