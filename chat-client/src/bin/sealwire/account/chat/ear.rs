//! What happens, as it is seen.

use std::{cell::RefCell, collections::BTreeSet};

use chat_client::{
    Conversations,
    conversation::{Alarm, Effect, Erasure, Message, Received, Unreadable},
    conversations::{News, Place},
};
use tokio::sync::Notify;
use wire_format::{
    AccountId, EnvelopeHash, MessageId, Millis, RoomId, Sequence, room::RoomContent,
};

use super::{
    model::{Change, Model, Row, Said, Update, What, Which},
    shown::Shown,
};
use crate::{
    account::{reader::Ear, talker::Talker, told},
    exit::Failure,
};

/// The model, between whoever draws it and whoever has the connection: both run in one task, and
/// neither holds it while it waits.
pub(super) struct Desk {
    model: RefCell<Model>,
    pub(super) changed: Notify,
}

impl Desk {
    pub(super) fn of(model: Model) -> Self {
        Self {
            model: RefCell::new(model),
            changed: Notify::new(),
        }
    }

    /// Does something with the model.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Model) -> T) -> T {
        work(&mut self.model.borrow_mut())
    }

    /// Takes what is new, and has it drawn.
    pub(super) fn take(&self, update: Update) {
        self.with(|model| model.take(update));
        self.changed.notify_one();
    }
}

/// Puts what happens into the model.
pub(super) struct Listener<'a> {
    desk: &'a Desk,
    /// Conversations that are to be looked at anew.
    touched: BTreeSet<RoomId>,
    /// Whose keys are others than when they were looked at.
    changed: BTreeSet<AccountId>,
}

impl<'a> Listener<'a> {
    pub(super) fn of(desk: &'a Desk) -> Self {
        Self {
            desk,
            touched: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }

    /// Conversations that are to be looked at anew, since this was last asked.
    pub(super) fn take_touched(&mut self) -> BTreeSet<RoomId> {
        std::mem::take(&mut self.touched)
    }

    /// Whose keys are to be looked at anew, since this was last asked.
    pub(super) fn take_changed(&mut self) -> BTreeSet<AccountId> {
        std::mem::take(&mut self.changed)
    }

    /// Has a conversation looked at anew.
    pub(super) fn touch(&mut self, room: RoomId) {
        self.touched.insert(room);
    }

    fn received(&mut self, at: Place, received: &Received, of: &Conversations) {
        match received {
            Received::Message(message) => self.message(at, message, of),
            Received::Committed(committed) => {
                self.touched.insert(at.room);
                let words = told::committed_words(committed, of);
                self.note(at, committed.sequence, committed.time, &words);
            }
            Received::Erased(erasure) => self.erased(at, erasure),
            Received::Known => {}
            Received::Unreadable(unreadable) => self.unreadable(at, unreadable),
        }
    }

    fn message(&mut self, at: Place, message: &Message, of: &Conversations) {
        let by = told::name(message.sender, of);
        let changed = |of, change| Update::Changed { at, of, change };
        let update = match (&message.content, message.effect) {
            (RoomContent::Edit(edit), Effect::Holds(_)) => {
                let of = which(edit.message, edit.hash);
                let (text, revision) = (edit.text.clone(), edit.revision);
                changed(of, Change::Edited { text, revision })
            }
            (RoomContent::Tombstone(tombstone), Effect::Holds(_)) => {
                let of = which(tombstone.message, tombstone.hash);
                changed(of, Change::Deleted(Shown::line(&by)))
            }
            (RoomContent::Reaction(reaction), Effect::Holds(_)) => {
                let of = which(reaction.message, reaction.hash);
                let (by, sign) = (message.sender, Shown::line(&reaction.emoji));
                let on = reaction.on;
                changed(of, Change::Reacted { by, sign, on })
            }
            _ => match said(message, of) {
                Some(said) => Update::Row(
                    at,
                    Row::new(
                        message.sequence,
                        Some(message.time),
                        What::Said(Box::new(said)),
                    ),
                ),
                None => return,
            },
        };
        if message.is_own {
            self.desk.take(Update::Sent(message.message));
        }
        self.desk.take(update);
    }

    fn erased(&mut self, at: Place, erasure: &Erasure) {
        let words = told::erased_words(erasure);
        self.note(at, erasure.sequence, erasure.time, &words);
    }

    fn unreadable(&mut self, at: Place, unreadable: &Unreadable) {
        let named = What::Named {
            what: Shown::told(&told::unreadable_words(unreadable)),
            next: here(&told::next_for(unreadable, at), at.room),
        };
        let row = Row::new(unreadable.sequence, Some(unreadable.time), named);
        self.desk.take(Update::Row(at, row));
    }

    fn note(&mut self, at: Place, sequence: Sequence, time: Millis, words: &str) {
        let row = Row::new(sequence, Some(time), What::Note(Shown::told(words)));
        self.desk.take(Update::Row(at, row));
    }

    /// Looks anew at somebody's keys, and at every conversation that they are in.
    fn touch_all_with(&mut self, account: AccountId, of: &Conversations) {
        self.changed.insert(account);
        let rooms = self.desk.with(|model| {
            let rooms = model.rooms.iter().map(|room| room.id.room);
            rooms.collect::<BTreeSet<RoomId>>()
        });
        let with = rooms.into_iter().filter(|&room| {
            of.conversation(room)
                .is_some_and(|conversation| conversation.record().member(account).is_some())
        });
        self.touched.extend(with);
    }
}

impl Ear for Listener<'_> {
    fn hear(&mut self, news: &News, talker: &Talker) -> Result<(), Failure> {
        let of = &talker.conversations;
        match news {
            News::Received {
                room,
                channel,
                received,
            } => {
                let (room, channel) = (*room, *channel);
                self.received(Place { room, channel }, received, of);
            }
            News::Alarm { room, alarm } => {
                self.touched.extend(room);
                if let Alarm::Swapped { account, .. } = alarm {
                    self.touch_all_with(*account, of);
                }
                let next = told::next_of(*alarm, *room);
                self.desk.take(Update::Alarm {
                    room: *room,
                    what: Shown::line(&format!("ALARM: {alarm}")),
                    next: room.map_or_else(|| in_chat(&next), |room| here(&next, room)),
                });
            }
            News::Added { room, .. } => {
                self.touched.insert(*room);
            }
            News::Removed(room) => self.desk.take(Update::Gone(*room)),
            News::Renamed(room) | News::ChannelChanged { room, .. } => {
                self.touched.insert(*room);
            }
            News::Forgot { room, before } => self.desk.take(Update::Forgot(*room, *before)),
            News::Presence { .. } => {}
            news => {
                if let News::KeysChanged { account, .. } = news {
                    self.touch_all_with(*account, of);
                }
                if let Some(line) = told::line(news, of) {
                    self.desk.take(Update::Notice(in_chat(&line)));
                }
            }
        }
        Ok(())
    }

