//! Putting a backup in place.

use std::{
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{sync::mpsc, task::spawn_blocking};
use wire_format::Millis;

use super::{
    BackupError,
    format::{Decoder, Fault, Head, Step},
};
use crate::{
    store::{
        Database, Existing, Load, Location, Piece, ROWS_AT_ONCE, Refusal, Source, Store as _,
        StoreError,
        audit::{AuditFault, AuditHead, VerifyAudit},
        forgetting::forget_due,
        newest_layout,
    },
    wall_clock,
};

/// What may be where a backup is restored to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// No data.
    Empty,
    /// Data that are deleted.
    Replaced,
}

/// What was restored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Restored {
    /// How many rows.
    pub rows: u64,
    /// When the backup was made.
    pub made_at: Millis,
    /// The head of its audit log, whose chain holds.
    pub head: AuditHead,
}

/// Reads a backup to its end, then writes all of it in one transaction, computes its audit log's chain, and
/// deletes what is due to be forgotten by now. No server may run on this place meanwhile: it would go on with what it remembers.
///
/// A dropped future leaves the place with the data before or with the backup's.
///
/// # Errors
/// [`BackupError`] says what stands in the way; apart from [`BackupError::Audit`] no row was written.
pub async fn restore(
    location: Location,
    file: &Path,
    target: Target,
) -> Result<Restored, BackupError> {
    let path = file.to_owned();
    let checking = spawn_blocking(move || check(path)).await;
    let (backup, head) = checking.map_err(|error| unreadable(file, io::Error::other(error)))??;
    let layout = i64::from(head.layout);
    if layout > newest_layout() {
        return Err(BackupError::Newer(file.to_owned()));
    }
    match Database::newest_step(&location).await? {
        Some(data) if data != layout => {
            let backup = layout;
            return Err(BackupError::Layout { data, backup });
        }
        _ => {}
    }
    let store = Database::open_to(location.clone(), layout).await?;
    let loaded = load(&store, backup, target).await;
    store.close().await;
    let (rows, verified) = loaded?;
    // What is due goes before anybody is served with it.
    let store = Database::open(location).await?;
    let forgotten = forget_due(&store, wall_clock::now()).await;
    store.close().await;
    forgotten?;
    Ok(Restored {
        rows,
        made_at: Millis::new(head.made_at),
        head: verified?,
    })
}

async fn load(
    store: &Database,
    source: Backup,
    target: Target,
) -> Result<(u64, Result<AuditHead, AuditFault>), BackupError> {
    let existing = match target {
        Target::Empty => Existing::Refuse,
        Target::Replaced => Existing::Replace,
    };
    let verdict = store.write(Load { source, existing }).await?;
    let rows = verdict.map_err(|refusal| match refusal {
        Refusal::NotEmpty => BackupError::NotEmpty,
        _ => StoreError::Damaged("the backup was refused").into(),
    })?;
    Ok((rows, store.read(VerifyAudit).await?))
}

/// A file that was read to its end, and what it was then.
struct Backup {
    path: PathBuf,
    digest: [u8; 32],
}

fn check(path: PathBuf) -> Result<(Backup, Head), BackupError> {
    let fault = |fault| match fault {
        Fault::Io(source) => unreadable(&path, source),
        Fault::Foreign => BackupError::Foreign(path.clone()),
        Fault::Newer => BackupError::Newer(path.clone()),
        Fault::Cut => BackupError::Cut(path.clone()),
        Fault::Damaged => BackupError::Damaged(path.clone()),
    };
    let (mut decoder, head) = open(&path).map_err(fault)?;
    if i64::from(head.layout) > newest_layout() {
        // Its tables may be others.
        return Err(BackupError::Newer(path));
    }
    loop {
        if let Step::End(digest) = decoder.step().map_err(fault)? {
            return Ok((Backup { path, digest }, head));
        }
    }
}

fn open(path: &Path) -> Result<(Decoder<BufReader<File>>, Head), Fault> {
    Decoder::begin(BufReader::new(File::open(path)?))
}

fn unreadable(path: &Path, source: io::Error) -> BackupError {
    BackupError::File {
        path: path.to_owned(),
        source: Arc::new(source),
    }
}

impl Source for Backup {
    fn pieces(&self) -> mpsc::Receiver<Piece> {
        let (pieces, received) = mpsc::channel(PIECES_WAITING);
        let (path, digest) = (self.path.clone(), self.digest);
        spawn_blocking(move || {
            // Whoever waits sees that the end did not come.
            let _ = feed(&path, digest, &pieces);
        });
        received
    }
}

/// Hands over the file's pieces, rows several at a time; the end only if it is the file that was
/// checked.
fn feed(path: &Path, digest: [u8; 32], pieces: &mpsc::Sender<Piece>) -> Result<(), Fault> {
    let (mut decoder, _) = open(path)?;
    let mut rows = Vec::new();
    let mut most = ROWS_AT_ONCE;
    loop {
        let next = match decoder.step()? {
            Step::Piece(Piece::Rows(read)) => {
                rows.extend(read);
                if rows.len() < most {
                    continue;
                }
                Piece::Rows(std::mem::take(&mut rows))
            }
            Step::Piece(piece) => {
                if let Piece::Table(table, _) = &piece {
                    // Rows that wait are of the table before.
                    most = table.rows_at_once();
                }
                piece
            }
            Step::End(read) if read == digest => Piece::End,
            Step::End(_) => return Err(Fault::Damaged),
        };
        if !rows.is_empty() {
            send(pieces, Piece::Rows(std::mem::take(&mut rows)))?;
        }
        let is_end = matches!(next, Piece::End);
        send(pieces, next)?;
        if is_end {
            return Ok(());
        }
    }
}

fn send(pieces: &mpsc::Sender<Piece>, piece: Piece) -> Result<(), Fault> {
    let sent = pieces.blocking_send(piece);
    sent.map_err(|_| Fault::Io(io::ErrorKind::BrokenPipe.into()))
}

/// Pages of rows between the file and the database: a few MiB.
const PIECES_WAITING: usize = 2;
