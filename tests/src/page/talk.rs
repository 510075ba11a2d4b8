//! A session in a room: what it says, hears and sees.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use wire_format::{
    ClearMessage, ClientFrame, Content, Deliver, Event, MessageId, OpenedMessage, Parts, Publish,
    RawFrame, ServerFrame,
};

use super::{Response, Session};
use crate::{program::PATIENCE, wire};

/// Where frames come from.
#[derive(Debug)]
pub(super) enum Stream {
    Socket(Box<WebSocketStream<TcpStream>>),
    Events(Incoming, BytesMut),
}

/// A session in a room.
#[derive(Debug)]
pub struct Talk {
    pub(super) session: Session,
    pub(super) room: String,
    pub(super) stream: Stream,
    pub(super) request: u32,
    /// Frames that came while something else was waited for.
    pub(super) kept: Vec<ServerFrame>,
}

/// A message as a page shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Heard {
    /// Who says it.
    pub name: String,
    /// What is said.
    pub text: String,
    /// Its place in the channel.
    pub sequence: u64,
    /// Its id.
    pub message: MessageId,
}

impl Talk {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Says something and waits until it was accepted.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn say(&mut self, text: &str) -> wire::Answer {
        self.say_as(MessageId::from_bytes(rand::random()), text)
            .await
    }

