//! Messages that others may name: who wrote them, and what became of them.

use std::collections::{BTreeMap, HashMap};

use wire_format::{
    AccountId, EnvelopeHash, MessageId, Sequence,
    room::{Role, RoomContent},
};

/// What a content did to the message that it names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It names none.
    None,
    /// It holds, for the message at this place.
    Holds(Sequence),
    /// It is ignored, and said to be.
    Ignored(ContentFault),
}

/// Why a content that names a message does nothing to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentFault {
    /// The message is not here.
    #[error("the message that it names is not here")]
    NotFound,
    /// It names another envelope.
    #[error("it names another message than the one with that id")]
    OtherHash,
    /// Only the message's account may do that (or an owner or admin delete it).
    #[error("its sender may not do that")]
    NotAllowed,
    /// A newer edit is there.
    #[error("a newer edit is there")]
    OlderRevision,
    /// The message was deleted.
    #[error("the message was deleted")]
    Deleted,
}

#[derive(Debug, Default)]
pub(super) struct Originals {
    by_message: HashMap<MessageId, Vec<Original>>,
    /// Messages that were taken away, by the place where their tombstone is to be.
    erased: BTreeMap<Sequence, Vec<Taken>>,
}

#[derive(Clone, Copy, Debug)]
struct Original {
    hash: EnvelopeHash,
    sender: AccountId,
    sequence: Sequence,
    revision: u32,
    is_deleted: bool,
}

/// A message that was taken away, by the server's word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) sequence: Sequence,
    pub(super) hash: EnvelopeHash,
    pub(super) sender: AccountId,
}

/// Who says something, and as what.
#[derive(Clone, Copy)]
pub(super) struct Speaker {
    pub(super) account: AccountId,
    pub(super) role: Role,
}

impl Originals {
    /// Remembers a message that can be named.
    pub(super) fn add(
        &mut self,
        message: MessageId,
        hash: EnvelopeHash,
        sender: AccountId,
        sequence: Sequence,
    ) {
        // Another account may have drawn, or taken, the same id: the hash tells them apart.
        self.by_message.entry(message).or_default().push(Original {
            hash,
            sender,
            sequence,
            revision: 0,
            is_deleted: false,
        });
    }

    /// A message was taken away; its tombstone is to be at that place.
    pub(super) fn take_away(&mut self, tombstone: Sequence, taken: Taken) {
        self.erased.entry(tombstone).or_default().push(taken);
    }

    /// Those whose tombstone was to be here or before and was not. What waits for its key may be one.
    pub(super) fn unexplained(
        &mut self,
        up_to: Sequence,
        is_shut: impl Fn(Sequence) -> bool,
    ) -> Vec<Sequence> {
        let later = self.erased.split_off(&up_to.next());
        let due = std::mem::replace(&mut self.erased, later);
        let (shut, due): (BTreeMap<_, _>, BTreeMap<_, _>) =
            due.into_iter().partition(|(at, _)| is_shut(*at));
        self.erased.extend(shut);
        let due = due.into_values().flatten();
        due.map(|taken| taken.sequence).collect()
    }

    /// What a content does to the message that it names (docs/protocol.md#1411-content). `at` is its
    /// own place.
    pub(super) fn apply(&mut self, content: &RoomContent, by: Speaker, at: Sequence) -> Effect {
        let outcome = match content {
            RoomContent::Edit(edit) => self.edit(edit.message, edit.hash, edit.revision, by),
            RoomContent::Tombstone(tombstone) => {
                self.bury(tombstone.message, tombstone.hash, by, at)
            }
            RoomContent::Reaction(reaction) => self.alive(reaction.message, reaction.hash),
            RoomContent::Reply(reply) => self.alive(reply.message, reply.hash),
            _ => return Effect::None,
        };
        outcome.map_or_else(Effect::Ignored, Effect::Holds)
    }

    fn edit(
        &mut self,
        message: MessageId,
        hash: EnvelopeHash,
        revision: u32,
        by: Speaker,
    ) -> Result<Sequence, ContentFault> {
        let original = self.find(message, hash)?;
        if original.sender != by.account {
            return Err(ContentFault::NotAllowed);
        }
        if original.is_deleted {
            return Err(ContentFault::Deleted);
        }
        if revision <= original.revision {
            return Err(ContentFault::OlderRevision);
        }
        original.revision = revision;
        Ok(original.sequence)
    }

    fn bury(
        &mut self,
        message: MessageId,
        hash: EnvelopeHash,
        by: Speaker,
        at: Sequence,
    ) -> Result<Sequence, ContentFault> {
        let may = |sender| sender == by.account || by.role.is_over_members();
        if let Ok(original) = self.find(message, hash) {
            if !may(original.sender) {
                return Err(ContentFault::NotAllowed);
            }
            original.is_deleted = true;
            return Ok(original.sequence);
        }
        let waiting = self.erased.get_mut(&at);
        let waiting = waiting.ok_or(ContentFault::NotFound)?;
        let meant = waiting.iter().position(|taken| taken.hash == hash);
        let meant = meant.ok_or(ContentFault::OtherHash)?;
        if !may(waiting[meant].sender) {
            return Err(ContentFault::NotAllowed);
        }
        let taken = waiting.swap_remove(meant);
        Ok(taken.sequence)
    }

