//! Passing a command of accounts on.

use bytes::Bytes;
use wire_format::{ErrorCode, Refusal, ReplyFrame, command::Command};

use super::shape::{Gives, Shape, Takes};
use crate::session::{Session, who::Who};

impl Session {
    /// Passes a command on as it is, and gives its reply under the page's request id.
    pub(super) async fn account(
        &self,
        command: Command,
        tail: Bytes,
        shape: Shape,
        request: u32,
    ) -> Result<ReplyFrame, Refusal> {
        if matches!(self.who, Who::Guest { .. }) {
            return Err(ErrorCode::NotAllowed.into());
        }
        match shape.takes {
            Takes::Fields if tail.is_empty() => {}
            Takes::Tail(_) if tail.is_empty() => return Err(ErrorCode::Malformed.into()),
            Takes::Fields => return Err(ErrorCode::Malformed.into()),
            Takes::Tail(most) if tail.len() > most => return Err(ErrorCode::TooLarge.into()),
            Takes::Tail(_) => {}
        }
        let _place = self.limits.tail(shape)?;
        let reply = if matches!(command, Command::ProveKeys(_)) {
            let challenge = self.downlink.challenge();
            let reply = self.link.account(command, tail).await?;
            self.downlink.proven(challenge);
            reply
        } else {
            self.link.account(command, tail).await?
        };
        if shape.gives == Gives::Fields && !reply.tail.is_empty() {
            return Err(ErrorCode::Internal.into());
        }
        Ok(ReplyFrame { request, ..reply })
    }
}
