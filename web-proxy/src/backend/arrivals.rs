//! What the client library tells becomes frames that are ready for pages.

use std::{fmt, time::Duration};

use bytes::Bytes;
use chat_client::{
    ConnectError, SessionEvent, SessionEvents,
    error::Ended,
    room::{Happened, Unreadable},
    session::{LostCause, SessionEnd},
};
use wire_format::{
    ChannelId, CloseCode, ErrorCode, Event, EventFrame, MemberId, RoomId, RunId, Sequence,
    ServerFrame,
};

use super::link::Rooms;

/// What the chat-server tells one session.
#[derive(Debug)]
pub(crate) struct Arrivals {
    events: SessionEvents,
    rooms: Rooms,
    me: MemberId,
}

/// Something for a page.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// The session is in a room, for the first time, again, or still.
    Entered {
        /// The room's channel.
        channel: ChannelId,
        /// Its run, in which what follows is counted.
        run: RunId,
    },
    /// The session is not in a room any more, and did not ask for it.
    Exited {
        /// The room.
        room: RoomId,
        /// This session.
        member: MemberId,
    },
    /// An opened message.
    Deliver(Delivery),
    /// The event in place of a message that cannot be shown.
    Unreadable(Delivery),
    /// Something that happened.
    Event(Event),
    /// Something of end-to-end rooms: the frame as the chat-server sent it, kind and body.
    Relayed(Bytes),
    /// The session is over; the last arrival.
    Ended(CloseCode),
}

impl Arrival {
    /// The size of its frame, in bytes; events are small.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Deliver(delivery) | Self::Unreadable(delivery) => delivery.frame.len(),
            Self::Relayed(frame) => frame.len(),
            Self::Entered { .. } | Self::Exited { .. } | Self::Event(_) | Self::Ended(_) => 0,
        }
    }
}

/// What stands in one place of a channel.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) channel: ChannelId,
    pub(crate) run: RunId,
    pub(crate) sequence: Sequence,
    /// The encoded frame, kind and body; shared by all sessions of the process where it can be.
    pub(crate) frame: Bytes,
}

/// Says where it stands, not what is in it.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({} {})", self.channel, self.sequence)
    }
}

impl Arrivals {
    pub(super) fn new(events: SessionEvents, rooms: Rooms, me: MemberId) -> Self {
        Self { events, rooms, me }
    }

    /// Waits for events, then gives everything there is, in order; `None` if it ended without a
    /// word. Safe to drop while waiting.
    pub(crate) async fn take(&mut self) -> Option<impl Iterator<Item = Arrival>> {
        let events = self.events.take().await?;
        Some(events.into_iter().filter_map(|event| self.arrival(event)))
    }

    fn arrival(&self, event: SessionEvent) -> Option<Arrival> {
        Some(match event {
            SessionEvent::Entered(entered) => Arrival::Entered {
                channel: entered.channel,
                run: entered.run,
            },
            SessionEvent::Room { room, happened } => self.happened(room, happened)?,
            SessionEvent::Exited { room, refusal } => {
                tracing::info!(%room, code = %refusal.code, "a room was not entered again");
                self.rooms.forget(room);
                let member = self.me;
                Arrival::Exited { room, member }
            }
            SessionEvent::Lost { retry_in, cause } => {
                tracing::debug!(member = %self.me, %cause, "the chat-server is lost");
                let retry_ms = millis(retry_in);
                Arrival::Event(Event::BackendLost { retry_ms })
            }
            SessionEvent::Back => Arrival::Event(Event::BackendBack {}),
            SessionEvent::Challenge(challenge) => {
                Arrival::Event(Event::SessionChallenge { challenge })
            }
            // Told when the streams are closed, however the session learned it.
            SessionEvent::Account(event) if *event == Event::SessionRevoked {} => return None,
            SessionEvent::Account(event) => Arrival::Event(*event),
            SessionEvent::Conversation { event, tail } => {
                let frame = ServerFrame::Event(EventFrame::new(&event, tail));
                Arrival::Relayed(frame.encode().message())
            }
            SessionEvent::Deliver(deliver) => {
                Arrival::Relayed(ServerFrame::Deliver(*deliver).encode().message())
            }
            SessionEvent::Ended(end) => Arrival::Ended(close_code_of(&end)),
        })
    }

