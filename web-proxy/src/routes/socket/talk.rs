//! One WebSocket: reading, sealing and, while the page is behind, writing, side by side in one task.

use std::{collections::VecDeque, pin::Pin};

use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    stream::{FuturesOrdered, FuturesUnordered},
};
use tokio::{
    pin,
    time::{Duration, Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{Error, Message};
use wire_format::{
    ClientFrame, CloseCode, CommandFrame, ErrorCode, Publish, RawFrame, Refusal, ReplyFrame,
    ServerFrame,
    command::Command,
    limits::{PING_EVERY, SERVER_SILENCE},
};

use super::{
    inbound::{Inbound, Received},
    wire::{self, Chunk, Reader, Writer},
};
use crate::{
    figures::Figures,
    server::upgraded::Transport,
    session::{
        Session,
        downlink::{Asker, Stream},
        outbox::close_message,
        uplink::Answer,
    },
};

/// Talks until either side has had enough. `early` came with the request that asked for the upgrade.
pub(super) async fn talk(
    transport: Transport,
    early: Bytes,
    session: &Session,
    stream: &Stream,
    figures: &Figures,
) {
    let (mut reader, mut writer) = wire::both(transport);
    if let Writer::Plain(direct) = &writer {
        stream.outbox.write_to(direct.clone());
    }
    let mut inbound = Inbound::new();
    let page = Page {
        session,
        stream,
        figures,
    };
    let (is_whole, farewell) = {
        let writing = write(&mut writer, stream);
        let working = page.work(&mut reader, &mut inbound, early);
        pin!(writing, working);
        tokio::select! {
            is_whole = &mut writing => (is_whole, Vec::new()),
            (code, farewell) = &mut working => {
                stream.close(code);
                // A page that does not take its goodbye goes without.
                let is_whole = timeout(FAREWELL, writing).await.unwrap_or(false);
                (is_whole, farewell)
            }
        }
    };
    // In the middle of a message, a closing handshake would be read as a part of it.
    if !is_whole {
        return;
    }
    let leaving = async {
        // A peer that is gone needs no closing handshake.
        let close = if farewell.is_empty() {
            inbound.close()
        } else {
            farewell
        };
        let _ = writer.write_all(&mut Chunk::from(close)).await;
        while let Some(Received { end: None, .. }) = reader.receive(&mut inbound).await {}
    };
    let _ = timeout(FAREWELL, Box::pin(leaving)).await;
}

/// Writes what the outbox could not hand over at once, until the close frame was written or the page
/// takes nothing any more; `false` if it ended within a message.
async fn write(writer: &mut Writer, stream: &Stream) -> bool {
    while let Some(chunk) = stream.outbox.chunk().await {
        // Boxed: seldom needed, and nothing of it stays with an idle connection.
        match Box::pin(write_chunk(writer, stream, chunk.into())).await {
            Written::InTime => {}
            Written::TooSlow { is_whole } => return is_whole,
            Written::Gone => return false,
        }
    }
    true
}

/// What became of a chunk.
enum Written {
    InTime,
    /// Not in time; `is_whole` if it was taken together with the last words.
    TooSlow {
        is_whole: bool,
    },
    /// The connection is broken.
    Gone,
}

async fn write_chunk(writer: &mut Writer, stream: &Stream, mut chunk: Chunk) -> Written {
    let sent = tokio::select! {
        sent = timeout(TAKEN_WITHIN, writer.write_all(&mut chunk)) => sent.ok(),
        () = stream.outbox.overdue() => None,
    };
    match sent {
        Some(Ok(())) => Written::InTime,
        Some(Err(_)) => {
            stream.close(CloseCode::Done);
            Written::Gone
        }
        None => {
            stream.close(CloseCode::TooSlow);
            let last_words = async {
                writer.write_all(&mut chunk).await?;
                let mut close = Chunk::from(close_message(CloseCode::TooSlow));
                writer.write_all(&mut close).await
            };
            let is_whole = matches!(timeout(FAREWELL, last_words).await, Ok(Ok(())));
            Written::TooSlow { is_whole }
        }
    }
}

/// What reading needs.
#[derive(Clone, Copy)]
struct Page<'a> {
    session: &'a Session,
    stream: &'a Stream,
    figures: &'a Figures,
}

/// Requests of a page that are under way; boxed, so that an idle connection has none of their size.
struct Requests<'a> {
    /// Side by side; each tells whether it was refused for its rate.
    commands: FuturesUnordered<Pin<Box<dyn Future<Output = bool> + Send + 'a>>>,
    /// In the order they came.
    publishes: FuturesOrdered<Pin<Box<dyn Future<Output = Published> + Send + 'a>>>,
    /// Read and not begun.
    waiting: VecDeque<Message>,
    /// What follows it: nothing any more.
    end: Option<CloseCode>,
    /// What ends a closing handshake that the page has begun.
    farewell: Vec<u8>,
    refused_commands: u32,
    refused_publishes: u32,
}