    fn alive(&mut self, message: MessageId, hash: EnvelopeHash) -> Result<Sequence, ContentFault> {
        let original = self.find(message, hash)?;
        if original.is_deleted {
            return Err(ContentFault::Deleted);
        }
        Ok(original.sequence)
    }

    fn find(
        &mut self,
        message: MessageId,
        hash: EnvelopeHash,
    ) -> Result<&mut Original, ContentFault> {
        let named = self.by_message.get_mut(&message);
        let named = named.ok_or(ContentFault::NotFound)?;
        let mut named = named.iter_mut();
        named
            .find(|original| original.hash == hash)
            .ok_or(ContentFault::OtherHash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire_format::room::{Edit, Reaction, Tombstone};

    const MESSAGE: MessageId = MessageId::from_bytes([1; 16]);
    const HASH: EnvelopeHash = EnvelopeHash::from_bytes([2; 32]);
    const ADA: AccountId = AccountId::from_bytes([3; 16]);
    const BOB: AccountId = AccountId::from_bytes([4; 16]);

    fn by(account: AccountId, role: Role) -> Speaker {
        Speaker { account, role }
    }

    fn one() -> Originals {
        let mut originals = Originals::default();
        originals.add(MESSAGE, HASH, ADA, Sequence::new(7));
        originals
    }

    fn edit(revision: u32) -> RoomContent {
        RoomContent::Edit(Edit {
            message: MESSAGE,
            hash: HASH,
            text: "else".to_owned(),
            revision,
        })
    }

    fn tombstone() -> RoomContent {
        RoomContent::Tombstone(Tombstone {
            message: MESSAGE,
            hash: HASH,
            reason: None,
        })
    }

    fn reaction(hash: EnvelopeHash) -> RoomContent {
        RoomContent::Reaction(Reaction {
            message: MESSAGE,
            hash,
            emoji: "+".to_owned(),
            on: true,
        })
    }

    #[test]
    fn only_the_account_of_a_message_edits_it_and_the_highest_revision_counts() {
        let mut originals = one();
        let at = Sequence::new(8);
        let holds = Effect::Holds(Sequence::new(7));
        let ignored = Effect::Ignored;
        let ada = by(ADA, Role::Member);
        let bob = by(BOB, Role::Owner);
        assert_eq!(
            originals.apply(&edit(1), bob, at),
            ignored(ContentFault::NotAllowed)
        );
        assert_eq!(originals.apply(&edit(2), ada, at), holds);
        for revision in [1, 2] {
            let outcome = originals.apply(&edit(revision), ada, at);
            assert_eq!(outcome, ignored(ContentFault::OlderRevision));
        }
        assert_eq!(originals.apply(&edit(3), ada, at), holds);
    }

    #[test]
    fn a_message_is_deleted_by_its_account_or_an_owner_or_admin() {
        let at = Sequence::new(8);
        for (speaker, expected) in [
            (by(ADA, Role::Member), Effect::Holds(Sequence::new(7))),
            (by(BOB, Role::Owner), Effect::Holds(Sequence::new(7))),
            (by(BOB, Role::Admin), Effect::Holds(Sequence::new(7))),
            (
                by(BOB, Role::Member),
                Effect::Ignored(ContentFault::NotAllowed),
            ),
        ] {
            let mut originals = one();
            assert_eq!(originals.apply(&tombstone(), speaker, at), expected);
            let is_deleted = expected != Effect::Ignored(ContentFault::NotAllowed);
            let after = originals.apply(&reaction(HASH), by(BOB, Role::Member), at);
            let deleted = after == Effect::Ignored(ContentFault::Deleted);
            assert_eq!(deleted, is_deleted);
        }
    }

    #[test]
    fn what_names_nothing_here_is_ignored() {
        let mut originals = one();
        let bob = by(BOB, Role::Member);
        let at = Sequence::new(8);
        let other = EnvelopeHash::from_bytes([9; 32]);
        assert_eq!(
            originals.apply(&reaction(other), bob, at),
            Effect::Ignored(ContentFault::OtherHash)
        );
        assert_eq!(
            Originals::default().apply(&reaction(HASH), bob, at),
            Effect::Ignored(ContentFault::NotFound)
        );
    }

    #[test]
    fn a_message_that_was_taken_away_needs_its_tombstone_in_its_place() {
        let taken = Taken {
            sequence: Sequence::new(7),
            hash: HASH,
            sender: ADA,
        };
        let at = Sequence::new(9);
        let open = |_| false;
        let mut originals = Originals::default();
        originals.take_away(at, taken);
        assert_eq!(originals.unexplained(Sequence::new(8), open), []);
        let before = originals.apply(&tombstone(), by(ADA, Role::Member), Sequence::new(8));
        assert_eq!(before, Effect::Ignored(ContentFault::NotFound));
        let foreign = originals.apply(&tombstone(), by(BOB, Role::Member), at);
        assert_eq!(foreign, Effect::Ignored(ContentFault::NotAllowed));
        let held = originals.apply(&tombstone(), by(ADA, Role::Member), at);
        assert_eq!(held, Effect::Holds(Sequence::new(7)));
        assert_eq!(originals.unexplained(at, open), []);

        originals.take_away(at, taken);
        // What is there waits for its key.
        assert_eq!(originals.unexplained(at.next(), |shut| shut == at), []);
        assert_eq!(originals.unexplained(at, open), [Sequence::new(7)]);
        assert_eq!(originals.unexplained(at, open), []);
    }
}
