//! One conversation as it is seen: what was said, in its order, what became of it, and what needs an eye.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chat_client::conversations::Place;
use wire_format::{AccountId, EnvelopeHash, MessageId, Millis, Sequence};

use crate::account::chat::{composer::Composer, shown::Shown};

/// What kind of conversation it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::account::chat) enum Kind {
    Direct,
    Group,
    /// A stranger began it.
    Request,
}

/// A conversation at a glance.
#[derive(Clone)]
pub(in crate::account::chat) struct Glance {
    pub(in crate::account::chat) at: Place,
    pub(in crate::account::chat) name: Shown,
    pub(in crate::account::chat) kind: Kind,
    pub(in crate::account::chat) is_stopped: bool,
    /// Up to where it was read, on any device.
    pub(in crate::account::chat) mark: Sequence,
}

/// Something that stands at a place of the conversation.
#[derive(Clone)]
pub(in crate::account::chat) struct Row {
    /// 0 for what has none of its own.
    pub(in crate::account::chat) sequence: Sequence,
    /// That one; that of what stood last, for what has none.
    pub(in crate::account::chat) place: Sequence,
    /// `None` for what came without one.
    pub(in crate::account::chat) time: Option<Millis>,
    pub(in crate::account::chat) what: What,
}

impl Row {
    /// Something at its place; 0 where it has none: it comes behind what stands there by then.
    pub(in crate::account::chat) fn new(
        sequence: Sequence,
        time: Option<Millis>,
        what: What,
    ) -> Self {
        Self {
            sequence,
            place: sequence,
            time,
            what,
        }
    }
}

/// A message, as others name it: accounts can draw the same id, or take it, and what is not stored has
/// no place of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::account::chat) struct Which {
    pub(in crate::account::chat) message: MessageId,
    pub(in crate::account::chat) hash: EnvelopeHash,
}

/// What stands there.
#[derive(Clone)]
pub(in crate::account::chat) enum What {
    Said(Box<Said>),
    /// Something happened.
    Note(Shown),
    /// A message is not shown, or an alarm: what it is, and the next step.
    Named {
        what: Shown,
        next: Shown,
    },
}

/// A message, and what became of it.
#[derive(Clone)]
pub(in crate::account::chat) struct Said {
    pub(in crate::account::chat) name: Shown,
    pub(in crate::account::chat) is_own: bool,
    pub(in crate::account::chat) which: Which,
    /// As it was sent, for its author to edit.
    pub(in crate::account::chat) text: String,
    /// Whether it can be edited: a text, and no file.
    pub(in crate::account::chat) is_text: bool,
    /// The message that it answers, if that is here.
    pub(in crate::account::chat) answers: Option<Which>,
    /// What is to be known of it beside the text.
    pub(in crate::account::chat) flags: Vec<Shown>,
    /// Of the newest edit; 0 before the first.
    pub(in crate::account::chat) revision: u32,
    /// Who deleted it.
    pub(in crate::account::chat) deleted: Option<Shown>,
    pub(in crate::account::chat) reactions: BTreeMap<Shown, BTreeSet<AccountId>>,
}

/// A message that is on its way, or was not sent.
#[derive(Clone)]
pub(in crate::account::chat) struct Pending {
    pub(in crate::account::chat) message: MessageId,
    pub(in crate::account::chat) text: Shown,
    /// Why it was not sent, and the next step.
    pub(in crate::account::chat) failed: Option<(Shown, Shown)>,
}

/// What the keys, numbers and alarms of a conversation come to.
#[derive(Clone, Default)]
pub(in crate::account::chat) struct Trust {
    /// Those that were looked at: not everybody, where there are many.
    pub(in crate::account::chat) people: Vec<Believed>,
    /// How many members there are beside this account, looked at or not.
    pub(in crate::account::chat) others: usize,
    /// The key's number, and the room number: 60 digits.
    pub(in crate::account::chat) known: Option<(Shown, Shown)>,
    /// Two histories were shown: the numbers of both, and what to do.
    pub(in crate::account::chat) fork: Vec<Shown>,
}

