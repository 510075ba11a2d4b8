//! Making a backup of data that may be in use.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    BackupError,
    format::{Encoder, Head},
    keep::file_name,
};
use crate::{
    store::{Database, Dump, Piece, ReadLayout, Store as _, StoreError},
    wall_clock,
};

/// A backup that was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
}

/// Writes everything that a store holds into a new file in a folder, as it is at one moment; servers
/// go on meanwhile. The folder is made for its owner only if it is not there, the file is for its
/// owner only in any case, and has its name only when it is whole and on disk.
///
/// A dropped future leaves no file.
///
/// # Errors
/// [`BackupError`] says what stands in the way; then there is no file, either.
pub async fn make(store: &Database, folder: &Path) -> Result<Made, BackupError> {
    let layout = store.read(ReadLayout).await?;
    let made_at = wall_clock::now();
    let head = Head {
        layout: u32::try_from(layout).map_err(|_| StoreError::NumberTooLarge)?,
        made_at: made_at.value(),
    };
    let path = folder.join(file_name(made_at));
    let (pieces, received) = mpsc::channel(PIECES_WAITING);
    let target = path.clone();
    let writing = spawn_blocking(move || write(&target, head, received));
    let read = store.read(Dump { pieces }).await;
    let written = writing.await.unwrap_or_else(|error| {
        // Only a panic: it is not cancelled.
        Err(io::Error::other(error))
    });
    read?;
    match written {
        Ok(rows) => Ok(Made { path, rows }),
        Err(source) => Err(BackupError::File {
            path,
            source: Arc::new(source),
        }),
    }
}

/// Writes pieces until the end; gives how many rows there were.
fn write(path: &Path, head: Head, mut pieces: mpsc::Receiver<Piece>) -> io::Result<u64> {
    let part = Part::create(path)?;
    let mut encoder = Encoder::begin(BufWriter::new(&part.file), head)?;
    let mut rows = 0;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Table(table, columns)) => encoder.table(table, &columns)?,
            Some(Piece::Rows(read)) => {
                for row in &read {
                    encoder.row(row)?;
                    rows += 1;
                }
            }
            Some(Piece::End) => break,
            None => return Err(io::Error::other("the data could not be read to their end")),
        }
    }
    encoder.finish()?;
    part.finish(path)?;
    Ok(rows)
}

/// A file that is not whole yet; deleted when dropped.
struct Part {
    file: File,
    path: Option<PathBuf>,
}

impl Part {
    fn create(target: &Path) -> io::Result<Self> {
        if let Some(folder) = target.parent() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(OWNER_FOLDER).create(folder)?;
        }
        let mut path = target.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(OWNER_FILE);
        let file = options.open(&path)?;
        let path = Some(path);
        Ok(Self { file, path })
    }

    /// Gives it its name, once it is on disk.
    fn finish(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        if target.try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if let Some(path) = &self.path {
            fs::rename(path, target)?;
        }
        self.path = None;
        // The name, too.
        match target.parent() {
            Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // It is of no use, and what stands in the way was said already.
            let _ = fs::remove_file(path);
        }
    }
}

const OWNER_FOLDER: u32 = 0o700;
const OWNER_FILE: u32 = 0o600;
/// Pages of rows between the database and the file: a few MiB.
const PIECES_WAITING: usize = 2;
