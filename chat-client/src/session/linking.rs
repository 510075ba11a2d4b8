//! Losing the connection and coming back.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use rand::RngExt;
use wire_format::{
    CloseCode, ErrorCode, Refusal, RoomId,
    command::rooms::{Enter, Open},
};

use super::{
    LostCause, SessionEnd, SessionEvent,
    driver::Driver,
    link::{Link, SignedInLink},
    requests::Pending,
    sign_in::sign_in,
};
use crate::{
    backoff::Backoff,
    clock::Now,
    error::{CallError, ConnectError, Ended},
    room::Input,
};

/// How the session stands with its connections.
#[derive(Default)]
pub(super) struct Losses {
    backoff: Backoff,
    /// Since when there is no connection, on the session's clock.
    since: Option<Duration>,
    /// How long the server asked to stay away before it stopped.
    asked_to_wait: Option<Duration>,
    /// Rooms that are still to be entered again before the session is back.
    entering: usize,
    is_coming_back: bool,
    /// Rooms to be entered again at a later time, since the server asked to wait.
    later: VecDeque<(Duration, RoomId)>,
}

impl Losses {
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.later.iter().map(|(at, _)| *at).min()
    }

    pub(super) fn asked_to_wait(&mut self, wait: Duration) {
        self.asked_to_wait = Some(wait);
    }
}

impl Driver {
    /// The connection is over.
    pub(super) async fn lost(&mut self, ended: Ended) -> Result<(), SessionEnd> {
        self.link = Link::Down;
        let now = self.clock.now();
        self.losses.later.clear();
        for (_, pending) in std::mem::take(&mut self.pending) {
            pending.fail(CallError::Ended(ended));
        }
        let rooms: Vec<RoomId> = self.rooms.iter().map(|room| room.id()).collect();
        for room in rooms {
            self.feed(room, Input::Disconnected).await?;
        }
        if ended.is_final() {
            return Err(SessionEnd::Lost(LostCause::Ended(ended)));
        }
        if self.losses.since.is_none() {
            self.losses.since = Some(now.at);
        }
        // Everyone was told the same time; nobody should come at it.
        let asked = self.losses.asked_to_wait.take();
        let asked = asked
            .unwrap_or_default()
            .mul_f64(rand::rng().random_range(1.0..1.5));
        let busy = matches!(ended, Ended::Closed(CloseCode::Busy | CloseCode::Flood));
        let least = if busy {
            Backoff::LAST / 4
        } else {
            Duration::ZERO
        };
        self.try_again(asked.max(least), LostCause::Ended(ended))
    }

    /// The attempt to connect is over.
    pub(super) fn connected(
        &mut self,
        outcome: Result<SignedInLink, ConnectError>,
    ) -> Result<(), SessionEnd> {
        let link = match outcome {
            Ok(link) => link,
            Err(error) if error.is_final() => {
                return Err(SessionEnd::Lost(LostCause::Connect(error)));
            }
            Err(error) => {
                let asked = error.retry_after_ms().unwrap_or_default();
                let asked = Duration::from_millis(asked.into());
                return self.try_again(asked, LostCause::Connect(error));
            }
        };
        self.link = link.link;
        self.identity = link.identity;
        self.losses.is_coming_back = true;
        match link.account {
            Some(account) => self.tell(SessionEvent::Challenge(account.challenge)),
            None => self.enter_all_again(),
        }
        Ok(())
    }

    /// Enters the rooms that the session was in, where it left off.
    pub(super) fn enter_all_again(&mut self) {
        let rooms: Vec<RoomId> = self.rooms.iter().map(|room| room.id()).collect();
        self.losses.entering = rooms.len();
        for room in rooms {
            self.enter_again(room);
        }
        self.tell_if_back();
    }

    fn try_again(&mut self, least: Duration, cause: LostCause) -> Result<(), SessionEnd> {
        let lost_for = self.losses.since.map_or(Duration::ZERO, |since| {
            self.clock.now().at.saturating_sub(since)
        });
        if self
            .settings
            .give_up_after
            .is_some_and(|most| lost_for >= most)
        {
            return Err(SessionEnd::Lost(cause));
        }
        let retry_in = self.losses.backoff.next(&mut rand::rng()).max(least);
        let settings = Arc::clone(&self.settings);
        let identity = Arc::clone(&self.identity);
        self.link = Link::Connecting(Box::pin(async move {
            tokio::time::sleep(retry_in).await;
            sign_in(&settings, Some(identity)).await
        }));
        self.tell(SessionEvent::Lost { retry_in, cause });
        Ok(())
    }

    /// Enters a room that the session was in, where it left off.
    pub(super) fn enter_again(&mut self, id: RoomId) {
        let Some(room) = self.room(id) else {
            return;
        };
        let resumed = room.resume();
        let enter = Enter {
            room: room.name().to_owned(),
            resume: resumed,
        };
        let pending = Pending::Again { room: id, resumed };
        self.post(&enter, Bytes::new(), pending);
    }

    /// Enters the rooms whose time has come.
    pub(super) fn enter_due(&mut self, now: Now) {
        let mut due = Vec::new();
        self.losses.later.retain(|(at, room)| {
            let waits = *at > now.at;
            if !waits {
                due.push(*room);
            }
            waits
        });
        for room in due {
            self.enter_again(room);
        }
    }

    /// A room that the session was in was refused.
    pub(super) fn again_refused(&mut self, room: RoomId, refusal: Refusal) {
        match refusal.code {
            ErrorCode::NoSuchRoom => {
                // The server has restarted and knows only the rooms that somebody opened since.
                let Some(name) = self.room(room).map(|room| room.name().to_owned()) else {
                    return;
                };
                let open = Open { room: name };
                self.post(&open, Bytes::new(), Pending::Reopen(room));
            }
            ErrorCode::RateLimited | ErrorCode::Busy | ErrorCode::Internal => {
                let wait = refusal.retry_after_ms.unwrap_or(1_000);
                let wait = Duration::from_millis(wait.into());
                // One after the other: all of them at once would be refused again but for one.
                let place = u32::try_from(self.losses.later.len()).unwrap_or(u32::MAX);
                let at = self.clock.now().at + wait.saturating_mul(place.saturating_add(1));
                self.losses.later.push_back((at, room));
            }
            _ => {
                self.forget(room);
                self.tell(SessionEvent::Exited { room, refusal });
                self.entered_one();
            }
        }
    }

    /// One room fewer is still to be entered.
    pub(super) fn entered_one(&mut self) {
        self.losses.entering = self.losses.entering.saturating_sub(1);
        self.tell_if_back();
    }

    fn tell_if_back(&mut self) {
        if self.losses.is_coming_back && self.losses.entering == 0 {
            self.losses.is_coming_back = false;
            self.losses.since = None;
            self.losses.backoff.reset();
            self.tell(SessionEvent::Back);
        }
    }
}
