//! Reports: kept once for each reporter and message, read in pages, settled.

use std::fmt;

use wire_format::{ChannelId, EnvelopeHash, MemberId, Millis, ReportHash, RoomId, Sequence};

use super::{is_admin, require_admin};
use crate::store::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction,
    audit::{Actor, Entry},
    transaction::{Row, Value},
};

/// Keeps a report of a message that is there. The answer is whether it is new: the same record again
/// changes nothing.
///
/// Refused: [`Refusal::NoSuchMessage`] where no message stands at that place, or another one, or one
/// that was erased; [`Refusal::OverQuota`] if its reporter has reported the message otherwise, or has as
/// many pending as may be.
#[derive(Clone)]
pub struct PutReport {
    /// The report's hash.
    pub hash: ReportHash,
    /// Who reports; who calls has looked whether the account is in the channel's room.
    pub reporter: MemberId,
    /// Where the message stands.
    pub channel: ChannelId,
    /// Its place.
    pub sequence: Sequence,
    /// SHA-256 of the envelope that is reported.
    pub message: EnvelopeHash,
    /// The report.
    pub record: Vec<u8>,
    /// The most reports of one account that may be pending.
    pub most: u64,
    /// The present time.
    pub now: Millis,
}

impl fmt::Debug for PutReport {
    /// Without the record, in which the message's key stands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutReport")
            .field("hash", &self.hash)
            .field("reporter", &self.reporter)
            .field("channel", &self.channel)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl Change for PutReport {
    type Answer = bool;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Stop> {
        if self.is_there(transaction).await? {
            return Ok(false);
        }
        let sender = self.sender(transaction).await?;
        let sql = "SELECT count(*) FROM reports WHERE reporter = $1";
        let pending = transaction.number(sql, &[(&self.reporter).into()]).await?;
        if pending >= self.most {
            return Err(Refusal::OverQuota.into());
        }
        self.insert(transaction, sender).await?;
        let actor = Actor::Account(self.reporter);
        Entry::new(actor, "report.make", &self.hash.to_string())
            .detail(format!("{} {}", self.channel, self.sequence))
            .append(transaction, self.now)
            .await?;
        Ok(true)
    }
}

impl PutReport {
    /// Whether this very report is kept.
    async fn is_there(&self, transaction: &mut Transaction<'_>) -> Result<bool, Stop> {
        let sql = "SELECT hash FROM reports WHERE reporter = $1 AND channel = $2 AND sequence = $3";
        let values = [
            (&self.reporter).into(),
            self.channel.as_bytes().into(),
            self.sequence.value().into(),
        ];
        match transaction.row(sql, &values).await? {
            None => Ok(false),
            Some(row) if row.array(0)? == *self.hash.as_bytes() => Ok(true),
            Some(_) => Err(Refusal::OverQuota.into()),
        }
    }

    /// Who sent what stands at the place.
    async fn sender(&self, transaction: &mut Transaction<'_>) -> Result<MemberId, Stop> {
        let sql = "SELECT sender, hash FROM messages \
                   WHERE channel = $1 AND sequence = $2 AND envelope IS NOT NULL";
        let values = [self.channel.as_bytes().into(), self.sequence.value().into()];
        let row = transaction.row(sql, &values).await?;
        let row = row.ok_or(Refusal::NoSuchMessage)?;
        if row.array(1)? != *self.message.as_bytes() {
            return Err(Refusal::NoSuchMessage.into());
        }
        Ok(row.account(0)?)
    }

