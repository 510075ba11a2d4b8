//! How far a connection has come: new, greeted, signed in.

use std::sync::Arc;

use wire_format::Challenge;

use crate::session::Session;

/// The phase of a connection; commands are written against the phase they belong to.
pub(crate) enum Phase {
    /// Nothing was said yet.
    New(New),
    /// Version and challenge were exchanged.
    Greeted(Greeted),
    /// It is somebody.
    SignedIn(Arc<Session>),
}

/// A connection on which nothing was said yet.
#[derive(Clone, Copy)]
pub(crate) struct New;

/// A connection that may sign in.
#[derive(Clone, Copy)]
pub(crate) struct Greeted {
    /// What a proxy must answer.
    pub(crate) challenge: Challenge,
}
