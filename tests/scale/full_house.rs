//! A thousand raw connections and a score of pages in one room. The same for ten minutes, with ten
//! times as many, is in `tests/bench`.

use futures_util::future::join_all;
use sealwire_tests::{
    account::{Figures, descriptors, limit_descriptors, until},
    crowd,
    page::{Path, Session},
    tiers::{WebProxy, plain_server},
};
use serde_json::json;

const CONNECTIONS: usize = 1_000;
const PAGES: usize = 20;

#[tokio::test]
async fn a_full_house_hears_every_word_and_leaves_nothing_behind() {
    limit_descriptors(std::process::id(), 2 * CONNECTIONS);
    let (mut server, address) = plain_server(&["--admin=127.0.0.1:0"]).await;
    let figures = Figures::of(&mut server).await;
    let backend = format!("--backend={address}");
    let proxy = WebProxy::start_with(&[backend], &[]).await;
    let processes = [server.process(), proxy.program.process()];
    // What the programs open once is open when the first page has come and gone.
    let first = Session::sign_in(proxy.address, "first").await;
    drop(first.enter(Path::Socket, "lobby").await);
    sign_out(&first).await;
    until("nobody is left", async || {
        figures.value(CONNECTED).await == 0
    })
    .await;
    let before = processes.map(descriptors);

    let mut raw = crowd::enter(address, "raw", CONNECTIONS).await;
    let mut pages = Vec::new();
    for number in 0..PAGES {
        let session = Session::sign_in(proxy.address, &format!("page {number}")).await;
        pages.push(session.enter(Path::Socket, "lobby").await);
    }
    assert_eq!(
        figures.value(CONNECTED).await,
        i64::try_from(CONNECTIONS + PAGES).expect("few")
    );
    pages[0].say("sealed").await.expect("a page's message");
    for page in &mut pages {
        assert_eq!(page.hear().await.text, "sealed");
    }
    raw[0].publish("lobby", "opaque").await.expect("a message");
    join_all(raw[1..].iter_mut().map(async |member| {
        assert_eq!(member.deliver().await.name.as_str(), "page 0");
        assert_eq!(member.deliver().await.payload, "opaque");
    }))
    .await;

    drop(raw);
    join_all(pages.iter().map(|page| sign_out(page.session()))).await;
    drop(pages);
    until("nobody is left", async || {
        figures.value(CONNECTED).await == 0
    })
    .await;
    until("no descriptor is left", async || {
        let now = processes.map(descriptors);
        now[0] <= before[0] && now[1] <= before[1]
    })
    .await;
}

async fn sign_out(session: &Session) {
    let response = session.post("auth.logout", json!({})).await;
    assert!(response.status.is_success(), "{response:?}");
}

const CONNECTED: &str = "sealwire_server_connections";
