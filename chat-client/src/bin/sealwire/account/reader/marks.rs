//! How far each channel was read, for every device of the account.

use std::time::Duration;

use chat_client::conversations::Place;
use tokio::time::Instant;
use wire_format::{MessageId, Sequence};

use super::Reader;
use crate::exit::Failure;

impl Reader {
    /// A message was read: it is marked before long.
    pub(in crate::account) fn was_read(
        &mut self,
        at: impl Into<Place>,
        sequence: Sequence,
        message: MessageId,
    ) {
        let (at, newest) = (at.into(), (sequence, message));
        let marks = if self.is_held(at, sequence) {
            &mut self.held
        } else {
            &mut self.unmarked
        };
        let known = marks.entry(at).or_insert(newest);
        *known = newest.max(*known);
        self.mark_at
            .get_or_insert_with(|| Instant::now() + MARK_AFTER);
    }

    /// Up to where a channel was read, on any device.
    pub(in crate::account) fn read_mark(&self, at: impl Into<Place>) -> Sequence {
        let at = at.into();
        let run = self.stands.get(&at);
        run.map_or_else(Sequence::default, |&run| {
            self.talker.conversations.read_mark(at, run)
        })
    }

    /// Whether a message in front of this one waits for its key.
    fn is_held(&self, at: Place, sequence: Sequence) -> bool {
        let conversation = self.talker.conversations.conversation(at.room);
        let waiting = conversation.and_then(|known| known.first_waiting(at.channel));
        waiting.is_some_and(|waiting| waiting < sequence)
    }

    /// Marks what was read, on every device.
    pub(in crate::account) async fn mark(&mut self) -> Result<(), Failure> {
        self.mark_at = None;
        for (at, newest) in std::mem::take(&mut self.held) {
            let marks = if self.is_held(at, newest.0) {
                &mut self.held
            } else {
                &mut self.unmarked
            };
            let known = marks.entry(at).or_insert(newest);
            *known = newest.max(*known);
        }
        while let Some((&at, &(sequence, message))) = self.unmarked.first_key_value() {
            if let Some(&run) = self.stands.get(&at) {
                let conversations = &mut self.talker.conversations;
                conversations.mark_read(at, run, sequence, message).await?;
            }
            self.unmarked.remove(&at);
        }
        Ok(())
    }
}

/// How long a message that was read may wait to be marked: one item for what comes together.
const MARK_AFTER: Duration = Duration::from_secs(1);
