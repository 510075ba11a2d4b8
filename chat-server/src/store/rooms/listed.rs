//! Public rooms, as everybody sees them.

use wire_format::RoomId;

use crate::{
    names,
    store::{Query, StoreError, Transaction, transaction::Row},
};

/// The kind of a public room, as it stands in records.
pub(super) const PUBLIC: u64 = 1;

/// Lists the public rooms that are not archived, a page at a time, by id.
#[derive(Clone, Debug)]
pub struct ListPublicRooms {
    /// The room after which to begin; `None` for the first page.
    pub after: Option<RoomId>,
    /// What their names have in them, in any case, as typed; empty for all.
    pub find: String,
    /// The most to give.
    pub limit: u32,
}

/// A public room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicRoom {
    /// Which.
    pub room: RoomId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// The number of the newest commit.
    pub n: u64,
    /// How many members it has by that.
    pub members: u64,
}

impl Query for ListPublicRooms {
    type Answer = Vec<PublicRoom>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let find = names::fold(&self.find);
        if find.contains('\0') {
            // PostgreSQL keeps no text with it, and no name holds it.
            return Ok(Vec::new());
        }
        let after = self.after.as_ref().map_or(&[][..], |id| id.as_bytes());
        let pattern = format!("%{}%", escaped(&find));
        let sql = "SELECT r.id, r.name, r.topic, r.n, \
                   (SELECT count(*) FROM room_members m WHERE m.room = r.id AND m.gone = 0) \
                   FROM rooms r WHERE r.kind = 1 AND r.archived = 0 AND r.id > $1 \
                   AND r.folded LIKE $2 ESCAPE '\\' ORDER BY r.id LIMIT $3";
        let values = [
            after.into(),
            pattern.as_str().into(),
            u64::from(self.limit).into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(read).collect()
    }
}

/// A text that stands for itself in a pattern.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn read(row: &Row) -> Result<PublicRoom, StoreError> {
    Ok(PublicRoom {
        room: RoomId::from_bytes(row.array(0)?),
        name: row.text(1)?,
        topic: row.text(2)?,
        n: row.number(3)?,
        members: row.number(4)?,
    })
}

/// Whether there is a public room with this id.
#[derive(Clone, Copy, Debug)]
pub struct IsPublic {
    /// Which.
    pub room: RoomId,
}

impl Query for IsPublic {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM rooms WHERE id = $1 AND kind = $2";
        let values = [(&self.room).into(), PUBLIC.into()];
        Ok(transaction.row(sql, &values).await?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_is_typed_is_no_pattern() {
        assert_eq!(escaped("100 %_\\ ok"), "100 \\%\\_\\\\ ok");
    }
}