    fn happened(&self, room: RoomId, happened: Happened) -> Option<Arrival> {
        Some(Arrival::Event(match happened {
            Happened::Message(message) => {
                return Some(Arrival::Deliver(Delivery {
                    channel: message.channel,
                    run: message.run,
                    sequence: message.sequence,
                    frame: message.page_frame().message(),
                }));
            }
            Happened::Unreadable(unreadable) => {
                return Some(Arrival::Unreadable(in_place(*unreadable)));
            }
            Happened::Missed(reason) => Event::ChannelMissed {
                channel: ChannelId::main_of(room),
                reason,
            },
            Happened::Joined(member) => Event::RoomJoined {
                room,
                member: *member,
            },
            Happened::Left { member, reason } => Event::RoomLeft {
                room,
                member,
                reason,
            },
            Happened::MemberChanged(member) => Event::MemberChanged { room, member },
            Happened::Keyed { n, reason } => Event::RoomKeyed { room, n, reason },
            Happened::Waiting { n, since } => Event::RoomWaiting { room, n, since },
            Happened::Alarm(alarm) => {
                tracing::warn!(%room, %alarm, "something that honest members do not do");
                return None;
            }
            // Answered to the one who sent it.
            Happened::Sent { .. } | Happened::Unsent { .. } => return None,
        }))
    }
}

/// The event that stands in place of a delivery.
fn in_place(unreadable: Unreadable) -> Delivery {
    let Unreadable {
        channel,
        run,
        sequence,
        sender,
        name,
        cause,
        fault,
        ..
    } = unreadable;
    if let Some(fault) = fault {
        tracing::warn!(%channel, %sequence, %sender, %fault, "a message was not opened");
    }
    let event = Event::MessageUnreadable {
        channel,
        sequence,
        sender,
        name: name.as_str().to_owned(),
        cause,
    };
    let frame = ServerFrame::Event(EventFrame::new(&event, Bytes::new()));
    Delivery {
        channel,
        run,
        sequence,
        frame: frame.encode().message(),
    }
}

fn close_code_of(end: &SessionEnd) -> CloseCode {
    match end {
        SessionEnd::Lost(LostCause::Ended(Ended::Closed(code))) => *code,
        SessionEnd::SignedOut => CloseCode::Done,
        // It ended while there was no connection.
        SessionEnd::Lost(LostCause::Connect(ConnectError::Refused { refusal, .. }))
            if refusal.code == ErrorCode::LoginFailed =>
        {
            CloseCode::Revoked
        }
        // The page signs in again under its name and keeps what is unsent.
        SessionEnd::Left | SessionEnd::Lost(_) | SessionEnd::Internal => CloseCode::Timeout,
    }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_comes_back_from_every_end_that_was_not_asked_for() {
        assert_eq!(close_code_of(&SessionEnd::SignedOut), CloseCode::Done);
        assert_eq!(close_code_of(&SessionEnd::Internal), CloseCode::Timeout);
        let lost = |ended| SessionEnd::Lost(LostCause::Ended(ended));
        assert_eq!(close_code_of(&lost(Ended::Here)), CloseCode::Timeout);
        let closed = lost(Ended::Closed(CloseCode::Replaced));
        assert_eq!(close_code_of(&closed), CloseCode::Replaced);
    }

    #[test]
    fn a_session_that_cannot_be_resumed_was_revoked() {
        let refused = |code: ErrorCode| {
            let refusal = code.into();
            let command = "auth.resume";
            SessionEnd::Lost(LostCause::Connect(ConnectError::Refused {
                command,
                refusal,
            }))
        };
        let code = |code| close_code_of(&refused(code));
        assert_eq!(code(ErrorCode::LoginFailed), CloseCode::Revoked);
        assert_eq!(code(ErrorCode::NameTaken), CloseCode::Timeout);
    }
}
