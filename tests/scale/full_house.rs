//! A thousand raw connections and a score of pages in one room. The same for ten minutes, with ten
//! times as many, is in `tests/bench`.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sealwire_tests::{
    account::{Figures, descriptors, limit_descriptors, until},
    page::{Path, Session, Talk},
    tiers::{WebProxy, plain_server},
    wire::Wire,
};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

const CONNECTIONS: usize = 1_000;
const PAGES: usize = 20;
/// Who comes at the same time: of a thousand, the last ones would have to wait too long.
const AT_ONCE: usize = 50;

#[tokio::test]
async fn a_full_house_hears_every_word_and_leaves_nothing_behind() {
    limit_descriptors(std::process::id(), 2 * CONNECTIONS);
    let (mut server, address) = plain_server(&["--admin=127.0.0.1:0"]).await;
    let figures = Figures::of(&mut server).await;
    let backend = format!("--backend={address}");
    let proxy = WebProxy::start_with(&[backend], &[]).await;
    let processes = [server.process(), proxy.program.process()];
    let nobody_left = async || figures.value(CONNECTED).await == 0;
    // What the programs open once is open when the first page has come and gone.
    let first = Session::sign_in(proxy.address, "first").await;
    drop(first.enter(Path::Socket, "lobby").await);
    sign_out(&first).await;
    until("nobody is left", nobody_left).await;
    let before = processes.map(descriptors);

    // Each in a task of its own, so that everybody answers pings while others come.
    let (mut raw, mut pages) = (JoinSet::new(), JoinSet::new());
    let (front, side) = (Door::open(AT_ONCE), Door::open(1));
    for number in 0..CONNECTIONS {
        raw.spawn(listener(address, number, Arc::clone(&front)));
    }
    for number in 0..PAGES {
        pages.spawn(page(proxy.address, number, Arc::clone(&side)));
    }
    let entered = || front.entered() + side.entered();
    while entered() < CONNECTIONS + PAGES {
        let so_far = entered();
        until("somebody more is there", async || entered() > so_far).await;
    }
    let speaker = Session::sign_in(proxy.address, "speaker").await;
    let mut speaker = speaker.enter(Path::Socket, "lobby").await;
    speaker.say(SEALED).await.expect("a page's message");
    let (mut other, _) = Wire::guest(address, "other").await;
    other.enter("lobby").await;
    other.publish("lobby", OPAQUE).await.expect("a message");
    let raw = raw.join_all().await;
    let pages = pages.join_all().await;

    drop((raw, other));
    for talk in pages.iter().chain([&speaker]) {
        sign_out(talk.session()).await;
    }
    drop((pages, speaker));
    until("nobody is left", nobody_left).await;
    until("no descriptor is left", async || {
        let now = processes.map(descriptors);
        now[0] <= before[0] && now[1] <= before[1]
    })
    .await;
}

/// Lets in so many at a time, and counts them.
struct Door {
    turns: Semaphore,
    entered: AtomicUsize,
}

impl Door {
    fn open(at_once: usize) -> Arc<Self> {
        Arc::new(Self {
            turns: Semaphore::new(at_once),
            entered: AtomicUsize::new(0),
        })
    }

    fn entered(&self) -> usize {
        self.entered.load(Ordering::Relaxed)
    }
}

/// Enters and hears both messages.
async fn listener(address: SocketAddr, number: usize, door: Arc<Door>) -> Wire {
    let turn = door.turns.acquire().await.expect("an open door");
    let (mut wire, _) = Wire::guest(address, &format!("raw {number}")).await;
    wire.enter("lobby").await;
    drop(turn);
    door.entered.fetch_add(1, Ordering::Relaxed);
    assert_eq!(wire.deliver().await.name.as_str(), "speaker");
    assert_eq!(wire.deliver().await.payload, OPAQUE);
    wire
}

/// Signs in at the proxy, enters and hears the sealed message.
async fn page(proxy: SocketAddr, number: usize, door: Arc<Door>) -> Talk {
    let turn = door.turns.acquire().await.expect("an open door");
    let session = Session::sign_in(proxy, &format!("page {number}")).await;
    let mut talk = session.enter(Path::Socket, "lobby").await;
    drop(turn);
    door.entered.fetch_add(1, Ordering::Relaxed);
    assert_eq!(talk.hear().await.text, SEALED);
    talk
}

async fn sign_out(session: &Session) {
    let response = session.post("auth.logout", json!({})).await;
    assert!(response.status.is_success(), "{response:?}");
}

const SEALED: &str = "from a page";
const OPAQUE: &str = "from the wire";
const CONNECTED: &str = "sealwire_server_connections";
