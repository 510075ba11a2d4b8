//! Commands: one file each, one line here.

mod account;
mod announce;
mod answer_epoch;
mod ask_epoch;
mod carry;
mod conversation;
mod enter_room;
mod errand;
mod exit_room;
mod files;
mod guest;
mod hello;
mod hold_epoch;
mod keys_of;
mod list_members;
mod list_rooms;
mod logout;
mod open_room;
mod start_epoch;
mod weight;

use std::{net::IpAddr, pin::Pin, sync::Arc};

use bytes::Bytes;
use serde::Serialize;
use wire_format::{
    CloseCode, ErrorCode, Refusal, ReplyFrame, RoomId,
    command::{Command, Contract, Done, State},
};

use self::errand::Errand;
pub(crate) use self::weight::{is_passed_on, weight};
use crate::{
    admission::Entry, node::Node, outbox::Outbox, phase::Phase, room::Room, session::Session,
};

/// A command as it came, and the connection that it came on.
pub(crate) struct Call<'a> {
    pub(crate) node: &'a Arc<Node>,
    pub(crate) outbox: &'a Arc<Outbox>,
    /// Whom the connection speaks for.
    pub(crate) client: &'a mut IpAddr,
    pub(crate) entry: &'a mut Entry,
    pub(crate) request: u32,
    pub(crate) tail: Bytes,
}

/// What a command leads to.
pub(crate) enum Answer {
    /// This reply.
    Reply(ReplyFrame),
    /// Nothing more: the reply was sent.
    Sent,
    /// This reply, and then the end.
    Last(ReplyFrame, CloseCode),
    /// What comes of this.
    Later(Later),
}

/// A command that waits, for the store or for work that takes a core: the connection's reader awaits
/// it before the next frame, and drops it when the connection ends first. It is boxed, since most
/// connections never have one.
///
/// A dropped one leaves its change made or not made, never half made, and nobody signed in: a
/// session that was begun is idle then, and ends as such.
pub(crate) type Later = Pin<Box<dyn Future<Output = Result<Turn, Refusal>> + Send>>;

/// What a command that waited leads to.
pub(crate) enum Turn {
    /// This reply.
    Reply(ReplyFrame),
    /// Nothing more: the reply was sent.
    Sent,
    /// The connection is in this phase, and then this reply.
    Enter(Phase, ReplyFrame),
    /// The keys of the session are proven, and then this reply.
    Proven(ReplyFrame),
    /// This reply, and then the end.
    Last(ReplyFrame, CloseCode),
}

/// An answer, or why there is none.
pub(crate) type Answered = Result<Answer, Refusal>;

/// Carries out a command where it is allowed.
///
/// # Errors
/// The refusal that the client is told; nothing was changed.
pub(crate) fn run(phase: &mut Phase, call: Call<'_>, command: Command) -> Answered {
    let contract = command.contract();
    if contract.state.needs_accounts() && call.node.accounts.is_none() {
        return Err(ErrorCode::UnknownCommand.into());
    }
    if !call.tail.is_empty() && contract.tail_bytes == 0 {
        return Err(ErrorCode::Malformed.into());
    }
    kept_to(contract, in_phase(phase, call, command))
}

/// Where assertions are on, as in tests, stops at a refusal that the contract does not know.
fn kept_to(contract: &'static Contract, answered: Answered) -> Answered {
    let check = move |refusal: &Refusal| {
        let (name, code) = (contract.name, refusal.code);
        debug_assert!(contract.allows(code), "{name} is refused with {code}");
    };
    match answered.inspect_err(check) {
        Ok(Answer::Later(turn)) if cfg!(debug_assertions) => {
            later(async move { turn.await.inspect_err(check) })
        }
        answered => answered,
    }
}

