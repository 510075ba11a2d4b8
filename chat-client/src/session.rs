//! A signed-in session over one connection after another.
//!
//! ```text
//!  Session (handle) ──requests──▶ ┌─────────┐ ──▶ ┌────────┐ ◀──▶ Connection ◀──▶ server
//!                                 │ mailbox │     │ driver │
//!  SessionEvents ◀────events───── └─────────┘ ◀── └────────┘
//!                                                   └─ SealedRoom, one a room
//! ```
//!
//! One task, the driver, owns the connection and the rooms. It hands over what one read of the
//! socket brought as one batch. When the connection is lost it connects again with
//! jittered waits, signs in with the same token, announces its keys, enters its rooms where it left
//! off and sends again what was not acknowledged; the consumer is told and does nothing.
//!
//! **Events are bounded.** While the consumer is behind by [`SessionSettings::event_queue`] events
//! the session reads no more from the server, which cuts a reader that stays behind; then the session
//! resumes, and what the server no longer has is told as missed. Nothing is dropped in silence. A
//! consumer that waits for a call of its own must go on taking events meanwhile.
//!
//! **Accounts.** On each connection an account's session is to prove its keys before it may be in
//! rooms. Its consumer does that: the first challenge is in [`Session::account`], later ones come as
//! [`SessionEvent::Challenge`]. Who holds the keys answers with [`Session::prove`], who keeps what opens
//! the vault with [`SignIn::within`](crate::account::SignIn::within). Until one of them was answered, what is asked of rooms is
//! refused with `keys_unproven` and messages wait; the account's own commands go out.
//!
//! **End-to-end rooms.** An account opens and seals what is in them itself: commands go by
//! [`Session::call_account`], payloads by [`Session::publish`], and what comes is handed over untouched
//! as [`SessionEvent::Deliver`] and [`SessionEvent::Conversation`], in the order in which the server
//! sent it. Following a room belongs to a connection: after [`SessionEvent::Lost`] nothing is
//! followed, and once [`SessionEvent::Back`] has come it is to be asked for again.
//!
//! Dropping all handles, or the events, signs a guest out; an account's session goes on.

mod accounts;
mod calls;
mod driver;
mod events;
mod link;
mod linking;
mod mailbox;
mod requests;
mod rooms;
mod settings;
mod sign_in;
mod untouched;
mod who;

use std::{collections::VecDeque, fmt, future::poll_fn, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::oneshot, task::AbortHandle, time::timeout};
use tokio_util::task::TaskTracker;
use wire_format::{
    Content, MemberId, MessageId, RoomId, SealError, Sequence,
    command::{
        Command,
        auth::{Prove, SignedInAccount},
        rooms::{Entered, MemberPage, OpenedRoom, RoomList},
    },
};
use zeroize::Zeroizing;

use self::{driver::Driver, mailbox::Mailbox, requests::Request};
pub use self::{
    events::{LostCause, SessionEnd, SessionEvent},
    settings::SessionSettings,
    who::{AccountSignIn, Guest, SignIn},
};
pub use crate::greeted::Carry;
use crate::{
    error::{CallError, ConnectError, Ended},
    room::SendFailure,
};

/// A handle of a session; clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Handle>);

struct Handle {
    mailbox: Arc<Mailbox>,
    tasks: TaskTracker,
    /// Drops the driver where it stands.
    cut: AbortHandle,
    member: MemberId,
    name: Box<str>,
    account: Option<Box<SignedInAccount>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.mailbox.handles_gone();
    }
}

/// The events of a session.
pub struct SessionEvents(Arc<Mailbox>);

impl SessionEvents {
    /// The next event; after [`SessionEvent::Ended`], or a sign-out that was cut short, there is
    /// none. Safe to drop while waiting.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        poll_fn(|cx| self.0.poll_event(cx)).await
    }

    /// Waits for an event, then gives everything there is, in order; `None` where
    /// [`SessionEvents::next`] gives `None`. Safe to drop while waiting.
    pub async fn take(&mut self) -> Option<VecDeque<SessionEvent>> {
        poll_fn(|cx| self.0.poll_events(cx)).await
    }
}

impl Drop for SessionEvents {
    fn drop(&mut self) {
        self.0.consumer_gone();
    }
}

impl fmt::Debug for SessionEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionEvents(..)")
    }
}

