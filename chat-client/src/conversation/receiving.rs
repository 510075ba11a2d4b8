//! The receiver order of docs/protocol.md#9-the-envelope and docs/protocol.md#1410-messages.

use wire_format::{
    AccountId, Deliver, DeliverFlags, EpochNumber, Millis, OpenError, ReplayKey, Storage,
    envelope::{Delivery, Header, SenderError, SignedEnvelope, UnverifiedSignedEnvelope},
    limits::CLOCK_SKEW,
    replay::{Seen, Shown},
    room::{Erased, Extended, Keysets, Role, RoomContent, UnverifiedCommit},
};

use super::{
    Alarm, Cause, Committed, Conversation, Effect, Erasure, Message, Received, Unreadable,
    channel::Channel,
    epochs::was_in,
    originals::{Speaker, Taken},
};

/// How a delivery came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrived {
    /// As it happened.
    Live,
    /// It was fetched.
    Fetched,
}

/// A delivery, and how it came.
struct Arrival<'a> {
    deliver: &'a Deliver,
    arrived: Arrived,
    now: Millis,
    is_last: bool,
}

impl Conversation {
    /// Takes a delivery. One that wants something read first ([`Cause::wanted`]) has changed nothing,
    /// and can be given again; with `is_last`, what it lacks is said to be why it is not shown.
    pub fn receive(
        &mut self,
        deliver: &Deliver,
        arrived: Arrived,
        keysets: &dyn Keysets,
        now: Millis,
        is_last: bool,
    ) -> Received {
        // It is its own for as long as the room is read and changed beside it.
        let Some(mut channel) = self.channels.remove(&deliver.channel) else {
            return unreadable(deliver, Cause::Sender(SenderError::OtherPlace));
        };
        let arrival = Arrival {
            deliver,
            arrived,
            now,
            is_last,
        };
        let received = self.receive_in(&mut channel, &arrival, keysets);
        self.channels.insert(deliver.channel, channel);
        received
    }

    fn receive_in(
        &mut self,
        channel: &mut Channel,
        arrival: &Arrival<'_>,
        keysets: &dyn Keysets,
    ) -> Received {
        let deliver = arrival.deliver;
        let is_shut = channel.numbering.shut.contains_key(&deliver.sequence);
        let is_behind = deliver.sequence <= channel.numbering.reached && !is_shut;
        if deliver.flags != DeliverFlags::Unstored && is_behind {
            return Received::Known;
        }
        if self.is_due(deliver, arrival.now) && self.count_due(channel, deliver, keysets) {
            self.number(channel, deliver);
            return Received::Known;
        }
        let outcome = match deliver.flags {
            DeliverFlags::Commit => self.committed(channel, deliver, keysets),
            DeliverFlags::Stored if is_erased(deliver) => erased(channel, deliver),
            _ => self.message(channel, arrival, keysets),
        };
        match outcome {
            Ok(received) => {
                channel.numbering.shut.remove(&deliver.sequence);
                self.number(channel, deliver);
                received
            }
            Err(cause) if cause.wanted().is_some() && !arrival.is_last => {
                unreadable(deliver, cause)
            }
            Err(cause) if cause.is_silent() => {
                self.number(channel, deliver);
                Received::Known
            }
            Err(cause) => {
                self.number(channel, deliver);
                self.alarms.extend(cause.ghost().map(Alarm::Ghost));
                unreadable(deliver, cause)
            }
        }
    }

    /// Takes a commit, and its place. It is told once, in the main channel, where every one stands.
    fn committed(
        &mut self,
        channel: &mut Channel,
        deliver: &Deliver,
        keysets: &dyn Keysets,
    ) -> Result<Received, Cause> {
        let extended = self.commit(deliver.payload.clone(), keysets)?;
        let commit = UnverifiedCommit::parse(deliver.payload.clone()).map_err(Cause::Record)?;
        let n = commit.n();
        let entry = self.chain.entry(n);
        let entry = entry.filter(|_| matches!(extended, Extended::Taken | Extended::Known));
        let Some(author) = entry.map(wire_format::room::ChainEntry::author) else {
            return Ok(Received::Known);
        };
        self.alarms.extend(channel.place_commit(n));
        if !channel.is_main {
            return Ok(Received::Known);
        }
        Ok(Received::Committed(Committed {
            sequence: deliver.sequence,
            time: deliver.time,
            n,
            author,
            reason: commit.reason(),
            members: self.record().members().len(),
        }))
    }

