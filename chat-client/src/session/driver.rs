//! The task of a session: waits for one thing at a time and does what follows from it.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    task::coop::consume_budget,
    time::{Sleep, sleep_until, timeout},
};
use wire_format::{MessageId, RoomId, Sequence, command::auth::Logout};

use super::{
    SessionEnd, SessionEvent, SessionSettings,
    link::{Link, News, SignedInLink},
    linking::Losses,
    mailbox::{Mailbox, Post},
    requests::{Pending, Request},
    who::Parting,
};
use crate::{
    clock::Clock,
    connection::Connection,
    error::{CallError, Ended},
    room::{Identity, Input, SealedRoom, SendFailure},
};

pub(super) struct Driver {
    pub(super) settings: Arc<SessionSettings>,
    pub(super) identity: Arc<Identity>,
    pub(super) clock: Clock,
    pub(super) link: Link,
    pub(super) losses: Losses,
    /// Few, so they are searched.
    #[expect(
        clippy::vec_box,
        reason = "a vector has room for four, and nearly all sessions are in one room"
    )]
    pub(super) rooms: Vec<Box<SealedRoom>>,
    /// Commands on this connection whose replies have not come.
    pub(super) pending: Vec<(u32, Pending)>,
    pub(super) sends: Vec<Waiting>,
    pub(super) sends_bytes: usize,
    mailbox: Arc<Mailbox>,
    /// Events that are to be handed over before anything is waited for.
    pub(super) told: VecDeque<SessionEvent>,
    /// Steps of requests and rooms since the link had its turn: they do not keep it waiting for long,
    /// and what a few of them have to send goes out together.
    steps_aside: usize,
    /// Something was done since the rooms were asked when they want to be woken: looking at each of
    /// a thousand for every read was a twentieth of the cost of a delivery.
    is_timer_stale: bool,
    /// Set while a room wants to be woken.
    timer: Option<Pin<Box<Sleep>>>,
}

/// A message that is on its way.
pub(super) struct Waiting {
    pub(super) room: RoomId,
    pub(super) message: MessageId,
    pub(super) reply: oneshot::Sender<Result<Sequence, SendFailure>>,
    pub(super) bytes: usize,
}

/// What the driver waited for.
enum Step {
    ConsumerGone,
    News(News),
    Request(Option<Request>),
    Woken,
}

impl Driver {
    pub(super) fn new(
        settings: Arc<SessionSettings>,
        link: SignedInLink,
        mailbox: Arc<Mailbox>,
    ) -> Box<Self> {
        let clock = settings.keyring.clock();
        Box::new(Self {
            settings,
            identity: link.identity,
            clock,
            link: link.link,
            losses: Losses::default(),
            rooms: Vec::new(),
            pending: Vec::new(),
            sends: Vec::new(),
            sends_bytes: 0,
            mailbox,
            told: VecDeque::new(),
            steps_aside: 0,
            is_timer_stale: false,
            timer: None,
        })
    }

    /// Runs until the session is over. The future is small: the driver is boxed, and so is what
    /// follows from a step, which is over soon.
    pub(super) async fn run(mut self: Box<Self>) {
        let end = loop {
            let step = poll_fn(|cx| self.poll_step(cx)).await;
            self.is_timer_stale = true;
            consume_budget().await;
            if let Err(end) = Box::pin(self.take(step)).await {
                break end;
            }
        };
        Box::pin(self.finish(end)).await;
    }

