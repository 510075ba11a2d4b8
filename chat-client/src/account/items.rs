//! The vault's items: reading what changed, page by page, and putting new ones.

use bytes::Bytes;
use wire_format::{
    Millis, OpenError, Revision,
    command::vault::{ItemPage, Items, Put},
    record_list,
    vault::{ItemContent, ItemDraft, ItemKind, ItemName, VaultItem},
};

use super::{
    Account, SeenItems,
    error::{AccountError, OwnFault, PeerFault},
};

/// An item to put into the vault.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Which item it is.
    pub name: ItemName,
    /// One more than the item that it replaces; 1 for a first one.
    pub number: u64,
    /// When everybody is to delete it.
    pub forget_at: Option<Millis>,
    /// What it holds, of the kind of its name.
    pub content: ItemContent,
}

/// An item that came from the vault.
#[derive(Clone, Debug)]
pub struct StoredItem {
    /// Which item it is.
    pub name: ItemName,
    /// Its number.
    pub number: u64,
    /// When everybody is to delete it.
    pub forget_at: Option<Millis>,
    /// What it holds, or why it does not open: one bad item does not hide the others.
    pub content: Result<ItemContent, OpenError>,
}

impl Account {
    /// Reads what changed after a revision, oldest change first, of one kind or of all; and the
    /// revision to go on after. An item that is replaced while it is read comes twice, the newer one
    /// later. Reading from the beginning, pins and room heads that this device saw have to be there. A
    /// dropped future leaves nothing behind.
    ///
    /// # Errors
    /// [`PeerFault::OlderRevision`], [`PeerFault::OlderItem`] and [`PeerFault::LeftOut`] for a vault that
    /// was rolled back; the typed cause otherwise.
    pub async fn items(
        &mut self,
        kind: Option<ItemKind>,
        after: Revision,
    ) -> Result<(Vec<StoredItem>, Revision), AccountError> {
        let (mut items, mut reached) = (Vec::new(), after);
        // Another device may have made an item key a moment ago; one that is lost is not looked for
        // with every item.
        let mut is_fresh = false;
        let kind_byte = kind.map(ItemKind::byte);
        let seen = self.seen_items.clone();
        loop {
            let ask = Items {
                after: Some(reached),
                kind: kind_byte,
            };
            let (page, tail) = self.line.call(&ask, Bytes::new()).await?;
            for record in record_list::parse(tail, ITEMS_PER_PAGE)? {
                let item = VaultItem::parse(record)?;
                let key = item.item_key();
                if !is_fresh && self.root.content.item_key(key).is_none() {
                    self.refresh().await?;
                    is_fresh = true;
                }
                let item = self.open_item(&item, kind)?;
                self.check_number(&item, &seen)?;
                items.push(item);
            }
            self.follow(&page, reached, items.len())?;
            reached = page.revision;
            if !page.more {
                if after == Revision::default() {
                    all_there(&seen, kind, &items)?;
                }
                self.seen.revision = self.seen.revision.max(reached);
                return Ok((items, reached));
            }
        }
    }