    async fn insert(
        &self,
        transaction: &mut Transaction<'_>,
        sender: MemberId,
    ) -> Result<(), StoreError> {
        // Its number is never given again, so that nobody who reads in pages misses one.
        let sql = "INSERT INTO moderation (only_row, emergency, reports) VALUES (1, 0, 1) \
                   ON CONFLICT (only_row) DO UPDATE SET reports = moderation.reports + 1 \
                   RETURNING reports";
        let number = transaction.number(sql, &[]).await?;
        let sql = "INSERT INTO reports (number, hash, reporter, channel, sequence, message, \
                   sender, received_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = [
            number.into(),
            self.hash.as_bytes().into(),
            (&self.reporter).into(),
            self.channel.as_bytes().into(),
            self.sequence.value().into(),
            self.message.as_bytes().into(),
            (&sender).into(),
            self.now.into(),
            self.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

/// Reads pending reports, the oldest first; `None` to who is no administrator.
#[derive(Clone, Copy, Debug)]
pub struct ListReports {
    /// Who looks.
    pub account: MemberId,
    /// The number after which to begin; 0 for the first page.
    pub after: u64,
    /// At most so many.
    pub limit: u64,
    /// At most so many bytes of records and their lengths, but one record in any case.
    pub bytes: usize,
}

/// A page of reports.
#[derive(Clone, Debug)]
pub struct Reports {
    /// Ascending by number.
    pub reports: Vec<ReportRow>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// A report as it is kept.
#[derive(Clone, Eq, PartialEq)]
pub struct ReportRow {
    /// Its place among all reports.
    pub number: u64,
    /// The report's hash.
    pub hash: ReportHash,
    /// The room of the message.
    pub room: RoomId,
    /// Its channel.
    pub channel: ChannelId,
    /// Its place there.
    pub sequence: Sequence,
    /// SHA-256 of the envelope that stood there.
    pub message: EnvelopeHash,
    /// Who sent that.
    pub sender: MemberId,
    /// When the report came.
    pub received_at: Millis,
    /// The report.
    pub record: Vec<u8>,
}

impl fmt::Debug for ReportRow {
    /// Without the record, in which the message's key stands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportRow")
            .field("number", &self.number)
            .field("hash", &self.hash)
            .field("channel", &self.channel)
            .field("sequence", &self.sequence)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

impl Query for ListReports {
    type Answer = Option<Reports>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        if !is_admin(transaction, self.account).await? {
            return Ok(None);
        }
        let (until, more) = self.choose(transaction).await?;
        let sql = "SELECT r.number, r.hash, r.message, r.sender, r.received_at, r.record, \
                   c.room, r.channel, r.sequence FROM reports r JOIN channels c ON c.id = r.channel \
                   WHERE r.number > $1 AND r.number <= $2 ORDER BY r.number";
        let values = [self.after.into(), until.into()];
        let rows = transaction.rows(sql, &values).await?;
        let reports: Result<_, _> = rows.iter().map(read).collect();
        Ok(Some(Reports {
            reports: reports?,
            more,
        }))
    }
}

impl ListReports {
    /// The last number that fits into the page, and whether there are more behind it. Sizes are read
    /// first: a page of the largest would be 100 MiB.
    async fn choose(&self, transaction: &mut Transaction<'_>) -> Result<(u64, bool), StoreError> {
        let sql = "SELECT number, CAST(length(record) AS BIGINT) FROM reports \
                   WHERE number > $1 ORDER BY number LIMIT $2";
        let values: [Value<'_>; 2] = [self.after.into(), self.limit.saturating_add(1).into()];
        let rows = transaction.rows(sql, &values).await?;
        let most = u64::try_from(self.bytes).unwrap_or(u64::MAX);
        let (mut until, mut bytes) = (self.after, 0_u64);
        for (count, row) in (0_u64..).zip(&rows) {
            bytes += row.number(1)? + LENGTH_BYTES;
            if count == self.limit || (bytes > most && count > 0) {
                return Ok((until, true));
            }
            until = row.number(0)?;
        }
        Ok((until, false))
    }
}

fn read(row: &Row) -> Result<ReportRow, StoreError> {
    Ok(ReportRow {
        number: row.number(0)?,
        hash: ReportHash::from_bytes(row.array(1)?),
        message: EnvelopeHash::from_bytes(row.array(2)?),
        sender: row.account(3)?,
        received_at: row.millis(4)?,
        record: row.bytes(5)?,
        room: RoomId::from_bytes(row.array(6)?),
        channel: ChannelId::from_bytes(row.array(7)?),
        sequence: Sequence::new(row.number(8)?),
    })
}

/// Deletes a report that an administrator has looked at; the audit log keeps that it was made, and what
/// came of it.
///
/// Refused: [`Refusal::NotAdmin`]; [`Refusal::NoSuchMessage`] if it is not there (any more).
#[derive(Clone, Copy, Debug)]
pub struct SettleReport {
    /// Which.
    pub hash: ReportHash,
    /// What came of it, in a word.
    pub verdict: &'static str,
    /// Who decides.
    pub account: MemberId,
    /// The present time.
    pub now: Millis,
}

impl Change for SettleReport {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        require_admin(transaction, self.account).await?;
        let sql = "DELETE FROM reports WHERE hash = $1 RETURNING channel, sequence";
        let row = transaction.row(sql, &[self.hash.as_bytes().into()]).await?;
        let row = row.ok_or(Refusal::NoSuchMessage)?;
        let channel = ChannelId::from_bytes(row.array(0)?);
        let detail = format!("{}: {channel} {}", self.verdict, row.number(1)?);
        let actor = Actor::Account(self.account);
        Entry::new(actor, "report.settle", &self.hash.to_string())
            .detail(detail)
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}

/// The length in front of a record of a list, in bytes.
const LENGTH_BYTES: u64 = 4;