    fn forgets(&mut self, room: RoomId, before: Millis) {
        self.desk.take(Update::Forgot(room, before));
    }

    fn begins_anew(&mut self, at: Place) {
        self.desk.take(Update::Anew(at));
    }

    fn reads_at_once(&self) -> bool {
        false
    }
}

const fn which(message: MessageId, hash: EnvelopeHash) -> Which {
    Which { message, hash }
}

/// A message that stands by itself.
fn said(message: &Message, of: &Conversations) -> Option<Said> {
    let mut flags = told::flags(message);
    if let Effect::Ignored(fault) = message.effect {
        flags.push(format!("ignored: {fault}"));
    }
    let answers = match (&message.content, message.effect) {
        (RoomContent::Reply(reply), Effect::Holds(_)) => Some(which(reply.message, reply.hash)),
        _ => None,
    };
    let (text, is_text) = match &message.content {
        RoomContent::Text(text) => (text.text.clone(), true),
        RoomContent::Reply(reply) => (reply.text.clone(), true),
        content => (told::words(content)?, false),
    };
    Some(Said {
        name: Shown::line(&told::name(message.sender, of)),
        is_own: message.is_own,
        which: which(message.message, message.hash),
        text,
        is_text,
        answers,
        flags: flags.iter().map(|flag| Shown::line(flag)).collect(),
        revision: 0,
        deleted: None,
        reactions: std::collections::BTreeMap::new(),
    })
}

/// A next step, as it is taken in here: by a command that is typed where one writes.
pub(super) fn in_chat(next: &str) -> Shown {
    let typed = next
        .replace("sealwire group ", "/")
        .replace("sealwire rooms ", "/rooms ")
        .replace("sealwire keys ", "/keys ")
        .replace("sealwire fingerprint ", "/fingerprint ")
        .replace("sealwire send ", "/open ");
    Shown::told(&typed)
}

/// The same, about the conversation in which it stands. What is read by another command is so when
/// this one has ended.
fn here(next: &str, room: RoomId) -> Shown {
    match next.split_once("sealwire listen ") {
        Some((before, listen)) => {
            let before = before.replace(&room.to_string(), ".");
            in_chat(&format!(
                "{before}sealwire listen {listen} (not while this runs)"
            ))
        }
        None => in_chat(&next.replace(&room.to_string(), ".")),
    }
}
