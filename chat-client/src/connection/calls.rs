//! Which calls wait for a reply.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use wire_format::ReplyFrame;

use crate::error::{CallError, Ended};

/// The calls under way on one connection, and how it ended.
///
/// A std Mutex: callers and the reader hold it for one look-up each, never across an await.
#[derive(Default)]
pub(super) struct Calls(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: HashMap<u32, oneshot::Sender<ReplyFrame>>,
    ended: Option<Ended>,
}

/// A call that waits; dropping it forgets the call.
pub(super) struct Pending {
    calls: Arc<Calls>,
    request: u32,
    reply: oneshot::Receiver<ReplyFrame>,
}

impl Calls {
    /// Takes note that the reply to `request` is waited for.
    pub(super) fn expect(self: &Arc<Self>, request: u32) -> Result<Pending, CallError> {
        let (sender, reply) = oneshot::channel();
        let mut state = self.lock();
        if let Some(ended) = state.ended {
            return Err(ended.into());
        }
        if state.waiting.len() >= MOST_CALLS {
            return Err(CallError::Busy);
        }
        state.waiting.insert(request, sender);
        Ok(Pending {
            calls: Arc::clone(self),
            request,
            reply,
        })
    }

    /// Hands a reply to its call; gives it back if no call waits for it.
    pub(super) fn settle(&self, reply: ReplyFrame) -> Option<ReplyFrame> {
        let waiting = self.lock().waiting.remove(&reply.request);
        match waiting {
            // A caller that has just gone does not miss it.
            Some(waiting) => drop(waiting.send(reply)),
            None => return Some(reply),
        }
        None
    }

    /// Ends all calls; the first reason counts.
    pub(super) fn end(&self, ended: Ended) -> Ended {
        let mut state = self.lock();
        state.waiting.clear();
        *state.ended.get_or_insert(ended)
    }

    /// How the connection ended, if it did.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.lock().ended
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Waits for the reply.
    pub(super) async fn reply(mut self) -> Result<ReplyFrame, Ended> {
        let reply = (&mut self.reply).await;
        reply.map_err(|_| self.calls.ended().unwrap_or(Ended::Here))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.calls.lock().waiting.remove(&self.request);
    }
}

/// Calls that may wait at once on one connection.
const MOST_CALLS: usize = 64;