    /// Says something with a given message id, as a retry does.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn say_as(&mut self, message: MessageId, text: &str) -> wire::Answer {
        let content = Content::encode_text(text).expect("a text").into();
        let payload = ClearMessage { message, content }.encode();
        self.request += 1;
        let frame = wire::publish(self.request, &self.room, payload);
        self.ask(frame).await
    }

    /// Posts a message and gives the whole answer.
    ///
    /// # Panics
    /// If the proxy does not answer.
    pub async fn post_text(&mut self, text: &str) -> Response {
        let message = MessageId::from_bytes(rand::random());
        let content = Content::encode_text(text).expect("a text").into();
        let payload = ClearMessage { message, content }.encode();
        let ClientFrame::Publish(publish) = wire::publish(1, &self.room, payload) else {
            panic!("a publish frame");
        };
        self.session.publish(publish).await
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn request(&mut self, name: &str, fields: Value) -> wire::Answer {
        if let Stream::Events(..) = self.stream {
            return wire::answer(&self.session.post(name, fields).await.body);
        }
        self.request += 1;
        self.ask(wire::command(self.request, name, fields, Bytes::new()))
            .await
    }

    /// Sends a command with a tail and waits for its reply.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn request_with(&mut self, name: &str, fields: Value, tail: Bytes) -> wire::Answer {
        if let Stream::Events(..) = self.stream {
            let response = self.session.post_with(name, &fields, tail).await;
            let parts = Parts::parse(response.body).expect("parts");
            return wire::answer(&parts.header);
        }
        self.request += 1;
        self.ask(wire::command(self.request, name, fields, tail))
            .await
    }

    /// Publishes a payload as it is and waits for the answer.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn publish(&mut self, publish: Publish) -> wire::Answer {
        self.request += 1;
        let request = self.request;
        self.ask(ClientFrame::Publish(Publish { request, ..publish }))
            .await
    }

    /// Waits for the next delivery and gives it as it came.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn delivery(&mut self) -> Deliver {
        self.find(|frame| match frame {
            ServerFrame::Deliver(deliver) => Some(deliver.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for an event that `is_it` says yes to; gives it with its tail.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn event_with_tail(&mut self, is_it: impl Fn(&Event) -> bool) -> (Event, Bytes) {
        self.find(|frame| match frame {
            ServerFrame::Event(frame) => {
                let event = frame.event().expect("a known event");
                is_it(&event).then(|| (event, frame.tail.clone()))
            }
            _ => None,
        })
        .await
    }

    async fn ask(&mut self, frame: ClientFrame) -> wire::Answer {
        match (&mut self.stream, frame) {
            (Stream::Socket(socket), frame) => {
                let message = Message::Binary(frame.encode().message());
                socket.send(message).await.expect("an open socket");
                self.reply().await
            }
            (Stream::Events(..), ClientFrame::Publish(publish)) => {
                wire::answer(&self.session.publish(publish).await.body)
            }
            (Stream::Events(..), frame) => panic!("{frame:?} is posted otherwise"),
        }
    }

    async fn reply(&mut self) -> wire::Answer {
        loop {
            match self.next().await.expect("a reply before the end") {
                ServerFrame::Reply(reply) if reply.request == self.request => {
                    return wire::answer(&reply.header);
                }
                frame => self.kept.push(frame),
            }
        }
    }

    /// Waits for the next message of the room.
    ///
    /// # Panics
    /// If the stream ends, or a message cannot be read.
    pub async fn hear(&mut self) -> Heard {
        self.find(|frame| match frame {
            ServerFrame::Deliver(deliver) => Some(heard(deliver)),
            _ => None,
        })
        .await
    }

    /// Waits for an event that `find` finds something in.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn event<T>(&mut self, mut find: impl FnMut(&Event) -> Option<T>) -> T {
        self.find(|frame| match frame {
            ServerFrame::Event(frame) => find(&frame.event().expect("a known event")),
            _ => None,
        })
        .await
    }

    /// Takes the first frame, kept or new, that `find` finds something in; the others are kept.
    async fn find<T>(&mut self, mut find: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        for at in 0..self.kept.len() {
            if let Some(found) = find(&self.kept[at]) {
                self.kept.remove(at);
                return found;
            }
        }
        loop {
            let frame = self.next().await;
            let frame = frame.unwrap_or_else(|| panic!("{}: the stream ended", self.session.name));
            if let Some(found) = find(&frame) {
                return found;
            }
            self.kept.push(frame);
        }
    }

    /// The next frame; `None` at the end of the stream. Pings are answered and not shown.
    ///
    /// # Panics
    /// If nothing comes for a minute, or something that is no frame.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            let message = timeout(PATIENCE, self.message()).await;
            let message = message
                .unwrap_or_else(|_| panic!("{}: nothing for a minute", self.session.name))?;
            let frame = RawFrame::from_message(message).and_then(ServerFrame::parse);
            match frame.expect("a frame of the protocol") {
                ServerFrame::Ping(token) => {
                    if let Stream::Socket(socket) = &mut self.stream {
                        let pong = ClientFrame::Pong(token).encode().message();
                        socket.send(Message::Binary(pong)).await.ok()?;
                    }
                }
                frame => return Some(frame),
            }
        }
    }

    async fn message(&mut self) -> Option<Bytes> {
        match &mut self.stream {
            Stream::Socket(socket) => loop {
                match socket.next().await?.ok()? {
                    Message::Binary(message) => return Some(message),
                    Message::Close(_) => return None,
                    _ => {}
                }
            },
            Stream::Events(body, buffer) => loop {
                if let Some(message) = event_data(buffer) {
                    return Some(message);
                }
                if let Ok(data) = body.frame().await?.ok()?.into_data() {
                    buffer.extend_from_slice(&data);
                }
            },
        }
    }
}

/// A delivered message as a page shows it.
///
/// # Panics
/// If it is no text.
pub fn heard(deliver: &Deliver) -> Heard {
    let opened = OpenedMessage::parse(deliver.payload.clone()).expect("an opened message");
    let Ok(Content::Text(text)) = Content::parse(&opened.content) else {
        panic!("{} sent no text", deliver.name.as_str());
    };
    Heard {
        name: deliver.name.as_str().to_owned(),
        text,
        sequence: deliver.sequence.value(),
        message: opened.message,
    }
}

/// Takes the data of the first whole event out of the buffer; comments are dropped.
fn event_data(buffer: &mut BytesMut) -> Option<Bytes> {
    loop {
        let end = buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let event = buffer.split_to(end).freeze();
        buffer.advance(2);
        let event = str::from_utf8(&event).expect("an event in UTF-8");
        let data: String = event
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim)
            .collect();
        if !data.is_empty() {
            return Some(BASE64_STANDARD.decode(data).expect("base64").into());
        }
    }
}
