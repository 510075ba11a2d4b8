//! The task of a session: waits for one thing at a time and does what follows from it.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{sleep_until, timeout},
};
use wire_format::{ChannelId, MessageId, RoomId, Sequence, command::auth::Logout};

use super::{
    SessionEnd, SessionEvent, SessionSettings,
    link::{Link, News, SignedInLink},
    linking::Losses,
    requests::{Pending, Request},
};
use crate::{
    clock::Clock,
    error::{CallError, Ended},
    room::{Identity, Input, SealedRoom, SendFailure},
};

pub(super) struct Driver {
    pub(super) settings: Arc<SessionSettings>,
    pub(super) identity: Arc<Identity>,
    pub(super) clock: Clock,
    pub(super) link: Link,
    pub(super) losses: Losses,
    pub(super) rooms: HashMap<RoomId, SealedRoom>,
    pub(super) channels: HashMap<ChannelId, RoomId>,
    /// Commands on this connection whose replies have not come.
    pub(super) pending: HashMap<u32, Pending>,
    pub(super) sends: HashMap<(RoomId, MessageId), Waiting>,
    pub(super) sends_bytes: usize,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<SessionEvent>,
    /// Events that found no room in the queue; while there are any, nothing is read.
    backlog: VecDeque<SessionEvent>,
    /// Told by the keyring that a key has come.
    pub(super) wake: Arc<Notify>,
}

/// A message that is on its way.
pub(super) struct Waiting {
    pub(super) reply: oneshot::Sender<Result<Sequence, SendFailure>>,
    pub(super) bytes: usize,
}

/// What the driver waited for.
enum Step {
    Delivered,
    ConsumerGone,
    News(News),
    Request(Option<Request>),
    Woken,
}

impl Driver {
    pub(super) fn new(
        settings: Arc<SessionSettings>,
        link: SignedInLink,
        requests: mpsc::Receiver<Request>,
        events: mpsc::Sender<SessionEvent>,
    ) -> Self {
        let clock = settings.keyring.clock();
        Self {
            settings,
            identity: link.identity,
            clock,
            link: Link::Up(link.connection, link.arrivals),
            losses: Losses::default(),
            rooms: HashMap::new(),
            channels: HashMap::new(),
            pending: HashMap::new(),
            sends: HashMap::new(),
            sends_bytes: 0,
            requests,
            events,
            backlog: VecDeque::new(),
            wake: Arc::new(Notify::new()),
        }
    }

    /// Runs until the session is over.
    pub(super) async fn run(mut self) {
        let end = loop {
            let step = self.next_step().await;
            if let Err(end) = self.take(step).await {
                break end;
            }
        };
        self.finish(end).await;
    }

    /// Waits for one thing; nothing is lost where the wait for the others is dropped.
    async fn next_step(&mut self) -> Step {
        let wake_at = self.next_timeout().map(|at| self.clock.instant(at));
        let timer = async {
            match wake_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let has_backlog = !self.backlog.is_empty();
        tokio::select! {
            permit = self.events.reserve(), if has_backlog => match permit {
                Ok(permit) => {
                    if let Some(event) = self.backlog.pop_front() {
                        permit.send(event);
                    }
                    Step::Delivered
                }
                Err(_) => Step::ConsumerGone,
            },
            () = self.events.closed(), if !has_backlog => Step::ConsumerGone,
            news = self.link.news(), if !has_backlog => Step::News(news),
            request = self.requests.recv() => Step::Request(request),
            () = self.wake.notified() => Step::Woken,
            () = timer => Step::Woken,
        }
    }

    fn next_timeout(&self) -> Option<Duration> {
        let rooms = self.rooms.values().filter_map(SealedRoom::timeout);
        rooms.chain(self.losses.timeout()).min()
    }

    async fn take(&mut self, step: Step) -> Result<(), SessionEnd> {
        match step {
            Step::Delivered => Ok(()),
            Step::ConsumerGone | Step::Request(None | Some(Request::Logout)) => {
                Err(SessionEnd::SignedOut)
            }
            Step::News(News::Arrival(arrival)) => self.arrived(arrival).await,
            Step::News(News::Connected(outcome)) => self.connected(outcome).await,
            Step::Request(Some(request)) => self.request(request).await,
            Step::Woken => self.woken().await,
        }
    }

    async fn woken(&mut self) -> Result<(), SessionEnd> {
        let now = self.clock.now();
        self.enter_due(now).await;
        let due = |room: &SealedRoom| {
            !room.is_keyed() || room.timeout().is_some_and(|timeout| timeout <= now.at)
        };
        let due = self.rooms.iter().filter(|(_, room)| due(room));
        let due: Vec<RoomId> = due.map(|(id, _)| *id).collect();
        for room in due {
            self.feed(room, Input::Woken).await?;
        }
        Ok(())
    }

    /// Tells the consumer, as soon as it has room.
    pub(super) fn tell(&mut self, event: SessionEvent) {
        if !self.backlog.is_empty() {
            self.backlog.push_back(event);
            return;
        }
        match self.events.try_send(event) {
            Ok(()) => {}
            // One step brings few events: a room's waiting messages at most.
            Err(mpsc::error::TrySendError::Full(event)) => self.backlog.push_back(event),
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    /// Ends what waits, signs out if that is still to be done, and says so.
    async fn finish(mut self, end: SessionEnd) {
        self.requests.close();
        while let Ok(request) = self.requests.try_recv() {
            request.fail(CallError::Ended(Ended::Here));
        }
        for (_, pending) in self.pending.drain() {
            pending.fail(CallError::Ended(Ended::Here));
        }
        for (_, waiting) in self.sends.drain() {
            // Who sent it may have gone.
            let _ = waiting.reply.send(Err(SendFailure::Ended));
        }
        // Keys are erased here, before anything is waited for.
        self.rooms.clear();
        let link = std::mem::replace(&mut self.link, Link::Connecting(Box::pin(never())));
        if let Link::Up(connection, mut arrivals) = link {
            let logout = async {
                let mut call = pin!(connection.call(&Logout {}, bytes::Bytes::new()));
                loop {
                    tokio::select! {
                        _ = &mut call => break,
                        arrival = arrivals.next() => if arrival.is_none() { break },
                    }
                }
            };
            // Who does not answer sees the connection close.
            let _ = timeout(LOGOUT, logout).await;
            connection.close(GOODBYE).await;
        }
        self.backlog.push_back(SessionEvent::Ended(end));
        let deliver = async {
            for event in self.backlog.drain(..) {
                if self.events.send(event).await.is_err() {
                    break;
                }
            }
        };
        // A consumer that has stopped taking events does not keep the session.
        let _ = timeout(GOODBYE, deliver).await;
    }
}

async fn never<T>() -> T {
    std::future::pending().await
}

/// How long signing out may take.
const LOGOUT: Duration = Duration::from_millis(1_500);
/// How long the last words may take.
const GOODBYE: Duration = Duration::from_millis(500);
