//! One payload in many places.

use bytes::{Bytes, BytesMut};
use wire_format::{ChannelId, Deliver, Sequence};

use super::queue::Piece;

/// Deliver frames that differ in their heads and share their payload: a commit stands in each channel
/// of its room. Whoever is behind has all of them at hand in a little more than one.
pub(crate) struct Places {
    /// Of the frames in their order, each up to the payload.
    heads: Vec<Bytes>,
    payload: Bytes,
}

impl Places {
    /// A delivery in each of these places, in their order.
    pub(crate) fn of(
        mut deliver: Deliver,
        places: impl IntoIterator<Item = (ChannelId, Sequence)>,
    ) -> Self {
        let heads = places.into_iter().map(|(channel, sequence)| {
            (deliver.channel, deliver.sequence) = (channel, sequence);
            let mut head = BytesMut::new();
            deliver.append_head_to(&mut head);
            head.freeze()
        });
        Self {
            heads: heads.collect(),
            payload: deliver.payload.clone(),
        }
    }

    /// How many frames it is.
    pub(crate) fn frames(&self) -> u64 {
        u64::try_from(self.heads.len()).unwrap_or(u64::MAX)
    }

    /// Bytes of all frames as they travel.
    pub(crate) fn bytes(&self) -> usize {
        let payloads = self.heads.len().saturating_mul(self.payload.len());
        payloads.saturating_add(self.head_bytes())
    }

    /// Bytes that they take in memory.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.payload.len().saturating_add(self.head_bytes())
    }

    fn head_bytes(&self) -> usize {
        self.heads.iter().map(Bytes::len).sum()
    }

    /// The head and the payload of each frame.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.heads.iter().map(|head| (head, &self.payload))
    }

    /// The frames as an outbox takes them. The last one counts the payload: it is held until then.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let last = self.heads.len().saturating_sub(1);
        let parts = self.parts().enumerate();
        parts.map(move |(at, (head, payload))| Piece::in_a_place(head, payload, at == last))
    }
}
