//! What a command that answers later takes along: nothing of its connection is borrowed meanwhile.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use serde::Serialize;
use wire_format::{
    ErrorCode, Refusal, ReplyFrame, ServerFrame,
    command::{Command, Done, Operation},
};

use super::Turn;
use crate::{
    account::{AccountSession, Accounts, refused, store_failed, stored},
    conversation::Conversation,
    names,
    node::Node,
    outbox::Outbox,
    rate::retry_after_ms,
    store::{
        Change, Query, Store as _,
        moderation::IsEmergency,
        sessions::{InSession, SessionId},
    },
};

/// A command under way, and what it was called with.
pub(super) struct Errand {
    pub(super) node: Arc<Node>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) outbox: Arc<Outbox>,
    /// Whom the connection speaks for.
    pub(super) client: IpAddr,
    pub(super) request: u32,
    pub(super) tail: Bytes,
}

impl Errand {
    pub(super) fn reply(&self, fields: &impl Serialize) -> ReplyFrame {
        ReplyFrame::ok(self.request, fields, Bytes::new())
    }

    pub(super) fn ok(&self, fields: &impl Serialize) -> Result<Turn, Refusal> {
        Ok(Turn::Reply(self.reply(fields)))
    }

    pub(super) fn ok_with(&self, fields: &impl Serialize, tail: Bytes) -> Result<Turn, Refusal> {
        Ok(Turn::Reply(ReplyFrame::ok(self.request, fields, tail)))
    }

    pub(super) fn done(&self) -> Result<Turn, Refusal> {
        self.ok(&Done {})
    }

    /// Answers by itself what the connection did not wait for.
    pub(super) fn answer<O: Operation>(&self, outcome: Result<impl Serialize, Refusal>) {
        let reply = match outcome {
            Ok(fields) => self.reply(&fields),
            Err(refusal) => {
                debug_assert!(
                    Command::contract_of(O::NAME).is_some_and(|known| known.allows(refusal.code)),
                    "{} is refused with {}",
                    O::NAME,
                    refusal.code
                );
                self.node.figures.refused(refusal.code);
                ReplyFrame::refused(self.request, &refusal)
            }
        };
        self.outbox.send(&ServerFrame::Reply(reply));
    }

    /// Reads from the store. A dropped future leaves nothing behind.
    pub(super) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, Refusal> {
        let read = self.accounts.store.read(query).await;
        read.map_err(store_failed)
    }

    /// Makes a change. A dropped future leaves it made or not made.
    pub(super) async fn write<C: Change>(&self, change: C) -> Result<C::Answer, Refusal> {
        let written = self.accounts.store.write(change).await;
        let written = written.inspect_err(|error| self.node.alerts.store(error));
        written.map_err(store_failed)?.map_err(refused)
    }

    /// Makes a change that a session asks for, if that has not ended meanwhile. A dropped future
    /// leaves it made or not made.
    pub(super) async fn write_in<C: Change>(
        &self,
        own: &AccountSession,
        change: C,
    ) -> Result<C::Answer, Refusal> {
        self.write(in_session(own, change)).await
    }

    /// Makes a change that a session asks for and that a room takes note of, whose turn is held. A
    /// dropped future leaves it made or not made.
    pub(super) async fn write_of_room<C: Change>(
        &self,
        own: &AccountSession,
        room: &Conversation,
        change: C,
    ) -> Result<C::Answer, Refusal> {
        self.write_known(room, in_session(own, change)).await
    }

    /// Makes a change that a room takes note of, whose turn is held: where nobody knows whether it was
    /// made, the room is given up. A dropped future leaves it made or not made.
    pub(super) async fn write_known<C: Change>(
        &self,
        room: &Conversation,
        change: C,
    ) -> Result<C::Answer, Refusal> {
        let written = self.accounts.store.write(change).await;
        let written = written.inspect_err(|error| {
            self.node.alerts.store(error);
            if error.leaves_unknown() {
                self.accounts.conversations.give_up(room);
            }
        });
        written.map_err(store_failed)?.map_err(refused)
    }

    /// Makes a change that a session asks for and that ends others, whose connections end, too,
    /// whoever hangs up; that of the session itself goes on. A dropped future leaves the change made
    /// or not made.
    pub(super) async fn write_and_end<C: Change<Answer = Vec<SessionId>>>(
        &self,
        own: &AccountSession,
        change: C,
    ) -> Result<(), Refusal> {
        let (accounts, kept) = (Arc::clone(&self.accounts), stored(own.id));
        let change = in_session(own, change);
        let written = self.node.tracker.spawn(async move {
            let mut written = accounts.store.write(change).await;
            if let Ok(Ok(ended)) = &mut written {
                ended.retain(|session| *session != kept);
                accounts.end(ended);
            }
            written
        });
        let written = written.await.map_err(|_| ErrorCode::Internal)?;
        written.map_err(store_failed)?.map_err(refused)?;
        Ok(())
    }

    /// That somebody new may come in, or make a room for others: in an emergency nobody does.
    pub(super) async fn is_open_to_newcomers(&self) -> Result<(), Refusal> {
        match self.read(IsEmergency).await? {
            true => Err(ErrorCode::Closed.into()),
            false => Ok(()),
        }
    }

    /// Counts what a session does to its account and what costs as much as a sign-in like one.
    pub(super) fn count_attempt(&self, own: &AccountSession) -> Result<(), Refusal> {
        self.may_sign_in()?;
        let folded = names::fold(own.name.as_str());
        let counted = self.accounts.attempts.sign_in(&folded, self.client);
        counted.map_err(too_often)
    }

    /// Counts an attempt to become somebody against the client's address.
    pub(super) fn may_sign_in(&self) -> Result<(), Refusal> {
        if self.node.stopping.is_cancelled() {
            return Err(ErrorCode::Busy.into());
        }
        self.node.sign_ins.check(self.client).map_err(too_often)
    }
}

fn in_session<C>(own: &AccountSession, change: C) -> InSession<C> {
    InSession {
        account: own.member(),
        session: stored(own.id),
        change,
    }
}

/// A refusal for going too fast.
pub(super) fn too_often(wait: std::time::Duration) -> Refusal {
    Refusal::retry_after(ErrorCode::RateLimited, retry_after_ms(wait))
}
