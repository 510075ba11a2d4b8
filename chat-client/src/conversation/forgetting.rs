//! What is due to be forgotten (docs/protocol.md#1416-forgetting): secrets go, and what is due is not
//! shown, whatever a server hands out.

use wire_format::{
    ChannelId, Deliver, DeliverFlags, EpochNumber, Millis, ReplayKey, Sequence,
    envelope::UnverifiedSignedEnvelope,
    limits::CLOCK_SKEW,
    room::{Keysets, UnverifiedCommit},
};

use super::{Conversation, channel::Channel};
use crate::account::{SLACK_MS, Span};

impl Conversation {
    /// Drops the secrets of epochs that are due by now, for good: none of them is taken again. Times
    /// ascend with the epochs, so all of them are in front.
    pub fn forget(&mut self, now: Millis) {
        let mut newest = self.epochs.forgotten();
        while self.is_secret_due(newest.next(), now) {
            newest = newest.next();
        }
        self.epochs.forget(newest);
        for channel in self.channels.values_mut() {
            channel.numbering.shut.retain(|_, (n, _)| *n > newest);
        }
    }

    /// The newest epoch whose secret was forgotten; 0 for none.
    pub fn forgotten(&self) -> EpochNumber {
        self.epochs.forgotten()
    }

    /// When secrets of forgotten epochs were wrapped: from then until then. What was wrapped in these
    /// times is not to be opened any more. Shares were, when a commit was made; grants at any time
    /// before the secret was due, which clocks agree about only some minutes later.
    pub(crate) fn forgotten_spans(&self, now: Millis) -> Vec<Span> {
        let mut spans = Vec::new();
        for n in (1..=self.forgotten().value()).map(EpochNumber::new) {
            let Some(entry) = self.chain().entry(n) else {
                continue;
            };
            let from = entry.made_at();
            let due = self.chain().secret_due(n).unwrap_or(from);
            let is_over = due.value().saturating_add(SLACK_MS) <= now.value();
            let until = if is_over { due.max(from) } else { from };
            spans.push(Span { from, until });
        }
        spans
    }

    /// From when until when something is wrapped to this account that is to be forgotten, as far as is known
    /// by now: one span for each epoch that it was in.
    pub(crate) fn spans_to_forget(&self) -> Vec<Span> {
        let chain = self.chain();
        let all = (1..=chain.head().n().value()).map(EpochNumber::new);
        let own = all.filter(|&n| chain.member_in(n, self.me).is_some());
        let spans = own.filter_map(|n| {
            let (from, until) = (chain.entry(n)?.made_at(), chain.secret_due(n)?);
            Some(Span { from, until })
        });
        spans.collect()
    }

    fn is_secret_due(&self, n: EpochNumber, now: Millis) -> bool {
        let due = self.chain().secret_due(n);
        due.is_some_and(|due| due <= now)
    }

    /// Whether something is forgotten in this room, now or by an earlier policy.
    fn forgets(&self) -> bool {
        self.chain().keep(EpochNumber::new(1)).is_some()
    }

    /// The time before which a room may have forgotten what was said, by the shortest period that any of
    /// its policies has; `None` where none forgets, whatever a server says.
    pub fn forgets_before(&self, now: Millis) -> Option<Millis> {
        let keep = self.chain().keep(EpochNumber::new(1))?;
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        Some(Millis::new(now.value().saturating_sub(keep)))
    }

    /// The epoch of something stored, and when it was: the server's word counts where it is near what the
    /// author signed.
    fn dated(deliver: &Deliver) -> Option<(EpochNumber, Millis)> {
        let payload = deliver.payload.clone();
        let (n, signed) = match deliver.flags {
            DeliverFlags::Unstored => return None,
            DeliverFlags::Commit => {
                let commit = UnverifiedCommit::parse(payload).ok()?;
                (commit.n(), commit.made_at())
            }
            DeliverFlags::Stored => {
                let envelope = UnverifiedSignedEnvelope::parse(payload).ok()?;
                (envelope.header().epoch, envelope.header().sent_at)
            }
        };
        let apart = u128::from(signed.value().abs_diff(deliver.time.value()));
        let is_near = apart <= CLOCK_SKEW.as_millis();
        Some((n, if is_near { deliver.time } else { signed }))
    }

    /// Whether a stored message is due by now, if its sender is who signed it: that is not looked at.
    pub(super) fn is_due(&self, deliver: &Deliver, now: Millis) -> bool {
        if deliver.flags != DeliverFlags::Stored || !self.forgets() {
            return false;
        }
        let dated = Self::dated(deliver);
        dated.is_some_and(|(n, at)| self.is_over_by(n, at, now))
    }

    /// Whether what was in an epoch at a time is due: at the latest with the secret that opens it.
    fn is_over_by(&self, n: EpochNumber, at: Millis, now: Millis) -> bool {
        let chain = self.chain();
        let due = [chain.message_due(n, at), chain.secret_due(n)];
        due.into_iter().flatten().any(|due| due <= now)
    }

    /// Takes note of a message that is due and came all the same: its counter is there, and it is not
    /// opened. False if nobody signed it: then it is nothing that is due.
    pub(super) fn count_due(
        &mut self,
        channel: &mut Channel,
        deliver: &Deliver,
        keysets: &dyn Keysets,
    ) -> bool {
        let Ok(envelope) = self.sender(deliver, keysets) else {
            return false;
        };
        let key = ReplayKey::of_signed(&envelope);
        self.remember(channel, envelope.header(), &key);
        true
    }

    /// Follows the numbers of a channel, and notes when the newest of them was.
    pub(super) fn number(&mut self, channel: &mut Channel, deliver: &Deliver) {
        self.alarms.extend(channel.number(deliver));
        if deliver.sequence == channel.numbering.reached {
            let dated = Self::dated(deliver);
            channel.numbering.newest = dated.or(channel.numbering.newest);
        }
    }

    /// Steps over deliveries of a channel that the server has forgotten, up to this one: that they do not
    /// come, nor what they counted, is no hole. False in a room that forgets nothing, and where what stood
    /// in front of them is not due by now: what is due of a channel is always in front.
    pub fn step_over(&mut self, channel: ChannelId, last: Sequence, now: Millis) -> bool {
        let known = self.channels.get(&channel);
        let newest = known.and_then(|known| known.numbering.newest);
        let skew = u64::try_from(CLOCK_SKEW.as_millis()).unwrap_or(u64::MAX);
        let latest = Millis::new(now.value().saturating_add(skew));
        if !self.forgets() || newest.is_some_and(|(n, at)| !self.is_over_by(n, at, latest)) {
            return false;
        }
        let before = self.reached(channel);
        self.begin_after(channel, last);
        if let Some(known) = self.channels.get_mut(&channel) {
            let gone = last.value().saturating_sub(before.value());
            known.numbering.forgot(gone);
        }
        true
    }
}
