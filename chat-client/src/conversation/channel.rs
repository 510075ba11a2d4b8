//! One channel of a room: its numbers, its senders' counters, and the messages that others name.
//!
//! Epochs, secrets and members are the room's. A commit is taken once, and has a place in every channel
//! that is written in: behind it stands nothing of an older epoch that an honest server took later, and
//! in front of it nothing of its own.

use std::collections::{BTreeMap, BTreeSet};

use wire_format::{
    AccountId, ChannelId, Deliver, DeliverFlags, EnvelopeHash, EpochNumber, InstanceId, MemberId,
    Millis, ReplayTable, RoomId, RunId, Sequence, Storage, envelope::Header, replay::ReplayLimits,
};

use super::{Alarm, Conversation, originals::Originals, sealing::Series};

/// A channel, as far as it was followed.
#[derive(Debug)]
pub(super) struct Channel {
    id: ChannelId,
    /// Whether it is the one that every room has: it is written in at all times.
    pub(super) is_main: bool,
    pub(super) replay: ReplayTable,
    pub(super) originals: Originals,
    pub(super) numbering: Numbering,
    pub(super) series: Series,
}

/// How far the numbers of a channel were followed.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    pub(super) run: Option<RunId>,
    pub(super) reached: Sequence,
    /// The newest commit in front of what is delivered now.
    pub(super) committed: EpochNumber,
    /// The newest epoch of what was taken in an unbroken row, 0 before that: what follows is of none
    /// before it, and of none behind it whose commit has no place in between.
    pub(super) placed: EpochNumber,
    /// The epoch of the newest delivery that was taken, and when it was.
    pub(super) newest: Option<(EpochNumber, Millis)>,
    /// Messages whose senders are certain and whose keys are not here.
    pub(super) shut: BTreeMap<Sequence, (EpochNumber, EnvelopeHash)>,
    /// Messages of a sender that were taken away: their counters do not come.
    pub(super) erased: BTreeMap<AccountId, u64>,
    /// Deliveries that were forgotten before they were read: their senders' counters do not come either.
    pub(super) forgotten: u64,
    /// Who was heard since: what is missing of these later was not among them.
    heard: BTreeSet<(MemberId, InstanceId)>,
}

impl Numbering {
    /// So many deliveries are forgotten, of whomever.
    pub(super) fn forgot(&mut self, many: u64) {
        self.forgotten = self.forgotten.saturating_add(many);
        self.heard.clear();
    }

    /// Whether what is missing in front of a message may be among what is forgotten; it counts once.
    pub(super) fn pays(&mut self, header: &Header, missing: u64) -> bool {
        if self.heard.contains(&(header.sender, header.instance)) {
            return false;
        }
        let left = self.forgotten.checked_sub(missing);
        self.forgotten = left.unwrap_or(self.forgotten);
        left.is_some()
    }

    /// A sender's message was read.
    pub(super) fn heard(&mut self, header: &Header) {
        if self.forgotten > 0 && header.storage == Storage::Stored {
            self.heard.insert((header.sender, header.instance));
        }
    }
}

impl Channel {
    pub(super) fn new(id: ChannelId, room: RoomId, instance: InstanceId) -> Self {
        Self {
            id,
            is_main: id == ChannelId::main_of(room),
            replay: ReplayTable::new(REMEMBERED),
            originals: Originals::default(),
            numbering: Numbering::default(),
            series: Series::new(instance),
        }
    }

    /// Follows the numbers: a hole in what a server hands out is named.
    pub(super) fn number(&mut self, deliver: &Deliver) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        let (expected, found) = (self.numbering.reached.next(), deliver.sequence);
        if deliver.flags == DeliverFlags::Unstored || found < expected {
            return alarms;
        }
        if found > expected {
            alarms.push(Alarm::Numbers { expected, found });
        }
        self.numbering.reached = found;
        let shut = &self.numbering.shut;
        let unexplained = self
            .originals
            .unexplained(found, |at| shut.contains_key(&at));
        alarms.extend(unexplained.into_iter().map(Alarm::Erased));
        alarms
    }

    /// A commit stands here. In the main channel each one does, in the others those that were made
    /// while they were written in.
    pub(super) fn place_commit(&mut self, n: EpochNumber) -> Option<Alarm> {
        let channel = self.id;
        let before = self.numbering.placed;
        self.numbering.committed = self.numbering.committed.max(n);
        self.numbering.placed = before.max(n);
        if before.value() == 0 {
            None
        } else if n <= before {
            Some(Alarm::CommitOrder { channel, n })
        } else if self.is_main && n > before.next() {
            let n = before.next();
            Some(Alarm::CommitLeftOut { channel, n })
        } else {
            None
        }
    }

    /// A stored message of an epoch stands here: the commit that started that has to stand in front of it.
    pub(super) fn place_message(&mut self, n: EpochNumber) -> Option<Alarm> {
        let before = self.numbering.placed;
        self.numbering.placed = before.max(n);
        let channel = self.id;
        (before.value() > 0 && n > before).then_some(Alarm::CommitLeftOut { channel, n })
    }
}

impl Conversation {
    /// The channel that every room has.
    pub fn main(&self) -> ChannelId {
        ChannelId::main_of(self.room())
    }

