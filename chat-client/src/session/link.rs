//! The connection that a session has, or the attempt to get one.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use wire_format::command::auth::SignedInAccount;

use crate::{
    connection::{Arrival, Connection, Frames},
    error::{ConnectError, Ended},
    room::Identity,
};

/// A connection on which the session is signed in.
pub(super) struct SignedInLink {
    /// Up, or unproven.
    pub(super) link: Link,
    pub(super) identity: Arc<Identity>,
    /// What the server said of an account's session.
    pub(super) account: Option<SignedInAccount>,
}

type Attempt = dyn Future<Output = Result<SignedInLink, ConnectError>> + Send;

/// Up nearly all the time, and one in a session: nothing is boxed.
pub(super) enum Link {
    /// The session's keys are announced: it may be in rooms.
    Up(Connection),
    /// An account's, whose keys are not proven: its own commands go out, and nothing of rooms.
    Unproven(Connection),
    Connecting(Pin<Box<Attempt>>),
    /// Lost a moment ago, or given up.
    Down,
}

/// What a link brings.
pub(super) enum News {
    /// What came was taken where it was read.
    Skimmed,
    Arrival(Arrival),
    Ended(Ended),
    Connected(Box<Result<SignedInLink, ConnectError>>),
}

impl Link {
    /// Waits for news, showing frames to `skim` first.
    pub(super) fn poll_news(
        &mut self,
        cx: &mut Context<'_>,
        skim: &mut dyn FnMut(&mut Frames<'_>),
    ) -> Poll<News> {
        Poll::Ready(match self {
            Self::Up(connection) | Self::Unproven(connection) => {
                match ready!(connection.poll_next(cx, skim)) {
                    Ok(None) => News::Skimmed,
                    Ok(Some(arrival)) => News::Arrival(arrival),
                    Err(ended) => News::Ended(ended),
                }
            }
            Self::Connecting(attempt) => {
                News::Connected(Box::new(ready!(attempt.as_mut().poll(cx))))
            }
            Self::Down => return Poll::Pending,
        })
    }

    /// Goes on writing while nothing is to be read.
    pub(super) fn poll_paused(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        match self {
            Self::Up(connection) | Self::Unproven(connection) => {
                connection.poll_paused(cx).map(News::Ended)
            }
            Self::Connecting(_) | Self::Down => Poll::Pending,
        }
    }

    /// The connection for what belongs to rooms.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Up(connection) => Some(connection),
            Self::Unproven(_) | Self::Connecting(_) | Self::Down => None,
        }
    }

    /// The connection for what belongs to the session itself.
    pub(super) fn any_connection(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Up(connection) | Self::Unproven(connection) => Some(connection),
            Self::Connecting(_) | Self::Down => None,
        }
    }

    /// The keys are proven and announced.
    pub(super) fn admit(&mut self) {
        *self = match std::mem::replace(self, Self::Down) {
            Self::Unproven(connection) => Self::Up(connection),
            other => other,
        };
    }

    /// Whether so much waits for the socket that nobody should ask for more.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self, Self::Up(connection) | Self::Unproven(connection) if connection.is_behind())
    }
}
