//! A full room, held for ten minutes of virtual time.

use tokio::time::Instant;
use wire_format::{ClientFrame, ServerFrame, limits::PING_EVERY};

use crate::support::{House, Stopwatch, generous};

const MEMBERS: usize = 200;
const MINUTES: u64 = 10;

#[tokio::test]
async fn whoever_answers_pings_is_kept_and_hears_every_word() {
    let house = House::limited(generous()).await;
    let stopwatch = Stopwatch::stop();
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        members.push(house.in_lobby(&format!("member {number}")).await);
    }
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed().as_secs() < MINUTES * 60 {
        // A little more: timers go by whole milliseconds.
        stopwatch.advance(PING_EVERY.as_secs_f64() + 0.1).await;
        for member in &mut members {
            member.answers_ping().await;
        }
        rounds += 1;
        let said = format!("round {rounds}");
        members[rounds % MEMBERS].say(&said).await;
        for member in &mut members {
            member.hears(&said).await;
            // The server has read the answer to its ping before the clock moves on.
            member.send(ClientFrame::Ping([7; 8])).await;
            let pong = member.next().await;
            assert_eq!(pong, Some(ServerFrame::Pong([7; 8])));
        }
    }
    assert_eq!(house.running().sessions(), MEMBERS);
    drop(members);
    house.empties().await;
    drop(stopwatch);
    house.close().await;
}
