//! Whose keys others have: read, checked, compared with what was pinned, and pinned.

use std::collections::BTreeSet;

use wire_format::{
    AccountId, Fingerprint, KeysetHash, KeysetNumber,
    compare::{AccountKeys, Digits},
    identity::{Chain, ChainError, Pin},
    vault::{ItemContent, ItemKind, ItemName, PinNote, Rest},
};

use super::{
    Account,
    chain::{self, Start},
    error::{AccountError, PeerFault},
    items::NewItem,
    pins::{Judged, Known, Pinned, followed, is_lost, new_pin},
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
            if known == Some(&note) || is_lost(pinned.as_ref()) {
                return Ok(person);
            }
            if self.put_pin(account, pinned.as_ref(), note).await? {
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

    /// Reads somebody's whole chain, checks that it holds what was pinned, and pins its head. Records
    /// of rooms may name any keyset of it. The pins are those that were read since the last arrival.
    ///
    /// A dropped future leaves the head pinned or not.
    ///
    /// # Errors
    /// As [`Account::check_person`].
    pub(crate) async fn whole_chain(
        &mut self,
        account: AccountId,
    ) -> Result<(Chain, Known), AccountError> {
        if account == self.who.account {
            return self.own_whole_chain().await;
        }
        for _ in 0..ATTEMPTS {
            if !self.pins.is_fresh {
                self.read_pins().await?;
            }
            let pinned = self.pins.known.get(&account).cloned();
            let read = chain::read(&mut self.line, account, Start::First(None)).await?;
            let Judged { note, known, stays } = Judged::of(pinned.as_ref(), &read)?;
            if stays || self.put_pin(account, pinned.as_ref(), note).await? {
                return Ok((read.chain, known));
            }
        }
        Err(AccountError::Contended)
    }

    /// As [`Account::whole_chain`], of many accounts: their chains are asked for at once, and their pins put
    /// together. One of which there is more to say is left out: [`Account::whole_chain`] says it. The own
    /// account is none of them.
    ///
    /// # Errors
    /// Those of the connection and of the vault.
    pub(crate) async fn whole_chains(
        &mut self,
        accounts: &[AccountId],
    ) -> Result<Vec<(Chain, Known)>, AccountError> {
        if !self.pins.is_fresh {
            self.read_pins().await?;
        }
        let own = self.who.account;
        let others = accounts.iter().copied().filter(|account| *account != own);
        let others: BTreeSet<AccountId> = others.collect();
        let others: Vec<AccountId> = others.into_iter().collect();
        let (mut all, mut pins) = (Vec::new(), Vec::new());
        for read in chain::read_many(&mut self.line, &others).await? {
            let account = read.chain.head().account();
            let pinned = self.pins.known.get(&account);
            let Ok(Judged { note, known, stays }) = Judged::of(pinned, &read) else {
                continue;
            };
            if !stays {
                pins.push(new_pin(account, pinned, note));
            }
            all.push((read.chain, known));
        }
        match self.put_items(&pins).await {
            Ok(()) => {}
            // Some of it may be there: each is looked at by itself.
            Err(error) if is_conflict(&error) => {
                self.pins.grow_old();
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        }
        for pin in pins {
            self.pinned(pin);
        }
        Ok(all)
    }

    /// The own chain from its beginning, which ends with the keys that are in use here.
    async fn own_whole_chain(&mut self) -> Result<(Chain, Known), AccountError> {
        let start = Start::First(Some(self.who.name.clone()));
        let read = chain::read(&mut self.line, self.who.account, start).await?;
        if read.chain.head().number() > self.chain.head().number() {
            self.catch_up().await?;
        }
        let own = self.chain.pin();
        if read.chain.head().hash() != own.head {
            return Err(PeerFault::Chain(ChainError::NotPinned).into());
        }
        Ok((read.chain, Known::Free))
    }

    async fn note(&mut self, person: &Person, verified: bool) -> Result<(), AccountError> {
        for _ in 0..ATTEMPTS {
            self.read_pins().await?;
            let pinned = self.pins.known.get(&person.account).cloned();
            let old = pinned.as_ref().and_then(|pinned| pinned.note.clone());
            // In the place of a pin that does not open comes what the user has just seen.
            let lost = is_lost(pinned.as_ref()).then(|| person.to_note());
            let old = old.or(lost).filter(|old| old.head == person.head);
            let old = old.ok_or(AccountError::Contended)?;
            let note = PinNote {
                verified,
                acknowledged: old.number,
                ..old.clone()
            };
            if note == old || self.put_pin(person.account, pinned.as_ref(), note).await? {
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
        (self.pins.read, self.pins.is_fresh) = (read, true);
        Ok(())
    }

    /// Puts a pin in place of the one that is known; false if another device was first.
    async fn put_pin(
        &mut self,
        account: AccountId,
        before: Option<&Pinned>,
        note: PinNote,
    ) -> Result<bool, AccountError> {
        let pin = new_pin(account, before, note);
        match self.put_items(std::slice::from_ref(&pin)).await {
            Ok(()) => {
                self.pinned(pin);
                Ok(true)
            }
            Err(error) if is_conflict(&error) => {
                self.pins.grow_old();
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes note of a pin that the vault has taken.
    fn pinned(&mut self, pin: NewItem) {
        if let (ItemName::Pin(account), ItemContent::Pin(note)) = (pin.name, pin.content) {
            let (number, note) = (pin.number, Some(note));
            self.pins.known.insert(account, Pinned { number, note });
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

impl Person {
    /// A pin of these keys of which nobody has taken note.
    fn to_note(&self) -> PinNote {
        PinNote {
            number: self.keyset,
            head: self.head,
            fingerprint: self.fingerprint,
            verified: false,
            acknowledged: KeysetNumber::default(),
            rest: Rest::default(),
        }
    }
}
