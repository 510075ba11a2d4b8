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
pub(crate) mod who;

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::time;
use tokio_util::sync::CancellationToken;
use wire_format::{CloseCode, ErrorCode, Refusal};

use crate::{
    backend::{Arrival, Arrivals, Link},
    cookie::SessionKey,
    limits::SessionLimits,
};

use self::{
    downlink::{Asker, Common, Downlink},
    uplink::turns::Turns,
    who::Who,
};

/// A signed-in browser.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) key: SessionKey,
    pub(crate) who: Who,
    pub(crate) link: Link,
    pub(crate) downlink: Arc<Downlink>,
    pub(crate) limits: SessionLimits,
    pub(crate) turns: Turns,
    pub(crate) common: Arc<Common>,
    /// The first reason counts.
    ending: OnceLock<Ending>,
    /// What came of the sign-out; set before it is over.
    signed_out: OnceLock<Result<(), Refusal>>,
    end: CancellationToken,
    over: CancellationToken,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// Its owner says so. Who asked for it by a command is answered before its stream is closed.
    SignOut(Option<Asker>),
    /// This proxy holds it no longer: a guest is signed out, an account's session goes on.
    Leave(CloseCode),
}

impl Ending {
    const fn code(self) -> CloseCode {
        match self {
            Self::SignOut(_) => CloseCode::Done,
            Self::Leave(code) => code,
        }
    }

    const fn asker(self) -> Option<Asker> {
        match self {
            Self::SignOut(asker) => asker,
            Self::Leave(_) => None,
        }
    }
}

impl Session {
    pub(crate) fn new(
        key: SessionKey,
        who: Who,
        link: Link,
        limits: SessionLimits,
        common: Arc<Common>,
    ) -> Self {
        let challenge = match &who {
            Who::Guest { .. } => None,
            Who::Account(account) => Some(account.challenge),
        };
        Self {
            key,
            who,
            link,
            downlink: Arc::new(Downlink::new(common.clone(), challenge)),
            limits,
            turns: Turns::default(),
            common,
            ending: OnceLock::new(),
            signed_out: OnceLock::new(),
            end: CancellationToken::new(),
            over: CancellationToken::new(),
        }
    }

    /// Asks the session to be left, without waiting.
    pub(crate) fn leave(&self, code: CloseCode) {
        let _ = self.ending.set(Ending::Leave(code));
        self.end.cancel();
    }

    /// Signs out, answering the command that asked for it, and waits until name, connection and keys
    /// are free.
    ///
    /// A dropped future does not hold it up.
    ///
    /// # Errors
    /// Why the chat-server was not told to end an account's session.
    pub(crate) async fn sign_out(&self, asker: Option<Asker>) -> Result<(), Refusal> {
        let _ = self.ending.set(Ending::SignOut(asker));
        self.end.cancel();
        self.over.cancelled().await;
        // A session that was left meanwhile was not signed out.
        let left = Err(ErrorCode::Unavailable.into());
        self.signed_out.get().copied().unwrap_or(left)
    }

    /// Frees everything of a session that was never held.
    pub(crate) async fn give_up(&self) {
        self.link.leave().await;
    }

    /// Moves arrivals to the streams until the session ends, then frees everything.
    pub(crate) async fn run(&self, mut arrivals: Arrivals, idle: Duration, forget: impl FnOnce()) {
        // Who waits for the end is released even by a panic.
        let _over = self.over.clone().drop_guard();
        let ending = tokio::select! {
            () = self.end.cancelled() => Ending::Leave(CloseCode::Done),
            code = self.pass_on(&mut arrivals) => Ending::Leave(self.seen_by_its_own(code)),
            () = idle_for(&self.downlink, idle, self.silent_idle(idle)) => Ending::Leave(CloseCode::Timeout),
        };
        let ending = *self.ending.get_or_init(|| ending);
        let code = ending.code();
        tracing::info!(member = %self.who.member(), reason = %code, "a session ends");
        forget();
        let outcome = match (&self.who, ending) {
            (Who::Account(_), Ending::Leave(_)) => {
                self.link.leave().await;
                Ok(())
            }
            _ => {
                // Its reply comes behind what has arrived, which has to be taken for it to come.
                let outcome = tokio::select! {
                    outcome = self.link.sign_out() => outcome,
                    never = discard(&mut arrivals) => match never {},
                };
                let _ = self.signed_out.set(outcome);
                outcome
            }
        };
        self.downlink.end(code, ending.asker().as_ref(), outcome);
    }

    /// How long a session stays whose page fell silent. An account's can be taken up again later, and
    /// its friends are to see that it is gone; a guest's would be over.
    fn silent_idle(&self, idle: Duration) -> Duration {
        match &self.who {
            Who::Account(_) => idle.min(AFTER_SILENCE),
            Who::Guest { .. } => idle,
        }
    }

    /// The code that its streams get. A guest's token is known here only: who replaced the guest is
    /// an account, registered by the same page.
    fn seen_by_its_own(&self, code: CloseCode) -> CloseCode {
        match (&self.who, code) {
            (Who::Guest { .. }, CloseCode::Replaced) => CloseCode::Done,
            (_, code) => code,
        }
    }

    async fn pass_on(&self, arrivals: &mut Arrivals) -> CloseCode {
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

/// Takes what arrives for nobody.
async fn discard(arrivals: &mut Arrivals) -> Infallible {
    while arrivals.take().await.is_some() {}
    std::future::pending().await
}

/// Returns once there has been no stream for a while, or a shorter one behind a silence.
async fn idle_for(downlink: &Downlink, idle: Duration, behind_silence: Duration) {
    loop {
        downlink.until(|open| open == 0).await;
        let patience = match downlink.is_silent() {
            true => behind_silence,
            false => idle,
        };
        let returned = downlink.until(|open| open > 0);
        if time::timeout(patience, returned).await.is_err() {
            return;
        }
    }
}

/// Given to a page that was silent for two pings and some slack: within 35 s of a cut its friends see
/// it offline.
const AFTER_SILENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Figures, StreamKind};

    #[tokio::test(start_paused = true)]
    async fn a_session_without_a_stream_is_given_a_while() {
        let (idle, behind_silence) = (Duration::from_secs(60), Duration::from_secs(3));
        let common = Common::new(Arc::new(Figures::new()));
        let downlink = Arc::new(Downlink::new(Arc::new(common), None));
        let waiting = tokio::spawn({
            let downlink = downlink.clone();
            async move { idle_for(&downlink, idle, behind_silence).await }
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

    #[tokio::test(start_paused = true)]
    async fn behind_a_silence_the_while_is_shorter_and_a_new_stream_makes_it_long_again() {
        let (idle, behind_silence) = (Duration::from_secs(60), Duration::from_secs(3));
        let common = Common::new(Arc::new(Figures::new()));
        let downlink = Arc::new(Downlink::new(Arc::new(common), None));
        for (code, expected) in [
            (CloseCode::Timeout, behind_silence),
            (CloseCode::Done, idle),
            (CloseCode::TooSlow, behind_silence),
        ] {
            let stream = downlink.open(StreamKind::socket).expect("a stream");
            stream.close(code);
            drop(stream);
            let begin = time::Instant::now();
            idle_for(&downlink, idle, behind_silence).await;
            assert_eq!(begin.elapsed(), expected, "{code}");
        }
    }
}