    /// Seals items under the newest item key and puts them, in batches of which each is taken whole
    /// or not at all. A dropped future leaves batches taken or not.
    ///
    /// # Errors
    /// `vault_conflict` for a number that is not higher than the one that is there; the typed cause.
    pub async fn put_items(&mut self, items: &[NewItem]) -> Result<(), AccountError> {
        let mut batch: Vec<Bytes> = Vec::new();
        let mut bytes = 0;
        for item in items {
            let record = self.seal_item(item)?;
            let more = LENGTH_BYTES + record.len();
            if !batch.is_empty() && (batch.len() == ITEMS_AT_ONCE || bytes + more > BYTES_AT_ONCE) {
                self.put(&batch).await?;
                batch.clear();
                bytes = 0;
            }
            bytes += more;
            batch.push(record);
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.put(&batch).await
    }

    async fn put(&mut self, batch: &[Bytes]) -> Result<(), AccountError> {
        let tail = record_list::encode(batch)?;
        let (state, _) = self.line.call(&Put {}, tail).await?;
        self.newer_revision(state.revision)?;
        self.seen.revision = state.revision;
        Ok(())
    }

    fn seal_item(&self, item: &NewItem) -> Result<Bytes, AccountError> {
        let key = self.root.content.newest_item_key().ok_or(OwnFault::Kept)?;
        let draft = ItemDraft {
            account: self.who.account,
            name: &item.name,
            number: item.number,
            forget_at: item.forget_at,
            content: &item.content,
        };
        let sealed = key.seal_item(&draft, &rand::random())?;
        Ok(sealed.bytes().clone())
    }

    fn open_item(&self, item: &VaultItem, kind: Option<ItemKind>) -> Result<StoredItem, PeerFault> {
        let (expected, found) = (self.who.account, item.account());
        if found != expected {
            return Err(PeerFault::OtherAccount { expected, found });
        }
        if kind.is_some_and(|kind| kind != item.name().kind()) {
            return Err(PeerFault::Pages);
        }
        let content = match self.root.content.item_key(item.item_key()) {
            Some(key) => item.open(key),
            None => Err(OpenError::OtherItemKey),
        };
        Ok(StoredItem {
            name: item.name().clone(),
            number: item.number(),
            forget_at: item.forget_at(),
            content,
        })
    }

    /// Whether an item is no older than one of its name that was seen before it was asked for. The
    /// number of one that does not open is anybody's, and not remembered: the true one may come again.
    fn check_number(&mut self, item: &StoredItem, before: &SeenItems) -> Result<(), PeerFault> {
        let (found, seen) = (item.number, before.number(&item.name));
        if found < seen {
            return Err(PeerFault::OlderItem { found, seen });
        }
        if item.content.is_ok() {
            self.seen_items.see(&item.name, found);
        }
        Ok(())
    }

    /// Whether a page goes on after the one before it.
    fn follow(&self, page: &ItemPage, before: Revision, read: usize) -> Result<(), PeerFault> {
        let goes_on = page.revision > before || (page.revision == before && !page.more);
        if page.revision < self.seen.revision && !page.more {
            return Err(self.older(page.revision));
        }
        if !goes_on || read > MOST_ITEMS {
            return Err(PeerFault::Pages);
        }
        Ok(())
    }

    fn newer_revision(&self, found: Revision) -> Result<(), PeerFault> {
        if found < self.seen.revision {
            return Err(self.older(found));
        }
        Ok(())
    }

    fn older(&self, found: Revision) -> PeerFault {
        let seen = self.seen.revision;
        PeerFault::OlderRevision { found, seen }
    }
}

/// Whether all pins and room heads that were seen are among the items of these kinds.
fn all_there(
    seen: &SeenItems,
    kind: Option<ItemKind>,
    items: &[StoredItem],
) -> Result<(), PeerFault> {
    let names: Vec<ItemName> = items.iter().map(|item| item.name.clone()).collect();
    for judging in [ItemKind::Pin, ItemKind::RoomHead] {
        let missing = match kind {
            Some(kind) if kind != judging => 0,
            _ => seen.missing(judging, &names),
        };
        if missing > 0 {
            return Err(PeerFault::LeftOut { missing });
        }
    }
    Ok(())
}

/// Items in one page: a page of 1 MiB holds fewer, of whatever kind.
const ITEMS_PER_PAGE: usize = 16 * 1024;
/// Items of an account (docs/protocol.md#1418-limits-and-codes), and some that were replaced meanwhile.
const MOST_ITEMS: usize = 1_100_000;
/// Items of one command (docs/protocol.md#1418-limits-and-codes).
const ITEMS_AT_ONCE: usize = 1_024;
/// Bytes of one command's tail: what a reply has, and well below a frame.
const BYTES_AT_ONCE: usize = 1024 * 1024;
/// The length before each record in a record list.
const LENGTH_BYTES: usize = 4;
