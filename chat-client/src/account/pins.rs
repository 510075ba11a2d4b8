//! What is kept of others' keys, and what follows from a chain that is compared with it.

use std::collections::HashMap;

use wire_format::{
    AccountId, KeysetNumber, Revision,
    event::KeysetChange,
    identity::{Chain, ChainError, Pin},
    vault::{ItemContent, ItemName, PinNote, Rest},
};

use super::{chain, items::NewItem, people::Standing};

/// Whether anything is sent to somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Known {
    /// Yes.
    Free,
    /// The keys that this account's user verified did not sign the new ones, and nobody has taken note;
    /// or the numbers of both sides differed when they were compared.
    Blocked,
}

/// The pins that were read from the vault, and up to which change.
#[derive(Debug, Default)]
pub(super) struct Pins {
    pub(super) known: HashMap<AccountId, Pinned>,
    /// Up to which change they were read.
    pub(super) read: Revision,
    /// Whether they were read since this account last waited for what arrives: not once more for each
    /// of many members.
    pub(super) is_fresh: bool,
}

impl Pins {
    /// Other devices may change them from now on.
    pub(super) const fn grow_old(&mut self) {
        self.is_fresh = false;
    }
}

/// An item with a pin, as it was last read.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    /// The item's number.
    pub(super) number: u64,
    /// What it holds. A pin that does not open (the item was changed) is no missing pin: the keys would
    /// pass for new ones.
    pub(super) note: Option<PinNote>,
}

/// What follows from a chain that was read from its beginning.
pub(super) struct Judged {
    /// The pin of its head.
    pub(super) note: PinNote,
    /// Whether anything is sent there.
    pub(super) known: Known,
    /// Whether that is the pin that is there already.
    pub(super) stays: bool,
}

impl Judged {
    /// Compares a chain with what was pinned of it.
    ///
    /// # Errors
    /// It does not hold what was pinned.
    pub(super) fn of(pinned: Option<&Pinned>, read: &chain::Read) -> Result<Self, ChainError> {
        let known = pinned.and_then(|pinned| pinned.note.as_ref());
        let seen = known.map_or(0, |note| note.number.value());
        if let Some(note) = known {
            holds(&read.chain, note)?;
        }
        // The change that led to keyset 2 is the first of all.
        let before = usize::try_from(seen.saturating_sub(1)).unwrap_or(usize::MAX);
        let since = read.changes.get(before..).unwrap_or_default();
        let (note, standing) = followed(pinned, &read.chain, since);
        // 0: the numbers of both sides were compared and differed, or nobody knows what was noted.
        let is_open = note.acknowledged.value() == 0;
        let is_blocked = standing == Standing::Reset && (note.verified || is_open);
        let stays = known == Some(&note) || is_lost(pinned);
        let known = match is_blocked {
            true => Known::Blocked,
            false => Known::Free,
        };
        Ok(Self { note, known, stays })
    }
}

/// A pin in the place of the one that is known.
pub(super) fn new_pin(account: AccountId, before: Option<&Pinned>, note: PinNote) -> NewItem {
    NewItem {
        name: ItemName::Pin(account),
        number: before.map_or(1, |before| before.number.saturating_add(1)),
        forget_at: None,
        content: ItemContent::Pin(note),
    }
}

/// Whether an item is there that does not open: only its user puts another pin in its place.
pub(super) fn is_lost(pinned: Option<&Pinned>) -> bool {
    pinned.is_some_and(|pinned| pinned.note.is_none())
}

/// Whether a chain that was read from its beginning holds what was pinned of it.
fn holds(chain: &Chain, note: &PinNote) -> Result<(), ChainError> {
    let pin = Pin {
        account: chain.head().account(),
        number: note.number,
        head: note.head,
    };
    pin.check(chain.head().number())?;
    let pinned = chain.with_number(note.number);
    if pinned.is_none_or(|keyset| keyset.hash() != note.head) {
        return Err(ChainError::NotPinned);
    }
    Ok(())
}

/// The pin that follows from a chain that was read, and what it says. A pin whose number is above
/// what was acknowledged has a reset in between; one that does not open stands like one.
pub(super) fn followed(
    pinned: Option<&Pinned>,
    chain: &Chain,
    changes: &[KeysetChange],
) -> (PinNote, Standing) {
    let head = chain.head();
    let first = |acknowledged| PinNote {
        number: head.number(),
        head: head.hash(),
        fingerprint: head.fingerprint(),
        verified: false,
        acknowledged,
        rest: Rest::default(),
    };
    let old = match pinned {
        None => return (first(head.number()), Standing::New),
        Some(Pinned { note: None, .. }) => {
            return (first(KeysetNumber::default()), Standing::Reset);
        }
        Some(Pinned {
            note: Some(old), ..
        }) => old,
    };
    let was_noted = old.acknowledged >= old.number;
    let is_reset = !was_noted || changes.contains(&KeysetChange::Reset);
    let note = PinNote {
        number: head.number(),
        head: head.hash(),
        fingerprint: head.fingerprint(),
        acknowledged: if is_reset {
            old.acknowledged
        } else {
            head.number()
        },
        ..old.clone()
    };
    let standing = match (is_reset, changes.is_empty()) {
        (true, _) => Standing::Reset,
        (false, true) => Standing::Same,
        (false, false) => Standing::Rotated,
    };
    (note, standing)
}