/// Somebody in a conversation, and how far they can be believed to be who they are.
#[derive(Clone)]
pub(in crate::account::chat) struct Believed {
    pub(in crate::account::chat) name: Shown,
    /// What means them in a command.
    pub(in crate::account::chat) typed: Shown,
    pub(in crate::account::chat) role: &'static str,
    pub(in crate::account::chat) belief: Belief,
    /// 60 digits, where there is one.
    pub(in crate::account::chat) safety_number: Option<Shown>,
}

/// How somebody's keys stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::account::chat) enum Belief {
    Own,
    Verified,
    /// Pinned at first contact, and not compared.
    Seen,
    /// New, and the old ones did not sign them.
    Reset,
    /// Others than those that were seen, or none: the server cannot be believed.
    Unknown,
    /// The account was deleted, by the server's word: nothing can be sealed for it.
    Gone,
}

/// A conversation that is seen, or one channel of a room.
pub(in crate::account::chat) struct Room {
    pub(in crate::account::chat) id: Place,
    pub(in crate::account::chat) name: Shown,
    pub(in crate::account::chat) kind: Kind,
    pub(in crate::account::chat) is_stopped: bool,
    pub(in crate::account::chat) mark: Sequence,
    /// By their places; at most [`MOST_ROWS`].
    pub(in crate::account::chat) rows: VecDeque<Row>,
    pub(in crate::account::chat) pending: Vec<Pending>,
    pub(in crate::account::chat) alarms: Alarms,
    pub(in crate::account::chat) trust: Trust,
    pub(in crate::account::chat) composer: Composer,
    /// Lines between the newest one and the bottom of the screen.
    pub(in crate::account::chat) scrolled: usize,
    /// What stood at the bottom when it was last drawn, so that what is new does not move it.
    pub(in crate::account::chat) anchor: Option<Anchor>,
    /// The message that something is to be done with.
    pub(in crate::account::chat) chosen: Option<Which>,
}

/// A line of the timeline.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::account::chat) struct Anchor {
    /// The row that it is of, counted from the oldest.
    pub(in crate::account::chat) row: usize,
    /// Lines of that row below it.
    pub(in crate::account::chat) lines: usize,
    /// Lines of the timeline below it, when it was drawn.
    pub(in crate::account::chat) scrolled: usize,
}

impl Room {
    pub(in crate::account::chat) fn new(id: Place) -> Self {
        Self {
            id,
            name: Shown::line(&id.room.to_string()),
            kind: Kind::Group,
            is_stopped: false,
            mark: Sequence::default(),
            rows: VecDeque::new(),
            pending: Vec::new(),
            alarms: Alarms::default(),
            trust: Trust::default(),
            composer: Composer::default(),
            scrolled: 0,
            anchor: None,
            chosen: None,
        }
    }

    /// Messages of others that no device has read.
    pub(in crate::account::chat) fn unread(&self) -> usize {
        let newer = self.rows.iter().rev();
        let newer = newer.take_while(|row| row.place > self.mark);
        newer
            .filter(|row| matches!(&row.what, What::Said(said) if !said.is_own))
            .count()
    }

    /// The newest message that has a place.
    pub(in crate::account::chat) fn newest(&self) -> Option<(Sequence, MessageId)> {
        let mut rows = self.rows.iter().rev();
        rows.find_map(|row| match &row.what {
            What::Said(said) if row.sequence.value() > 0 => {
                Some((row.sequence, said.which.message))
            }
            _ => None,
        })
    }

