//! From a page to the chat-server: the one path of commands and messages, whichever way they came.

mod carry;
mod relay;
pub(crate) mod turns;
pub(crate) mod way;

use bytes::Bytes;
use serde::Serialize;
use wire_format::{
    ClearMessage, Content, EpochNumber, ErrorCode, FrameError, Publish, PublishFlags, Refusal,
    ReplyFrame, Sequence,
    command::{Command, Done, rooms},
    limits::{CONTENT_BYTES, TEXT_BYTES},
};

use self::way::Way;
use super::{Session, downlink::Asker, who::Who};

/// What became of a request of a page.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To be given to the one who asked.
    Reply(ReplyFrame),
    /// Given to a stream already, in order with the frames around it; to a POST it is the answer.
    Given(ReplyFrame),
}

impl Session {
    /// Carries out a command.
    ///
    /// A dropped future may have carried it out; an enter then goes without its reply.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) async fn carry_out(
        &self,
        command: Command,
        tail: Bytes,
        asker: Asker,
    ) -> Result<Answer, Refusal> {
        if command.moves_chunk() {
            self.limits.chunk()?;
        } else if !is_farewell(&command, &tail) {
            self.limits.command()?;
        }
        let request = asker.request();
        match Way::of(command.contract()) {
            Way::Own => {}
            Way::PassedOn if matches!(command, Command::FollowRoom(_)) => {
                return self.follow(command, tail, asker).await;
            }
            Way::PassedOn => {
                let reply = self.carry(command, tail, request).await?;
                return Ok(Answer::Reply(reply));
            }
            Way::SignIn => return Err(ErrorCode::AlreadySignedIn.into()),
            Way::Refused => return Err(ErrorCode::NotAllowed.into()),
        }
        if !tail.is_empty() {
            return Err(ErrorCode::Malformed.into());
        }
        Ok(match command {
            Command::EnterRoom(enter) => self.enter(&enter, asker).await?,
            Command::ExitRoom(exit) => {
                self.link.exit(exit.room).await?;
                self.downlink.left(exit.room);
                ok(request, &Done {})
            }
            Command::OpenRoom(open) => ok(request, &self.link.open(&open.room).await?),
            Command::ListRooms(_) => ok(request, &self.link.list().await?),
            Command::ListMembers(rooms::Members { room, after }) => {
                ok(request, &self.link.members(room, after).await?)
            }
            Command::Logout(_) => Answer::Given(match self.sign_out(Some(asker)).await {
                Ok(()) => ReplyFrame::ok(request, &Done {}, Bytes::new()),
                Err(refusal) => ReplyFrame::refused(request, &refusal),
            }),
            _ => return Err(ErrorCode::NotAllowed.into()),
        })
    }

    /// Passes `rooms.follow` on: what is delivered from then on comes behind its reply.
    async fn follow(&self, command: Command, tail: Bytes, asker: Asker) -> Result<Answer, Refusal> {
        let hold = self.downlink.hold();
        let reply = self.carry(command, tail, asker.request()).await?;
        hold.followed(asker, &reply);
        Ok(Answer::Given(reply))
    }

    async fn enter(&self, enter: &rooms::Enter, asker: Asker) -> Result<Answer, Refusal> {
        let hold = self.downlink.hold();
        let entered = self.link.enter(&enter.room).await?;
        let reply = hold.entered(asker, enter.resume.as_ref(), entered);
        Ok(Answer::Given(reply))
    }

    /// Seals a message and sends it; what an account has sealed for an end-to-end room goes as it
    /// is.
    ///
    /// A dropped future may have sent it; the same message id makes a repetition harmless.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) async fn publish(&self, publish: Publish) -> Result<ReplyFrame, Refusal> {
        let request = publish.request;
        let is_account = matches!(self.who, Who::Account(_));
        let sequence = if is_account && relay::is_sealed(&publish.payload) {
            self.relay(publish).await?
        } else {
            self.seal(publish).await?
        };
        let published = Published { sequence };
        Ok(ReplyFrame::ok(request, &published, Bytes::new()))
    }

    async fn seal(&self, publish: Publish) -> Result<Sequence, Refusal> {
        self.limits.message()?;
        if self.downlink.challenge().is_some() {
            return Err(ErrorCode::KeysUnproven.into());
        }
        let channel = publish.channel;
        let message = clear_message(publish)?;
        let sequence = self.link.publish(channel, message).await?;
        self.common.figures.sealed();
        Ok(sequence)
    }
}

