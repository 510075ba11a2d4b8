//! What is said in end-to-end conversations, what they are called, and the secrets of their epochs,
//! looked for in both tiers: from terminals, and from pages whose proxy only relays.
//!
//! | canary | to the server, to the proxy | server: memory | server: database (SQLite, PostgreSQL), logs | proxy: memory, log, files |
//! |---|---|---|---|---|
//! | texts, by terminal and page | absent | absent | absent | absent |
//! | a reaction, a conversation's name | absent | absent | absent | absent |
//! | epoch secrets | absent | absent | absent | absent |
//!
//! The tiers speak plain TCP here, so that the relays see what TLS would hide. Every place is also
//! searched for something that is there, so that finding nothing means something.

use std::net::SocketAddr;

use chat_client::SignIn;
use sealwire_tests::{
    cluster::Cluster,
    conversation::{Conversation, hash},
    folder::Folder,
    memory::{Canary, in_bytes, in_folder, in_process},
    owner::Owner,
    page::{Path, Session},
    program::Program,
    relay::Relay,
    tiers::WebProxy,
};
use wire_format::{
    ClientFrame, MessageId, PublishFlags, Revision, Storage,
    passwords::Password,
    room::{Reaction, RoomContent},
    vault::ItemContent,
};

use crate::accounts::{name, server_at};

const NOWHERE: [&str; 0] = [];
const TRACE: &[(&str, &str)] = &[("RUST_LOG", "trace")];
const PASSWORD: &str = "seven green canaries sing";

/// A terminal with a folder of its own.
struct Terminal {
    folder: Folder,
    server: String,
}

impl Terminal {
    async fn register(server: SocketAddr, name: &str) -> Self {
        let (folder, server) = (Folder::new(), server.to_string());
        folder.write("password", PASSWORD);
        let terminal = Self { folder, server };
        let code = terminal.folder.path().join("code").display().to_string();
        terminal.run(&["register", name, "--recovery-file", &code]);
        terminal
    }

    /// What a command prints that goes well.
    fn run(&self, arguments: &[&str]) -> String {
        let path = |name| self.folder.path().join(name).display().to_string();
        let environment = [
            ("SEALWIRE_HOME", path("home")),
            ("SEALWIRE_PASSWORD_FILE", path("password")),
            ("SEALWIRE_SERVER", self.server.clone()),
        ];
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut command = Program::start_with("sealwire", arguments, &environment);
        let ended = tokio::task::block_in_place(|| command.wait());
        assert!(ended.success(), "{}", command.printed());
        command.printed()
    }
}

/// Something to look for, with what says it.
fn canary(name: &'static str, found: &mut Vec<Canary>) -> String {
    // Not hexadecimal alone, which would be an id.
    let text = format!("canary {:024x}", rand::random::<u128>() >> 32);
    found.extend(Canary::new(name, text.as_bytes()).forms());
    text
}

/// Two terminals that talk, one of them away meanwhile; both read everything.
async fn talk_in_terminals(server: SocketAddr, own: &str, sealed: &mut Vec<Canary>) {
    let ada = Terminal::register(server, own).await;
    let other = name("bob");
    let bob = Terminal::register(server, &other).await;
    let (title, direct) = (canary("name", sealed), canary("text to one", sealed));
    let group = canary("text to a group", sealed);
    ada.run(&["send", &other, &direct]);
    ada.run(&["group", "new", &title, &other]);
    ada.run(&["send", &title, &group]);
    let heard = bob.run(&["listen", "--once", "--json"]);
    assert!(heard.contains(&direct) && heard.contains(&group), "{heard}");
    assert!(bob.run(&["group", "--json"]).contains(&title));

    let password = Password::prepare(PASSWORD).expect("a password");
    let account = SignIn::new(server_at(server), own).with_password(password);
    let mut account = account.await.expect("a session");
    let (items, _) = account.items(None, Revision::new(0)).await.expect("items");
    let mut epochs = 0;
    for item in items {
        if let Ok(ItemContent::EpochSecret(note)) = item.content {
            epochs += 1;
            let secret = Canary::new("epoch secret", note.secret.as_bytes().to_vec());
            sealed.extend(secret.forms());
        }
    }
    assert_eq!(epochs, 2);
    account.close().await;
}

/// Two pages whose proxy relays what they seal.
async fn talk_in_pages(proxy: SocketAddr, own: &str, sealed: &mut Vec<Canary>) -> [Session; 2] {
    let (eve, fay) = (Owner::named(own), Owner::named(&name("fay")));
    let eves = Session::register(proxy, &eve).await;
    let fays = Session::register(proxy, &fay).await;
    let mut from = eves.open(Path::Socket, "lobby").await;
    let mut to = fays.open(Path::Posts, "lobby").await;
    let (mut room, create, tail) = Conversation::group(&[&eve, &fay]);
    let fields = serde_json::to_value(&create).expect("JSON");
    let made = from.request_with("rooms.create", fields, tail);
    made.await.expect("a room");
    let follow = serde_json::json!({"room": room.room.to_string()});
    to.request("rooms.follow", follow).await.expect("followed");

    let text = room.sealed(&eve, Storage::Stored, &canary("text of a page", sealed));
    let reaction = RoomContent::Reaction(Reaction {
        message: MessageId::from_bytes(rand::random()),
        hash: hash(&text),
        emoji: canary("reaction", sealed),
        on: true,
    });
    let reaction = room.sealed_content(&eve, &reaction);
    for envelope in [text, reaction] {
        let frame = room.publish(0, PublishFlags::STORED, envelope.clone());
        let ClientFrame::Publish(publish) = frame else {
            panic!("{frame:?}");
        };
        from.publish(publish).await.expect("stored");
        assert_eq!(to.delivery().await.payload, envelope);
    }
    [eves, fays]
}

