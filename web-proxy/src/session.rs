//! One signed-in browser: its connection to the chat-server, its rates, and its streams.
//!
//! ```text
//!  page ──frame or POST──▶ uplink ──▶ backend::Link ──▶ chat-server
//!  page ◀──outbox a stream── downlink ◀── backend::Arrivals ◀──
//! ```
//!
//! One task a session moves arrivals to the streams and ends the session: on request, when the
//! chat-server says so, or when no stream has been there for a while.

pub(crate) mod downlink;
mod log;
pub(crate) mod outbox;
pub(crate) mod registry;
pub(crate) mod uplink;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::time;
use tokio_util::sync::CancellationToken;
use wire_format::{CloseCode, command::auth::SignedIn};

use crate::{
    backend::{Arrival, Arrivals, Link},
    cookie::SessionKey,
    limits::SessionLimits,
};

use self::downlink::{Asker, Common, Downlink};

/// A signed-in browser.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) key: SessionKey,
    pub(crate) who: SignedIn,
    pub(crate) link: Link,
    pub(crate) downlink: Arc<Downlink>,
    pub(crate) limits: SessionLimits,
    pub(crate) common: Arc<Common>,
    ending: OnceLock<Ending>,
    end: CancellationToken,
    over: CancellationToken,
}

/// Why a session ends.
#[derive(Debug)]
struct Ending {
    code: CloseCode,
    /// Who asked for it by a command and is answered before its stream is closed.
    asker: Option<Asker>,
}

impl Session {
    pub(crate) fn new(
        key: SessionKey,
        who: SignedIn,
        link: Link,
        limits: SessionLimits,
        common: Arc<Common>,
    ) -> Self {
        Self {
            key,
            who,
            link,
            downlink: Arc::new(Downlink::new(common.clone())),
            limits,
            common,
            ending: OnceLock::new(),
            end: CancellationToken::new(),
            over: CancellationToken::new(),
        }
    }

    /// Asks the session to end; the first reason given counts.
    pub(crate) fn end(&self, code: CloseCode) {
        self.end_for(code, None);
    }

    /// As [`Session::end`], answering the command that asked for it.
    pub(crate) fn end_for(&self, code: CloseCode, asker: Option<Asker>) {
        let _ = self.ending.set(Ending { code, asker });
        self.end.cancel();
    }

    /// Waits until name, connection and keys are free.
    pub(crate) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Moves arrivals to the streams until the session ends, then frees everything.
    pub(crate) async fn run(&self, arrivals: Arrivals, idle: Duration, forget: impl FnOnce()) {
        // Who waits for the end is released even by a panic.
        let _over = self.over.clone().drop_guard();
        let code = tokio::select! {
            () = self.end.cancelled() => self.ending.get().map_or(CloseCode::Done, |why| why.code),
            code = self.pass_on(arrivals) => code,
            () = idle_for(&self.downlink, idle) => CloseCode::Timeout,
        };
        let _ = self.ending.set(Ending { code, asker: None });
        tracing::info!(member = %self.who.member, reason = %code, "a session ends");
        forget();
        self.link.sign_out().await;
        let asker = self.ending.get().and_then(|why| why.asker.as_ref());
        self.downlink.end(code, asker);
    }

    async fn pass_on(&self, mut arrivals: Arrivals) -> CloseCode {
        // Without a word it ended because the way to the chat-server did.
        while let Some(batch) = arrivals.take().await {
            let mut end = None;
            self.downlink.arrive(batch.inspect(|arrival| {
                if let Arrival::Ended(code) = arrival {
                    end = Some(*code);
                }
            }));
            if let Some(code) = end {
                return code;
            }
        }
        CloseCode::Timeout
    }
}

/// Returns once there has been no stream for a while.
async fn idle_for(downlink: &Downlink, idle: Duration) {
    loop {
        downlink.until(|open| open == 0).await;
        let returned = downlink.until(|open| open > 0);
        if time::timeout(idle, returned).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Figures, StreamKind};

    #[tokio::test(start_paused = true)]
    async fn a_session_without_a_stream_is_given_a_while() {
        let idle = Duration::from_secs(60);
        let common = Common::new(Arc::new(Figures::new()));
        let downlink = Arc::new(Downlink::new(Arc::new(common)));
        let waiting = tokio::spawn({
            let downlink = downlink.clone();
            async move { idle_for(&downlink, idle).await }
        });
        time::sleep(Duration::from_secs(59)).await;
        let stream = downlink.open(StreamKind::socket).expect("a stream");
        time::sleep(Duration::from_secs(3_600)).await;
        assert!(!waiting.is_finished(), "a stream keeps it");
        drop(stream);
        let begin = time::Instant::now();
        waiting.await.expect("no panic");
        assert_eq!(begin.elapsed(), idle);
    }
}
