//! What the server counts; no figure names a person, a room or an address.

use std::fmt;

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use wire_format::{CloseCode, ErrorCode};

use crate::alert;

/// The figures of one server.
pub(crate) struct Figures {
    registry: Registry,
    connections: Gauge,
    connections_total: Counter,
    sessions: Gauge,
    sign_ins: Counter,
    rooms: Gauge,
    publishes: Counter,
    deliveries: Counter,
    closes: Family<[(&'static str, &'static str); 1], Counter>,
    refusals: Family<[(&'static str, &'static str); 1], Counter>,
    outbox_bytes: Gauge,
    accept_errors: Counter,
    alerts: Family<[(&'static str, &'static str); 1], Counter>,
}

macro_rules! registered {
    ($($name:ident: $help:literal,)*) => {{
        let mut registry = Registry::with_prefix("sealwire_server");
        $(let $name = { let metric = <_>::default(); register(&mut registry, stringify!($name), $help, &metric); metric };)*
        Figures { registry, $($name,)* }
    }};
}

fn register<M: prometheus_client::registry::Metric + Clone>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    metric: &M,
) {
    registry.register(name.trim_end_matches("_total"), help, metric.clone());
}

impl Figures {
    pub(crate) fn new() -> Self {
        registered! {
            connections: "Connections now",
            connections_total: "Connections accepted",
            sessions: "Signed-in sessions now",
            sign_ins: "Sign-ins",
            rooms: "Rooms now",
            publishes: "Payloads published",
            deliveries: "Frames handed to members of rooms",
            closes: "Connections closed by the server, by close code",
            refusals: "Commands and publishes refused, by error code",
            outbox_bytes: "Bytes that wait for slow readers",
            accept_errors: "Failures to accept a connection",
            alerts: "Alerts told, by kind",
        }
    }

    pub(crate) fn connected(&self) {
        self.connections.inc();
        self.connections_total.inc();
    }

    pub(crate) fn disconnected(&self) {
        self.connections.dec();
    }

    pub(crate) fn signed_in(&self) {
        self.sign_ins.inc();
    }

    pub(crate) fn sessions(&self, now: usize) {
        self.sessions.set(signed(now));
    }

    pub(crate) fn rooms(&self, now: usize) {
        self.rooms.set(signed(now));
    }

    pub(crate) fn published(&self) {
        self.publishes.inc();
    }

    pub(crate) fn delivered(&self, frames: u64, members: usize) {
        let members = u64::try_from(members).unwrap_or(u64::MAX);
        self.deliveries.inc_by(frames.saturating_mul(members));
    }

    pub(crate) fn closed(&self, code: CloseCode) {
        self.closes.get_or_create(&[("code", code.as_str())]).inc();
    }

    pub(crate) fn refused(&self, code: ErrorCode) {
        self.refusals
            .get_or_create(&[("code", code.as_str())])
            .inc();
    }

    pub(crate) fn outbox_grew(&self, bytes: usize) {
        self.outbox_bytes.inc_by(signed(bytes));
    }

    pub(crate) fn outbox_shrank(&self, bytes: usize) {
        self.outbox_bytes.dec_by(signed(bytes));
    }

    pub(crate) fn accept_failed(&self) {
        self.accept_errors.inc();
    }

    pub(crate) fn alerted(&self, kind: alert::Kind) {
        self.alerts.get_or_create(&[("kind", kind.as_str())]).inc();
    }

    /// All figures in the OpenMetrics text format.
    ///
    /// # Errors
    /// Only if a `String` cannot be written to.
    pub(crate) fn encode(&self) -> Result<String, fmt::Error> {
        let mut encoded = String::new();
        text::encode(&mut encoded, &self.registry)?;
        Ok(encoded)
    }
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_names_and_values() {
        let figures = Figures::new();
        figures.connected();
        figures.delivered(3, 100);
        figures.closed(CloseCode::TooSlow);
        figures.refused(ErrorCode::NameTaken);
        figures.alerted(alert::Kind::DiskLow);
        let text = figures.encode().expect("text");
        for line in [
            "sealwire_server_connections 1\n",
            "sealwire_server_connections_total 1\n",
            "sealwire_server_deliveries_total 300\n",
            "sealwire_server_closes_total{code=\"too_slow\"} 1\n",
            "sealwire_server_refusals_total{code=\"name_taken\"} 1\n",
            "sealwire_server_alerts_total{kind=\"disk_low\"} 1\n",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
