//! What a command that answers later takes along: nothing of its connection is borrowed meanwhile.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use serde::Serialize;
use wire_format::{ErrorCode, Refusal, ReplyFrame, command::Done};

use super::Turn;
use crate::{
    account::{Accounts, refused, store_failed},
    node::Node,
    outbox::Outbox,
    rate::retry_after_ms,
    store::{Change, Query, Store as _},
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

    /// Reads from the store. A dropped future leaves nothing behind.
    pub(super) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, Refusal> {
        let read = self.accounts.store.read(query).await;
        read.map_err(store_failed)
    }

    /// Makes a change. A dropped future leaves it made or not made.
    pub(super) async fn write<C: Change>(&self, change: C) -> Result<C::Answer, Refusal> {
        let written = self.accounts.store.write(change).await;
        written.map_err(store_failed)?.map_err(refused)
    }

    /// Counts an attempt to become somebody against the client's address.
    pub(super) fn may_sign_in(&self) -> Result<(), Refusal> {
        if self.node.stopping.is_cancelled() {
            return Err(ErrorCode::Busy.into());
        }
        self.node.sign_ins.check(self.client).map_err(too_often)
    }
}

/// A refusal for going too fast.
pub(super) fn too_often(wait: std::time::Duration) -> Refusal {
    Refusal::retry_after(ErrorCode::RateLimited, retry_after_ms(wait))
}