/// What became of a publish; the request's id goes with it.
type Published = (u32, Result<ReplyFrame, Refusal>);

impl Page<'_> {
    /// Reads frames until the page leaves or breaks the protocol; what was read is sent before it
    /// ends, except by a flood. Gives the code to close with and, where the page has begun the
    /// closing handshake, what ends it.
    async fn work(
        self,
        reader: &mut Reader,
        inbound: &mut Inbound,
        early: Bytes,
    ) -> (CloseCode, Vec<u8>) {
        let mut requests = Requests::new();
        let mut end = requests.take(self, inbound.receive(&early));
        drop(early);
        let mut silent_since = Instant::now();
        let mut ping_at = silent_since + PING_EVERY;
        let timer = sleep_until(ping_at);
        pin!(timer);
        while end.is_none() {
            tokio::select! {
                biased;
                Some(was_refused) = requests.commands.next() => {
                    end = requests.carried_out(self, was_refused);
                }
                Some(published) = requests.publishes.next() => {
                    end = requests.published(self, published);
                }
                received = reader.receive(inbound), if requests.may_read() => {
                    silent_since = Instant::now();
                    end = match received {
                        Some(received) => requests.take(self, received),
                        None => Some(CloseCode::Done),
                    };
                }
                () = &mut timer => {
                    let now = Instant::now();
                    if now >= ping_at {
                        self.stream.outbox.push(ping());
                        ping_at = now + PING_EVERY;
                    }
                    if !requests.may_read() {
                        silent_since = now;
                    }
                    if now >= silent_since + SERVER_SILENCE {
                        end = Some(CloseCode::Timeout);
                    }
                    timer.as_mut().reset(ping_at.min(silent_since + SERVER_SILENCE));
                }
            }
        }
        let farewell = std::mem::take(&mut requests.farewell);
        let end = end.unwrap_or(CloseCode::Done);
        (requests.finish(self, end).await, farewell)
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
            Ok(command) => self.session.carry_out(command, tail, asker).await,
            Err(error) => Err(error.code().into()),
        };
        match outcome {
            Ok(Answer::Reply(reply)) => self.reply(reply),
            Ok(Answer::Given(_)) => {}
            Err(refusal) => return self.refuse(request, refusal),
        }
        false
    }

    /// Seals and sends a message.
    async fn publish(&self, publish: Publish) -> Published {
        let request = publish.request;
        (request, self.session.publish(publish).await)
    }

    /// The reply to a publish; request 0 asks for one only if it is refused.
    fn answer(&self, request: u32, outcome: Result<ReplyFrame, Refusal>) -> Option<ReplyFrame> {
        match outcome {
            Ok(reply) => (request != 0).then_some(reply),
            Err(refusal) => {
                self.figures.refused(refusal.code);
                Some(ReplyFrame::refused(request, &refusal))
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
        self.stream.outbox.push(encoded(reply));
    }
}

impl<'a> Requests<'a> {
    fn new() -> Self {
        Self {
            commands: FuturesUnordered::new(),
            publishes: FuturesOrdered::new(),
            waiting: VecDeque::new(),
            end: None,
            farewell: Vec::new(),
            refused_commands: 0,
            refused_publishes: 0,
        }
    }

    fn may_read(&self) -> bool {
        self.waiting.is_empty() && self.may_begin()
    }

    fn may_begin(&self) -> bool {
        self.commands.len() < COMMANDS_AT_ONCE && self.publishes.len() < PUBLISHES_AT_ONCE
    }

    /// Takes what was read, after everything before it; tells whether it is the end.
    fn take(&mut self, page: Page<'a>, received: Received) -> Option<CloseCode> {
        if received.end.is_some() {
            // Nothing may follow an answer to the page's close.
            self.farewell = received.answers;
        } else if !received.answers.is_empty() {
            page.stream.outbox.answer(received.answers);
        }
        self.waiting = received.messages.into();
        self.end = received.end.map(|error| close_code_of(&error));
        self.begin(page)
    }

    /// Begins as much of what waits as may be under way.
    fn begin(&mut self, page: Page<'a>) -> Option<CloseCode> {
        while self.may_begin() {
            let Some(message) = self.waiting.pop_front() else {
                // A queue that is empty holds no memory.
                self.waiting = VecDeque::new();
                return self.end;
            };
            match frame_of(message) {
                Ok(Some(ClientFrame::Command(command))) => {
                    let carrying_out = async move { page.command(command).await };
                    self.commands.push(Box::pin(carrying_out));
                }
                Ok(Some(ClientFrame::Publish(publish))) => {
                    let publishing = async move { page.publish(publish).await };
                    self.publishes.push_back(Box::pin(publishing));
                }
                Ok(Some(ClientFrame::Ping(token))) => {
                    let pong = ServerFrame::Pong(token).encode().message();
                    page.stream.outbox.push(pong);
                }
                Ok(Some(ClientFrame::Pong(_)) | None) => {}
                Ok(Some(ClientFrame::Close(_))) => return Some(CloseCode::Done),
                Err(code) => return Some(code),
            }
        }
        None
    }

    /// Counts a command that was carried out, and goes on.
    fn carried_out(&mut self, page: Page<'a>, was_refused: bool) -> Option<CloseCode> {
        count(&mut self.refused_commands, was_refused).or_else(|| self.begin(page))
    }

    /// Answers a publish and all others that are done, and goes on.
    fn published(&mut self, page: Page<'a>, first: Published) -> Option<CloseCode> {
        let mut replies = Vec::new();
        let mut next = Some(first);
        let mut flood = None;
        while let (Some((request, outcome)), None) = (next, flood) {
            let was_refused = outcome
                .as_ref()
                .is_err_and(|refusal| refusal.code == ErrorCode::RateLimited);
            flood = count(&mut self.refused_publishes, was_refused);
            replies.extend(page.answer(request, outcome).map(encoded));
            next = self.publishes.next().now_or_never().flatten();
        }
        page.stream.outbox.push_all(&replies);
        flood.or_else(|| self.begin(page))
    }

    /// Waits for the publishes that are under way, except where there were too many.
    async fn finish(mut self, page: Page<'a>, end: CloseCode) -> CloseCode {
        if end != CloseCode::Flood {
            while let Some((request, outcome)) = self.publishes.next().await {
                if let Some(reply) = page.answer(request, outcome) {
                    page.reply(reply);
                }
            }
        }
        end
    }
}

/// Counts what is refused in a row for its rate.
fn count(refused: &mut u32, was_refused: bool) -> Option<CloseCode> {
    *refused = if was_refused { *refused + 1 } else { 0 };
    (*refused > FLOOD).then_some(CloseCode::Flood)
}

fn encoded(reply: ReplyFrame) -> Bytes {
    ServerFrame::Reply(reply).encode().message()
}

/// The frame in a message; `None` for the WebSocket's own pings.
///
/// # Errors
/// The code to close with.
fn frame_of(message: Message) -> Result<Option<ClientFrame>, CloseCode> {
    match message {
        Message::Binary(message) => RawFrame::from_message(message)
            .and_then(ClientFrame::parse)
            .map(Some)
            .map_err(|error| error.close_code()),
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Close(_) => Err(CloseCode::Done),
        Message::Text(_) | Message::Frame(_) => Err(CloseCode::Protocol),
    }
}

fn close_code_of(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(_) => CloseCode::TooLarge,
        Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed => CloseCode::Done,
        _ => CloseCode::Protocol,
    }
}

fn ping() -> Bytes {
    ServerFrame::Ping(rand::random()).encode().message()
}

/// Commands of one stream that run side by side; while as many run, nothing is read.
const COMMANDS_AT_ONCE: usize = 16;
/// Publishes of one stream that are under way, in order; while as many are, nothing is read.
const PUBLISHES_AT_ONCE: usize = 32;
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
        let frame = frame_of;
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
        assert_eq!(frame(Message::Close(None)), Err(CloseCode::Done));
    }
}
