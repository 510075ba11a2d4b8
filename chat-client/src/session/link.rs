//! The connection that a session has, or the attempt to get one.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use crate::{
    connection::{Arrival, Connection, Frames},
    error::{ConnectError, Ended},
    room::Identity,
};

/// A connection on which the session is signed in and has announced its keys.
pub(super) struct SignedInLink {
    pub(super) connection: Connection,
    pub(super) identity: Arc<Identity>,
}

type Attempt = dyn Future<Output = Result<SignedInLink, ConnectError>> + Send;

#[expect(
    clippy::large_enum_variant,
    reason = "it is up nearly all the time, and there is one in a session"
)]
pub(super) enum Link {
    Up(Connection),
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
            Self::Up(connection) => match ready!(connection.poll_next(cx, skim)) {
                Ok(None) => News::Skimmed,
                Ok(Some(arrival)) => News::Arrival(arrival),
                Err(ended) => News::Ended(ended),
            },
            Self::Connecting(attempt) => {
                News::Connected(Box::new(ready!(attempt.as_mut().poll(cx))))
            }
            Self::Down => return Poll::Pending,
        })
    }

    /// Goes on writing while nothing is to be read.
    pub(super) fn poll_paused(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        match self {
            Self::Up(connection) => connection.poll_paused(cx).map(News::Ended),
            Self::Connecting(_) | Self::Down => Poll::Pending,
        }
    }

    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Up(connection) => Some(connection),
            Self::Connecting(_) | Self::Down => None,
        }
    }

    /// Whether so much waits for the socket that nobody should ask for more.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self, Self::Up(connection) if connection.is_behind())
    }
}
