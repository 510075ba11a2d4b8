//! Taking one message out, for other programs.

use bytes::Bytes;
use wire_format::{AccountId, Sequence, command::messages::Fetch};

use super::{ConversationError, Conversations, Place};
use crate::{
    conversation::{Arrived, Message, Received},
    jwe,
};

impl Conversations {
    /// Fetches one message, verified and opened; `None` where there is none, or not one that can be
    /// read. What was taken of the conversation before does not count as repeated.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn message_at(
        &mut self,
        at: impl Into<Place>,
        sequence: Sequence,
    ) -> Result<Option<Message>, ConversationError> {
        let at = at.into();
        let Place { room: id, channel } = at;
        let Some(before) = sequence.value().checked_sub(1).map(Sequence::new) else {
            return Ok(None);
        };
        // A reading of its own: nothing of it is remembered.
        self.rooms.remove(&id);
        self.enter(id).await?;
        self.begin_after(at, before)?;
        let fetch = Fetch {
            channel,
            after: Some(before),
            before: None,
            limit: 1,
        };
        let (_, tail) = self.account.call(&fetch, Bytes::new()).await?;
        let found = self.deliveries_of(at, tail)?.into_iter().next();
        let Some(deliver) = found.filter(|deliver| deliver.sequence == sequence) else {
            return Ok(None);
        };
        match self.take_delivery(id, &deliver, Arrived::Fetched).await? {
            Received::Message(message) => Ok(Some(*message)),
            _ => Ok(None),
        }
    }

    /// Seals something to the newest wrap keys of accounts, as JWE General JSON.
    ///
    /// # Errors
    /// [`ConversationError::Export`]; the typed cause otherwise.
    pub async fn seal_for(
        &mut self,
        accounts: &[AccountId],
        plain: &[u8],
    ) -> Result<String, ConversationError> {
        for &account in accounts {
            self.read_chain(account).await?;
        }
        let wraps = self.wraps(accounts).await?;
        let recipients: Vec<_> = wraps.values().collect();
        let sealed = jwe::seal(plain, &recipients, &mut rand::rng());
        sealed.map_err(ConversationError::Export)
    }
}