    fn message(
        &mut self,
        channel: &mut Channel,
        arrival: &Arrival<'_>,
        keysets: &dyn Keysets,
    ) -> Result<Received, Cause> {
        let deliver = arrival.deliver;
        let envelope = self.sender(deliver, keysets)?;
        let key = ReplayKey::of_signed(&envelope);
        let header = *envelope.header();
        let sender = AccountId::from_bytes(*header.sender.as_bytes());
        let hash = envelope.hash();
        let shut = channel.numbering.shut.get(&deliver.sequence);
        let was_shut = shut.is_some_and(|&(_, shut)| shut == hash);
        match channel.replay.check(&key) {
            Seen::Fresh => {}
            Seen::SameAgain if was_shut => {}
            Seen::SameAgain => return Err(Cause::Repeated),
            Seen::TooOld => return Err(Cause::TooOld),
            Seen::Conflict => {
                self.alarms.push(Alarm::Reused(sender));
                return Err(Cause::Reused);
            }
        }
        let is_first = deliver.flags != DeliverFlags::Unstored && !was_shut;
        let Some(keys) = self.epochs.keys(header.epoch) else {
            let cause = self.unkeyed(header.epoch);
            if (arrival.is_last || cause.wanted().is_none()) && is_first {
                // Its sender is certain, and its counter has come.
                self.remember(channel, &header, &key);
                self.alarms.extend(channel.place_message(header.epoch));
                let shut = (header.epoch, hash);
                channel.numbering.shut.insert(deliver.sequence, shut);
            }
            return Err(cause);
        };
        let opened = envelope.open(keys).map_err(Cause::Open)?;
        let content = RoomContent::parse(&opened.content).map_err(Cause::Open)?;
        // What is said in passing has no place: nobody could report it, delete it or slow it down.
        if content.storage() != header.storage {
            return Err(Cause::Open(OpenError::Content));
        }
        if !was_shut && self.remember(channel, &header, &key) == Shown::Before {
            return Err(Cause::Repeated);
        }
        let mut message = self.shown(channel, arrival, &envelope, content);
        if is_first {
            message.is_late |= header.epoch < channel.numbering.placed;
            self.alarms.extend(channel.place_message(header.epoch));
        }
        Ok(Received::Message(Box::new(message)))
    }

    /// Remembers an envelope; a hole in its sender's counters is named.
    pub(super) fn remember(
        &mut self,
        channel: &mut Channel,
        header: &Header,
        key: &ReplayKey,
    ) -> Shown {
        let recorded = channel.replay.record(key);
        let sender = AccountId::from_bytes(*header.sender.as_bytes());
        if let Some(hole) = recorded.hole.filter(|_| header.storage == Storage::Stored) {
            let missing = hole.last - hole.first + 1;
            let erased = channel.numbering.erased.entry(sender).or_default();
            match erased.checked_sub(missing) {
                // They were deleted; each needs its tombstone.
                Some(left) => *erased = left,
                None if channel.numbering.pays(header, missing) => {}
                None => self.alarms.push(Alarm::Withheld { sender, hole }),
            }
        }
        channel.numbering.heard(header);
        recorded.shown
    }

    /// Parse, membership, PSS, DSA.
    pub(super) fn sender(
        &mut self,
        deliver: &Deliver,
        keysets: &dyn Keysets,
    ) -> Result<SignedEnvelope, Cause> {
        let envelope = UnverifiedSignedEnvelope::parse(deliver.payload.clone());
        let envelope = envelope.map_err(Cause::Record)?;
        let delivery = Delivery {
            channel: deliver.channel,
            sender: deliver.sender,
            storage: match deliver.flags {
                DeliverFlags::Unstored => Storage::Passing,
                DeliverFlags::Stored | DeliverFlags::Commit => Storage::Stored,
            },
        };
        let verdict = envelope.clone().verify(&delivery, &self.chain, keysets);
        if let Err(SenderError::OtherCommit(other)) = verdict {
            match envelope.verify_elsewhere(&self.chain, keysets) {
                Ok(()) => self.forks(other),
                // It is judged again when they were read.
                Err(unknown @ SenderError::UnknownKeys(_)) => return Err(Cause::Sender(unknown)),
                Err(_) => {}
            }
        }
        verdict.map_err(Cause::Sender)
    }

