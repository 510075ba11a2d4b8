//! A process that is killed while it writes: what it was told to be durable is there.
//!
//! The writer is this test program again, started with the one ignored test that is not a test but
//! the writer; where to write comes by its standard input, and what was acknowledged goes to its
//! standard output, a line each.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _, stdin, stdout},
    path::Path,
    process::{Child, Command, Stdio},
};

use chat_server::store::{
    Database, Location, Store as _,
    accounts::FindAccount,
    audit::VerifyAudit,
    vault::{PutItems, ReadItems},
};
use wire_format::{MemberId, RoomId};

use crate::{
    cluster::Cluster,
    rooms,
    support::{Folder, NOW, found, registration},
    vault::item,
};

/// How often a writer on SQLite is killed.
const KILLS: u32 = 200;
/// How often one on PostgreSQL is: there, what is durable is the database server's to keep.
const KILLS_ON_POSTGRES: u32 = 20;
/// The most acknowledgements before a kill.
const LONGEST_LIFE: usize = 60;
/// Accounts that put items at the same time.
const WRITERS: u8 = 4;

#[tokio::test]
async fn a_killed_writer_loses_nothing_on_sqlite() {
    let folder = Folder::new();
    let path = folder.path().to_str().expect("UTF-8");
    let mut acknowledged = Acknowledged::default();
    for round in 0..KILLS {
        kill_and_look(&format!("sqlite {round} {path}"), &mut acknowledged).await;
    }
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let mut acknowledged = Acknowledged::default();
    for round in 0..KILLS_ON_POSTGRES {
        kill_and_look(&format!("postgres {round} {url}"), &mut acknowledged).await;
    }
}

/// What writers said was durable.
#[derive(Default)]
struct Acknowledged {
    accounts: Vec<MemberId>,
    /// The revision of each vault.
    vaults: HashMap<MemberId, u64>,
    /// The newest commit of each room.
    rooms: HashMap<RoomId, u64>,
}

impl Acknowledged {
    fn note(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (what, account) = (words.next(), words.next().expect("an account"));
        if what == Some("room") {
            let n = words.next().expect("a number").parse();
            let room = account.parse().expect("an id");
            self.rooms.insert(room, n.expect("a number"));
            return;
        }
        let account = account.parse().expect("an id");
        match (what, words.next()) {
            (Some("account"), None) => self.accounts.push(account),
            (Some("vault"), Some(revision)) => {
                self.vaults
                    .insert(account, revision.parse().expect("a number"));
            }
            _ => panic!("{line}"),
        }
    }

    async fn look(&self, store: &Database) {
        for account in &self.accounts {
            let found = store.read(FindAccount::ById(*account)).await;
            assert!(found.expect("read").is_some(), "{account}");
        }
        for (account, revision) in &self.vaults {
            let kept = revisions(store, *account).await;
            assert!(kept >= *revision, "{account}: {kept} of {revision}");
        }
        for (room, n) in &self.rooms {
            rooms::is_whole(store, *room, *n).await;
        }
    }
}

/// Kills a writer after some acknowledgements, and looks for all there ever were.
async fn kill_and_look(instruction: &str, acknowledged: &mut Acknowledged) {
    let life = rand::random_range(0..=LONGEST_LIFE);
    let mut writer = spawn(instruction);
    let output = BufReader::new(writer.stdout.take().expect("piped"));
    let mut lived = 0;
    // After the kill, the pipe still holds what was acknowledged before it.
    for line in output.lines() {
        let line = line.expect("a line");
        if let Some(line) = line.strip_prefix(MARK) {
            acknowledged.note(line);
            lived += 1;
        }
        if lived == life {
            writer.kill().expect("killed");
        }
    }
    assert!(lived >= life, "the writer ended by itself: {instruction}");
    writer.wait().expect("ended");

    let store = Database::open(location(instruction))
        .await
        .expect("it opens");
    acknowledged.look(&store).await;
    let chain = store.read(VerifyAudit).await.expect("read");
    assert!(chain.is_ok(), "{chain:?}");
    store.close().await;
}

fn spawn(instruction: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "kill::writer", "--ignored", "--nocapture"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("spawned");
    let mut input = child.stdin.take().expect("piped");
    writeln!(input, "{instruction}").expect("written");
    child
}

/// An instruction is the kind of store, the round, and where the store is.
fn location(instruction: &str) -> Location {
    let mut words = instruction.trim().splitn(3, ' ');
    let (kind, place) = (words.next(), words.nth(1).expect("a place"));
    match kind {
        Some("sqlite") => Location::Sqlite(Path::new(place).to_owned()),
        _ => Location::parse(Some(place), Path::new(".")).expect("a URL"),
    }
}

/// All items of a vault, whose numbers are their revisions, have no gap; gives how many there are.
async fn revisions(store: &Database, account: MemberId) -> u64 {
    let mut after = 0;
    loop {
        let read = ReadItems {
            account,
            after,
            kind: None,
        };
        let page = store.read(read).await.expect("read");
        for (number, record) in (after + 1..).zip(&page.records) {
            assert_eq!(*record, item(1, &number.to_be_bytes(), 1).record);
        }
        let records = u64::try_from(page.records.len()).expect("few");
        assert_eq!(page.revision, after + records);
        after = page.revision;
        if !page.more {
            return after;
        }
    }
}

/// What an acknowledgement begins with; the test harness writes lines of its own.
const MARK: &str = "durable ";

#[tokio::test]
#[ignore = "it is the process that the tests above start and kill"]
async fn writer() {
    let mut instruction = String::new();
    stdin().read_line(&mut instruction).expect("an instruction");
    let round = instruction.split(' ').nth(1).expect("a round").to_owned();
    let store = Database::open(location(&instruction))
        .await
        .expect("a store");
    found(&store).await;
    for number in 0..WRITERS {
        let store = store.clone();
        let round = round.clone();
        tokio::spawn(async move { put_items(&store, &format!("vault {round} {number}")).await });
    }
    let (committing, name) = (store.clone(), format!("room {round}"));
    tokio::spawn(async move { commit(&committing, &name).await });
    for number in 0.. {
        let account = register(&store, &format!("user {round} {number}")).await;
        acknowledge(&format!("account {account}"));
    }
}

async fn put_items(store: &Database, name: &str) {
    let account = register(store, name).await;
    for number in 1_u64.. {
        let put = PutItems {
            account,
            items: vec![item(1, &number.to_be_bytes(), 1)],
            most: u64::MAX,
        };
        let revision = store.write(put).await.expect("written").expect("put");
        acknowledge(&format!("vault {account} {revision}"));
    }
}

async fn commit(store: &Database, name: &str) {
    let account = register(store, name).await;
    let room = RoomId::from_bytes(rand::random());
    for n in 1_u64.. {
        rooms::commits(store, room, n, account).await;
        acknowledge(&format!("room {room} {n}"));
    }
}

async fn register(store: &Database, name: &str) -> MemberId {
    let mut registration = registration(name);
    registration.account = MemberId::from_bytes(rand::random());
    registration.now = NOW;
    let account = registration.account;
    let registered = store.write(registration).await.expect("written");
    registered.expect("an account");
    account
}

/// Says that something is durable; one write, so that no line is torn.
fn acknowledge(what: &str) {
    let line = format!("{MARK}{what}\n");
    let mut output = stdout().lock();
    output.write_all(line.as_bytes()).expect("written");
    output.flush().expect("flushed");
}
