//! Prometheus figures: counts without names, addresses or content.

use std::sync::atomic::AtomicI64;

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use wire_format::{CloseCode, ErrorCode};

/// What is counted.
#[derive(Debug)]
pub(crate) struct Figures {
    registry: Registry,
    /// Open connections.
    pub(crate) connections: Gauge<i64, AtomicI64>,
    /// Signed-in sessions.
    pub(crate) sessions: Gauge<i64, AtomicI64>,
    /// Session keys ready.
    pub(crate) key_pool: Gauge<i64, AtomicI64>,
    /// Sign-ins that succeeded.
    pub(crate) sign_ins: Counter,
    /// Times that a session reached its chat-server again.
    pub(crate) backend_reconnects: Counter,
    streams: Family<StreamLabels, Gauge<i64, AtomicI64>>,
    messages: Family<MessageLabels, Counter>,
    refusals: Family<CodeLabels, Counter>,
    stream_ends: Family<CodeLabels, Counter>,
    requests: Family<StatusLabels, Counter>,
}

/// How frames travel to a page.
#[derive(Clone, Copy, Debug, EncodeLabelValue, Eq, Hash, PartialEq)]
pub(crate) enum StreamKind {
    /// A WebSocket.
    #[allow(non_camel_case_types, reason = "label values are lower case")]
    socket,
    /// Server-Sent Events.
    #[allow(non_camel_case_types, reason = "label values are lower case")]
    events,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct StreamLabels {
    kind: StreamKind,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct MessageLabels {
    direction: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct StatusLabels {
    status: &'static str,
}

impl Figures {
    pub(crate) fn new() -> Self {
        let mut figures = Self {
            registry: Registry::with_prefix("sealwire_proxy"),
            connections: Gauge::default(),
            sessions: Gauge::default(),
            key_pool: Gauge::default(),
            sign_ins: Counter::default(),
            backend_reconnects: Counter::default(),
            streams: Family::default(),
            messages: Family::default(),
            refusals: Family::default(),
            stream_ends: Family::default(),
            requests: Family::default(),
        };
        figures.register();
        figures
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register("sessions", "Signed-in sessions", self.sessions.clone());
        registry.register("key_pool", "Session keys ready", self.key_pool.clone());
        registry.register("sign_ins", "Sign-ins", self.sign_ins.clone());
        let reconnects = self.backend_reconnects.clone();
        registry.register(
            "backend_reconnects",
            "Returns of a session to its chat-server",
            reconnects,
        );
        registry.register("streams", "Open streams by kind", self.streams.clone());
        registry.register(
            "messages",
            "Messages sealed and opened",
            self.messages.clone(),
        );
        registry.register("refusals", "Refusals by code", self.refusals.clone());
        registry.register(
            "stream_ends",
            "Streams ended by the proxy, by close code",
            self.stream_ends.clone(),
        );
        registry.register(
            "requests",
            "HTTP answers by class of status",
            self.requests.clone(),
        );
    }

    /// The gauge of open streams of a kind.
    pub(crate) fn streams(&self, kind: StreamKind) -> Gauge<i64, AtomicI64> {
        self.streams.get_or_create_owned(&StreamLabels { kind })
    }

    /// One message was sealed.
    pub(crate) fn sealed(&self) {
        let direction = "sealed";
        self.messages
            .get_or_create(&MessageLabels { direction })
            .inc();
    }

    /// So many opened messages were handed to a session.
    pub(crate) fn opened(&self, count: u64) {
        if count > 0 {
            let direction = "opened";
            self.messages
                .get_or_create(&MessageLabels { direction })
                .inc_by(count);
        }
    }

    /// Somebody was refused.
    pub(crate) fn refused(&self, code: ErrorCode) {
        let code = code.as_str();
        self.refusals.get_or_create(&CodeLabels { code }).inc();
    }

    /// The proxy ended a stream.
    pub(crate) fn stream_ended(&self, code: CloseCode) {
        let code = code.as_str();
        self.stream_ends.get_or_create(&CodeLabels { code }).inc();
    }

    /// A request was answered.
    pub(crate) fn answered(&self, status: http::StatusCode) {
        let status = match status.as_u16() / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests.get_or_create(&StatusLabels { status }).inc();
    }

    /// All figures in the text format of OpenMetrics 1.0.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_carry_codes_and_kinds_only() {
        let figures = Figures::new();
        figures.refused(ErrorCode::RateLimited);
        figures.streams(StreamKind::socket).inc();
        figures.sealed();
        let text = figures.text();
        assert!(text.contains("sealwire_proxy_refusals_total{code=\"rate_limited\"} 1"));
        assert!(text.contains("sealwire_proxy_streams{kind=\"socket\"} 1"));
        assert!(text.contains("sealwire_proxy_messages_total{direction=\"sealed\"} 1"));
    }
}
