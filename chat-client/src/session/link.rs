//! The connection that a session has, or the attempt to get one.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{
    connection::{Arrival, Arrivals, Connection},
    error::{ConnectError, Ended},
    room::Identity,
};

/// A connection on which the session is signed in and has announced its keys.
pub(super) struct SignedInLink {
    pub(super) connection: Connection,
    pub(super) arrivals: Arrivals,
    pub(super) identity: Arc<Identity>,
}

type Attempt = dyn Future<Output = Result<SignedInLink, ConnectError>> + Send;

pub(super) enum Link {
    Up(Connection, Arrivals),
    Connecting(Pin<Box<Attempt>>),
}

/// What a link brings.
pub(super) enum News {
    Arrival(Arrival),
    Connected(Result<SignedInLink, ConnectError>),
}

impl Link {
    /// Waits for news. Safe to drop while waiting.
    pub(super) async fn news(&mut self) -> News {
        match self {
            Self::Up(_, arrivals) => {
                let arrival = arrivals.next().await;
                News::Arrival(arrival.unwrap_or(Arrival::Ended(Ended::Here)))
            }
            Self::Connecting(attempt) => News::Connected(attempt.as_mut().await),
        }
    }

    pub(super) fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Up(connection, _) => Some(connection),
            Self::Connecting(_) => None,
        }
    }
}
