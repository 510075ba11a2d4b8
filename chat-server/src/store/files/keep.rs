//! A message names a file.

use wire_format::{ChannelId, FileId, MemberId, RoomId, Sequence};

use super::read::{find, is_in};
use crate::store::{Change, Refusal, Stop, Trace, Transaction, messages::MESSAGE};

/// Ties a whole file to the message that names it, with which it goes. One that is tied stays so.
///
/// Refused: [`Refusal::NoSuchFile`] if the account has no such file, or not all of it is there;
/// [`Refusal::NoSuchMessage`] if it has no message there in the file's room.
#[derive(Clone, Copy, Debug)]
pub struct KeepFile {
    /// Which.
    pub file: FileId,
    /// Who announced it.
    pub uploader: MemberId,
    /// Where the message is.
    pub channel: ChannelId,
    /// Which it is.
    pub sequence: Sequence,
}

impl Change for KeepFile {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let file = find(transaction, self.file).await?;
        let file = file.filter(|file| file.uploader == self.uploader && file.is_whole());
        let file = file.ok_or(Refusal::NoSuchFile)?;
        if !is_in(transaction, file.room, &self.uploader).await? {
            return Err(Refusal::NoSuchFile.into());
        }
        if !self.is_said(transaction, file.room).await? {
            return Err(Refusal::NoSuchMessage.into());
        }
        let sql = "UPDATE files SET channel = $2, sequence = $3 WHERE id = $1 AND sequence = 0";
        let values = [
            self.file.as_bytes().into(),
            self.channel.as_bytes().into(),
            self.sequence.value().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

impl KeepFile {
    /// Whether a message of the account stands there.
    async fn is_said(&self, transaction: &mut Transaction<'_>, room: RoomId) -> Result<bool, Stop> {
        let sql = "SELECT 1 FROM messages JOIN channels ON channels.id = messages.channel \
                   WHERE messages.channel = $1 AND messages.sequence = $2 AND channels.room = $3 \
                   AND messages.sender = $4 AND messages.flags = $5 \
                   AND messages.envelope IS NOT NULL";
        let values = [
            self.channel.as_bytes().into(),
            self.sequence.value().into(),
            room.as_bytes().into(),
            (&self.uploader).into(),
            MESSAGE.into(),
        ];
        Ok(transaction.row(sql, &values).await?.is_some())
    }
}
