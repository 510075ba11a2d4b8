//! Reporting a message to the server's administrators (docs/protocol.md#1415-reports).

use bytes::Bytes;
use wire_format::{
    Deliver, RoomId, Sequence,
    command::messages::{self, Fetch},
    room::{Report, ReportDraft},
};

use super::{ConversationError, Conversations, Place, now};
use crate::conversation::{Evidence, Wanted};

impl Conversations {
    /// Hands one message to the server's administrators, and so to the server, with the key that opens
    /// it and no other, and with words of one's own; gives what was sent.
    ///
    /// A dropped future leaves it reported or not; once more is harmless.
    ///
    /// # Errors
    /// [`ConversationError::NoMessage`] where none stands; [`ConversationError::Unprovable`] for one
    /// that is not certain or that cannot be opened here; the typed cause otherwise.
    pub async fn report(
        &mut self,
        at: impl Into<Place>,
        sequence: Sequence,
        reason: &str,
    ) -> Result<Report, ConversationError> {
        let at = at.into();
        let deliver = self.delivery_at(at, sequence).await?;
        let deliver = deliver.ok_or(ConversationError::NoMessage(sequence))?;
        let evidence = self.evidence(at.room, &deliver).await?;
        let draft = ReportDraft {
            sequence,
            reporter: self.account.id(),
            made_at: now(),
            reason,
        };
        let keys = self.account.keys();
        let report =
            keys.sign_report(&draft, &evidence.envelope, &evidence.key, &mut rand::rng())?;
        let command = messages::Report {};
        self.account.call(&command, report.bytes().clone()).await?;
        Ok(report)
    }

    /// Fetches what stands at a place, as the server has it.
    async fn delivery_at(
        &mut self,
        at: Place,
        sequence: Sequence,
    ) -> Result<Option<Deliver>, ConversationError> {
        let Some(before) = sequence.value().checked_sub(1) else {
            return Ok(None);
        };
        let fetch = Fetch {
            channel: at.channel,
            after: Some(Sequence::new(before)),
            before: None,
            limit: 1,
        };
        let (_, tail) = self.account.call(&fetch, Bytes::new()).await?;
        let found = self.deliveries_of(at, tail)?.into_iter().next();
        Ok(found.filter(|deliver| deliver.sequence == sequence))
    }

    /// Reads what a message wants read first.
    async fn evidence(
        &mut self,
        id: RoomId,
        deliver: &Deliver,
    ) -> Result<Evidence, ConversationError> {
        let mut tried: Vec<Wanted> = Vec::new();
        loop {
            let people = &self.people;
            let room = self.rooms.get(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            let cause = match room.conversation.evidence(deliver, people) {
                Ok(evidence) => return Ok(evidence),
                Err(cause) => cause,
            };
            match cause.wanted().filter(|wanted| !tried.contains(wanted)) {
                Some(wanted) => {
                    tried.push(wanted);
                    self.look_for(id, wanted).await?;
                }
                None => return Err(ConversationError::Unprovable(cause)),
            }
        }
    }
}
