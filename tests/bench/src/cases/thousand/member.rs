//! Members with the client library, each on a thread of its own as on a machine of its own: one talks, one
//! listens, the others do what they are told.

use std::{net::SocketAddr, sync::Arc, thread::JoinHandle};

use anyhow::{Context, anyhow};
use chat_client::{
    Conversations, SignIn,
    account::{AccountServer, Kept},
    conversations::Place,
};
use tokio::{
    select,
    sync::{mpsc, oneshot},
    time::sleep_until,
};
use wire_format::{
    AccountId, MessageId, RoomId,
    identity::IdentityKeys,
    passwords::Password,
    room::{AfterRemoval, RoomContent, Text},
};

use super::talk::{Ear, Talk};
use crate::cases::account;

/// Somebody with an account and a kept session.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) account: AccountId,
    pub(super) keys: Arc<IdentityKeys>,
    kept: Kept,
}

impl Registered {
    /// Registers with [`PASSWORD`].
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn named(address: SocketAddr, name: &str) -> anyhow::Result<Self> {
        let account = account::register(address, name, Password::prepare(PASSWORD)?).await?;
        let registered = Self {
            account: account.id(),
            keys: Arc::clone(account.keys()),
            kept: account.kept(),
        };
        account.close().await;
        Ok(registered)
    }

    async fn conversations(&self, address: SocketAddr) -> anyhow::Result<Conversations> {
        let server = AccountServer::new(address.to_string().parse()?);
        let account = SignIn::again(server, &self.kept).await?;
        Ok(Conversations::begin(account).await?)
    }
}

/// What a member is told to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Reads the room, and follows it from its end.
    Enter,
    /// Comes in.
    Join,
    /// Goes.
    Leave,
    /// Removes somebody.
    Remove(AccountId),
    /// Makes a new key.
    Rotate,
    /// Talks from now on, until it is to be quiet.
    Talk,
    /// Talks no more.
    Hush,
}

/// What a member does by itself.
pub(super) enum Part {
    /// Nothing.
    Quiet,
    /// Talks on a clock.
    Talks(Arc<Talk>),
    /// Notes what it sees and hears.
    Listens(Ear),
}

struct Order {
    step: Step,
    done: oneshot::Sender<anyhow::Result<()>>,
}

/// A member at work. It ends when it is dropped.
pub(super) struct Member {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Member {
    /// Signs in, on another thread.
    pub(super) fn begins(who: Registered, at: (SocketAddr, RoomId), part: Part) -> Self {
        let (orders, told) = mpsc::channel(1);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(lives(who, at, part, told))
        });
        Self {
            orders: Some(orders),
            thread: Some(thread),
        }
    }

    /// Has it do something; returns when it is done.
    ///
    /// # Errors
    /// Why it was not done, or why the member has ended.
    pub(super) async fn does(&mut self, step: Step) -> anyhow::Result<()> {
        let (done, is_done) = oneshot::channel();
        if let Some(orders) = &self.orders {
            // That it has ended is seen below.
            drop(orders.send(Order { step, done }).await);
        }
        match is_done.await {
            Ok(outcome) => outcome.with_context(|| format!("{step:?}")),
            Err(_) => Err(self.why_it_ended()),
        }
    }

    fn why_it_ended(&mut self) -> anyhow::Error {
        self.orders = None;
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Ok(Err(error))) => error.context("a member has ended"),
            _ => anyhow!("a member has ended"),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // Why it ended was said to whoever waited for it.
            drop(thread.join());
        }
    }
}

async fn lives(
    who: Registered,
    (address, room): (SocketAddr, RoomId),
    part: Part,
    mut told: mpsc::Receiver<Order>,
) -> anyhow::Result<()> {
    let mut conversations = who.conversations(address).await?;
    let mut is_talking = false;
    loop {
        select! {
            order = told.recv() => {
                let Some(Order { step, done }) = order else {
                    return Ok(());
                };
                let outcome = carry_out(&mut conversations, room, step).await;
                if let (Part::Talks(talk), true) = (&part, step == Step::Talk) {
                    talk.begins();
                    is_talking = true;
                }
                is_talking &= step != Step::Hush;
                if let Part::Listens(ear) = &part {
                    ear.notes(&conversations, room, &[]);
                }
                // Who told it may have given up.
                drop(done.send(outcome));
            }
            arrival = conversations.arrival() => {
                let news = conversations.handle(arrival?).await?;
                if let Part::Listens(ear) = &part {
                    ear.notes(&conversations, room, &news);
                }
            }
            () = next_word(&part), if is_talking => says(&part, &mut conversations, room).await?,
        }
    }
}

async fn carry_out(
    conversations: &mut Conversations,
    room: RoomId,
    step: Step,
) -> anyhow::Result<()> {
    match step {
        Step::Enter => {
            for stands in conversations.enter(room).await? {
                let channel = stands.channel;
                // What was said before is nothing that is waited for here.
                conversations.begin_after(Place { room, channel }, stands.sequence)?;
            }
        }
        Step::Join => conversations.join(room).await?,
        Step::Leave => conversations.leave(room).await?,
        Step::Remove(account) => {
            conversations
                .remove(room, account, AfterRemoval::MayReturn)
                .await?;
        }
        Step::Rotate => conversations.rotate(room).await?,
        Step::Talk | Step::Hush => {}
    }
    Ok(())
}

/// Returns when the next number is due.
async fn next_word(part: &Part) {
    if let Part::Talks(talk) = part
        && let Some((_, due)) = talk.next()
    {
        sleep_until(due.into()).await;
    }
}

async fn says(part: &Part, conversations: &mut Conversations, room: RoomId) -> anyhow::Result<()> {
    let Part::Talks(talk) = part else {
        return Ok(());
    };
    let Some((number, _)) = talk.next() else {
        return Ok(());
    };
    let content = RoomContent::Text(Text {
        text: number.to_string(),
        mentions: None,
    });
    let message = MessageId::from_bytes(rand::random());
    conversations.send(room, &content, message).await?;
    talk.said(number);
    Ok(())
}

/// The password of everybody, as the pages of the browser tests have it.
pub(super) const PASSWORD: &str = "kettle orbit thimble";
