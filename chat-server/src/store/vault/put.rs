//! Putting items into a vault.

use wire_format::{MemberId, Millis};

use crate::store::{Change, Refusal, Stop, Trace, Transaction};

/// An item of a vault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VaultItem {
    /// What kind it is.
    pub kind: u8,
    /// Its name, unique within the kind: at most 255 bytes.
    pub name: Vec<u8>,
    /// Its number, 1 and up: a higher one replaces a lower one.
    pub number: u64,
    /// When it must be gone; 0 for never.
    pub forget_at: Millis,
    /// The record.
    pub record: Vec<u8>,
}

/// Puts items, all or none of them. The answer is the revision after the last change.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::VaultConflict`] if one has a lower number than
/// what is there, or the same number and other bytes; [`Refusal::OverQuota`].
#[derive(Clone, Debug)]
pub struct PutItems {
    /// Whose vault.
    pub account: MemberId,
    /// The items, in the order in which they take revisions.
    pub items: Vec<VaultItem>,
    /// The most items that the vault may hold afterwards.
    pub most: u64,
}

impl Change for PutItems {
    type Answer = u64;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Stop> {
        let sql = "SELECT revision, items FROM vaults WHERE account = $1";
        let row = transaction.row(sql, &[(&self.account).into()]).await?;
        let row = row.ok_or(Refusal::NoSuchAccount)?;
        let (mut revision, mut items) = (row.number(0)?, row.number(1)?);
        for item in &self.items {
            match self.compare(transaction, item).await? {
                Place::Same => continue,
                Place::Older => {}
                Place::Free if items >= self.most => return Err(Refusal::OverQuota.into()),
                Place::Free => items += 1,
            }
            revision += 1;
            self.write(transaction, item, revision).await?;
        }
        let sql = "UPDATE vaults SET revision = $2, items = $3 WHERE account = $1";
        let values = [(&self.account).into(), revision.into(), items.into()];
        transaction.execute(sql, &values).await?;
        Ok(revision)
    }
}

/// What is where an item is to be put.
enum Place {
    Free,
    Older,
    Same,
}

impl PutItems {
    async fn compare(
        &self,
        transaction: &mut Transaction<'_>,
        item: &VaultItem,
    ) -> Result<Place, Stop> {
        let sql = "SELECT number, record FROM vault_items \
                   WHERE account = $1 AND kind = $2 AND name = $3";
        let values = [
            (&self.account).into(),
            u64::from(item.kind).into(),
            item.name.as_slice().into(),
        ];
        let Some(row) = transaction.row(sql, &values).await? else {
            return Ok(Place::Free);
        };
        let number = row.number(0)?;
        if number < item.number {
            Ok(Place::Older)
        } else if number == item.number && row.bytes(1)? == item.record {
            Ok(Place::Same)
        } else {
            Err(Refusal::VaultConflict.into())
        }
    }

    async fn write(
        &self,
        transaction: &mut Transaction<'_>,
        item: &VaultItem,
        revision: u64,
    ) -> Result<(), Stop> {
        let sql = "INSERT INTO vault_items \
                   (account, kind, name, number, revision, forget_at, record) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (account, kind, name) DO UPDATE SET number = excluded.number, \
                   revision = excluded.revision, forget_at = excluded.forget_at, \
                   record = excluded.record";
        let values = [
            (&self.account).into(),
            u64::from(item.kind).into(),
            item.name.as_slice().into(),
            item.number.into(),
            revision.into(),
            item.forget_at.into(),
            item.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}