    /// Puts something in its place; what stood there and could not be read goes, and so does the oldest
    /// where there is too much.
    pub(in crate::account::chat) fn put(&mut self, mut row: Row) {
        if let What::Said(said) = &row.what {
            let message = said.which.message;
            self.pending.retain(|pending| pending.message != message);
        }
        if row.sequence.value() == 0 {
            row.place = self.rows.back().map_or(row.place, |last| last.place);
        }
        let begin = self.rows.partition_point(|other| other.place < row.place);
        let end = self.rows.partition_point(|other| other.place <= row.place);
        let is_replaced = |other: &Row| {
            row.sequence.value() > 0
                && other.sequence == row.sequence
                && matches!(other.what, What::Named { .. })
        };
        let mut there = self.rows.range(begin..end);
        match there.position(is_replaced) {
            Some(at) => self.rows[begin + at] = row,
            None => {
                self.rows.insert(end, row);
                self.hold(|anchored| anchored + usize::from(end <= anchored));
            }
        }
        if self.rows.len() > MOST_ROWS {
            self.rows.pop_front();
            self.hold(|anchored| anchored.saturating_sub(1));
        }
    }

    /// Keeps the anchor at its row, which stands elsewhere now.
    fn hold(&mut self, moved: impl FnOnce(usize) -> usize) {
        if let Some(anchor) = &mut self.anchor {
            anchor.row = moved(anchor.row);
        }
    }

    /// Forgets what stood there: its places were those of another run.
    pub(in crate::account::chat) fn begin_anew(&mut self) {
        self.rows.clear();
        self.mark = Sequence::default();
        (self.chosen, self.scrolled, self.anchor) = (None, 0, None);
    }

    /// Forgets what came before a time, as the room's policy says.
    pub(in crate::account::chat) fn forget(&mut self, before: Millis) {
        let many = self.rows.len();
        self.rows
            .retain(|row| row.time.is_none_or(|time| time >= before));
        let gone = many - self.rows.len();
        self.hold(|anchored| anchored.saturating_sub(gone));
        self.chosen = self.chosen.filter(|&which| self.said(which).is_some());
    }

    /// A message.
    pub(in crate::account::chat) fn said(&self, which: Which) -> Option<&Said> {
        // What is named is more often new than old.
        self.rows.iter().rev().find_map(|row| match &row.what {
            What::Said(said) if said.which == which => Some(&**said),
            _ => None,
        })
    }

    pub(in crate::account::chat) fn said_mut(&mut self, which: Which) -> Option<&mut Said> {
        self.rows
            .iter_mut()
            .rev()
            .find_map(|row| match &mut row.what {
                What::Said(said) if said.which == which => Some(&mut **said),
                _ => None,
            })
    }

    /// Chooses the message before or behind the chosen one; none behind the newest.
    pub(in crate::account::chat) fn choose(&mut self, older: bool) {
        let mut said = self.rows.iter().filter_map(|row| match &row.what {
            What::Said(said) if said.deleted.is_none() => Some(said.which),
            _ => None,
        });
        self.chosen = match (self.chosen, older) {
            (None, true) => said.next_back(),
            (None, false) => None,
            (Some(chosen), true) => {
                let mut older = said.rev().skip_while(|&which| which != chosen);
                older.nth(1).or(Some(chosen))
            }
            (Some(chosen), false) => said.skip_while(|&which| which != chosen).nth(1),
        };
    }
}

/// Alarms, each of them once, with the next step; at most [`MOST_ALARMS`].
#[derive(Default)]
pub(in crate::account::chat) struct Alarms(Vec<(Shown, Shown)>);

impl Alarms {
    /// Notes one. The first of them stay: nobody can push them out by raising more.
    pub(in crate::account::chat) fn note(&mut self, what: Shown, next: Shown) {
        let alarm = (what, next);
        if self.0.len() < MOST_ALARMS && !self.0.contains(&alarm) {
            self.0.push(alarm);
        }
    }
}

impl std::ops::Deref for Alarms {
    type Target = [(Shown, Shown)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Rows of a conversation that are kept: ten times what is read of it at first, so that a day of talk is
/// there to be scrolled through; longest messages take some 30 MB of memory then.
pub(in crate::account::chat) const MOST_ROWS: usize = 2_000;
/// Alarms that are listed: more than anybody reads, and each has a line in the conversation anyway.
pub(in crate::account::chat) const MOST_ALARMS: usize = 100;
