//! One round of the post: what has gathered is judged, written, delivered and answered.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use wire_format::{
    Deliver, ErrorCode, Refusal, ReplyFrame, RoomId, Sequence, ServerFrame, Storage, room::Role,
};

use super::{
    Letter,
    keep::{self, Fate},
};
use crate::{
    account::Accounts,
    conversation::{Conversation, Standing},
    node::Node,
    outbox::Outbox,
};

/// Carries letters into the store and to their rooms.
pub(super) async fn carry(node: &Node, accounts: &Accounts, letters: Vec<Letter>) {
    let mut rooms = BTreeMap::<(RoomId, usize), (Arc<Conversation>, Vec<usize>)>::new();
    for (at, letter) in letters.iter().enumerate() {
        let room = || (Arc::clone(&letter.room), Vec::new());
        // One that was given up and the one that was loaded in its place are two.
        let which = (letter.room.id(), Arc::as_ptr(&letter.room).addr());
        let (_, letters) = rooms.entry(which).or_insert_with(room);
        letters.push(at);
    }
    // In the order of their ids; and who holds a room's turn otherwise waits for no other.
    let mut turns = Vec::with_capacity(rooms.len());
    for (room, _) in rooms.values() {
        room.until_uncrowded().await;
        // What is for a room that was given up is refused below.
        turns.push(room.turn().await.ok());
    }
    let before: Vec<_> = letters.iter().map(|one| one.lane.was_accepted()).collect();
    let judged: Vec<_> = letters.iter().map(judge).collect();
    let let_in: Vec<_> = judged.iter().map(Result::is_ok).collect();
    let mut fates = keep::keep((node, accounts), &letters, judged).await;
    settle(&letters, &before, &mut fates);
    take_back(&letters, &let_in, &fates);
    for (room, places) in rooms.values() {
        let theirs = places.iter().map(|at| (&letters[*at], &fates[*at]));
        deliver(room, theirs);
    }
    drop(turns);
    for fate in &fates {
        match fate {
            Ok(_) => node.figures.published(),
            Err(refusal) => node.figures.refused(refusal.code),
        }
    }
    answer(&letters, &fates);
}

/// Takes note of what became of each, from what was before the round on: nothing follows what was not
/// kept after all.
fn settle(letters: &[Letter], before: &[bool], fates: &mut [Fate]) {
    for (letter, was_accepted) in letters.iter().zip(before) {
        letter.lane.settle(*was_accepted);
    }
    for (letter, fate) in letters.iter().zip(fates) {
        if fate.is_ok() && letter.is_following && !letter.lane.was_accepted() {
            *fate = Err(ErrorCode::OutOfTurn.into());
        }
        letter.lane.settle(fate.is_ok());
    }
}

/// What was let in and is not kept after all keeps nobody waiting where a channel is slow.
fn take_back(letters: &[Letter], let_in: &[bool], fates: &[Fate]) {
    for ((letter, let_in), fate) in letters.iter().zip(let_in).zip(fates) {
        if *let_in && fate.is_err() {
            let sealed = &letter.sealed;
            let room = &letter.room;
            room.has_not_written(sealed.channel, letter.account, sealed.message);
        }
    }
}

/// Whether a letter may go into its room, those before it being judged already.
fn judge(letter: &Letter) -> Result<(), Refusal> {
    let outcome = if letter.is_following && !letter.lane.was_accepted() {
        Err(ErrorCode::OutOfTurn.into())
    } else {
        may_write(letter)
    };
    letter.lane.settle(outcome.is_ok());
    outcome
}

fn may_write(letter: &Letter) -> Result<(), Refusal> {
    let room = &letter.room;
    if room.is_given_up() {
        return Err(ErrorCode::Busy.into());
    }
    let code = match room.standing(letter.account) {
        Standing::Outside | Standing::Leaving => ErrorCode::NotInRoom,
        Standing::Member(_) if room.is_deaf(letter.account) => ErrorCode::NotInRoom,
        Standing::Member(Role::Muted) => ErrorCode::NotAllowed,
        Standing::Member(_) if room.head() != (letter.sealed.epoch, letter.sealed.commit) => {
            ErrorCode::StaleEpoch
        }
        Standing::Member(_) if room.is_over(letter.at) => ErrorCode::StaleEpoch,
        Standing::Member(role) => {
            let who = (letter.account, role);
            let what = (letter.sealed.message, letter.sealed.storage);
            return room.may_write(letter.sealed.channel, who, what);
        }
    };
    Err(code.into())
}

/// Tells a room what it has by now, in the order in which it came.
fn deliver<'l>(room: &Conversation, letters: impl Iterator<Item = (&'l Letter, &'l Fate)>) {
    let mut kept: Vec<Deliver> = Vec::new();
    for (letter, fate) in letters {
        let Ok(placed) = fate else { continue };
        if !placed.is_new {
            continue;
        }
        let deliver = letter.deliver(placed.sequence);
        match letter.sealed.storage {
            Storage::Stored => {
                room.answered(letter.account);
                kept.push(deliver);
            }
            Storage::Passing => {
                if !kept.is_empty() {
                    room.deliver_stored(&std::mem::take(&mut kept));
                }
                room.deliver_unstored(&deliver);
            }
        }
    }
    if !kept.is_empty() {
        room.deliver_stored(&kept);
    }
}

/// Answers everybody, all letters of a connection in one piece.
fn answer(letters: &[Letter], fates: &[Fate]) {
    let mut replies = HashMap::<*const Outbox, (&Arc<Outbox>, BytesMut)>::new();
    for (letter, fate) in letters.iter().zip(fates) {
        let Some(reply) = reply(letter.request, fate) else {
            continue;
        };
        let frame = ServerFrame::Reply(reply).encode().stream();
        let (_, frames) = replies
            .entry(Arc::as_ptr(&letter.outbox))
            .or_insert_with(|| (&letter.outbox, BytesMut::new()));
        frames.extend_from_slice(&frame);
    }
    for (outbox, frames) in replies.into_values() {
        outbox.send_chunk(&frames.freeze());
    }
}

fn reply(request: u32, fate: &Fate) -> Option<ReplyFrame> {
    #[derive(Serialize)]
    struct Published {
        sequence: Sequence,
    }

    match fate {
        Ok(_) if request == 0 => None,
        Ok(placed) => {
            let sequence = placed.sequence;
            Some(ReplyFrame::ok(
                request,
                &Published { sequence },
                Bytes::new(),
            ))
        }
        Err(refusal) => Some(ReplyFrame::refused(request, refusal)),
    }
}