/// Both tiers, what passes to either, and where the server keeps what it is given.
struct House {
    server: Program,
    address: SocketAddr,
    proxy: WebProxy,
    between: Relay,
    from_page: Relay,
    data: Folder,
    cluster: Option<Cluster>,
}

impl House {
    /// With a database server, or with the server's own files.
    async fn start(cluster: Option<Cluster>) -> Self {
        let data = Folder::new();
        let mut arguments = vec![
            "--listen=127.0.0.1:0".to_owned(),
            format!("--data={}", data.path().display()),
        ];
        let url = cluster.as_ref().map(Cluster::database);
        arguments.extend(url.map(|url| format!("--database={url}")));
        let mut server = Program::start_with("chat-server", arguments, TRACE);
        let address = server.listening().await;
        let between = Relay::start(address).await;
        let backend = [format!("--backend={}", between.address())];
        let proxy = WebProxy::start_with(&backend, TRACE).await;
        let from_page = Relay::start(proxy.address).await;
        Self {
            server,
            address,
            proxy,
            between,
            from_page,
            data,
            cluster,
        }
    }

    /// Where the database is, its log included where it has one.
    fn database(&self) -> &std::path::Path {
        let cluster = self.cluster.as_ref().map(Cluster::folder);
        cluster.unwrap_or_else(|| self.data.path())
    }

    /// Every place is looked into: what is there is found.
    fn finds(&self, ada: &str, eve: &str) {
        let names = [Canary::new("Ada", ada), Canary::new("Eve", eve)];
        assert_eq!(in_bytes(&self.between.seen(), &names), ["Ada", "Eve"]);
        assert_eq!(in_bytes(&self.from_page.seen(), &names), ["Eve"]);
        let (server, proxy) = (&self.server, &self.proxy.program);
        assert_eq!(in_process(server.process(), &names), ["Ada", "Eve"]);
        assert_eq!(in_process(proxy.process(), &names[1..]), ["Eve"]);
        assert_eq!(in_folder(self.database(), &names), ["Ada", "Eve"]);
        let listening = [Canary::new("address", self.address.to_string())];
        let log = server.printed();
        assert_eq!(in_bytes(log.as_bytes(), &listening), ["address"]);
        if let Some(cluster) = &self.cluster {
            // It logs each statement with what is in it.
            let log = std::fs::read(cluster.folder().join("log")).expect("its log");
            assert_eq!(in_bytes(&log, &names), ["Ada", "Eve"]);
        }
    }

    /// None of these is in any place.
    fn has_none_of(&self, sealed: &[Canary]) {
        let between = in_bytes(&self.between.seen(), sealed);
        assert_eq!(between, NOWHERE, "to the server");
        let from_page = in_bytes(&self.from_page.seen(), sealed);
        assert_eq!(from_page, NOWHERE, "to the proxy");
        let proxy = (&self.proxy.program, "web-proxy");
        for (program, of) in [(&self.server, "chat-server"), proxy] {
            let memory = in_process(program.process(), sealed);
            assert_eq!(memory, NOWHERE, "in the memory of {of}");
            let log = in_bytes(program.printed().as_bytes(), sealed);
            assert_eq!(log, NOWHERE, "in the log of {of}");
        }
        let folders = [self.data.path(), self.database(), self.proxy.folder.path()];
        for folder in folders {
            let found = in_folder(folder, sealed);
            assert_eq!(found, NOWHERE, "in {}", folder.display());
        }
    }

    /// Stops everything, and looks once more, when everything is in its place.
    async fn ends(self, sealed: &[Canary]) {
        let database = self.database().to_owned();
        drop(self.server);
        let mut cluster = self.cluster;
        if let Some(cluster) = &mut cluster {
            cluster.stop();
        }
        for folder in [self.data.path(), &database] {
            let found = in_folder(folder, sealed);
            assert_eq!(found, NOWHERE, "in {} at rest", folder.display());
        }
        std::fs::write(database.join("planted"), &sealed[0].bytes).expect("a file");
        assert_eq!(in_folder(&database, sealed), ["name"]);
        drop(self.proxy);
        self.from_page.stop().await;
        self.between.stop().await;
    }
}

async fn what_is_said_is_at_its_ends_alone(cluster: Option<Cluster>) {
    let house = House::start(cluster).await;
    let mut sealed = Vec::new();
    let (ada, eve) = (name("ada"), name("eve"));
    talk_in_terminals(house.between.address(), &ada, &mut sealed).await;
    let pages = talk_in_pages(house.from_page.address(), &eve, &mut sealed).await;
    house.finds(&ada, &eve);
    house.has_none_of(&sealed);
    drop(pages);
    house.ends(&sealed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_end_to_end_is_at_its_ends_alone() {
    what_is_said_is_at_its_ends_alone(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_end_to_end_is_nowhere_in_a_postgresql_that_logs_everything() {
    let cluster = Cluster::start_with("-c log_statement=all -c log_min_duration_statement=0");
    what_is_said_is_at_its_ends_alone(Some(cluster)).await;
}
