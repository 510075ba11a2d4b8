//! One WebSocket: reading, sealing and writing side by side in one task.

use bytes::Bytes;
use futures_util::{
    Sink, SinkExt, StreamExt,
    stream::{FuturesUnordered, Stream as Source},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    pin,
    sync::mpsc,
    time::{Duration, Instant, interval_at, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message},
};
use wire_format::{
    ClientFrame, CloseCode, CommandFrame, ErrorCode, Publish, RawFrame, Refusal, ReplyFrame,
    ServerFrame,
    command::Command,
    limits::{PING_EVERY, SERVER_SILENCE},
};

use crate::{
    figures::Figures,
    session::{
        Session,
        downlink::{Asker, Stream},
        uplink::Answer,
    },
};

/// Talks until either side has had enough.
pub(super) async fn talk<S>(
    socket: WebSocketStream<S>,
    session: &Session,
    stream: &Stream,
    figures: &Figures,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sink, mut source) = socket.split();
    let page = Page {
        session,
        stream,
        figures,
    };
    {
        let (publishes, queue) = mpsc::channel(WAITING_PUBLISHES);
        let writing = write(&mut sink, stream);
        let working = page.work(&mut source, publishes, queue);
        pin!(writing, working);
        tokio::select! {
            () = &mut writing => {}
            code = &mut working => {
                stream.close(code);
                // A page that does not take its goodbye goes without.
                let _ = timeout(FAREWELL, writing).await;
            }
        }
    }
    let leaving = async {
        // A peer that is gone needs no closing handshake.
        let _ = sink.close().await;
        while let Some(Ok(_)) = source.next().await {}
    };
    let _ = timeout(FAREWELL, leaving).await;
}

/// Writes what is in the outbox, and a ping every 15 s, until the close frame was written or the
/// page takes nothing any more.
async fn write<K>(sink: &mut K, stream: &Stream)
where
    K: Sink<Message> + Unpin,
{
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        let frames = tokio::select! {
            frames = stream.outbox.take() => frames,
            _ = pings.tick() => Some([ping()].into()),
        };
        let Some(frames) = frames else {
            return;
        };
        let sending = async {
            for frame in frames {
                sink.feed(Message::Binary(frame)).await?;
            }
            sink.flush().await
        };
        let is_sent = tokio::select! {
            sent = timeout(TAKEN_WITHIN, sending) => matches!(sent, Ok(Ok(()))),
            () = stream.outbox.overdue() => false,
        };
        if !is_sent {
            stream.close(CloseCode::TooSlow);
            let close = ServerFrame::Close(CloseCode::TooSlow.into()).encode();
            let _ = timeout(FAREWELL, sink.send(Message::Binary(close.message()))).await;
            return;
        }
    }
}

/// What reading needs.
struct Page<'a> {
    session: &'a Session,
    stream: &'a Stream,
    figures: &'a Figures,
}

