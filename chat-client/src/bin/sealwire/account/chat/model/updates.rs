//! What news do to what is seen.

use std::collections::{BTreeMap, BTreeSet};

use chat_client::conversations::Place;
use wire_format::{AccountId, MessageId, Millis, RoomId, Sequence};

use super::{Change, Front, Glance, Model, Purpose, Row, Said, Trust, Update, What};
use crate::account::chat::shown::Shown;

impl Model {
    /// Takes what is new.
    pub(in crate::account::chat) fn take(&mut self, update: Update) {
        match update {
            Update::Row(at, row) => self.of(at).put(row),
            Update::Anew(at) => self.anew(at),
            Update::Forgot(room, before) => self.forgot(room, before),
            Update::Alarm { room, what, next } => self.alarm(room, what, next),
            Update::Room(glance) => self.glance(glance),
            Update::Gone(id) => self.gone(id),
            Update::Trust(room, trust) => self.trust(room, &trust),
            Update::Sent(message) => self.sent(message),
            Update::Unsent { message, why, next } => self.unsent(message, why, next),
            Update::Link(link) => self.link = link,
            Update::Notice(notice) => self.notice = Some(notice),
            Update::Page(lines) => self.put_in_front(Front::Page(lines)),
            Update::Open(at) => self.show(at),
            Update::Changed { at, of, change } => {
                if let Some(said) = self.of(at).said_mut(of) {
                    said.take(change);
                }
            }
        }
    }

    /// All channels of a room have the same members and keys.
    fn trust(&mut self, room: RoomId, trust: &Trust) {
        self.of(room);
        for one in self.rooms.iter_mut().filter(|one| one.id.room == room) {
            one.trust = trust.clone();
        }
    }

    fn anew(&mut self, id: Place) {
        if self.open == Some(id) {
            self.purpose = Purpose::Message;
        }
        self.of(id).begin_anew();
    }

    fn forgot(&mut self, room: RoomId, before: Millis) {
        for one in self.rooms.iter_mut().filter(|one| one.id.room == room) {
            one.forget(before);
        }
    }

    fn alarm(&mut self, room: Option<RoomId>, what: Shown, next: Shown) {
        let Some(room) = room else {
            self.notice = Some(what.clone());
            self.alarms.note(what, next);
            return;
        };
        let room = self.of(room);
        let named = What::Named {
            what: what.clone(),
            next: next.clone(),
        };
        room.put(Row::new(Sequence::default(), None, named));
        room.alarms.note(what, next);
    }

    fn glance(&mut self, glance: Glance) {
        let room = self.of(glance.at);
        room.name = glance.name;
        room.kind = glance.kind;
        room.is_stopped = glance.is_stopped;
        room.mark = room.mark.max(glance.mark);
        if self.open.is_none() {
            self.show(glance.at);
        }
    }

    fn gone(&mut self, id: RoomId) {
        self.rooms.retain(|room| room.id.room != id);
        if self.open.is_some_and(|open| open.room == id) {
            self.open = None;
            self.purpose = Purpose::Message;
            if let Some(first) = self.rooms.first().map(|room| room.id) {
                self.show(first);
            }
        }
    }

    fn sent(&mut self, message: MessageId) {
        for room in &mut self.rooms {
            room.pending.retain(|pending| pending.message != message);
        }
    }

    /// What was not sent stands there with its cause.
    fn unsent(&mut self, message: MessageId, why: Shown, next: Shown) {
        let open = self.open;
        let mut is_seen = false;
        for room in &mut self.rooms {
            let pending = room.pending.iter_mut();
            for pending in pending.filter(|pending| pending.message == message) {
                pending.failed = Some((why.clone(), next.clone()));
                is_seen |= open == Some(room.id);
            }
        }
        if !is_seen {
            self.notice = Some(why);
        }
    }
}

impl Said {
    /// Somebody changed what it says, or put a sign on it.
    fn take(&mut self, change: Change) {
        match change {
            Change::Edited { text, revision } => (self.text, self.revision) = (text, revision),
            Change::Deleted(by) => {
                self.text.clear();
                self.deleted = Some(by);
                self.reactions.clear();
            }
            Change::Reacted { by, sign, on } => react(&mut self.reactions, by, sign, on),
        }
    }
}

fn react(
    reactions: &mut BTreeMap<Shown, BTreeSet<AccountId>>,
    by: AccountId,
    sign: Shown,
    on: bool,
) {
    if on {
        reactions.entry(sign).or_default().insert(by);
    } else if let Some(those) = reactions.get_mut(&sign) {
        those.remove(&by);
        if those.is_empty() {
            reactions.remove(&sign);
        }
    }
}