    /// Waits for one thing; nothing is lost where the wait for the others is dropped.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            self.hand_over();
            let limit = self.settings.event_queue.max(1);
            let links_turn = self.steps_aside >= STEPS_ASIDE;
            let wants_requests = !links_turn && !self.link.is_behind();
            let post = self.mailbox.look(cx, limit, wants_requests);
            let is_due = !links_turn && self.poll_timer(cx).is_ready();
            let (step, left) = match post {
                Post::ConsumerGone => return Poll::Ready(Step::ConsumerGone),
                Post::Request(request) => (Some(Step::Request(request)), 0),
                Post::Woken => (Some(Step::Woken), 0),
                Post::Nothing(left) => (is_due.then_some(Step::Woken), left),
            };
            if let Some(step) = step {
                self.steps_aside += 1;
                return Poll::Ready(step);
            }
            self.steps_aside = 0;
            let news = if left == 0 {
                self.link.poll_paused(cx)
            } else {
                self.poll_news(cx, left)
            };
            match news {
                Poll::Pending if links_turn => {}
                Poll::Pending => return Poll::Pending,
                Poll::Ready(News::Skimmed) => {}
                Poll::Ready(news) => {
                    self.hand_over();
                    return Poll::Ready(Step::News(news));
                }
            }
        }
    }

    /// Ready when the time of a room has come.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.is_timer_stale) {
            self.set_timer();
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    fn set_timer(&mut self) {
        let at = self.next_timeout().map(|at| self.clock.instant(at));
        match (at, &mut self.timer) {
            (None, timer) => *timer = None,
            (Some(at), Some(timer)) if timer.deadline() == at => {}
            (Some(at), Some(timer)) => timer.as_mut().reset(at),
            (Some(at), timer) => *timer = Some(Box::pin(sleep_until(at))),
        }
    }

    fn next_timeout(&self) -> Option<Duration> {
        let rooms = self.rooms.iter().filter_map(|room| room.timeout());
        rooms.chain(self.losses.timeout()).min()
    }

    async fn take(&mut self, step: Step) -> Result<(), SessionEnd> {
        match step {
            Step::ConsumerGone | Step::Request(None) => {
                Err(self.settings.who.end_of_the_unwanted())
            }
            Step::News(News::Skimmed) => Ok(()),
            Step::News(News::Arrival(arrival)) => self.arrived(arrival).await,
            Step::News(News::Ended(ended)) => self.lost(ended).await,
            Step::News(News::Connected(outcome)) => self.connected(*outcome),
            Step::Request(Some(request)) => self.request(request).await,
            Step::Woken => self.woken().await,
        }
    }

    async fn woken(&mut self) -> Result<(), SessionEnd> {
        let now = self.clock.now();
        self.enter_due(now);
        let due = |room: &SealedRoom| {
            !room.is_keyed() || room.timeout().is_some_and(|timeout| timeout <= now.at)
        };
        let due = self.rooms.iter().filter(|room| due(room));
        let due: Vec<RoomId> = due.map(|room| room.id()).collect();
        for room in due {
            self.feed(room, Input::Woken).await?;
        }
        Ok(())
    }

    pub(super) fn room(&mut self, id: RoomId) -> Option<&mut SealedRoom> {
        let mut rooms = self.rooms.iter_mut();
        rooms.find(|room| room.id() == id).map(|room| &mut **room)
    }

    /// Told by the keyring that a key has come.
    pub(super) fn waker(&self) -> Waker {
        Arc::clone(&self.mailbox).into()
    }

    /// Tells the consumer, before anything is waited for.
    pub(super) fn tell(&mut self, event: SessionEvent) {
        self.told.push_back(event);
    }

    /// Hands over what was told: before a reply that should not overtake it.
    pub(super) fn hand_over(&mut self) {
        self.mailbox.tell(&mut self.told);
    }

    /// Ends what waits, signs out if that is still to be done, and says so.
    async fn finish(mut self: Box<Self>, end: SessionEnd) {
        for request in self.mailbox.close_requests() {
            request.fail(CallError::Ended(Ended::Here));
        }
        for (_, pending) in self.pending.drain(..) {
            pending.fail(CallError::Ended(Ended::Here));
        }
        for waiting in self.sends.drain(..) {
            // Who sent it may have gone.
            let _ = waiting.reply.send(Err(SendFailure::Ended));
        }
        // Keys are erased here, before anything is waited for.
        self.rooms.clear();
        if let Link::Up(connection) | Link::Unproven(connection) =
            std::mem::replace(&mut self.link, Link::Down)
        {
            match self.settings.who.parting(&end) {
                Parting::SignOut => log_out(connection).await,
                Parting::Leave => connection.close(GOODBYE).await,
            }
        }
        self.tell(SessionEvent::Ended(end));
        self.hand_over();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.mailbox.driver_gone();
    }
}

async fn log_out(mut connection: Connection) {
    let logout = async {
        let request = connection.post(&Logout {}, bytes::Bytes::new())?;
        loop {
            // Nothing that comes now is of interest.
            if let crate::connection::Arrival::Reply(reply) = connection.next().await?
                && reply.request == request
            {
                return Ok::<(), Ended>(());
            }
        }
    };
    // Who does not answer sees the connection close.
    let _ = timeout(LOGOUT, logout).await;
    connection.close(GOODBYE).await;
}

/// Requests and rooms that are attended to before the link is: what a page may have under way.
const STEPS_ASIDE: usize = 32;
/// How long signing out may take.
const LOGOUT: Duration = Duration::from_millis(1_500);
/// How long the last words may take.
const GOODBYE: Duration = Duration::from_millis(500);
