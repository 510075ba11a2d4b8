//! Between a client and a true server: hands frames on, and changes replies as a test says.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::JoinHandle,
};
use wire_format::{ClientFrame, FrameCodec, Refusal, ReplyFrame, ServerFrame, limits::FRAME_BYTES};

/// Changes the `ok` fields and the tail of a reply to the command with this name.
type Lie = Box<dyn FnMut(&str, &mut Value, &mut Bytes) + Send>;

#[derive(Default)]
struct Shared {
    lie: Option<Lie>,
    /// A command whose next replies are refusals, and how many.
    refusal: Option<(&'static str, usize, Refusal)>,
    /// The commands that went through, in order.
    log: Vec<String>,
    /// The last reply to each command.
    replies: HashMap<String, (Value, Bytes)>,
}

/// A server that lies.
pub(crate) struct Liar {
    pub(crate) address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Liar {
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Mutex<Shared>>::default();
        let of_all = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(server).await.expect("the server");
                tokio::spawn(carry(near, far, Arc::clone(&of_all)));
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// Lies from now on.
    pub(crate) fn lies(&self, lie: impl FnMut(&str, &mut Value, &mut Bytes) + Send + 'static) {
        self.lock().lie = Some(Box::new(lie));
    }

    /// Lies about one command, always the same.
    pub(crate) fn says(&self, command: &'static str, field: &'static str, value: Value) {
        self.lies(move |name, ok, _| {
            if name == command {
                ok[field] = value.clone();
            }
        });
    }

    /// Answers a command so many times with a refusal; the server has done it.
    pub(crate) fn refuses(&self, command: &'static str, times: usize, refusal: Refusal) {
        self.lock().refusal = Some((command, times, refusal));
    }

    /// The commands since this was last asked.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }

    /// The last true reply to a command.
    pub(crate) fn reply(&self, command: &str) -> (Value, Bytes) {
        let replies = &self.lock().replies;
        replies.get(command).cloned().expect("a reply")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(near: TcpStream, far: TcpStream, shared: Arc<Mutex<Shared>>) {
    let asked = Arc::<Mutex<HashMap<u32, String>>>::default();
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = up(near_read, far_write, &shared, &asked) => {}
        () = down(far_read, near_write, &shared, &asked) => {}
    }
}

async fn up(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Mutex<Shared>,
    asked: &Mutex<HashMap<u32, String>>,
) {
    let mut buffer = BytesMut::new();
    while let Some(raw) = next(&mut from, &mut buffer).await {
        let frame = ClientFrame::parse(raw).expect("a frame");
        if let ClientFrame::Command(command) = &frame {
            let header: Value = serde_json::from_slice(&command.header).expect("a header");
            let name = header["command"].as_str().expect("a name").to_owned();
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.log.push(name.clone());
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.insert(command.request, name);
        }
        if let ClientFrame::Publish(publish) = &frame {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.insert(publish.request, "publish".to_owned());
        }
        if to.write_all(&frame.encode().stream()).await.is_err() {
            return;
        }
    }
}

async fn down(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Mutex<Shared>,
    asked: &Mutex<HashMap<u32, String>>,
) {
    let mut buffer = BytesMut::new();
    while let Some(raw) = next(&mut from, &mut buffer).await {
        let mut frame = ServerFrame::parse(raw).expect("a frame");
        if let ServerFrame::Reply(reply) = &mut frame {
            let name = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let name = name.get(&reply.request).cloned().expect("a question");
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut shared, &name, reply);
        }
        if to.write_all(&frame.encode().stream()).await.is_err() {
            return;
        }
    }
}

fn change(shared: &mut Shared, name: &str, reply: &mut ReplyFrame) {
    if let Some((command, times @ 1.., refusal)) = &mut shared.refusal
        && *command == name
    {
        *times -= 1;
        *reply = ReplyFrame::refused(reply.request, refusal);
        return;
    }
    let mut header: Value = serde_json::from_slice(&reply.header).expect("a header");
    let Some(ok) = header.get_mut("ok") else {
        return;
    };
    let true_reply = (ok.clone(), reply.tail.clone());
    shared.replies.insert(name.to_owned(), true_reply);
    let mut tail = reply.tail.clone();
    if let Some(lie) = &mut shared.lie {
        lie(name, ok, &mut tail);
    }
    reply.header = header.to_string().into();
    reply.tail = tail;
}

async fn next(from: &mut OwnedReadHalf, buffer: &mut BytesMut) -> Option<wire_format::RawFrame> {
    loop {
        if let Some(raw) = FrameCodec::new(FRAME_BYTES).cut(buffer).expect("frames") {
            return Some(raw);
        }
        if !matches!(from.read_buf(buffer).await, Ok(1..)) {
            return None;
        }
    }
}
