//! The folder and the file: for their owner, and nobody else.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::store::StoreError;

/// Makes folder and file if they are not there, and takes away what others might do with them.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, StoreError> {
    make_folder(folder).map_err(|source| refused(folder, source))?;
    let file = folder.join(FILE);
    make_file(&file).map_err(|source| refused(&file, source))?;
    Ok(file)
}

/// The file, if a database was begun in it.
pub(super) fn present(folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let file = folder.join(FILE);
    match fs::metadata(&file) {
        Ok(metadata) => Ok((metadata.len() > 0).then_some(file)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(source) => Err(refused(&file, source)),
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(OWNER_FOLDER)
        .create(folder)?;
    restrict(folder, OWNER_FOLDER)
}

/// SQLite gives its log beside the file the same mode.
fn make_file(file: &Path) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(OWNER_FILE)
        .open(file)?;
    restrict(file, OWNER_FILE)
}

fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    let present = fs::metadata(path)?.permissions().mode() & 0o777;
    if present == mode {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

fn refused(path: &Path, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Folder {
            path: path.to_owned(),
            source: Arc::new(source),
        },
    }
}

const FILE: &str = "sealwire.db";
const OWNER_FOLDER: u32 = 0o700;
const OWNER_FILE: u32 = 0o600;
