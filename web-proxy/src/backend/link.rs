//! The way to the chat-server of one session.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chat_client::{Session, room::SendFailure};
use tokio::time::timeout;
use wire_format::{
    ChannelId, ClearMessage, ErrorCode, MemberId, Publish, Refusal, ReplyFrame, RoomId, Sequence,
    command::{
        Command,
        auth::Logout,
        rooms::{Entered, MemberPage, OpenedRoom, RoomList},
    },
};

use super::{SEND_WITHIN, refusal_of_call, waiting_helps};

/// The way to the chat-server of one session.
#[derive(Debug)]
pub(crate) struct Link {
    session: Session,
    rooms: Rooms,
}

impl Link {
    pub(super) const fn new(session: Session, rooms: Rooms) -> Self {
        Self { session, rooms }
    }

    /// Enters a room, or asks how it stands.
    ///
    /// A dropped future may have entered the room, and so may a chat-server that does not answer
    /// in time.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn enter(&self, room: &str) -> Result<Entered, Refusal> {
        let entering = timeout(SEND_WITHIN, self.session.enter(room)).await;
        let entered = entering.map_err(|_| waiting_helps(ErrorCode::Unavailable))?;
        let entered = entered.map_err(refusal_of_call)?;
        self.rooms.lock().insert(entered.channel, entered.id);
        Ok(entered)
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn exit(&self, room: RoomId) -> Result<(), Refusal> {
        self.session.exit(room).await.map_err(refusal_of_call)?;
        self.rooms.forget(room);
        Ok(())
    }

    /// Makes a room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn open(&self, room: &str) -> Result<OpenedRoom, Refusal> {
        self.session.open(room).await.map_err(refusal_of_call)
    }

    /// The rooms of the chat-server.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn list(&self) -> Result<RoomList, Refusal> {
        self.session.rooms().await.map_err(refusal_of_call)
    }

    /// A page of a room's members.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn members(
        &self,
        room: RoomId,
        after: Option<MemberId>,
    ) -> Result<MemberPage, Refusal> {
        let page = self.session.members(room, after).await;
        page.map_err(refusal_of_call)
    }

    /// Seals a message, sends it, and waits until it stands in the channel.
    ///
    /// A dropped future leaves it in the queue.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn publish(
        &self,
        channel: ChannelId,
        message: ClearMessage,
    ) -> Result<Sequence, Refusal> {
        let room = self.rooms.lock().get(&channel).copied();
        let room = room.ok_or(ErrorCode::NotInRoom)?;
        let ClearMessage { message, content } = message;
        let sent = self.session.send(room, message, content).await;
        sent.map_err(|failure| match failure {
            SendFailure::Refused(refusal) => refusal,
            other => waiting_helps(other.code()),
        })
    }

    /// Publishes a payload that the page has sealed, and waits until the chat-server has answered.
    ///
    /// A dropped future may have published it, and so may a chat-server that does not answer in
    /// time.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn relay(&self, publish: Publish) -> Result<Sequence, Refusal> {
        let Publish {
            channel,
            epoch,
            flags,
            payload,
            ..
        } = publish;
        let publishing = self.session.publish(channel, epoch, flags, payload);
        let sequence = timeout(SEND_WITHIN, publishing).await;
        let sequence = sequence.map_err(|_| waiting_helps(ErrorCode::Unavailable))?;
        sequence.map_err(refusal_of_call)
    }

    /// The rooms that the session is in.
    pub(crate) fn rooms(&self) -> Vec<RoomId> {
        self.rooms.lock().values().copied().collect()
    }

    /// Passes a command of accounts on and gives the reply as it came.
    ///
    /// A dropped future may have carried it out, and so may a chat-server that does not answer in
    /// time.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn account(
        &self,
        command: Command,
        tail: Bytes,
    ) -> Result<ReplyFrame, Refusal> {
        let calling = self.session.call_account(command, tail);
        let reply = timeout(SEND_WITHIN, calling).await;
        let reply = reply.map_err(|_| waiting_helps(ErrorCode::Unavailable))?;
        reply.map_err(refusal_of_call)
    }

    /// Signs out: name, connection and keys are free when it returns.
    ///
    /// # Errors
    /// Why the chat-server was not told to end an account's session.
    pub(crate) async fn sign_out(&self) -> Result<(), Refusal> {
        if self.session.account().is_none() {
            self.session.logout().await;
            return Ok(());
        }
        let logout = self.account(Command::Logout(Logout {}), Bytes::new());
        let told = timeout(SIGN_OUT_WITHIN, logout).await;
        self.session.leave().await;
        match told {
            Ok(told) => told.map(|_| ()),
            Err(_) => Err(waiting_helps(ErrorCode::Unavailable)),
        }
    }

    /// Closes the connection: a guest is signed out, an account's session goes on.
    pub(crate) async fn leave(&self) {
        if self.session.account().is_some() {
            self.session.leave().await;
        } else {
            self.session.logout().await;
        }
    }
}

/// The rooms that a session is in, by channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Rooms(
    /// Locked for one look-up or change; link and arrivals both know.
    Arc<Mutex<HashMap<ChannelId, RoomId>>>,
);

impl Rooms {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, RoomId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, room: RoomId) {
        self.lock().remove(&ChannelId::main_of(room));
    }
}

/// How long the chat-server may take to end an account's session.
const SIGN_OUT_WITHIN: Duration = Duration::from_secs(3);
