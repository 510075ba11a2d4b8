//! How far a connection has come: new, greeted, signed in as a guest or with an account.

use std::sync::Arc;

use wire_format::{Challenge, ChannelId};

use crate::{account::Presence, post::Lanes, session::Session};

/// The phase of a connection; commands are written against the phase they belong to.
///
/// What only some connections have, or only for a moment, is boxed: it would be part of every one.
pub(crate) enum Phase {
    /// Nothing was said yet.
    New(New),
    /// Version and challenge were exchanged.
    Greeted(Box<Greeted>),
    /// It is a guest.
    SignedIn(Arc<Session>),
    /// It is an account that has yet to prove its keys.
    Unproven(Box<Unproven>),
    /// It is an account.
    Account(Box<Proven>),
}

impl Phase {
    /// Whether it is somebody.
    pub(crate) const fn is_signed_in(&self) -> bool {
        !matches!(self, Self::New(_) | Self::Greeted(_))
    }

    /// Who it is in rooms, if it may be in any.
    pub(crate) fn member(&self) -> Option<&Arc<Session>> {
        match self {
            Self::SignedIn(session) => Some(session),
            Self::Account(proven) => Some(&proven.member),
            Self::New(_) | Self::Greeted(_) | Self::Unproven(_) => None,
        }
    }

    /// Takes note that a publish was refused before it was looked at.
    pub(crate) fn refused_publish(&mut self, channel: ChannelId) {
        if let Some(session) = self.member() {
            session.refused_publish(channel);
        }
        if let Self::Account(proven) = self {
            proven.lanes.refused(channel);
        }
    }
}

/// A connection on which nothing was said yet.
#[derive(Clone, Copy)]
pub(crate) struct New;

/// A connection that may sign in.
pub(crate) struct Greeted {
    /// What a proxy must answer.
    pub(crate) challenge: Challenge,
    /// The program, in its own words, without control characters.
    pub(crate) client: Box<str>,
}

/// A session whose keys have not answered.
pub(crate) struct Unproven {
    pub(crate) presence: Presence,
    /// What they are to answer; `None` once they tried.
    pub(crate) challenge: Option<Challenge>,
}

/// A session whose keys have answered.
pub(crate) struct Proven {
    pub(crate) presence: Presence,
    /// The same session as a member of rooms.
    pub(crate) member: Arc<Session>,
    /// What it publishes in end-to-end rooms.
    pub(crate) lanes: Lanes,
}