impl Session {
    /// Connects and signs in; a guest's keys are announced then, an account's are to be proven. The
    /// first attempt is not repeated.
    ///
    /// A dropped future closes the connection.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(
        mut settings: SessionSettings,
    ) -> Result<(Self, SessionEvents), ConnectError> {
        // Large, and over soon.
        let mut link = Box::pin(sign_in::sign_in(&settings, None)).await?;
        let account = link.account.take().map(Box::new);
        if let Some(token) = account.as_ref().and_then(|account| account.token.clone()) {
            // What signed in is erased: from now on the token does.
            settings.who = SignIn::Account(AccountSignIn::Resume(token));
        }
        let settings = Arc::new(settings);
        let mailbox = Mailbox::new();
        let tasks = TaskTracker::new();
        let (member, name) = (link.identity.member, link.identity.name.as_str().into());
        let driver = Driver::new(settings, link, Arc::clone(&mailbox));
        let cut = tasks.spawn(driver.run()).abort_handle();
        tasks.close();
        let events = SessionEvents(Arc::clone(&mailbox));
        let handle = Handle {
            mailbox,
            tasks,
            cut,
            member,
            name,
            account,
        };
        Ok((Self(Arc::new(handle)), events))
    }

    /// The member id of this session.
    pub fn member(&self) -> MemberId {
        self.0.member
    }

    /// The name as the server prepared it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What the server said when an account signed in: the first challenge, and the token unless it
    /// was resumed by it. `None` for a guest.
    pub fn account(&self) -> Option<&SignedInAccount> {
        self.0.account.as_deref()
    }

    /// Proves the keys of an account by a signed record and announces those of this session: it may
    /// enter rooms when this returns.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn prove(&self, record: Bytes) -> Result<(), CallError> {
        let command = Command::ProveKeys(Prove {});
        self.call_account(command, record).await.map(|_| ())
    }

    /// Enters a room, or tells how it stands if the session is in it. The same reply comes as
    /// [`SessionEvent::Entered`], in order with what follows.
    ///
    /// A dropped future may have entered the room.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn enter(&self, room: &str) -> Result<Entered, CallError> {
        let room = room.to_owned();
        self.call(|reply| Request::Enter { room, reply }).await
    }

    /// Leaves a room; messages of it that were not sent fail.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn exit(&self, room: RoomId) -> Result<(), CallError> {
        self.call(|reply| Request::Exit { room, reply }).await
    }

    /// A page of a room's members, those after `after` in the order of their ids.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn members(
        &self,
        room: RoomId,
        after: Option<MemberId>,
    ) -> Result<MemberPage, CallError> {
        self.call(|reply| Request::Members { room, after, reply })
            .await
    }

    /// The rooms of the server, the fullest first.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn rooms(&self) -> Result<RoomList, CallError> {
        self.call(|reply| Request::Rooms { reply }).await
    }

    /// Makes a room if it is not there.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn open(&self, room: &str) -> Result<OpenedRoom, CallError> {
        let room = room.to_owned();
        self.call(|reply| Request::Open { room, reply }).await
    }

    /// Sends a text; as [`Session::send`].
    ///
    /// # Errors
    /// As [`Session::send`].
    pub async fn send_text(
        &self,
        room: RoomId,
        message: MessageId,
        text: &str,
    ) -> Result<Sequence, SendFailure> {
        let content = Content::encode_text(text).map_err(|error| match error {
            SealError::TooLarge { .. } => SendFailure::TooLarge,
            _ => SendFailure::Malformed,
        })?;
        self.queue(room, message, content.into()).await
    }

    /// Sends content and waits until it stands in the channel: through new keys and new connections,
    /// with the same message id, until [`SessionSettings::send_within`] is over. Messages of a room
    /// stand in the order in which they were given.
    ///
    /// A dropped future leaves the message in the queue.
    ///
    /// # Errors
    /// [`SendFailure`].
    pub async fn send(
        &self,
        room: RoomId,
        message: MessageId,
        content: Bytes,
    ) -> Result<Sequence, SendFailure> {
        Content::parse(&content).map_err(|_| SendFailure::Malformed)?;
        self.queue(room, message, content.to_vec().into()).await
    }

    async fn queue(
        &self,
        room: RoomId,
        message: MessageId,
        content: Zeroizing<Vec<u8>>,
    ) -> Result<Sequence, SendFailure> {
        let (reply, outcome) = oneshot::channel();
        let request = Request::Send {
            room,
            message,
            content,
            reply,
        };
        if !self.0.mailbox.ask(request).await {
            return Err(SendFailure::Ended);
        }
        outcome.await.unwrap_or(Err(SendFailure::Ended))
    }

    /// Signs out: name, connection and keys are free when it returns, after three seconds at most.
    pub async fn logout(&self) {
        self.part(Request::Logout).await;
    }

    /// Closes the connection: as [`Session::logout`], but the session of an account goes on, and its
    /// token can resume it.
    pub async fn leave(&self) {
        self.part(Request::Leave).await;
    }

    async fn part(&self, request: Request) {
        let Handle {
            mailbox,
            tasks,
            cut,
            ..
        } = &*self.0;
        let signing_out = async {
            // The session may have ended by itself.
            mailbox.ask(request).await;
            tasks.wait().await;
        };
        if timeout(SIGN_OUT, signing_out).await.is_err() {
            // The driver waits for a server that reads nothing; it sees the connection close.
            cut.abort();
            tasks.wait().await;
        }
    }

    /// Waits until the session is over.
    pub async fn ended(&self) {
        self.0.tasks.wait().await;
    }

    async fn call<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, CallError>>) -> Request,
    ) -> Result<T, CallError> {
        let (reply, outcome) = oneshot::channel();
        if !self.0.mailbox.ask(request(reply)).await {
            return Err(Ended::Here.into());
        }
        outcome.await.unwrap_or(Err(CallError::Ended(Ended::Here)))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.0.member)
    }
}

/// How long a driver may take to sign out: more than it gives the server and the consumer.
const SIGN_OUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_driver_that_is_stuck_does_not_keep_a_sign_out() {
        let tasks = TaskTracker::new();
        let cut = tasks.spawn(std::future::pending::<()>()).abort_handle();
        tasks.close();
        let session = Session(Arc::new(Handle {
            mailbox: Mailbox::new(),
            tasks,
            cut,
            member: MemberId::from_bytes([1; 16]),
            name: "alice".into(),
            account: None,
        }));
        session.logout().await;
        assert!(session.0.tasks.is_empty());
    }
}
