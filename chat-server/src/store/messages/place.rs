//! Numbering and storing what was published, many at once.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use bytes::Bytes;
use wire_format::{ChannelId, EnvelopeHash, MemberId, MessageId, Millis, RoomId, Sequence};

use super::{AT_ONCE, Entry, storage, write};
use crate::store::{
    Change, Refusal, Stop, StoreError, Trace, Transaction, Verdict, transaction::Value,
};

/// A message that is to be stored.
#[derive(Clone, Debug)]
pub struct MessageDraft {
    /// The room of the channel.
    pub room: RoomId,
    /// Where to.
    pub channel: ChannelId,
    /// Who publishes.
    pub sender: MemberId,
    /// The name that goes with it.
    pub name: String,
    /// The number of the epoch.
    pub n: u64,
    /// The server's clock.
    pub at: Millis,
    /// Unique in the channel.
    pub message: MessageId,
    /// Of the envelope.
    pub hash: EnvelopeHash,
    /// As it came.
    pub envelope: Bytes,
    /// Whether with it the sender answers a stranger.
    pub is_answer: bool,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Placed {
    /// Its place: that of the first, where it is a repetition.
    pub sequence: Sequence,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// Numbers and stores messages of any channels, in order. The answer has the place of each, or
/// [`Refusal::OverQuota`] where its sender has no space for it, nor for anything behind it.
///
/// Who calls has the turn in all their rooms, and has looked whether the senders may write.
#[derive(Clone, Debug)]
pub struct PlaceMessages {
    /// The messages.
    pub drafts: Vec<MessageDraft>,
    /// What the envelopes of one account may take, in bytes; what is erased does not count.
    pub most_bytes: u64,
}

impl Change for PlaceMessages {
    type Answer = Vec<Verdict<Placed>>;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, Stop> {
        let mut by_channel = HashMap::<ChannelId, Vec<usize>>::new();
        for (at, draft) in self.drafts.iter().enumerate() {
            by_channel.entry(draft.channel).or_default().push(at);
        }
        let mut all: Vec<_> = self
            .drafts
            .iter()
            .map(|_| Err(Refusal::OverQuota))
            .collect();
        let mut channels = Vec::with_capacity(by_channel.len());
        let mut new = Vec::with_capacity(self.drafts.len());
        for (channel, indices) in by_channel {
            let drafts: Vec<_> = indices.iter().map(|at| &self.drafts[*at]).collect();
            let known = known(transaction, channel, &drafts).await?;
            let mut seen: HashSet<_> = known.keys().copied().collect();
            let is_new = |at: &&usize| seen.insert(self.drafts[**at].message);
            new.extend(indices.iter().filter(is_new));
            channels.push((channel, indices, known));
        }
        new.sort_unstable();
        let refused = self.charge(transaction, &new).await?;
        for (channel, mut indices, known) in channels {
            indices.retain(|at| !refused.contains(at));
            let drafts: Vec<_> = indices.iter().map(|at| &self.drafts[*at]).collect();
            let placed = place(transaction, channel, &drafts, known).await?;
            for (at, placed) in indices.into_iter().zip(placed) {
                all[at] = Ok(placed);
            }
        }
        self.note_answers(transaction, &all).await?;
        Ok(all)
    }
}

impl PlaceMessages {
    /// Counts what is new, by its places among all; gives the places of what is over a sender's limit,
    /// repetitions included.
    async fn charge(
        &self,
        transaction: &mut Transaction<'_>,
        new: &[usize],
    ) -> Result<HashSet<usize>, StoreError> {
        let drafts: Vec<_> = new.iter().map(|at| &self.drafts[*at]).collect();
        let refused = storage::charge(transaction, &drafts, self.most_bytes).await?;
        let ids = refused
            .iter()
            .map(|place| (drafts[*place].channel, drafts[*place].message));
        let ids: HashSet<_> = ids.collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let all = self.drafts.iter().enumerate();
        let refused = all.filter(|(_, draft)| ids.contains(&(draft.channel, draft.message)));
        Ok(refused.map(|(at, _)| at).collect())
    }

    async fn note_answers(
        &self,
        transaction: &mut Transaction<'_>,
        all: &[Verdict<Placed>],
    ) -> Result<(), StoreError> {
        let placed = self.drafts.iter().zip(all);
        let placed = placed.filter(|(draft, placed)| draft.is_answer && placed.is_ok());
        for (draft, _) in placed {
            let sql = "UPDATE room_members SET answered = 1 WHERE room = $1 AND account = $2";
            let values = [draft.room.as_bytes().into(), (&draft.sender).into()];
            transaction.execute(sql, &values).await?;
        }
        Ok(())
    }
}

async fn place(
    transaction: &mut Transaction<'_>,
    channel: ChannelId,
    drafts: &[&MessageDraft],
    mut known: HashMap<MessageId, Sequence>,
) -> Result<Vec<Placed>, StoreError> {
    let mut newest = newest(transaction, channel).await?;
    let mut placed = Vec::with_capacity(drafts.len());
    let mut entries = Vec::with_capacity(drafts.len());
    for draft in drafts {
        if let Some(sequence) = known.get(&draft.message) {
            placed.push(Placed {
                sequence: *sequence,
                is_new: false,
            });
            continue;
        }
        newest = newest.next();
        known.insert(draft.message, newest);
        placed.push(Placed {
            sequence: newest,
            is_new: true,
        });
        entries.push(Entry {
            draft,
            sequence: newest,
            erases: Sequence::default(),
        });
    }
    if !entries.is_empty() {
        write(transaction, &entries).await?;
        count(transaction, channel, newest).await?;
    }
    Ok(placed)
}

/// The newest place of a channel.
pub(super) async fn newest(
    transaction: &mut Transaction<'_>,
    channel: ChannelId,
) -> Result<Sequence, StoreError> {
    let sql = "SELECT sequence FROM channels WHERE id = $1";
    let row = transaction.row(sql, &[channel.as_bytes().into()]).await?;
    let row = row.ok_or(StoreError::Damaged("a room has lost its channel"))?;
    row.number(0).map(Sequence::new)
}

/// Keeps how far a channel is counted.
pub(super) async fn count(
    transaction: &mut Transaction<'_>,
    channel: ChannelId,
    newest: Sequence,
) -> Result<(), StoreError> {
    let sql = "UPDATE channels SET sequence = $2 WHERE id = $1";
    let values = [channel.as_bytes().into(), newest.value().into()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

/// Which of the messages are there already, and where.
pub(super) async fn known(
    transaction: &mut Transaction<'_>,
    channel: ChannelId,
    drafts: &[&MessageDraft],
) -> Result<HashMap<MessageId, Sequence>, StoreError> {
    let mut known = HashMap::new();
    for group in drafts.chunks(AT_ONCE) {
        // What is missing to a whole group is the last one again: one form of the statement.
        let last = group.last().into_iter().cycle();
        let asked = group.iter().chain(last).take(AT_ONCE);
        let mut values: Vec<Value<'_>> = vec![channel.as_bytes().into()];
        values.extend(asked.map(|draft| Value::from(draft.message.as_bytes())));
        for row in transaction.rows(LOOK_UP.as_str(), &values).await? {
            let message = MessageId::from_bytes(row.array(0)?);
            known.insert(message, Sequence::new(row.number(1)?));
        }
    }
    Ok(known)
}

/// The statement that looks for [`AT_ONCE`] messages.
static LOOK_UP: LazyLock<String> = LazyLock::new(|| {
    let ids: Vec<_> = (2..AT_ONCE + 2)
        .map(|column| format!("${column}"))
        .collect();
    format!(
        "SELECT message, sequence FROM messages WHERE channel = $1 AND message IN ({})",
        ids.join(", ")
    )
});
