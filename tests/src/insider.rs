//! A member of a proxy-sealed room who does every step by hand, and so can do any of them wrong.

use std::net::SocketAddr;

use bytes::Bytes;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use wire_format::{
    Announcement, ChannelId, ClientFrame, Content, Draft, EpochDraft, EpochKeys, EpochNumber,
    EpochSecret, Event, InstanceId, MemberId, MessageId, Millis, Publish, PublishFlags, RoomId,
    ServerFrame, SessionKeys, Storage, UnverifiedAnnouncement, UnverifiedBundle,
    event::EpochReason,
};

use crate::wire::{Answer, Wire};

/// Somebody with keys who is signed in and has announced them.
#[derive(Debug)]
pub struct Insider {
    /// The connection.
    pub wire: Wire,
    /// The member id.
    pub member: MemberId,
    /// The private keys.
    pub keys: SessionKeys,
    /// What was announced.
    pub announcement: Announcement,
    /// The number that counts this member's messages.
    pub instance: InstanceId,
    /// The secret of the epoch that this member started.
    pub started: Option<[u8; 32]>,
    epoch: Option<(EpochNumber, EpochKeys)>,
    rng: StdRng,
}

impl Insider {
    /// Signs in, makes keys and announces them.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn announced(server: SocketAddr, name: &str) -> Self {
        let keys = SessionKeys::generate(&mut StdRng::from_seed(rand::random()));
        Self::announced_with(server, name, keys.expect("keys")).await
    }

    /// Signs in and announces these keys.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn announced_with(server: SocketAddr, name: &str, keys: SessionKeys) -> Self {
        let mut rng = StdRng::from_seed(rand::random());
        let (wire, token) = Wire::guest(server, name).await;
        let member = token.member();
        let made = keys.announce(member, name, now(), &mut rng);
        let announcement = made.expect("an announcement");
        let instance = InstanceId::from_bytes(rand::random());
        let mut insider = Self {
            wire,
            member,
            keys,
            announcement,
            instance,
            started: None,
            epoch: None,
            rng,
        };
        let bytes = insider.announcement.bytes().clone();
        insider
            .announce(bytes)
            .await
            .expect("an announcement that is accepted");
        insider
    }

    /// Announces whatever bytes these are.
    ///
    /// # Errors
    /// The refusal's code and wait.
    pub async fn announce(&mut self, bytes: Bytes) -> Answer {
        let answer = self
            .wire
            .command_with("keys.announce", json!({}), bytes)
            .await;
        answer.map(|(ok, _)| ok)
    }

    /// Enters the lobby and comes by its key, starting the first epoch if there is none.
    ///
    /// # Panics
    /// If the server or the holder of the key refuses.
    pub async fn enter(&mut self) {
        let fields = json!({"room": LOBBY});
        let (ok, bundle) = self
            .wire
            .command_with("rooms.enter", fields, Bytes::new())
            .await
            .expect("the lobby");
        match number(&ok["epoch"]["n"]) {
            Some(n) => self.ask(n, bundle).await,
            None => self.start(EpochNumber::new(1)).await,
        }
    }

    /// Starts an epoch.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn start(&mut self, n: EpochNumber) {
        let bytes = rand::random();
        let secret = EpochSecret::from_bytes(bytes);
        self.started = Some(bytes);
        let draft = EpochDraft {
            room: lobby(),
            n,
            reason: EpochReason::First,
            starter: self.member,
            started_at: now(),
        };
        let start = self
            .keys
            .start_epoch(&draft, &secret, &mut self.rng)
            .expect("an epoch start");
        let fields = json!({"room": lobby(), "n": n});
        let started = self
            .wire
            .command_with("epochs.start", fields, start.bytes().clone())
            .await;
        started.expect("an epoch that is accepted");
        self.epoch = Some((n, EpochKeys::new(&secret, &start)));
    }

    async fn ask(&mut self, n: EpochNumber, bundle: Bytes) {
        let bundle = UnverifiedBundle::parse(bundle)
            .and_then(UnverifiedBundle::verify)
            .expect("a bundle");
        self.wire
            .command("epochs.ask", json!({"room": lobby(), "n": n}))
            .await
            .expect("a question that is passed on");
        let share = self.share().await.expect("a share");
        let secret = self
            .keys
            .open_share(&share, &bundle.start, &mut self.rng)
            .expect("a share that opens");
        self.epoch = Some((n, EpochKeys::new(&secret, &bundle.start)));
    }

    /// Waits until somebody asks for the epoch that this member started, and gives it to them.
    ///
    /// # Panics
    /// If the connection ends, or who asks has no good announcement.
    pub async fn answer(&mut self) {
        let secret =
            EpochSecret::from_bytes(self.started.expect("an epoch that this member started"));
        loop {
            let frame = self.wire.frame().await.expect("a question before the end");
            let ServerFrame::Event(frame) = frame else {
                continue;
            };
            if let Ok(Event::EpochAsked { room, n, asker }) = frame.event() {
                let announcement = UnverifiedAnnouncement::parse(frame.tail);
                let announcement = announcement.and_then(UnverifiedAnnouncement::verify);
                let share = announcement
                    .expect("an announcement")
                    .wrap(&secret, &mut self.rng);
                let fields = json!({"room": room, "n": n, "to": asker.id});
                let answer =
                    self.wire
                        .command_with("epochs.answer", fields, share.expect("a share"));
                answer.await.expect("an answer that is passed on");
                return;
            }
        }
    }

    /// Waits for the answer to `epochs.ask`: the share, or `None` if nobody gives one.
    ///
    /// # Panics
    /// If the connection ends.
    pub async fn share(&mut self) -> Option<Bytes> {
        loop {
            let ServerFrame::Event(frame) =
                self.wire.frame().await.expect("an answer before the end")
            else {
                continue;
            };
            match frame.event() {
                Ok(Event::EpochShare { .. }) => return Some(frame.tail),
                Ok(Event::EpochUnanswered { .. }) => return None,
                _ => {}
            }
        }
    }

    /// What opens and seals.
    ///
    /// # Panics
    /// Before [`Insider::enter`].
    pub fn epoch(&self) -> &EpochKeys {
        &self.epoch.as_ref().expect("the room's key").1
    }

    /// A draft of a text with this counter, to be changed before it is sealed.
    pub fn draft<'a>(&self, counter: u64, content: &'a [u8]) -> Draft<'a> {
        Draft {
            channel: ChannelId::main_of(lobby()),
            sender: self.member,
            fingerprint: self.keys.fingerprint(),
            instance: self.instance,
            counter,
            storage: Storage::Passing,
            sent_at: now(),
            message: MessageId::from_bytes(rand::random()),
            content,
        }
    }

    /// Seals a text under this counter.
    ///
    /// # Panics
    /// If it is too large.
    pub fn seal(&self, counter: u64, text: &str) -> Bytes {
        let content = Content::encode_text(text).expect("a text");
        self.epoch()
            .seal(&self.draft(counter, &content), rand::random())
            .expect("an envelope")
    }

    /// Sends a payload to the lobby under the current epoch.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the connection ends.
    pub async fn publish(&mut self, payload: Bytes) -> Answer {
        self.wire
            .request(|request| {
                ClientFrame::Publish(Publish {
                    request,
                    channel: ChannelId::main_of(lobby()),
                    epoch: EpochNumber::new(0),
                    flags: PublishFlags::default(),
                    payload,
                })
            })
            .await
    }
}

/// The room of every server.
pub const LOBBY: &str = "lobby";

/// Its id.
pub fn lobby() -> RoomId {
    RoomId::of_name(LOBBY)
}

/// The time, as drafts want it.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let since = since.expect("a clock after 1970").as_millis();
    Millis::new(u64::try_from(since).expect("a clock before the year 500 000 000"))
}

fn number(value: &Value) -> Option<EpochNumber> {
    Some(EpochNumber::new(value.as_str()?.parse().ok()?))
}
