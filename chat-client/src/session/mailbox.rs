//! What a session's handles, its consumer and its driver hand each other.
//!
//! ```text
//!  Session ──▶ requests, at most 64 ──▶ driver ──▶ events, counted ──▶ SessionEvents
//! ```
//!
//! One lock and two deques that own no memory while they are empty, where a channel would keep room
//! for 32 of each in every session.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

use tokio::sync::Semaphore;

use super::{SessionEvent, requests::Request};

/// The queues of one session. Waking it, as the keyring does, wakes the driver.
pub(super) struct Mailbox {
    /// A std Mutex: held to move something in or out, never across an await.
    state: Mutex<State>,
    /// One permit a request that may wait; closed when the driver is gone.
    places: Semaphore,
    /// Who waits for a place, first come, first served. Held until the request lies in its place:
    /// otherwise who finds a place free could overtake who was just given one.
    line: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    requests: VecDeque<Request>,
    events: VecDeque<SessionEvent>,
    driver: Option<Waker>,
    consumer: Option<Waker>,
    /// The driver reads nothing until events are taken.
    is_driver_held: bool,
    /// The keyring has a key.
    is_woken: bool,
    is_consumer_gone: bool,
    are_handles_gone: bool,
    is_driver_gone: bool,
}

/// How things stand for the driver.
pub(super) enum Post {
    /// Nobody takes events any more.
    ConsumerGone,
    /// Something is asked; `None`: nobody can ask any more.
    Request(Option<Request>),
    /// The keyring has a key.
    Woken,
    /// Nothing; this many events more may be told.
    Nothing(usize),
}

impl Mailbox {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            places: Semaphore::new(REQUESTS),
            line: tokio::sync::Mutex::default(),
        })
    }

    /// Asks the driver for something, once it has room; false if it is gone. Requests lie in the
    /// order in which these futures were first polled.
    pub(super) async fn ask(&self, request: Request) -> bool {
        let _turn = self.line.lock().await;
        let Ok(place) = self.places.acquire().await else {
            return false;
        };
        place.forget();
        let mut state = self.lock();
        if state.is_driver_gone {
            return false;
        }
        state.requests.push_back(request);
        wake(state.driver.take());
        true
    }

    /// The next event; as [`Mailbox::poll_events`].
    pub(super) fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        self.poll_taken(cx, VecDeque::pop_front)
    }

    /// All events there are, at least one; `None` when there will be no more.
    pub(super) fn poll_events(&self, cx: &mut Context<'_>) -> Poll<Option<VecDeque<SessionEvent>>> {
        self.poll_taken(cx, |events| {
            (!events.is_empty()).then(|| std::mem::take(events))
        })
    }

    fn poll_taken<T>(
        &self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut VecDeque<SessionEvent>) -> Option<T>,
    ) -> Poll<Option<T>> {
        let mut state = self.lock();
        let taken = take(&mut state.events);
        if state.events.is_empty() {
            state.events = VecDeque::new();
        }
        if taken.is_none() && !state.is_driver_gone {
            state.consumer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if state.is_driver_held {
            state.is_driver_held = false;
            wake(state.driver.take());
        }
        Poll::Ready(taken)
    }

    /// Hands events over and leaves none; they may be more than the consumer's limit.
    pub(super) fn tell(&self, events: &mut VecDeque<SessionEvent>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        if state.is_consumer_gone {
            events.clear();
        } else if state.events.is_empty() {
            state.events = std::mem::take(events);
        } else {
            state.events.append(events);
            *events = VecDeque::new();
        }
        let consumer = state.consumer.take();
        drop(state);
        wake(consumer);
    }

    /// What the driver is to do next, if it is not to listen to the server; wakes it when that
    /// changes. Requests are left where they are unless they are wanted.
    pub(super) fn look(&self, cx: &mut Context<'_>, limit: usize, wants_requests: bool) -> Post {
        let mut state = self.lock();
        match &mut state.driver {
            Some(driver) => driver.clone_from(cx.waker()),
            driver => *driver = Some(cx.waker().clone()),
        }
        if state.is_consumer_gone {
            return Post::ConsumerGone;
        }
        if std::mem::take(&mut state.is_woken) {
            return Post::Woken;
        }
        if wants_requests {
            if let Some(request) = state.requests.pop_front() {
                if state.requests.is_empty() {
                    state.requests = VecDeque::new();
                }
                self.places.add_permits(1);
                return Post::Request(Some(request));
            }
            if state.are_handles_gone {
                return Post::Request(None);
            }
        }
        let left = limit.saturating_sub(state.events.len());
        state.is_driver_held = left == 0;
        Post::Nothing(left)
    }

    /// Takes no more requests and gives those that nobody has carried out.
    pub(super) fn close_requests(&self) -> VecDeque<Request> {
        self.places.close();
        std::mem::take(&mut self.lock().requests)
    }

    pub(super) fn handles_gone(&self) {
        let mut state = self.lock();
        state.are_handles_gone = true;
        wake(state.driver.take());
    }

    pub(super) fn consumer_gone(&self) {
        let mut state = self.lock();
        state.is_consumer_gone = true;
        state.events = VecDeque::new();
        wake(state.driver.take());
    }

    /// There will be no more events, and nobody to ask.
    pub(super) fn driver_gone(&self) {
        let unasked = self.close_requests();
        let mut state = self.lock();
        state.is_driver_gone = true;
        let consumer = state.consumer.take();
        drop(state);
        // Whoever asked learns it from the reply that does not come.
        drop(unasked);
        wake(consumer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Mailbox {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.lock();
        state.is_woken = true;
        wake(state.driver.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Requests that may wait for the driver.
const REQUESTS: usize = 64;
