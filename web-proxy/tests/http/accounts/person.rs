//! An account's owner at a page, and a place to be: a chat-server with data, and proxies.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use chat_server::{
    AccountLimits, Running, Server,
    store::{
        Database, Location, Store as _,
        audit::Actor,
        sessions::{RevokeSession, SessionId as StoredId},
    },
};
use sealwire_tests::{
    folder::Folder,
    owner::{self, Owner},
};
use serde_json::Value;
use wire_format::{
    ClientFrame, CommandFrame, Event, Parts, ServerFrame,
    command::{
        Operation,
        auth::{Prove, SignedInAccount},
    },
};

use crate::{
    harness::{Answer, House, Request},
    streams::{self, Socket},
};

/// A chat-server that serves accounts.
pub(super) struct Place {
    pub(super) folder: Folder,
    server: Option<Running>,
    address: SocketAddr,
}

impl Place {
    pub(super) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// Begins with limits of its own; a chat-server that is started again has the usual ones.
    pub(super) async fn open_with(change: impl FnOnce(&mut AccountLimits)) -> Self {
        let folder = Folder::new();
        let server = start(&folder, ([127, 0, 0, 1], 0).into(), change).await;
        Self {
            address: server.local_addr(),
            server: Some(server),
            folder,
        }
    }

    /// A proxy in front of it.
    pub(super) async fn proxy(&self) -> House {
        House::in_front_of(self.address, |_| {}).await
    }

    /// A proxy with settings of its own.
    pub(super) async fn proxy_with(&self, change: impl FnOnce(&mut web_proxy::Settings)) -> House {
        House::in_front_of(self.address, change).await
    }

    /// Stops the chat-server.
    pub(super) async fn stop(&mut self) {
        let server = self.server.take().expect("a running server");
        server.shutdown(Duration::from_secs(5)).await;
    }

    /// Starts it again with what it has stored.
    pub(super) async fn start_again(&mut self) {
        self.server = Some(start(&self.folder, self.address, |_| {}).await);
    }

    /// Ends a session behind the back of the chat-server, which is stopped.
    pub(super) async fn revokes(&self, session: &SignedInAccount) {
        let location = Location::Sqlite(self.folder.path().join("data"));
        let store = Database::open(location).await.expect("a store");
        let revoke = RevokeSession {
            account: session.account.into(),
            session: StoredId::from_bytes(*session.session.as_bytes()),
            actor: Actor::Operator,
            now: owner::now(),
        };
        let revoked = store.write(revoke).await.expect("written");
        revoked.expect("there was one");
        store.close().await;
    }

    /// Starts another chat-server in its place, with other data.
    pub(super) async fn begin_anew(&mut self) {
        self.folder = Folder::new();
        self.start_again().await;
    }

    pub(super) async fn close(mut self) {
        self.stop().await;
    }
}

async fn start(
    folder: &Folder,
    listen: SocketAddr,
    change: impl FnOnce(&mut AccountLimits),
) -> Running {
    let mut settings = chat_server::Settings {
        listen,
        data: Some(folder.path().join("data")),
        ..chat_server::Settings::default()
    };
    settings.limits.messages = chat_server::Rate::UNLIMITED;
    settings.limits.commands = chat_server::Rate::UNLIMITED;
    settings.limits.sign_ins = chat_server::Rate::UNLIMITED;
    change(&mut settings.limits.accounts);
    let server = Server::bind(settings).await;
    server.expect("a free port").start()
}

/// An account's session at a page.
pub(super) struct Page {
    pub(super) cookie: String,
    /// As the page was told it last.
    pub(super) session: SignedInAccount,
}

/// The request of a command with parts.
pub(super) fn parts(house: &House, name: &str, header: &str, tail: impl Into<Bytes>) -> Request {
    let header = Bytes::copy_from_slice(header.as_bytes());
    let tail = tail.into();
    let body = Parts { header, tail }.encode();
    house
        .post(&format!("/api/{name}"), body)
        .header("Content-Type", "application/octet-stream")
}

/// The header and the tail of an answer with parts.
pub(super) fn parts_of(answer: &Answer) -> (Value, Bytes) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
    let parts = Parts::parse(Bytes::copy_from_slice(answer.body())).expect("parts");
    let header = serde_json::from_slice(&parts.header).expect("JSON");
    (header, parts.tail)
}

