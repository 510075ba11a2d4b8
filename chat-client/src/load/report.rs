//! What a run found.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a run found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Connections that came in.
    pub connections: u64,
    /// Connections that hear each message.
    pub listeners: u64,
    /// Of these, those that read and checked every frame; the others counted bytes.
    pub readers: u64,
    /// Messages published while it was measured.
    pub messages: u64,
    /// Messages received while it was measured, over all listeners.
    pub deliveries: u64,
    /// How long it was measured, in seconds.
    pub seconds: f64,
    /// Deliveries a second.
    pub deliveries_per_s: f64,
    /// CPU time of the server's processes for one delivery, in microseconds, by the operating
    /// system's account.
    pub server_cpu_us_per_delivery: Option<f64>,
    /// The same of the generator.
    pub generator_cpu_us_per_delivery: Option<f64>,
    /// Time from when a message was due to its arrival at a reader, in
    /// microseconds: the median.
    pub p50_us: Option<f64>,
    /// 99 of 100 arrived within.
    pub p99_us: Option<f64>,
    /// 999 of 1 000 arrived within.
    pub p999_us: Option<f64>,
    /// Messages that a listener should have received and did not, over all listeners.
    pub lost: u64,
    /// Messages that a reader received again.
    pub repeated: u64,
    /// Messages that a reader received after a later one of the same publisher.
    pub reordered: u64,
    /// Connections that the server closed.
    pub cut: u64,
    /// Why: how many by each reason.
    pub cut_by: BTreeMap<String, u64>,
    /// Connections that were open at the end.
    pub alive: u64,
    /// Whether nothing arrived for 4 s while messages were under way; the run then ended early.
    pub stalled: bool,
    /// Memory of the server's processes for one connection, in bytes: resident before the first and
    /// after all were in and quiet.
    pub server_rss_bytes_per_connection: Option<f64>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Connections come in.
    Joining {
        /// So many are in.
        joined: usize,
        /// Of so many.
        of: usize,
    },
    /// Everyone is in; nothing is sent until nothing arrives and the server rests.
    Quiet,
    /// Load that is not measured.
    WarmUp,
    /// Load that is measured.
    Measuring {
        /// Deliveries so far.
        deliveries: u64,
        /// Milliseconds so far.
        millis: u64,
    },
    /// Held connections.
    Holding {
        /// So many are open.
        alive: usize,
        /// Milliseconds so far.
        millis: u64,
    },
    /// Waiting for what is under way.
    Draining,
}