    /// The channels that were opened, ascending.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> {
        self.channels.keys().copied()
    }

    /// Whether it is one of this room's channels, as far as they were opened.
    pub fn has(&self, channel: ChannelId) -> bool {
        self.channels.contains_key(&channel)
    }

    /// Takes note of a channel that the room has. It has counters of its own; who sends in several
    /// channels does so under the same instance.
    pub fn open(&mut self, channel: ChannelId) {
        let (room, instance) = (self.room(), self.instance);
        self.channels
            .entry(channel)
            .or_insert_with(|| Channel::new(channel, room, instance));
    }

    /// Forgets a channel that turned out to be another room's.
    pub(crate) fn close(&mut self, channel: ChannelId) {
        if channel != self.main() {
            self.channels.remove(&channel);
        }
    }

    /// Takes note of the run by which a server numbers a channel; another than before is an alarm, and
    /// numbers begin anew.
    pub fn run(&mut self, channel: ChannelId, run: RunId) {
        self.open(channel);
        let Some(known) = self.channels.get_mut(&channel) else {
            return;
        };
        match known.numbering.run.replace(run) {
            Some(before) if before != run => {
                known.numbering.reached = Sequence::default();
                known.numbering.placed = EpochNumber::default();
                known.numbering.newest = None;
                self.alarms.push(Alarm::Run(run));
            }
            _ => {}
        }
    }

    /// Takes note that what is delivered from now on follows a commit, in every channel.
    pub fn follows(&mut self, commit: EpochNumber) {
        for channel in self.channels.values_mut() {
            let committed = &mut channel.numbering.committed;
            *committed = commit.max(*committed);
        }
    }

    /// The newest delivery of a channel that was taken, in an unbroken row.
    pub fn reached(&self, channel: ChannelId) -> Sequence {
        let known = self.channels.get(&channel);
        known.map_or_else(Sequence::default, |known| known.numbering.reached)
    }

    /// Begins behind a delivery of a channel, so that the next one follows it.
    pub fn begin_after(&mut self, channel: ChannelId, sequence: Sequence) {
        if let Some(known) = self.channels.get_mut(&channel) {
            known.numbering.reached = sequence;
            known.numbering.placed = EpochNumber::default();
            known.numbering.newest = None;
        }
    }

    /// Whether the delivery that is stored there was left out before this one: fetch from
    /// [`Conversation::reached`] on.
    pub fn is_gap(&self, deliver: &Deliver) -> bool {
        deliver.flags != DeliverFlags::Unstored
            && deliver.sequence > self.reached(deliver.channel).next()
    }

    /// The places in a channel of messages that could not be opened and whose keys are held now.
    pub fn readable_again(&self, channel: ChannelId) -> Vec<Sequence> {
        let shut = self.shut_in(channel);
        let open = shut.filter(|(_, n)| self.epochs.keys(*n).is_some());
        open.map(|(sequence, _)| sequence).collect()
    }

    /// Whether messages could not be read for lack of a key, in any channel.
    pub fn is_shut(&self) -> bool {
        let mut channels = self.channels.values();
        channels.any(|channel| !channel.numbering.shut.is_empty())
    }

    /// The first message of a channel that could not be read because the own key has not come yet.
    pub fn first_waiting(&self, channel: ChannelId) -> Option<Sequence> {
        let mut shut = self.shut_in(channel);
        let first = shut.find(|(_, n)| self.is_waiting_for(*n));
        first.map(|(sequence, _)| sequence)
    }

    fn shut_in(&self, channel: ChannelId) -> impl Iterator<Item = (Sequence, EpochNumber)> {
        let known = self.channels.get(&channel).into_iter();
        let shut = known.flat_map(|known| &known.numbering.shut);
        shut.map(|(sequence, (n, _))| (*sequence, *n))
    }
}

/// As many counters behind the newest as a long absence brings, of as many starts of senders.
const REMEMBERED: ReplayLimits = ReplayLimits {
    series: 16_384,
    window: 65_536,
    hashes: 1_000_000,
    messages: 1_000_000,
};

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId::from_bytes([4; 16]);
    const CHANNEL: ChannelId = ChannelId::from_bytes([5; 16]);

    fn channel(id: ChannelId) -> Channel {
        Channel::new(id, ROOM, InstanceId::from_bytes([1; 16]))
    }

    fn n(n: u64) -> EpochNumber {
        EpochNumber::new(n)
    }

    fn left_out(channel: ChannelId, missing: u64) -> Option<Alarm> {
        let n = n(missing);
        Some(Alarm::CommitLeftOut { channel, n })
    }

    #[test]
    fn a_message_needs_the_place_of_its_commit_in_front_of_it() {
        let mut one = channel(CHANNEL);
        assert_eq!(
            one.place_message(n(3)),
            None,
            "nothing is known of what was before"
        );
        assert_eq!(one.place_commit(n(4)), None);
        assert_eq!(one.place_message(n(4)), None);
        assert_eq!(one.place_message(n(3)), None, "late, and marked");
        assert_eq!(one.place_message(n(5)), left_out(CHANNEL, 5));
        assert_eq!(one.place_message(n(5)), None, "it is named once");
    }

    #[test]
    fn a_commit_stands_once_and_in_order() {
        let mut one = channel(CHANNEL);
        assert_eq!(one.place_commit(n(3)), None);
        for again in [3, 2] {
            let order = Alarm::CommitOrder {
                channel: CHANNEL,
                n: n(again),
            };
            assert_eq!(one.place_commit(n(again)), Some(order));
        }
        assert_eq!(one.place_commit(n(4)), None);
    }

    #[test]
    fn the_main_channel_has_every_commit_and_others_those_of_their_time() {
        let mut main = channel(ChannelId::main_of(ROOM));
        let mut archived = channel(CHANNEL);
        assert_eq!(main.place_commit(n(1)), None);
        assert_eq!(archived.place_commit(n(1)), None);
        assert_eq!(main.place_commit(n(3)), left_out(main.id, 2));
        assert_eq!(archived.place_commit(n(3)), None);
    }
}
