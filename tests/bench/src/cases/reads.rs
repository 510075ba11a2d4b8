//! How long reads take on SQLite with 100 000 accounts and 1 000 000 rows of friends.

mod filling;

use std::time::Instant;

use chat_server::store::{
    Database, Location, Query, Store as _,
    accounts::{AccountName, CountAdmins, FindAccount, FindCredentials, IsNameHeld},
    accounts::{ListAccounts, SearchAccounts},
    audit::ReadAudit,
    friends::ListFriends,
    keys::{ReadChain, ReadWrapKeys},
    rooms::CompanyOf,
    sessions::{FindSession, ListSessions, SessionId},
    vault::{ReadItems, ReadRoot},
};
use wire_format::{MemberId, Millis, limits::FRIENDS_PER_PAGE};

use crate::{
    bench::Bench,
    case::{Case, Measure, READS},
    pin,
    results::{Faults, Results},
    servers::Who,
    statistics::Digits,
};

/// Measures all reads, in the first repetition only: each is repeated often enough.
pub(super) async fn measure(bench: &mut Bench, repetition: u32) {
    let is_wanted = READS
        .iter()
        .any(|read| bench.options.wants(&Case::Read(read).to_string()));
    if repetition > 0 || !is_wanted {
        return;
    }
    if let Err(error) = all(bench).await {
        let case = Case::Read(READS[0]);
        bench.results.unfinished(case);
        bench.leave_out(case, Who::Sealwire, &format!("{error:#}"));
    }
}

/// Fills a store and times every read.
async fn all(bench: &mut Bench) -> anyhow::Result<()> {
    let (accounts, reads) = match bench.options.quick {
        true => (QUICK_ACCOUNTS, QUICK_READS),
        false => (ACCOUNTS, READS_EACH),
    };
    let folder = bench.programs.folder.join("reads");
    let location = Location::Sqlite(folder.clone());
    let store = Database::open(location.clone()).await?;
    store.close().await;
    filling::fill(&folder, accounts).await?;
    // The thread of the database and the task that waits for it, as in a chat-server.
    let me = std::process::id();
    pin::pin(me, pin::BOTH_CORES)?;
    let store = Database::open(location).await?;
    let ids = ids(&store).await?;
    let mut table = Table {
        results: &mut bench.results,
        reads,
    };
    timed(&mut table, &store, &ids).await?;
    store.close().await;
    Ok(pin::pin(me, pin::GENERATOR_CORE)?)
}

async fn timed(table: &mut Table<'_>, store: &Database, ids: &[MemberId]) -> anyhow::Result<()> {
    let id = |at: usize| ids[at * STRIDE % ids.len()];
    let name = |at: usize| name(at * STRIDE % ids.len());
    table
        .time(store, "account by id", |at| FindAccount::ById(id(at)))
        .await?;
    table
        .time(store, "account by name", |at| FindAccount::ByName(name(at)))
        .await?;
    let of = |at| FindCredentials {
        of: FindAccount::ByName(name(at)),
    };
    table.time(store, "credentials", of).await?;
    table
        .time(store, "name held", |at| IsNameHeld { name: name(at) })
        .await?;
    let search = |at| SearchAccounts {
        prefix: format!("User {:03}", at % 1_000),
        limit: 20,
    };
    table.time(store, "search, 20", search).await?;
    let list = |at| ListAccounts {
        after: Some(id(at)),
        limit: 100,
    };
    table.time(store, "accounts, 100", list).await?;
    table.time(store, "administrators", |_| CountAdmins).await?;
    // One more, to see whether there are more.
    let limit = u32::try_from(FRIENDS_PER_PAGE + 1)?;
    let friends = |account| ListFriends {
        account,
        after: None,
        limit,
    };
    table
        .time(store, "friends, 10", |at| friends(id(at)))
        .await?;
    table
        .time(store, "friends, a page", |_| friends(ids[0]))
        .await?;
    let company = |_| CompanyOf {
        accounts: vec![ids[0]],
    };
    table
        .time(store, "company of 1 000 friends", company)
        .await?;
    let chain = |at| ReadChain {
        account: id(at),
        after: 0,
        limit: 100,
    };
    table.time(store, "keyset chain", chain).await?;
    let wraps = |at| ReadWrapKeys {
        accounts: vec![id(at)],
    };
    table.time(store, "wrap keys, 1", wraps).await?;
    let wraps = |at| ReadWrapKeys {
        accounts: (at..at + 1_000).map(id).collect(),
    };
    table.time(store, "wrap keys, 1 000", wraps).await?;
    table
        .time(store, "vault root", |at| ReadRoot { account: id(at) })
        .await?;
    let items = |at| ReadItems {
        account: ids[0],
        after: place(at),
        kind: None,
    };
    table.time(store, "vault items, a page", items).await?;
    let items = |at| ReadItems {
        account: ids[0],
        after: place(at),
        kind: Some(2),
    };
    table.time(store, "vault items of a kind", items).await?;
    let session = |at| FindSession {
        session: SessionId::from_bytes(*id(at).as_bytes()),
        now: NOW,
    };
    table.time(store, "session", session).await?;
    let sessions = |at| ListSessions {
        account: id(at),
        now: NOW,
    };
    table.time(store, "sessions", sessions).await?;
    let audit = |at| ReadAudit {
        after: place(at),
        limit: 100,
    };
    table.time(store, "audit log, 100", audit).await?;
    Ok(())
}

struct Table<'a> {
    results: &'a mut Results,
    reads: usize,
}

impl Table<'_> {
    /// Times a read; `query` is given 0, 1, 2, …
    async fn time<Q: Query>(
        &mut self,
        store: &Database,
        label: &'static str,
        query: impl Fn(usize) -> Q,
    ) -> anyhow::Result<()> {
        let mut times = Vec::with_capacity(self.reads);
        for at in 0..self.reads {
            let query = query(at);
            let began = Instant::now();
            store.read(query).await?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let places = [0, self.reads / 2, self.reads * 99 / 100, self.reads - 1];
        let [least, p50, p99, most] = places.map(|place| times[place].as_secs_f64() * 1e6);
        let case = Case::Read(label);
        println!(
            "{case:<26} {:<24} {} µs, p99 {}, {} to {}",
            Who::Sealwire.name(),
            Digits(p50),
            Digits(p99),
            Digits(least),
            Digits(most)
        );
        self.results
            .add(case, Measure::P50, Who::Sealwire, Some(p50));
        self.results
            .add(case, Measure::P99, Who::Sealwire, Some(p99));
        self.results
            .add_faults(case, Who::Sealwire, Faults::default());
        Ok(())
    }
}

fn name(at: usize) -> AccountName {
    AccountName::prepare(&format!("User {at:06}")).expect("a name")
}

async fn ids(store: &Database) -> anyhow::Result<Vec<MemberId>> {
    let mut ids = Vec::new();
    loop {
        let after = ids.last().copied();
        let list = ListAccounts {
            after,
            limit: 1_000,
        };
        let page = store.read(list).await?;
        if page.is_empty() {
            return Ok(ids);
        }
        ids.extend(page.iter().map(|account| account.account));
    }
}

fn place(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

const ACCOUNTS: u32 = 100_000;
const QUICK_ACCOUNTS: u32 = 2_000;
const READS_EACH: usize = 2_000;
const QUICK_READS: usize = 20;
/// Prime, so that one read does not find what the one before has brought into memory.
const STRIDE: usize = 7_919;
const NOW: Millis = Millis::new(1);
