//! What an account's calls go over, one after the other.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt as _;
use serde::Deserialize;
use tokio::time::timeout;
use wire_format::{
    ErrorCode, Publish, Refusal, ReplyFrame, Sequence,
    command::{Command, Operation},
    limits::SIGN_IN_WITHIN,
};

use super::{
    error::AccountError,
    patience::{Patience, is_passing},
    server::AccountServer,
};
use crate::{
    connection::{Arrival, Connection},
    error::{CallError, ConnectError, Ended},
    greeted::Greeted,
    session::Session,
};

/// What came of one call of many.
pub(super) type Called<O> = Result<(<O as Operation>::Ok, Bytes), Refusal>;

/// A connection whose server was greeted.
pub(super) enum Line {
    /// One that nobody else uses.
    Own(Box<Own>),
    /// The one that a session has at the moment; what else arrives there is for the session's consumer.
    Shared(Session),
}

impl Line {
    /// Connects and greets. A dropped future closes the socket.
    pub(super) async fn open(server: &AccountServer) -> Result<Self, AccountError> {
        let trust = server.trust.as_ref();
        let greeting = Greeted::connect(&server.endpoint, trust, &server.client, None);
        let greeted = timeout(SIGN_IN_WITHIN, greeting).await;
        let greeted = greeted.unwrap_or(Err(ConnectError::TimedOut))?;
        Ok(Self::Own(Box::new(Own {
            connection: greeted.into_connection(),
            kept: None,
        })))
    }

    /// From now on what else arrives is kept for [`Line::next`]. A session's connection has a consumer
    /// of its own.
    pub(super) fn listen(&mut self) {
        if let Self::Own(own) = self {
            own.kept.get_or_insert_default();
        }
    }

    /// The next arrival that belongs to no call. Safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Result<Arrival, Ended> {
        match self {
            Self::Own(own) => own.next().await,
            Self::Shared(_) => std::future::pending().await,
        }
    }

    /// Publishes a payload and waits until it stands in its channel; a server that asks for patience
    /// gets it. A dropped future may have sent it.
    pub(super) async fn publish(&mut self, publish: Publish) -> Result<Sequence, AccountError> {
        let mut patience = Patience::default();
        loop {
            match self.publish_once(publish.clone()).await? {
                Err(CallError::Refused(refusal)) if patience.waits(&refusal).await => {}
                published => return published.map_err(|error| refused("publish", error)),
            }
        }
    }

    async fn publish_once(
        &mut self,
        publish: Publish,
    ) -> Result<Result<Sequence, CallError>, AccountError> {
        let publishing = async {
            match self {
                Self::Own(own) => own.publish(publish).await,
                Self::Shared(_) => Err(CallError::NotConnected),
            }
        };
        let published = timeout(ANSWER_WITHIN, publishing).await;
        published.map_err(|_| AccountError::TimedOut)
    }

    /// Calls and waits for the reply; a server that asks for patience gets it. A dropped future may
    /// have sent the command.
    pub(super) async fn call<O>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), AccountError>
    where
        O: Operation + Clone + Into<Command>,
    {
        let mut patience = Patience::default();
        loop {
            match self.call_once(operation, tail.clone()).await? {
                Err(CallError::Refused(refusal)) if patience.waits(&refusal).await => {}
                called => return called.map_err(|error| refused(O::NAME, error)),
            }
        }
    }

    /// Calls many times and waits for all replies, which are in the order of the calls; over a connection
    /// of its own a few are under way at once, until the server asks for patience. It gets it. A dropped
    /// future may have sent some.
    ///
    /// # Errors
    /// Why there is no connection any more, or none in time.
    pub(super) async fn call_many<O>(
        &mut self,
        operations: &[O],
    ) -> Result<Vec<Called<O>>, AccountError>
    where
        O: Operation + Clone + Into<Command>,
    {
        let mut answers = match self {
            Self::Own(own) => own.call_many(operations).await?,
            Self::Shared(_) => Vec::new(),
        };
        answers.resize_with(operations.len(), || None);
        let mut all = Vec::with_capacity(operations.len());
        for (operation, answer) in operations.iter().zip(answers) {
            all.push(match answer {
                Some(answer) => answer,
                None => self.call_slowly(operation).await?,
            });
        }
        Ok(all)
    }

    /// Calls as one of many for which the server has asked for patience: it is left alone for so long that
    /// the next ones are not refused as well, or it would take them for a flood.
    async fn call_slowly<O>(&mut self, operation: &O) -> Result<Called<O>, AccountError>
    where
        O: Operation + Clone + Into<Command>,
    {
        let mut patience = Patience::default();
        loop {
            let refusal = match self.call_once(operation, Bytes::new()).await? {
                Err(CallError::Refused(refusal)) => refusal,
                Err(error) => return Err(refused(O::NAME, error)),
                Ok(called) => return Ok(Ok(called)),
            };
            let wait = refusal.retry_after_ms.map(|wait| wait.max(LEFT_ALONE_MS));
            let slow = Refusal {
                retry_after_ms: wait,
                ..refusal
            };
            if !patience.waits(&slow).await {
                return Ok(Err(refusal));
            }
        }
    }

    async fn call_once<O>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<Result<(O::Ok, Bytes), CallError>, AccountError>
    where
        O: Operation + Clone + Into<Command>,
    {
        let calling = async {
            match self {
                Self::Own(own) => own.call(operation, tail).await,
                Self::Shared(session) => session.call_as(operation.clone(), tail).await,
            }
        };
        let called = timeout(ANSWER_WITHIN, calling).await;
        called.map_err(|_| AccountError::TimedOut)
    }

    /// Sends a command; its reply comes by [`Line::any_reply`].
    pub(super) fn post<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<u32, AccountError> {
        match self {
            Self::Own(own) => Ok(own.connection.post(operation, tail)?),
            Self::Shared(_) => Err(Ended::Here.into()),
        }
    }

    /// Waits for a reply to one of the commands that were posted. Safe to drop while waiting.
    pub(super) async fn any_reply(
        &mut self,
        is_asked: impl Fn(u32) -> bool,
    ) -> Result<ReplyFrame, AccountError> {
        let Self::Own(own) = self else {
            return Err(Ended::Here.into());
        };
        let reply = timeout(ANSWER_WITHIN, own.reply(is_asked)).await;
        Ok(reply.map_err(|_| AccountError::TimedOut)??)
    }

    /// Says goodbye, where nobody else uses the connection.
    pub(super) async fn close(self) {
        if let Self::Own(own) = self {
            own.connection.close(GOODBYE_WITHIN).await;
        }
    }
}

