//! Taking keys of older epochs that were granted.

use bytes::Bytes;
use wire_format::{
    EpochNumber, RoomId,
    command::commits::{Grants, GrantsOf, RefuseReason},
    limits::ROOM_MEMBERS,
    record_list,
    room::{GrantError, UnverifiedGrant},
};

use super::{ConversationError, Conversations};

/// What came of a request of one's own for keys.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Came {
    /// The epochs whose keys came.
    pub epochs: Vec<EpochNumber>,
    /// Whether an owner or admin said no.
    pub is_refused: bool,
    /// Why, if they said so.
    pub reason: Option<RefuseReason>,
}

impl Conversations {
    /// Takes the grants that wait for this account's request.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn take_grants(&mut self, id: RoomId) -> Result<Came, ConversationError> {
        self.sync(id).await?;
        let (epochs, state) = self.collect_grants(id).await?;
        Ok(Came {
            epochs,
            is_refused: state.refused,
            reason: state.reason,
        })
    }

    /// Takes the grants that wait, in a room that was read.
    pub(super) async fn collect_grants(
        &mut self,
        id: RoomId,
    ) -> Result<(Vec<EpochNumber>, GrantsOf), ConversationError> {
        let (state, tail) = self
            .account
            .call(&Grants { room: id }, Bytes::new())
            .await?;
        let mut epochs = Vec::new();
        for record in record_list::parse(tail, ROOM_MEMBERS)? {
            epochs.extend(self.take_grant(id, record).await?);
        }
        epochs.sort_unstable();
        epochs.dedup();
        Ok((epochs, state))
    }

    /// Takes a grant; one that does not hold gives nothing.
    pub(super) async fn take_grant(
        &mut self,
        id: RoomId,
        record: Bytes,
    ) -> Result<Vec<EpochNumber>, ConversationError> {
        let grant = UnverifiedGrant::parse(record)?;
        let Some(pending) = self.own_request(id, grant.request(), grant.wrap()).await? else {
            return Ok(Vec::new());
        };
        let Some(key) = self.account.wrap_of(grant.wrap()).await? else {
            return Ok(Vec::new());
        };
        let mut is_fresh = false;
        let granted = loop {
            let people = &self.people;
            let room = self.rooms.get_mut(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            let outcome =
                room.conversation
                    .granted(grant.clone(), &pending, &key, people, &mut rand::rng());
            match outcome {
                Ok(granted) => break granted,
                Err(GrantError::UnknownKeys(keys)) if self.read_keys(keys).await? => {}
                Err(error) if error.is_alarm() && !is_fresh => {
                    is_fresh = true;
                    self.sync(id).await?;
                }
                Err(error) => {
                    if let GrantError::Fork(other) = error {
                        self.room(id)?.conversation.forks(other);
                        self.keep_head(id).await?;
                    }
                    return Ok(Vec::new());
                }
            }
        };
        let mut epochs = Vec::new();
        for (n, secret) in &granted.secrets {
            self.keep_secret(id, *n, secret).await?;
            epochs.push(*n);
        }
        Ok(epochs)
    }
}
