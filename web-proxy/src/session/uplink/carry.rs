//! Passing a command of accounts on.

use bytes::Bytes;
use wire_format::{ErrorCode, Refusal, ReplyFrame, command::Command};

use crate::session::{Session, who::Who};

impl Session {
    /// Passes a command on as it is, and gives its reply under the page's request id.
    pub(super) async fn carry(
        &self,
        command: Command,
        tail: Bytes,
        request: u32,
    ) -> Result<ReplyFrame, Refusal> {
        if matches!(self.who, Who::Guest { .. }) {
            return Err(ErrorCode::NotAllowed.into());
        }
        let contract = command.contract();
        if tail.is_empty() != (contract.tail_bytes == 0) {
            return Err(ErrorCode::Malformed.into());
        }
        if tail.len() > contract.tail_bytes {
            return Err(ErrorCode::TooLarge.into());
        }
        let _place = self.limits.tail(contract)?;
        let reply = if matches!(command, Command::ProveKeys(_)) {
            let challenge = self.downlink.challenge();
            let reply = self.link.account(command, tail).await?;
            self.downlink.proven(challenge);
            reply
        } else {
            self.link.account(command, tail).await?
        };
        if !contract.answers_tail && !reply.tail.is_empty() {
            return Err(ErrorCode::Internal.into());
        }
        Ok(ReplyFrame { request, ..reply })
    }
}
