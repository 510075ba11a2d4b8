//! An account of this device in its end-to-end conversations, over one connection after another.

use std::time::Duration;

use chat_client::{
    Backoff, Conversations, SignIn,
    conversations::{ConversationError, News, Place},
};
use tokio::time::Instant;
use wire_format::{AccountId, ErrorCode, RoomId};

use super::{
    at::At,
    files::Transfers,
    home::Home,
    opened::{Held, Opened},
};
use crate::exit::Failure;

/// An account that talks, and its file.
pub(super) struct Talker {
    pub(super) conversations: Conversations,
    held: Held,
    backoff: Backoff,
    /// Since when there is this connection.
    since: Instant,
}

/// Whom a text is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum To {
    /// A conversation that is there.
    Room(RoomId),
    /// Somebody; their direct conversation may have to be made.
    Person(AccountId),
}

impl Talker {
    /// Finds the account, waits for its turn, goes on with its session, and reads what its vault keeps.
    pub(super) async fn begin(at: &At, home: Home, name: Option<&str>) -> Result<Self, Failure> {
        let Opened { account, mut held } = Opened::again(at, home, name).await?;
        let conversations = Conversations::begin(account).await?;
        held.keep(conversations.account())?;
        Ok(Self {
            conversations,
            held,
            backoff: Backoff::new(),
            since: Instant::now(),
        })
    }

    /// Connects again after a loss or a refusal that passes, with waits that grow until a connection holds.
    pub(super) async fn come_back(
        &mut self,
        lost: ConversationError,
        until: Instant,
    ) -> Result<(), Failure> {
        if self.since.elapsed() >= HELD {
            self.backoff.reset();
        }
        let mut error = lost;
        loop {
            // Whoever goes on with the session elsewhere is not to be cut off in turn.
            let may_pass = (error.is_lost() && !error.is_final()) || error.is_passing();
            if !may_pass || Failure::is_session_over(&error) || Instant::now() >= until {
                return Err(error.into());
            }
            let wait = self.backoff.next(&mut rand::rng());
            tokio::time::sleep(wait).await;
            let kept = self.held.state.account.clone();
            let again = SignIn::again(self.held.server.clone(), &kept).await;
            let resumed = match again {
                Ok(account) => self.conversations.resume(account).await,
                Err(error) => Err(error.into()),
            };
            match resumed {
                Ok(()) => {
                    self.since = Instant::now();
                    return self.keep();
                }
                Err(next) => error = next,
            }
        }
    }

    /// Writes down what the account has come to.
    pub(super) fn keep(&mut self) -> Result<(), Failure> {
        self.held.keep(self.conversations.account())
    }

    /// The files that this account sends from this device.
    pub(super) fn transfers(&self) -> Result<Transfers, Failure> {
        self.held.transfers()
    }

    /// Writes it down and says goodbye; the session stays.
    pub(super) async fn close(mut self) -> Result<(), Failure> {
        self.keep()?;
        self.conversations.into_account().close().await;
        Ok(())
    }

    /// Whom a word means: an id, a group or private room by its name, a public room by its name behind a
    /// `#`, or a person by the user name. What could be both
    /// is refused: whoever chooses a name is not to choose who reads. The server hears no group's name.
    pub(super) async fn to(&mut self, word: &str) -> Result<To, Failure> {
        let conversations = &mut self.conversations;
        if let Ok(id) = word.parse::<RoomId>() {
            let own = conversations.mine().await?;
            if own.iter().any(|own| own.room == id) {
                return Ok(To::Room(id));
            }
            return Ok(To::Person(AccountId::from_bytes(*id.as_bytes())));
        }
        if let Some(name) = word.strip_prefix('#') {
            return Ok(To::Room(conversations.find_own_public(name).await?));
        }
        match conversations.find_group(word).await {
            // A stranger's group that was not answered is not meant by its name.
            Ok(room) if conversations.is_request(room).await? => {}
            Ok(_) if conversations.knows(word).await? => {
                return Err(ConversationError::Ambiguous(word.to_owned()).into());
            }
            Ok(room) => return Ok(To::Room(room)),
            Err(ConversationError::NoSuchName(_)) => {}
            Err(error) => return Err(error.into()),
        }
        // No group that this account talks in has this name, so it is none of its secrets.
        match conversations.account_mut().find(word).await {
            Ok(found) => Ok(To::Person(found.account)),
            Err(error) => Err(match ConversationError::from(error) {
                error if error.refusal() == Some(ErrorCode::NoSuchAccount) => {
                    ConversationError::NoSuchName(word.to_owned())
                }
                ConversationError::Account(chat_client::AccountError::Own(_)) => {
                    ConversationError::NoSuchName(word.to_owned())
                }
                error => error,
            }
            .into()),
        }
    }

    /// The conversation that a word means; a direct one is made if it is not there.
    pub(super) async fn room(&mut self, word: &str) -> Result<RoomId, Failure> {
        match self.to(word).await? {
            To::Room(room) => {
                self.conversations.sync(room).await?;
                Ok(room)
            }
            To::Person(account) => Ok(self.conversations.direct_with(account).await?),
        }
    }

    /// The channel that words mean: of a conversation as [`Talker::room`] finds it, the main one where
    /// none is named.
    pub(super) async fn place(
        &mut self,
        word: &str,
        channel: Option<&str>,
    ) -> Result<Place, Failure> {
        let room = self.room(word).await?;
        let Some(channel) = channel else {
            return Ok(room.into());
        };
        let channel = self.conversations.find_channel(room, channel).await?;
        Ok(Place { room, channel })
    }

    /// The account that a name or an id means.
    pub(super) async fn person(&mut self, word: &str) -> Result<AccountId, Failure> {
        // No name is as long as an id.
        if let Ok(id) = word.parse() {
            return Ok(id);
        }
        Ok(self.conversations.account_mut().find(word).await?.account)
    }

    /// Nobody tries any more to send what was under way, whatever became of it.
    pub(super) fn give_up(&mut self) {
        self.conversations.give_up();
    }

    /// What came to light, as news.
    pub(super) fn alarms(&mut self) -> Vec<News> {
        let alarms = self.conversations.take_alarms().into_iter();
        alarms
            .map(|(room, alarm)| News::Alarm { room, alarm })
            .collect()
    }
}

/// After how long a connection has held, so that the next loss is a new one.
const HELD: Duration = Duration::from_secs(30);
