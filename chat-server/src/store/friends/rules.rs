//! What a step makes of a pair. A block is silent to the blocked: to them it is as if the other had
//! not answered, or had ended a friendship.

use super::FriendState::{self, Asked, Asking, Blocked, Friend};
use crate::store::Refusal;

/// What one side may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FriendStep {
    /// Ask, or accept if the other has asked.
    Ask,
    /// Accept what the other has asked.
    Accept,
    /// Decline what the other has asked.
    Decline,
    /// End a friendship, or take a question back.
    Remove,
    /// Hear nothing of the other any more.
    Block,
    /// Hear of the other again; what it asked meanwhile is there.
    Unblock,
}

/// How one side stands to the other.
type Side = Option<FriendState>;

/// Gives how both sides stand afterwards: who takes the step, and the other.
pub(super) const fn step(
    step: FriendStep,
    own: Side,
    theirs: Side,
) -> Result<(Side, Side), Refusal> {
    let friends = (Some(Friend), Some(Friend));
    Ok(match (step, own, theirs) {
        (FriendStep::Ask, Some(Blocked), _) => return Err(Refusal::Blocked),
        (FriendStep::Ask | FriendStep::Accept, Some(Asking), _) => friends,
        (FriendStep::Ask, None, Some(Blocked)) => (Some(Asked), Some(Blocked)),
        (FriendStep::Ask, None, _) => (Some(Asked), Some(Asking)),
        (FriendStep::Ask, Some(Asked | Friend), _) => (own, theirs),

        (FriendStep::Accept, Some(Friend), _) => (own, theirs),
        (FriendStep::Decline, Some(Asking), _) => (None, None),
        (FriendStep::Accept | FriendStep::Decline, ..) => return Err(Refusal::NotAsked),

        (FriendStep::Remove, Some(Asked | Friend), Some(Blocked)) => (None, theirs),
        (FriendStep::Remove, Some(Asked | Friend), _) => (None, None),
        (FriendStep::Remove, ..) => (own, theirs),

        // What they have asked stays asked; what they were asked is taken back.
        (FriendStep::Block, _, Some(Asked | Blocked)) => (Some(Blocked), theirs),
        (FriendStep::Block, ..) => (Some(Blocked), None),

        (FriendStep::Unblock, Some(Blocked), Some(Asked)) => (Some(Asking), theirs),
        (FriendStep::Unblock, Some(Blocked), _) => (None, theirs),
        (FriendStep::Unblock, ..) => (own, theirs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [FriendStep; 6] = [
        FriendStep::Ask,
        FriendStep::Accept,
        FriendStep::Decline,
        FriendStep::Remove,
        FriendStep::Block,
        FriendStep::Unblock,
    ];

    /// Every pair that steps of either side lead to.
    fn reachable() -> Vec<(Side, Side)> {
        let mut pairs = vec![(None, None)];
        let mut next = 0;
        while let Some(&(own, theirs)) = pairs.get(next) {
            next += 1;
            for taken in STEPS {
                for pair in [
                    step(taken, own, theirs),
                    step(taken, theirs, own).map(|(theirs, own)| (own, theirs)),
                ] {
                    match pair {
                        Ok(pair) if !pairs.contains(&pair) => pairs.push(pair),
                        _ => {}
                    }
                }
            }
        }
        pairs
    }

    #[test]
    fn both_sides_always_fit_each_other() {
        let fits = |own: Side, theirs: Side| match own {
            None => matches!(theirs, None | Some(Blocked)),
            Some(Asked) => matches!(theirs, Some(Asking | Blocked)),
            Some(Asking) => theirs == Some(Asked),
            Some(Friend) => theirs == Some(Friend),
            Some(Blocked) => matches!(theirs, None | Some(Asked | Blocked)),
        };
        let pairs = reachable();
        assert_eq!(pairs.len(), 9);
        for (own, theirs) in pairs {
            assert!(fits(own, theirs), "{own:?} {theirs:?}");
        }
    }

    #[test]
    fn nobody_is_told_of_a_block() {
        for (own, theirs) in reachable() {
            let after = step(FriendStep::Block, own, theirs).map(|(_, theirs)| theirs);
            let removed = step(FriendStep::Remove, own, theirs).map(|(_, theirs)| theirs);
            assert!(
                after == Ok(theirs) || after == removed,
                "{own:?} {theirs:?}"
            );
        }
    }

    #[test]
    fn what_was_asked_while_blocked_is_there_afterwards() {
        let (theirs, own) = step(FriendStep::Ask, None, Some(Blocked)).expect("silent");
        assert_eq!((own, theirs), (Some(Blocked), Some(Asked)));
        let pair = step(FriendStep::Unblock, own, theirs);
        assert_eq!(pair, Ok((Some(Asking), Some(Asked))));
    }
}