/// The `ok` fields of a publish's reply.
#[derive(Serialize)]
struct Published {
    sequence: Sequence,
}

/// Reads a publish frame of a page (docs/protocol.md#11-the-browsers-tier).
///
/// # Errors
/// `malformed`, `too_large`.
fn clear_message(publish: Publish) -> Result<ClearMessage, Refusal> {
    let is_clear = publish.epoch == EpochNumber::new(0) && publish.flags == PublishFlags::UNSTORED;
    let message = ClearMessage::parse(publish.payload)
        .ok()
        .filter(|_| is_clear)
        .ok_or(ErrorCode::Malformed)?;
    // One byte of the padded content marks its end.
    if message.content.len() >= CONTENT_BYTES {
        return Err(ErrorCode::TooLarge.into());
    }
    match Content::parse(&message.content) {
        Ok(Content::Text(_)) => Ok(message),
        // Content that is too long as a text is also longer than that as JSON.
        Err(_) if message.content.len() > TEXT_BYTES => Err(ErrorCode::TooLarge.into()),
        // Receivers would show what this version does not know as sent by a newer one.
        _ => Err(ErrorCode::Malformed.into()),
    }
}

/// Whether it is a sign-out, which need not wait for the rate; one with a tail is no command at all.
const fn is_farewell(command: &Command, tail: &Bytes) -> bool {
    matches!(command, Command::Logout(_)) && tail.is_empty()
}

fn ok(request: u32, fields: &impl Serialize) -> Answer {
    Answer::Reply(ReplyFrame::ok(request, fields, Bytes::new()))
}

/// The body of a `POST /api/publish`, which is that of a publish frame.
///
/// # Errors
/// `malformed`.
pub(crate) fn publish_of_body(body: Bytes) -> Result<Publish, Refusal> {
    Publish::parse(body).map_err(|_: FrameError| ErrorCode::Malformed.into())
}

#[cfg(test)]
mod tests {
    use wire_format::{ChannelId, MessageId};

    use super::*;

    fn publish(content: impl Into<Bytes>) -> Publish {
        let clear = ClearMessage {
            message: MessageId::from_bytes([7; 16]),
            content: content.into(),
        };
        Publish {
            request: 1,
            channel: ChannelId::from_bytes([1; 16]),
            epoch: EpochNumber::new(0),
            flags: PublishFlags::UNSTORED,
            payload: clear.encode(),
        }
    }

    fn code(publish: Publish) -> Option<ErrorCode> {
        clear_message(publish).err().map(|refusal| refusal.code)
    }

    fn text(bytes: usize) -> String {
        format!("{{\"type\":\"text\",\"text\":\"{}\"}}", "a".repeat(bytes))
    }

    #[test]
    fn a_text_passes_up_to_its_limit() {
        assert_eq!(code(publish(text(1))), None);
        assert_eq!(code(publish(text(TEXT_BYTES))), None);
        assert_eq!(
            code(publish(text(TEXT_BYTES + 1))),
            Some(ErrorCode::TooLarge)
        );
        assert_eq!(
            code(publish(text(CONTENT_BYTES))),
            Some(ErrorCode::TooLarge)
        );
        assert_eq!(code(publish(text(0))), Some(ErrorCode::Malformed));
    }

    #[test]
    fn what_is_no_text_is_malformed() {
        for bad in [
            "",
            "12:30",
            "{}",
            "{\"type\":\"file\"}",
            "{\"type\":\"text\"}",
            "{\"type\":\"text\",\"text\":5}",
        ] {
            assert_eq!(code(publish(bad)), Some(ErrorCode::Malformed), "{bad}");
        }
        let invalid = Bytes::from_static(b"{\"type\":\"text\",\"text\":\"\xff\"}");
        assert_eq!(code(publish(invalid)), Some(ErrorCode::Malformed));
    }

    #[test]
    fn a_page_does_not_choose_epochs_or_flags() {
        let mut sealed = publish(text(1));
        sealed.epoch = EpochNumber::new(1);
        assert_eq!(code(sealed), Some(ErrorCode::Malformed));
        let mut stored = publish(text(1));
        stored.flags = PublishFlags::STORED;
        assert_eq!(code(stored), Some(ErrorCode::Malformed));
        let mut other = publish(text(1));
        other.payload = Bytes::from_static(b"\x01\x05");
        assert_eq!(code(other), Some(ErrorCode::Malformed));
    }
}