/// The code of a refusal in parts.
pub(super) fn code_of(answer: &Answer) -> String {
    let (header, tail) = parts_of(answer);
    assert!(tail.is_empty());
    header["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn registration(house: &House, owner: &Owner) -> Request {
    let fields = serde_json::to_string(&owner.register()).expect("JSON");
    parts(house, "auth.register", &fields, owner.records())
}

pub(super) fn sign_in(house: &House, owner: &Owner) -> Request {
    let fields = serde_json::to_string(&owner.login()).expect("JSON");
    house.post("/api/auth.login", fields)
}

impl Page {
    /// Registers; the keys are not proven.
    pub(super) async fn registers(house: &House, owner: &Owner) -> Self {
        Self::registers_as(house, owner, None).await
    }

    /// Registers with the cookie of a session that there is.
    pub(super) async fn registers_as(house: &House, owner: &Owner, cookie: Option<&str>) -> Self {
        let mut request = registration(house, owner);
        if let Some(cookie) = cookie {
            request = request.header("Cookie", cookie);
        }
        let answer = request.send_patiently().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let (header, tail) = parts_of(&answer);
        assert!(tail.is_empty());
        Self::of(&answer, &header)
    }

    /// Signs in with the password; the keys are not proven.
    pub(super) async fn signs_in(house: &House, owner: &Owner) -> Self {
        Self::signs_in_by(sign_in(house, owner)).await
    }

    /// Signs in by a request; the keys are not proven.
    pub(super) async fn signs_in_by(request: Request) -> Self {
        let answer = request.send_patiently().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let header: Value = serde_json::from_str(&answer.text()).expect("JSON");
        Self::of(&answer, &header)
    }

    fn of(answer: &Answer, header: &Value) -> Self {
        assert!(header["ok"].get("token").is_none(), "{header}");
        Self {
            cookie: answer.cookie(),
            session: serde_json::from_value(header["ok"].clone()).expect("a session"),
        }
    }

    /// Registers and proves.
    pub(super) async fn arrives(house: &House, owner: &Owner) -> Self {
        let page = Self::registers(house, owner).await;
        page.proves(house, owner).await;
        page
    }

    /// Signs in and proves.
    pub(super) async fn comes_again(house: &House, owner: &Owner) -> Self {
        let page = Self::signs_in(house, owner).await;
        page.proves(house, owner).await;
        page
    }

    /// Proves by POST.
    pub(super) async fn proves(&self, house: &House, owner: &Owner) {
        let proof = owner.proof(&self.session);
        let request = parts(house, "auth.prove", "{}", proof);
        let answer = self.asks(request).await;
        assert_eq!(answer.status, 200, "{:?}", parts_of(&answer));
    }

    /// Sends a request with the cookie.
    pub(super) async fn asks(&self, request: Request) -> Answer {
        request
            .header("Cookie", &self.cookie)
            .send_patiently()
            .await
    }

    /// A command without a tail.
    pub(super) async fn posts(&self, house: &House, name: &str, fields: &str) -> Answer {
        self.asks(house.post(&format!("/api/{name}"), fields)).await
    }

    /// `GET /api/session`.
    pub(super) async fn who(&self, house: &House) -> Value {
        let answer = self.asks(house.request("GET", "/api/session")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let header: Value = serde_json::from_str(&answer.text()).expect("JSON");
        header["ok"].clone()
    }

    /// Takes note of the challenge that the page is told when it is loaded.
    pub(super) async fn looks(&mut self, house: &House) -> Value {
        let who = self.who(house).await;
        if let Ok(challenge) = serde_json::from_value(who["challenge"].clone()) {
            self.session.challenge = challenge;
        }
        who
    }

    pub(super) async fn socket(&self, house: &House) -> Socket {
        streams::socket(house, &self.cookie).await
    }

    pub(super) async fn in_lobby(&self, house: &House) -> Socket {
        streams::in_lobby(house, &self.cookie).await
    }
}

/// Proves over a socket, where `session` has its challenge.
pub(super) async fn proves_by(socket: &mut Socket, owner: &Owner, session: &SignedInAccount) {
    let proof = owner.proof(session);
    let reply = call(socket, 900, &Prove {}, proof).await;
    assert_eq!(&reply.header[..], b"{\"ok\":{}}");
}

/// Sends a command over a socket and waits for its reply.
pub(super) async fn call<O: Operation>(
    socket: &mut Socket,
    request: u32,
    operation: &O,
    tail: Bytes,
) -> wire_format::ReplyFrame {
    let frame = CommandFrame::new(request, operation, tail);
    streams::send(socket, ClientFrame::Command(frame)).await;
    streams::find(socket, |frame| match frame {
        ServerFrame::Reply(reply) if reply.request == request => Some(reply),
        _ => None,
    })
    .await
}

/// The next event that `find` finds something in.
pub(super) async fn event<T>(socket: &mut Socket, mut find: impl FnMut(Event) -> Option<T>) -> T {
    streams::find(socket, |frame| match frame {
        ServerFrame::Event(event) => find(event.event().expect("an event")),
        _ => None,
    })
    .await
}
