//! A talk in the room while others come, go and renew the key: who hears it, and how late.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use chat_client::{Conversations, conversation::Received, conversations::News};
use tokio::sync::watch;
use wire_format::{AccountId, RoomId, room::RoomContent};

/// A talk: numbers, one after each [`EVERY`].
#[derive(Debug, Default)]
pub(super) struct Talk {
    began: OnceLock<Instant>,
    state: Mutex<TalkState>,
}

/// What came of a talk.
#[derive(Clone, Debug, Default)]
pub(super) struct TalkState {
    /// Numbers that were said.
    pub(super) said: u32,
    /// How long each took that was heard, from when it was due.
    pub(super) taken: Vec<Duration>,
    /// Heard again, or behind a later one.
    pub(super) disordered: u64,
    last: Option<u32>,
}

impl Talk {
    /// What came of it so far.
    pub(super) fn state(&self) -> TalkState {
        self.lock().clone()
    }

    /// It begins, unless it has.
    pub(super) fn begins(&self) {
        self.began.get_or_init(Instant::now);
    }

    /// What is said next, and when it is due; nothing before it begins.
    pub(super) fn next(&self) -> Option<(u32, Instant)> {
        let number = self.lock().said;
        Some((number, self.due(number)?))
    }

    /// A number was said.
    pub(super) fn said(&self, number: u32) {
        self.lock().said = number + 1;
    }

    fn due(&self, number: u32) -> Option<Instant> {
        Some(*self.began.get()? + EVERY * number)
    }

    fn hears(&self, text: &str) {
        let now = Instant::now();
        let number = text.parse().ok();
        let Some((number, due)) = number.and_then(|number| Some((number, self.due(number)?)))
        else {
            return;
        };
        let mut state = self.lock();
        if state.last.is_some_and(|last| last >= number) {
            state.disordered += 1;
            return;
        }
        state.last = Some(number);
        state.taken.push(now.saturating_duration_since(due));
    }

    fn lock(&self) -> MutexGuard<'_, TalkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest epoch whose key a member has.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Its number.
    pub(super) n: u64,
    /// Who is in the room then.
    pub(super) members: BTreeSet<AccountId>,
    /// Since when it has the key.
    pub(super) at: Instant,
}

/// Where a listener notes it.
pub(super) struct Ear {
    seen: watch::Sender<Option<Seen>>,
    talk: Arc<Talk>,
}

impl Ear {
    /// An ear for a talk, and what it has seen.
    pub(super) fn of(talk: Arc<Talk>) -> (Self, watch::Receiver<Option<Seen>>) {
        let (seen, sees) = watch::channel(None);
        (Self { seen, talk }, sees)
    }

    /// Notes what came, and the newest epoch if its key is there.
    pub(super) fn notes(&self, conversations: &Conversations, room: RoomId, news: &[News]) {
        for each in news {
            if let News::Received {
                received: Received::Message(message),
                ..
            } = each
                && let RoomContent::Text(text) = &message.content
            {
                self.talk.hears(&text.text);
            }
        }
        let Some(conversation) = conversations.conversation(room) else {
            return;
        };
        let n = conversation.chain().head().n().value();
        let is_known = self.seen.borrow().as_ref().is_some_and(|seen| seen.n == n);
        if is_known || !conversation.is_keyed() {
            return;
        }
        let members = conversation.record().members();
        self.seen.send_replace(Some(Seen {
            n,
            members: members.map(|(account, _)| account).collect(),
            at: Instant::now(),
        }));
    }
}

/// From one number to the next.
const EVERY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talk_counts_what_is_heard_once_and_in_order() {
        let talk = Talk::default();
        talk.hears("0");
        assert!(talk.state().taken.is_empty(), "nobody talks yet");
        talk.begins();
        for text in ["0", "2", "1", "2", "none"] {
            talk.hears(text);
        }
        let state = talk.state();
        assert_eq!((state.taken.len(), state.disordered), (2, 2));
    }
}