fn in_phase(phase: &mut Phase, mut call: Call<'_>, command: Command) -> Answered {
    match phase {
        Phase::New(new) => match command {
            Command::Hello(hello) => {
                let accounts = call.node.accounts.as_ref();
                let token_key = accounts.map(|accounts| accounts.tokens.public());
                let (greeted, greeting) = hello::run(*new, &hello, token_key)?;
                *phase = Phase::Greeted(Box::new(greeted));
                call.ok(&greeting)
            }
            Command::Carry(_) | Command::Guest(_) => Err(ErrorCode::NotAllowed.into()),
            command if signs_in(&command) => Err(ErrorCode::NotAllowed.into()),
            _ => Err(ErrorCode::NotSignedIn.into()),
        },
        Phase::Greeted(greeted) => match command {
            Command::Carry(carry) => carry::run(greeted, &mut call, &carry),
            Command::Guest(guest) if call.node.accounts.is_some() => {
                later(guest::run_beside_accounts(call.errand()?, guest))
            }
            Command::Guest(guest) => {
                let session = guest::run(&call, &guest)?;
                let signed_in = guest::signed_in(&session);
                *phase = Phase::SignedIn(session);
                call.ok(&signed_in)
            }
            Command::Hello(_) => Err(ErrorCode::NotAllowed.into()),
            command => account::greeted(greeted, call, command),
        },
        Phase::SignedIn(session) => signed_in(session, call, command),
        Phase::Unproven(session) => account::unproven(session, call, command),
        Phase::Account(proven) => account::proven(proven, call, command),
    }
}

fn signed_in(session: &Arc<Session>, call: Call<'_>, command: Command) -> Answered {
    match command {
        Command::Logout(_) => logout::run(session, &call),
        Command::Guest(_) => Err(ErrorCode::AlreadySignedIn.into()),
        command if signs_in(&command) => Err(ErrorCode::AlreadySignedIn.into()),
        command => in_rooms(session, call, command),
    }
}

/// What everybody may do in proxy-sealed rooms, guest or account.
fn in_rooms(session: &Arc<Session>, call: Call<'_>, command: Command) -> Answered {
    match command {
        Command::OpenRoom(open) => open_room::run(&call, &open),
        Command::ListRooms(_) => list_rooms::run(&call),
        Command::EnterRoom(enter) => enter_room::run(session, &call, &enter),
        Command::ListMembers(list) => list_members::run(session, &call, list),
        Command::ExitRoom(exit) => exit_room::run(session, &call, exit),
        Command::Announce(_) => announce::run(session, call),
        Command::KeysOf(of) => keys_of::run(&call, of),
        Command::StartEpoch(start) => start_epoch::run(session, call, start),
        Command::HoldEpoch(hold) => hold_epoch::run(session, call, hold),
        Command::AskEpoch(ask) => ask_epoch::run(session, &call, ask),
        Command::AnswerEpoch(answer) => answer_epoch::run(session, call, answer),
        // Before a phase it is not in, or with keys and a vault that a guest does not have.
        _ => Err(ErrorCode::NotAllowed.into()),
    }
}

/// Whether a command belongs before an account's sign-in.
fn signs_in(command: &Command) -> bool {
    command.contract().state == State::SignIn
}

fn later(turn: impl Future<Output = Result<Turn, Refusal>> + Send + 'static) -> Answered {
    Ok(Answer::Later(Box::pin(turn)))
}

impl Call<'_> {
    fn ok(&self, fields: &impl Serialize) -> Answered {
        self.ok_with(fields, Bytes::new())
    }

    fn ok_with(&self, fields: &impl Serialize, tail: Bytes) -> Answered {
        Ok(Answer::Reply(ReplyFrame::ok(self.request, fields, tail)))
    }

    /// What a command that answers later takes along.
    fn errand(&mut self) -> Result<Errand, Refusal> {
        let accounts = self.node.accounts.as_ref();
        let accounts = accounts.ok_or(ErrorCode::UnknownCommand)?;
        Ok(Errand {
            node: Arc::clone(self.node),
            accounts: Arc::clone(accounts),
            outbox: Arc::clone(self.outbox),
            client: *self.client,
            request: self.request,
            tail: std::mem::take(&mut self.tail),
        })
    }

    fn done(&self) -> Answered {
        self.ok(&Done {})
    }

    /// The room with this id that the session is in.
    fn room_of(&self, session: &Session, id: RoomId) -> Result<Arc<Room>, Refusal> {
        session.room(id).ok_or_else(|| self.why_not_in(id))
    }

    fn why_not_in(&self, id: RoomId) -> Refusal {
        if self.node.rooms.has(id) {
            ErrorCode::NotInRoom.into()
        } else {
            ErrorCode::NoSuchRoom.into()
        }
    }
}

/// How a record that cannot be read is refused.
fn unreadable(error: &wire_format::open_error::OpenError) -> Refusal {
    match error {
        wire_format::open_error::OpenError::TooLarge { .. } => ErrorCode::TooLarge.into(),
        _ => ErrorCode::Malformed.into(),
    }
}
