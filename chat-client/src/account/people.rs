//! Whose keys others have: read, checked, compared with what was pinned, and pinned.

use std::collections::HashMap;

use wire_format::{
    AccountId, Fingerprint, KeysetHash, KeysetNumber, Revision,
    compare::{AccountKeys, Digits},
    event::KeysetChange,
    identity::{Chain, Pin},
    vault::{ItemContent, ItemKind, ItemName, PinNote, Rest},
};

use super::{
    Account,
    chain::{self, Start},
    error::{AccountError, PeerFault},
    items::NewItem,
    root::{ATTEMPTS, is_conflict},
};

/// How somebody's keys stand to what was seen of them before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// They are seen for the first time.
    New,
    /// They are the same, or followed by rotations that this account took note of.
    Same,
    /// The keys that were known signed the new ones: who was verified stays so.
    Rotated,
    /// The keys that were known did not sign the new ones, or what was known of them does not open any
    /// more, and the user has not taken note: this may be somebody else.
    Reset,
}

/// Somebody's account and keys, checked and pinned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// The account.
    pub account: AccountId,
    /// The user name, as its keys sign it.
    pub name: String,
    /// The keys of the chain's head.
    pub fingerprint: Fingerprint,
    /// The number of the chain's head.
    pub keyset: KeysetNumber,
    /// The hash of the chain's head.
    pub head: KeysetHash,
    /// How they stand to what was seen before.
    pub standing: Standing,
    /// Whether the user compared the safety number of these keys, or of keys that led to them.
    pub verified: bool,
    /// What both sides see, or somebody stands between them.
    pub safety_number: Digits,
}

/// The pins that were read from the vault, and up to which change.
#[derive(Debug, Default)]
pub(super) struct Pins {
    known: HashMap<AccountId, Pinned>,
    read: Revision,
}

/// An item with a pin, as it was last read.
#[derive(Clone, Debug)]
struct Pinned {
    /// The item's number.
    number: u64,
    /// What it holds. A pin that does not open (the account started with new keys, or the item was
    /// changed) is no missing pin: the keys would pass for new ones.
    note: Option<PinNote>,
}

impl Account {
    /// Reads somebody's chain, checks it against the pin, and pins its head. At first contact the
    /// user name is compared, if one is given.
    ///
    /// A dropped future leaves the head pinned or not.
    ///
    /// # Errors
    /// [`PeerFault::Chain`] for a chain that does not continue what was pinned: nothing is to be sent
    /// to that account; `no_such_account`; the typed cause otherwise.
    pub async fn check_person(
        &mut self,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<Person, AccountError> {
        for _ in 0..ATTEMPTS {
            self.read_pins().await?;
            let pinned = self.pins.known.get(&account).cloned();
            let known = pinned.as_ref().and_then(|pinned| pinned.note.as_ref());
            let start = match known {
                Some(note) => Start::Pinned(Pin {
                    account,
                    number: note.number,
                    head: note.head,
                }),
                None => Start::First(name.map(str::to_owned)),
            };
            let read = chain::read(&mut self.line, account, start).await?;
            if name.is_some_and(|name| name != read.chain.head().name()) {
                return Err(PeerFault::OtherName.into());
            }
            let (note, standing) = followed(pinned.as_ref(), &read.chain, &read.changes);
            let person = self.person(&read.chain, &note, standing);
            if known == Some(&note) || self.put_pin(account, pinned.as_ref(), note).await? {
                return Ok(person);
            }
        }
        Err(AccountError::Contended)
    }

    /// Notes that the user compared the safety number and found it the same. A dropped future leaves
    /// it noted or not.
    ///
    /// # Errors
    /// [`AccountError::Contended`] if the keys changed meanwhile: they are to be compared again.
    pub async fn mark_verified(&mut self, person: Person) -> Result<Person, AccountError> {
        self.note(&person, true).await?;
        Ok(Person {
            verified: true,
            standing: Standing::Same,
            ..person
        })
    }

    /// Notes that the user took note of a reset, without having compared. A dropped future leaves it
    /// noted or not.
    ///
    /// # Errors
    /// As [`Account::mark_verified`].
    pub async fn acknowledge(&mut self, person: Person) -> Result<Person, AccountError> {
        self.note(&person, false).await?;
        Ok(Person {
            verified: false,
            standing: Standing::Same,
            ..person
        })
    }

    async fn note(&mut self, person: &Person, verified: bool) -> Result<(), AccountError> {
        for _ in 0..ATTEMPTS {
            self.read_pins().await?;
            let pinned = self.pins.known.get(&person.account).cloned();
            let old = pinned.as_ref().and_then(|pinned| pinned.note.as_ref());
            let Some(old) = old.filter(|old| old.head == person.head) else {
                return Err(AccountError::Contended);
            };
            let note = PinNote {
                verified,
                acknowledged: old.number,
                ..old.clone()
            };
            if note == *old || self.put_pin(person.account, pinned.as_ref(), note).await? {
                return Ok(());
            }
        }
        Err(AccountError::Contended)
    }

    /// Reads the pins that changed since they were last read.
    async fn read_pins(&mut self) -> Result<(), AccountError> {
        let (items, read) = self.items(Some(ItemKind::Pin), self.pins.read).await?;
        for item in items {
            let ItemName::Pin(account) = item.name else {
                return Err(PeerFault::Pages.into());
            };
            let note = match item.content {
                Ok(ItemContent::Pin(note)) => Some(note),
                Ok(_) | Err(_) => None,
            };
            let number = item.number;
            let seen = self.pins.known.get(&account).map(|pinned| pinned.number);
            if let Some(seen) = seen.filter(|&seen| seen > number) {
                let found = number;
                return Err(PeerFault::OlderItem { found, seen }.into());
            }
            self.pins.known.insert(account, Pinned { number, note });
        }
        self.pins.read = read;
        Ok(())
    }

    /// Puts a pin in place of the one that is known; false if another device was first.
    async fn put_pin(
        &mut self,
        account: AccountId,
        before: Option<&Pinned>,
        note: PinNote,
    ) -> Result<bool, AccountError> {
        let number = before.map_or(1, |before| before.number.saturating_add(1));
        let item = NewItem {
            name: ItemName::Pin(account),
            number,
            forget_at: None,
            content: ItemContent::Pin(note.clone()),
        };
        match self.put_items(&[item]).await {
            Ok(()) => {
                let note = Some(note);
                self.pins.known.insert(account, Pinned { number, note });
                Ok(true)
            }
            Err(error) if is_conflict(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn person(&self, chain: &Chain, note: &PinNote, standing: Standing) -> Person {
        let head = chain.head();
        let mine = AccountKeys {
            account: self.who.account,
            fingerprint: self.fingerprint(),
        };
        let theirs = AccountKeys {
            account: head.account(),
            fingerprint: head.fingerprint(),
        };
        Person {
            account: head.account(),
            name: head.name().to_owned(),
            fingerprint: head.fingerprint(),
            keyset: head.number(),
            head: head.hash(),
            standing,
            verified: note.verified && standing != Standing::Reset,
            safety_number: Digits::of_accounts(mine, theirs),
        }
    }
}

/// The pin that follows from a chain that was read, and what it says. A pin whose number is above
/// what was acknowledged has a reset in between; one that does not open stands like one.
fn followed(
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
