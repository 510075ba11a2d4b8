//! Erasing a message for a tombstone.

use wire_format::{EnvelopeHash, MemberId, Sequence};

use super::{
    Entry, MESSAGE, MessageDraft, Placed,
    place::{count, known, newest},
    storage, write,
};
use crate::store::{Change, Refusal, Stop, Trace, Transaction, files};

/// Erases a message and stores its tombstone, for which there is always space. The answer is the
/// tombstone's place; a message that is erased already keeps the tombstone that it has.
///
/// Who calls has the room's turn, and has looked whether the sender may write.
///
/// Refused: [`Refusal::NoSuchMessage`] where no message stands there, or another one;
/// [`Refusal::NotTheirs`] to who may erase only what is their own, for a tombstone, and for one whose
/// message id is taken.
#[derive(Clone, Debug)]
pub struct EraseMessage {
    /// The tombstone.
    pub tombstone: MessageDraft,
    /// What is to be erased.
    pub sequence: Sequence,
    /// SHA-256 of the envelope there.
    pub hash: EnvelopeHash,
    /// Whether the sender may erase what others wrote.
    pub may_erase_others: bool,
}

impl Change for EraseMessage {
    type Answer = Placed;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Placed, Stop> {
        let (sender, bytes) = match self.judge(transaction).await? {
            Found::Message { sender, bytes } => (sender, bytes),
            Found::Erased(sequence) => {
                return Ok(Placed {
                    sequence,
                    is_new: false,
                });
            }
        };
        let channel = self.tombstone.channel;
        if !known(transaction, channel, &[&self.tombstone])
            .await?
            .is_empty()
        {
            // The id is another message's.
            return Err(Refusal::NotTheirs.into());
        }
        let sequence = newest(transaction, channel).await?.next();
        let sql = "UPDATE messages SET envelope = NULL, tombstone = $3 \
                   WHERE channel = $1 AND sequence = $2";
        let values = [
            channel.as_bytes().into(),
            self.sequence.value().into(),
            sequence.value().into(),
        ];
        transaction.execute(sql, &values).await?;
        storage::replace(transaction, &sender, bytes, &self.tombstone).await?;
        files::drop_of_message(transaction, channel, self.sequence).await?;
        let entry = Entry {
            draft: &self.tombstone,
            sequence,
            erases: self.sequence,
        };
        write(transaction, &[entry]).await?;
        count(transaction, channel, sequence).await?;
        Ok(Placed {
            sequence,
            is_new: true,
        })
    }
}

/// What stands where something is to be erased.
enum Found {
    /// A message that may be.
    Message { sender: MemberId, bytes: u64 },
    /// One that was, and the place of its tombstone.
    Erased(Sequence),
}

impl EraseMessage {
    async fn judge(&self, transaction: &mut Transaction<'_>) -> Result<Found, Stop> {
        let sql = "SELECT sender, hash, flags, tombstone, \
                   CAST(COALESCE(length(envelope), 0) AS BIGINT) FROM messages \
                   WHERE channel = $1 AND sequence = $2";
        let channel = &self.tombstone.channel;
        let values = [channel.as_bytes().into(), self.sequence.value().into()];
        let row = transaction.row(sql, &values).await?;
        let row = row.ok_or(Refusal::NoSuchMessage)?;
        if row.array(1)? != *self.hash.as_bytes() || row.number(2)? != MESSAGE {
            return Err(Refusal::NoSuchMessage.into());
        }
        let sender = row.account(0)?;
        if sender != self.tombstone.sender && !self.may_erase_others {
            return Err(Refusal::NotTheirs.into());
        }
        match (row.number(3)?, row.number(4)?) {
            (0, bytes) => Ok(Found::Message { sender, bytes }),
            // No envelope is empty.
            (tombstone, 0) => Ok(Found::Erased(Sequence::new(tombstone))),
            // A tombstone stays: without it nobody believes what it stands for.
            _ => Err(Refusal::NotTheirs.into()),
        }
    }
}
