//! `friends.add`, `friends.accept`, `friends.decline`, `friends.remove`, `friends.block` and
//! `friends.unblock`: one step of one side towards the other.

use std::sync::Arc;

use wire_format::{AccountId, ErrorCode, Event, Refusal, command::friends::FriendState as Told};

use crate::{
    account::AccountSession,
    command::{
        Turn, conversation,
        errand::{Errand, too_often},
    },
    store::friends::{FriendState, FriendStep, Friendship, OtherSide, TakeFriendStep},
};

/// A step, and towards whom.
pub(super) struct Step {
    pub(super) account: AccountId,
    pub(super) step: FriendStep,
}

/// Takes a step, and tells both accounts how they stand, before the reply. To somebody who is blocked
/// nothing is different from having no answer.
///
/// A dropped future leaves the step to be taken and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    step: Step,
) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.friend_step(own.account).map_err(too_often)?;
    // What is taken is told, also if the connection that asked for it ends meanwhile.
    let tracker = errand.node.tracker.clone();
    let taken = tracker.spawn(take(errand, own, step)).await;
    taken.unwrap_or_else(|_| Err(ErrorCode::Internal.into()))
}

async fn take(errand: Errand, own: Arc<AccountSession>, step: Step) -> Result<Turn, Refusal> {
    let _turn = errand.accounts.pairs.turn(own.account, step.account).await;
    let taken = errand
        .write(TakeFriendStep {
            account: own.member(),
            other: step.account.into(),
            step: step.step,
            most: errand.accounts.limits.friends,
        })
        .await?;
    tell(&errand, &own, step.account, taken);
    if let FriendStep::Block | FriendStep::Unblock = step.step {
        let blocks = step.step == FriendStep::Block;
        conversation::blocks(&errand, &own, step.account.into(), blocks).await?;
    }
    errand.done()
}

/// Tells all sessions of both, the one that took the step included.
fn tell(errand: &Errand, own: &AccountSession, other: AccountId, taken: Friendship) {
    let attendance = &errand.accounts.online.attendance;
    if taken.before != taken.own {
        let changed = Event::FriendsChanged {
            account: other,
            name: taken.name,
            state: shown(taken.own),
        };
        attendance.tell([own.account], &changed);
    }
    let OtherSide::Changed(theirs) = taken.other else {
        return;
    };
    let changed = Event::FriendsChanged {
        account: own.account,
        name: own.name.to_string(),
        state: shown(theirs),
    };
    attendance.tell([other], &changed);
    if theirs == Some(FriendState::Friend) {
        for (told, friend) in [(own.account, other), (other, own.account)] {
            for account in attendance.here([friend]) {
                let online = true;
                attendance.tell([told], &Event::PresenceChanged { account, online });
            }
        }
    }
}

/// How two accounts stand, as an event says it: a block is nothing there.
fn shown(state: Option<FriendState>) -> Told {
    state_of(state.filter(|state| *state != FriendState::Blocked))
}

/// How two accounts stand, as it travels.
pub(super) const fn state_of(state: Option<FriendState>) -> Told {
    match state {
        None => Told::None,
        Some(FriendState::Asked) => Told::Asked,
        Some(FriendState::Asking) => Told::Asking,
        Some(FriendState::Friend) => Told::Friend,
        Some(FriendState::Blocked) => Told::Blocked,
    }
}
