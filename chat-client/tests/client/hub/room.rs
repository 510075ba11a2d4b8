//! Who is in the room, and what is published there.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use chat_client::{
    Keyring,
    room::{Identity, Input, SealedRoom},
};
use wire_format::{
    Deliver, DeliverFlags, EpochNumber, ErrorCode, Event, Name, PublishFlags, Refusal, RunId,
    Sequence, SessionKeys,
    command::rooms::{Entered, EpochState, Member, MemberKind, Resume},
    event::{EpochReason, LeaveReason},
};

use super::{Hub, Peer, channel, room_id};
use crate::common;

impl Hub {
    pub(crate) fn join(&mut self, name: &str) -> usize {
        self.join_with(name, &Keyring::new())
    }

    pub(crate) fn join_with(&mut self, name: &str, keyring: &Keyring) -> usize {
        let index = self.peers.len();
        let seed = [u8::try_from(index + 1).expect("few peers"); 32];
        let me = self.identity(name, common::keys());
        self.join_as(me, keyring, seed)
    }

    pub(crate) fn identity(&self, name: &str, keys: Arc<SessionKeys>) -> Arc<Identity> {
        let member = common::token().member();
        let announcement = keys.announce(member, name, self.now.wall, &mut rand::rng());
        Arc::new(Identity {
            member,
            name: name.to_owned(),
            announcement: announcement.expect("an announcement").bytes().clone(),
            keys,
        })
    }

    pub(crate) fn join_as(
        &mut self,
        me: Arc<Identity>,
        keyring: &Keyring,
        seed: [u8; 32],
    ) -> usize {
        let index = self.peers.len();
        self.peers.push(Peer {
            me,
            keyring: keyring.clone(),
            seed,
            room: None,
            inbox: VecDeque::new(),
            seen: Vec::new(),
            is_online: true,
            is_accepted: false,
        });
        let joined = Event::RoomJoined {
            room: room_id(),
            member: self.member(index),
        };
        for other in 0..index {
            self.tell(other, joined.clone(), Bytes::new());
        }
        self.enter(index);
        self.settle();
        index
    }

    pub(super) fn enter(&mut self, index: usize) {
        let resumed = self.peers[index].room.as_ref().and_then(SealedRoom::resume);
        let entered = self.entered(resumed);
        let bundle = self
            .epoch
            .as_ref()
            .map_or_else(Bytes::new, |epoch| epoch.bundle.clone());
        let after = resumed.filter(|resumed| resumed.run == self.run);
        self.push(
            index,
            Input::Entered {
                entered,
                bundle,
                resumed,
            },
        );
        for deliver in self.ring.clone() {
            if after.is_none_or(|resumed| deliver.sequence > resumed.after) {
                self.push(index, Input::Deliver(deliver));
            }
        }
    }

    pub(crate) fn entered(&self, resumed: Option<Resume>) -> Entered {
        let online = (0..self.peers.len()).filter(|&index| self.peers[index].is_online);
        let members: Vec<_> = online.map(|index| self.member(index)).collect();
        Entered {
            id: room_id(),
            channel: channel(),
            name: "lobby".to_owned(),
            run: self.run,
            sequence: Sequence::new(self.sequence),
            missed: resumed.is_some_and(|resumed| resumed.run != self.run),
            member_count: u32::try_from(members.len()).expect("few peers"),
            members,
            epoch: self.epoch.as_ref().map(|epoch| EpochState {
                n: epoch.n,
                due: epoch.due,
            }),
        }
    }

    pub(crate) fn member(&self, index: usize) -> Member {
        let me = &self.peers[index].me;
        Member {
            id: me.member,
            name: me.name.clone(),
            kind: MemberKind::Guest,
            fingerprint: Some(me.keys.fingerprint()),
            account: None,
        }
    }

    pub(crate) fn leave(&mut self, index: usize) {
        self.cut(index);
        self.peers[index].room = None;
    }

    /// A connection is lost; the others see somebody leave.
    pub(crate) fn cut(&mut self, index: usize) {
        self.drop_connection(index);
        let left = Event::RoomLeft {
            room: room_id(),
            member: self.peers[index].me.member,
            reason: LeaveReason::Lost,
        };
        self.tell_all(left, Bytes::new());
        if let Some(epoch) = &mut self.epoch {
            epoch.due = true;
            let due = Event::EpochDue {
                room: room_id(),
                n: epoch.n,
                reason: EpochReason::Left,
            };
            self.tell_all(due, Bytes::new());
        }
        self.settle();
    }

    fn drop_connection(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        peer.is_online = false;
        peer.is_accepted = false;
        peer.inbox.clear();
        peer.inbox.push_back(Input::Disconnected);
        self.holders.remove(&index);
    }

    pub(crate) fn come_back(&mut self, index: usize) {
        self.peers[index].is_online = true;
        self.enter(index);
        self.settle();
    }

    /// The server starts afresh: everyone is cut off and nothing is known any more.
    pub(crate) fn restart(&mut self) {
        for index in 0..self.peers.len() {
            self.drop_connection(index);
        }
        self.settle();
        self.run = RunId::from_bytes([self.run.as_bytes()[0] + 1; 16]);
        self.sequence = 0;
        self.ring.clear();
        self.epoch = None;
        self.holders.clear();
    }

    pub(super) fn publish(
        &mut self,
        index: usize,
        n: EpochNumber,
        flags: PublishFlags,
        payload: Bytes,
    ) -> Result<Sequence, Refusal> {
        let was_accepted = std::mem::take(&mut self.peers[index].is_accepted);
        if flags.is_following() && !was_accepted {
            return Err(ErrorCode::OutOfTurn.into());
        }
        if self.epoch.as_ref().map(|epoch| epoch.n) != Some(n) {
            return Err(ErrorCode::StaleEpoch.into());
        }
        if self.now.at < self.next_message {
            self.too_fast += 1;
            let wait = self.next_message.saturating_sub(self.now.at).as_millis();
            let wait = u32::try_from(wait).expect("a short time");
            return Err(Refusal::retry_after(ErrorCode::RateLimited, wait));
        }
        self.peers[index].is_accepted = true;
        self.next_message = self.now.at + self.message_every;
        let deliver = self.next_deliver(index, payload);
        self.deliver_all(&deliver);
        Ok(deliver.sequence)
    }

    pub(crate) fn next_deliver(&mut self, index: usize, payload: Bytes) -> Deliver {
        self.sequence += 1;
        let me = &self.peers[index].me;
        Deliver {
            channel: channel(),
            sequence: Sequence::new(self.sequence),
            time: self.now.wall,
            flags: DeliverFlags::Unstored,
            sender: me.member,
            name: Name::try_from(me.name.as_str()).expect("a name"),
            payload,
        }
    }

    pub(crate) fn deliver_all(&mut self, deliver: &Deliver) {
        self.ring.push(deliver.clone());
        for index in 0..self.peers.len() {
            self.push(index, Input::Deliver(deliver.clone()));
        }
    }
}
