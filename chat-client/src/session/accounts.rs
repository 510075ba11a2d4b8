//! What an account's session does beside rooms: its commands, and the proof of its keys.

use bytes::Bytes;
use serde::de::IgnoredAny;
use wire_format::{
    ReplyFrame,
    command::{
        Command,
        keys::{Announce, Announced},
    },
};

use super::{
    SessionEnd,
    driver::Driver,
    requests::{Pending, Reply},
    rooms::read,
};
use crate::error::{CallError, Ended};

impl Driver {
    /// Sends a command of accounts, before and after the proof of keys.
    pub(super) fn account(&mut self, command: &Command, tail: Bytes, reply: Reply<ReplyFrame>) {
        let pending = match command {
            Command::ProveKeys(_) => Pending::Prove(reply),
            _ => Pending::Account(reply),
        };
        let Some(connection) = self.link.any_connection() else {
            return pending.fail(CallError::NotConnected);
        };
        match connection.post_command(command, tail) {
            Ok(request) => self.expect(request, pending),
            Err(ended) => pending.fail(CallError::Ended(ended)),
        }
    }

    /// Hands a reply to who asked, unread.
    pub(super) async fn pass_on(
        &mut self,
        reply: ReplyFrame,
        asked: Reply<ReplyFrame>,
    ) -> Result<(), SessionEnd> {
        match read::<IgnoredAny>(&reply) {
            Ok(outcome) => {
                self.hand_over();
                // Who asked may have gone.
                let _ = asked.send(outcome.map(|_| reply).map_err(CallError::Refused));
                Ok(())
            }
            Err(ended) => self.lost(ended).await,
        }
    }

    /// The server has judged the proof: where it holds, the session's own keys are announced, and
    /// only then is it answered, so that whoever proved may enter rooms at once.
    pub(super) async fn proven(
        &mut self,
        reply: ReplyFrame,
        asked: Reply<ReplyFrame>,
    ) -> Result<(), SessionEnd> {
        if !matches!(read::<IgnoredAny>(&reply), Ok(Ok(_))) {
            return self.pass_on(reply, asked).await;
        }
        let pending = Pending::Announce(Box::new(reply), asked);
        let announcement = self.identity.announcement.clone();
        let Some(connection) = self.link.any_connection() else {
            pending.fail(CallError::NotConnected);
            return Ok(());
        };
        match connection.post(&Announce {}, announcement) {
            Ok(request) => self.expect(request, pending),
            Err(ended) => pending.fail(CallError::Ended(ended)),
        }
        Ok(())
    }

    /// The session may enter rooms from now on.
    pub(super) async fn announced(
        &mut self,
        reply: &ReplyFrame,
        proven: ReplyFrame,
        asked: Reply<ReplyFrame>,
    ) -> Result<(), SessionEnd> {
        let own = self.identity.keys.fingerprint();
        let is_announced = match read::<Announced>(reply) {
            Ok(Ok(announced)) => announced.fingerprint == own,
            Ok(Err(_)) | Err(_) => false,
        };
        if !is_announced {
            // The challenge is used up: there is another one on another connection.
            drop(asked.send(Err(CallError::Ended(Ended::Untrue))));
            return self.lost(Ended::Untrue).await;
        }
        self.link.admit();
        self.enter_all_again();
        self.hand_over();
        // Who proved may have gone.
        let _ = asked.send(Ok(proven));
        Ok(())
    }
}
