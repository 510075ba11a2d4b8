//! What a handle passes on as it is: commands of accounts, and payloads that were sealed elsewhere.

use bytes::Bytes;
use wire_format::{
    ChannelId, EpochNumber, PublishFlags, ReplyFrame, Sequence,
    command::{Command, Operation},
};

use super::{
    Session,
    requests::{Payload, Request},
};
use crate::error::{CallError, Ended};

impl Session {
    /// Sends a command of accounts as it is, and gives its reply: the `ok` of the header was not
    /// read, and the request id is the connection's own.
    ///
    /// A dropped future may have carried it out.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call_account(
        &self,
        command: Command,
        tail: Bytes,
    ) -> Result<ReplyFrame, CallError> {
        let command = Box::new(command);
        self.call(|reply| Request::Account {
            command,
            tail,
            reply,
        })
        .await
    }

    /// As [`Session::call_account`], with its reply read.
    pub(crate) async fn call_as<O: Operation + Into<Command>>(
        &self,
        operation: O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), CallError> {
        let reply = self.call_account(operation.into(), tail).await?;
        let outcome = reply.outcome::<O::Ok>().map_err(Ended::Protocol)?;
        Ok((outcome?, reply.tail))
    }

    /// Publishes a payload as it is in a channel of an end-to-end room, and waits for its sequence:
    /// once it is durable if it is to be stored, and 0 if it is not. Nothing is sent again.
    ///
    /// Payloads of a channel leave in the order in which these futures were first polled; for which
    /// of them [`PublishFlags::following`] holds is the caller's to say. A dropped future may have
    /// published it.
    ///
    /// # Errors
    /// [`CallError`]; of payloads 256 may be under way.
    pub async fn publish(
        &self,
        channel: ChannelId,
        epoch: EpochNumber,
        flags: PublishFlags,
        bytes: Bytes,
    ) -> Result<Sequence, CallError> {
        let payload = Payload {
            channel,
            epoch,
            flags,
            bytes,
        };
        self.call(|reply| Request::Publish { payload, reply }).await
    }
}