impl Page<'_> {
    /// Reads and seals side by side; what was read is sent before it ends.
    async fn work<R>(
        &self,
        source: &mut R,
        publishes: mpsc::Sender<Publish>,
        queue: mpsc::Receiver<Publish>,
    ) -> CloseCode
    where
        R: Source<Item = Result<Message, Error>> + Unpin,
    {
        let publishing = self.publish(queue);
        pin!(publishing);
        tokio::select! {
            code = self.read(source, publishes) => {
                publishing.await;
                code
            }
            // While there is reading, only a flood ends it.
            () = &mut publishing => CloseCode::Flood,
        }
    }

    /// Reads frames until the page leaves or breaks the protocol. Commands run side by side,
    /// publishes one after the other.
    async fn read<R>(&self, source: &mut R, publishes: mpsc::Sender<Publish>) -> CloseCode
    where
        R: Source<Item = Result<Message, Error>> + Unpin,
    {
        let mut commands = FuturesUnordered::new();
        let silence = sleep(SERVER_SILENCE);
        pin!(silence);
        let mut refused = 0;
        loop {
            let message = tokio::select! {
                biased;
                Some(was_refused) = commands.next(), if !commands.is_empty() => {
                    refused = if was_refused { refused + 1 } else { 0 };
                    if refused > FLOOD {
                        return CloseCode::Flood;
                    }
                    continue;
                }
                message = source.next(), if commands.len() < COMMANDS_AT_ONCE => message,
                () = &mut silence, if commands.len() < COMMANDS_AT_ONCE => return CloseCode::Timeout,
            };
            silence.as_mut().reset(Instant::now() + SERVER_SILENCE);
            match frame_of(message) {
                Ok(Some(ClientFrame::Command(command))) => commands.push(self.command(command)),
                Ok(Some(ClientFrame::Publish(publish))) => {
                    // The queue lives as long as this reads.
                    let _ = publishes.send(publish).await;
                }
                Ok(Some(ClientFrame::Ping(token))) => {
                    self.stream
                        .outbox
                        .push(ServerFrame::Pong(token).encode().message());
                }
                Ok(Some(ClientFrame::Pong(_)) | None) => {}
                Ok(Some(ClientFrame::Close(_))) => return CloseCode::Done,
                Err(code) => return code,
            }
        }
    }

    /// Carries out a command; tells whether it was refused for its rate.
    async fn command(&self, frame: CommandFrame) -> bool {
        let CommandFrame {
            request,
            header,
            tail,
        } = frame;
        let asker = Asker::Stream {
            id: self.stream.id,
            request,
        };
        let outcome = match Command::parse(&header) {
            Ok(command) if tail.is_empty() => self.session.carry_out(command, asker).await,
            Ok(_) => Err(ErrorCode::Malformed.into()),
            Err(error) => Err(error.code().into()),
        };
        match outcome {
            Ok(Answer::Reply(reply)) => self.reply(reply),
            Ok(Answer::Given(_)) => {}
            Err(refusal) => return self.refuse(request, refusal),
        }
        false
    }

    /// Seals and sends publishes in the order they came, until there are no more or too many in a
    /// row were refused for their rate.
    async fn publish(&self, mut queue: mpsc::Receiver<Publish>) {
        let mut refused = 0;
        while let Some(publish) = queue.recv().await {
            let request = publish.request;
            let was_refused = match self.session.publish(publish).await {
                Err(refusal) => self.refuse(request, refusal),
                Ok(reply) => {
                    // Request 0 asks for a reply only if it is refused.
                    if request != 0 {
                        self.reply(reply);
                    }
                    false
                }
            };
            refused = if was_refused { refused + 1 } else { 0 };
            if refused > FLOOD {
                return;
            }
        }
    }

    /// Says no; tells whether it was for the rate.
    fn refuse(&self, request: u32, refusal: Refusal) -> bool {
        self.figures.refused(refusal.code);
        self.reply(ReplyFrame::refused(request, &refusal));
        refusal.code == ErrorCode::RateLimited
    }

    fn reply(&self, reply: ReplyFrame) {
        let frame = ServerFrame::Reply(reply).encode().message();
        self.stream.outbox.push(frame);
    }
}

/// The frame in a message; `None` for the WebSocket's own pings.
///
/// # Errors
/// The code to close with.
fn frame_of(message: Option<Result<Message, Error>>) -> Result<Option<ClientFrame>, CloseCode> {
    match message {
        Some(Ok(Message::Binary(message))) => RawFrame::from_message(message)
            .and_then(ClientFrame::parse)
            .map(Some)
            .map_err(|error| error.close_code()),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Close(_))) | None => Err(CloseCode::Done),
        Some(Ok(Message::Text(_) | Message::Frame(_))) => Err(CloseCode::Protocol),
        Some(Err(Error::Capacity(_))) => Err(CloseCode::TooLarge),
        Some(Err(Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed)) => {
            Err(CloseCode::Done)
        }
        Some(Err(_)) => Err(CloseCode::Protocol),
    }
}

fn ping() -> Bytes {
    ServerFrame::Ping(rand::random()).encode().message()
}

/// Commands of one stream that run side by side; while as many run, nothing is read.
const COMMANDS_AT_ONCE: usize = 16;
/// Publishes of one stream that wait for their turn; while as many wait, nothing is read.
const WAITING_PUBLISHES: usize = 32;
/// Commands, or publishes, refused in a row for their rate, after which a stream is closed.
const FLOOD: u32 = 256;
/// How long a page may take over what was written to it.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);
/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_binary_messages_are_frames() {
        let frame = |message| frame_of(Some(Ok(message)));
        let pong = ClientFrame::Pong(*b"12345678");
        let message = Message::Binary(pong.encode().message());
        assert_eq!(frame(message), Ok(Some(pong)));
        assert_eq!(frame(Message::text("{}")), Err(CloseCode::Protocol));
        assert_eq!(
            frame(Message::Binary(Bytes::new())),
            Err(CloseCode::Protocol)
        );
        let server = ServerFrame::Ping([0; 8]).encode().message();
        assert!(frame(Message::Binary(server)).is_ok(), "pings go both ways");
        let reply = ServerFrame::Reply(ReplyFrame::refused(1, &ErrorCode::Busy.into()));
        let message = Message::Binary(reply.encode().message());
        assert_eq!(frame(message), Err(CloseCode::Protocol));
        assert_eq!(frame(Message::Ping(Bytes::new())), Ok(None));
        assert_eq!(frame_of(None), Err(CloseCode::Done));
    }
}