/// A connection of its own.
pub(super) struct Own {
    connection: Connection,
    /// What arrived while a call waited for its reply; `None` as long as nobody listens.
    kept: Option<VecDeque<Arrival>>,
}

impl Own {
    async fn call<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), CallError> {
        if self.kept.is_none() {
            // What other devices did is read from the server when it matters.
            while let Some(Ok(_)) = self.connection.next().now_or_never() {}
            return self.connection.call(operation, tail).await;
        }
        let request = self.connection.post(operation, tail)?;
        let reply = self.reply(|number| number == request).await?;
        let outcome = reply.outcome::<O::Ok>().map_err(Ended::Protocol)?;
        Ok((outcome?, reply.tail))
    }

    /// Calls a few at a time, and no more once the server has asked for patience: of those there is no
    /// answer.
    async fn call_many<O: Operation>(
        &mut self,
        operations: &[O],
    ) -> Result<Vec<Option<Called<O>>>, AccountError> {
        let mut answers: Vec<Option<Called<O>>> = Vec::new();
        answers.resize_with(operations.len(), || None);
        let mut waiting = operations.iter().enumerate();
        let mut under_way: Vec<(u32, usize)> = Vec::new();
        let mut is_patient = false;
        loop {
            while !is_patient && under_way.len() < CALLS_AT_ONCE {
                let Some((place, operation)) = waiting.next() else {
                    break;
                };
                under_way.push((self.connection.post(operation, Bytes::new())?, place));
            }
            if under_way.is_empty() {
                return Ok(answers);
            }
            let is_asked = |number| under_way.iter().any(|(request, _)| *request == number);
            let reply = timeout(ANSWER_WITHIN, self.reply(is_asked)).await;
            let reply = reply.map_err(|_| AccountError::TimedOut)??;
            let place = under_way
                .iter()
                .position(|(request, _)| *request == reply.request);
            let Some(place) = place else { continue };
            let (_, place) = under_way.swap_remove(place);
            let outcome = reply.outcome::<O::Ok>().map_err(Ended::Protocol)?;
            match outcome {
                Err(refusal) if is_passing(&refusal) => is_patient = true,
                outcome => answers[place] = Some(outcome.map(|ok| (ok, reply.tail))),
            }
        }
    }

    async fn publish(&mut self, publish: Publish) -> Result<Sequence, CallError> {
        let Publish {
            channel,
            epoch,
            flags,
            payload,
            ..
        } = publish;
        let request = self.connection.publish(channel, epoch, flags, payload)?;
        let reply = self.reply(|number| number == request).await?;
        let outcome = reply.outcome::<Published>().map_err(Ended::Protocol)?;
        Ok(outcome?.sequence)
    }

    async fn next(&mut self) -> Result<Arrival, Ended> {
        match self.kept.as_mut().and_then(VecDeque::pop_front) {
            Some(arrival) => Ok(arrival),
            None => self.connection.next().await,
        }
    }

    /// Waits for a reply; what else comes is kept for whoever listens, in its order. Safe to drop while
    /// waiting.
    async fn reply(&mut self, is_asked: impl Fn(u32) -> bool) -> Result<ReplyFrame, Ended> {
        loop {
            match self.connection.next().await? {
                Arrival::Reply(reply) if is_asked(reply.request) => return Ok(reply),
                // A call that was given up was answered late.
                Arrival::Reply(_) => {}
                other => {
                    if let Some(kept) = &mut self.kept {
                        if kept.len() >= MOST_KEPT {
                            return Err(Ended::Unasked);
                        }
                        kept.push_back(other);
                    }
                }
            }
        }
    }
}

/// The `ok` fields of a publish's reply.
#[derive(Deserialize)]
struct Published {
    sequence: Sequence,
}

fn refused(command: &'static str, error: CallError) -> AccountError {
    match error {
        CallError::Refused(refusal) => AccountError::Refused { command, refusal },
        CallError::Ended(ended) => ended.into(),
        CallError::Busy => AccountError::Refused {
            command,
            refusal: ErrorCode::Busy.into(),
        },
        CallError::NotConnected => Ended::Here.into(),
    }
}

/// Arrivals that wait for a call's reply: what comes in a minute of a lively conversation. With more
/// the connection ends, and what was missed is fetched over the next one.
const MOST_KEPT: usize = 4_096;

/// Calls that are under way at once: enough that the server never waits for the next one, and few enough
/// that all of them may be refused.
const CALLS_AT_ONCE: usize = 8;
/// How long a server that asks for patience is left alone before the next of many calls, in milliseconds:
/// until it takes twenty of them (docs/protocol.md#12-limits).
const LEFT_ALONE_MS: u32 = 1_000;
/// How long a server may take for one answer: argon2id waits in a queue there.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a goodbye may take.
const GOODBYE_WITHIN: Duration = Duration::from_secs(1);
