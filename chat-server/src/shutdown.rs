//! From "stop" to nothing left.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use wire_format::{CloseCode, Event, EventFrame, ServerFrame};

use crate::node::Node;

/// How a shutdown went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// Connections that were told to resume.
    pub told: usize,
    /// Connections that did not end within the grace period and were dropped.
    pub dropped: usize,
    /// Tasks that were still running at the end; anything but 0 is a fault of this program.
    pub tasks_left: usize,
    /// Sessions that were still known at the end; anything but 0 is a fault of this program.
    pub sessions_left: usize,
}

impl Outcome {
    /// Whether nothing is left and nobody had to be dropped.
    pub fn is_clean(&self) -> bool {
        self.dropped == 0 && self.tasks_left == 0 && self.sessions_left == 0
    }
}

/// Stops a server: nothing new is accepted, what was said is handed over, everybody is told to
/// come again, and who has not gone when the grace period ends is dropped.
pub(crate) async fn run(node: &Arc<Node>, grace: Duration) -> Outcome {
    let deadline = Instant::now() + grace;
    node.stopping.cancel();
    node.tracker.close();
    // Publishes are refused from here on, so this comes to an end; a late one is not waited for.
    let _ = timeout_at(deadline, until_flushed(node)).await;
    let told = tell_all(node);
    info!(connections = told, "stopping");
    let dropped = drain(node, deadline).await;
    node.gone.cancel();
    let last = Instant::now() + LAST_WORDS;
    // What does not end now is counted below.
    let _ = timeout_at(last, node.tracker.wait()).await;
    let _ = timeout_at(last, stop_rooms(node)).await;
    if let Some(accounts) = &node.accounts
        && timeout_at(last, accounts.close()).await.is_err()
    {
        warn!("the data did not close in time");
    }
    let outcome = Outcome {
        told,
        dropped,
        tasks_left: node.tracker.len() + node.rooms.tasks() + tasks_of_conversations(node),
        sessions_left: node.sessions(),
    };
    info!(?outcome, "stopped");
    outcome
}

/// Waits until what was said in rooms of either kind has been handed to the outboxes.
async fn until_flushed(node: &Node) {
    node.rooms.until_flushed().await;
    if let Some(accounts) = &node.accounts {
        accounts.post.finished().await;
        accounts.conversations.until_flushed().await;
    }
}

/// Ends the tasks of rooms of either kind.
async fn stop_rooms(node: &Node) {
    node.rooms.stop().await;
    if let Some(accounts) = &node.accounts {
        accounts.conversations.stop().await;
    }
}

fn tasks_of_conversations(node: &Node) -> usize {
    let accounts = node.accounts.as_ref();
    accounts.map_or(0, |accounts| accounts.conversations.tasks())
}

/// Tells every connection when to come again, spread over two seconds.
fn tell_all(node: &Node) -> usize {
    let outboxes = node.connections.all();
    for (place, outbox) in outboxes.iter().enumerate() {
        let spread = u32::try_from(place * SPREAD_MS / outboxes.len()).unwrap_or_default();
        let event = Event::SessionResume {
            after_ms: RESUME_AFTER_MS + spread,
        };
        let frame = EventFrame::new(&event, bytes::Bytes::new());
        outbox.send(&ServerFrame::Event(frame));
        outbox.close(CloseCode::Resume);
    }
    outboxes.len()
}

/// Waits for the connections to end; gives how many had to be dropped.
async fn drain(node: &Node, deadline: Instant) -> usize {
    let ended = timeout_at(deadline, node.connections.until_empty()).await;
    if ended.is_ok() {
        return 0;
    }
    let left = node.connections.all();
    for outbox in &left {
        outbox.abort();
    }
    left.len()
}

/// The earliest time to come again, for a restart of the process.
const RESUME_AFTER_MS: u32 = 500;
/// How far the returns are spread, so that they do not come as one wave.
const SPREAD_MS: usize = 2_000;
/// How long tasks may take that have nothing to wait for any more.
const LAST_WORDS: Duration = Duration::from_secs(5);