    /// Whether an epoch's own share has not come yet.
    pub(super) fn is_waiting_for(&self, n: EpochNumber) -> bool {
        matches!(self.unkeyed(n), Cause::WaitingForKey(_))
    }

    /// Why the secret of an epoch is not held.
    pub(super) fn unkeyed(&self, n: EpochNumber) -> Cause {
        if n <= self.epochs.forgotten() {
            Cause::Forgotten(n)
        } else if self.epochs.is_placeholder(n) {
            Cause::KeysReset(n)
        } else if was_in(&self.chain, n, self.me) {
            Cause::WaitingForKey(n)
        } else {
            Cause::BeforeJoining(n)
        }
    }

    fn shown(
        &self,
        channel: &mut Channel,
        arrival: &Arrival<'_>,
        envelope: &SignedEnvelope,
        content: RoomContent,
    ) -> Message {
        let deliver = arrival.deliver;
        let header: &Header = envelope.header();
        let sender = AccountId::from_bytes(*header.sender.as_bytes());
        let hash = envelope.hash();
        let effect = if header.storage == Storage::Stored {
            let role = self.role_in(header.epoch, sender);
            let by = Speaker {
                account: sender,
                role,
            };
            channel.originals.apply(&content, by, deliver.sequence)
        } else {
            Effect::None
        };
        if is_original(&content) {
            channel
                .originals
                .add(header.message, hash, sender, deliver.sequence);
        }
        let is_live = arrival.arrived == Arrived::Live;
        let apart = u128::from(header.sent_at.value().abs_diff(arrival.now.value()));
        Message {
            sequence: deliver.sequence,
            time: deliver.time,
            sent_at: header.sent_at,
            sender,
            name: deliver.name.clone(),
            message: header.message,
            hash,
            n: header.epoch,
            content,
            effect,
            is_own: sender == self.me,
            is_clock_off: is_live && apart > CLOCK_SKEW.as_millis(),
            is_late: is_live && header.epoch < channel.numbering.committed,
        }
    }

    fn role_in(&self, n: EpochNumber, account: AccountId) -> Role {
        let member = self.chain.member_in(n, account);
        member.map_or(Role::Muted, |member| member.role)
    }
}

fn erased(channel: &mut Channel, deliver: &Deliver) -> Result<Received, Cause> {
    let erased = Erased::parse(deliver.payload.clone()).map_err(Cause::Record)?;
    let taken = Taken {
        sequence: deliver.sequence,
        hash: erased.hash,
        sender: AccountId::from_bytes(*deliver.sender.as_bytes()),
    };
    *channel.numbering.erased.entry(taken.sender).or_default() += 1;
    // One in front of what it stands for explains nothing: it is named at once.
    channel.originals.take_away(erased.tombstone, taken);
    Ok(Received::Erased(Erasure {
        sequence: deliver.sequence,
        time: deliver.time,
        name: deliver.name.clone(),
        tombstone: erased.tombstone,
    }))
}

/// Whether others can name it.
const fn is_original(content: &RoomContent) -> bool {
    matches!(
        content,
        RoomContent::Text(_) | RoomContent::Reply(_) | RoomContent::File(_)
    )
}

fn is_erased(deliver: &Deliver) -> bool {
    Erased::parse(deliver.payload.clone()).is_ok()
}

fn unreadable(deliver: &Deliver, cause: Cause) -> Received {
    Received::Unreadable(Unreadable {
        sequence: deliver.sequence,
        time: deliver.time,
        name: deliver.name.clone(),
        cause,
    })
}
