//! Blobs in a folder: `ab/abcdef…/00000000-…`, a folder a file, for their owner only.
//!
//! A blob is written under a name of its own, synced, and renamed; then its folder is synced. What a
//! killed server leaves is a `.part` that goes with its file.
//!
//! Whose the folder is stands in `belongs-to`, which is written likewise and then linked into its place: a
//! link is made only where there is none, so that of two servers one has the folder, and what is there is
//! whole. One that is not whole can still come from an earlier server whose disk was full, or be what
//! such a server is writing at this moment; nobody can tell, so that nobody takes the folder.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use wire_format::FileId;

use super::{BlobError, BlobKey, Blobs};

/// A folder of blobs. Clones share it.
#[derive(Clone, Debug)]
pub struct Folder {
    root: Arc<Path>,
}

impl Folder {
    /// Opens a folder; makes it if it is not there.
    ///
    /// # Errors
    /// [`BlobError::Folder`] if it cannot be used, [`BlobError::Full`] and [`BlobError::ReadOnly`].
    pub async fn open(root: PathBuf) -> Result<Self, BlobError> {
        let folder = Self {
            root: root.as_path().into(),
        };
        let made = blocking(move || make_folders(&root)).await;
        made.map_err(|error| match error {
            BlobError::Io(source) => BlobError::Folder {
                path: folder.root.to_path_buf(),
                source,
            },
            other => other,
        })?;
        Ok(folder)
    }

    fn of_file(&self, file: FileId) -> PathBuf {
        let name = file.to_string();
        self.root.join(&name[..2]).join(name)
    }
}

impl Blobs for Folder {
    async fn put(&self, key: BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        let folder = self.of_file(key.file);
        blocking(move || put(&folder, key, &bytes)).await
    }

    async fn read(&self, key: BlobKey) -> Result<Option<Bytes>, BlobError> {
        let path = self.of_file(key.file).join(key.to_string());
        blocking(move || found(fs::read(path)).map(|bytes| bytes.map(Bytes::from))).await
    }

    async fn remove(&self, key: BlobKey) -> Result<(), BlobError> {
        let folder = self.of_file(key.file);
        blocking(
            move || match found(fs::remove_file(folder.join(key.to_string())))? {
                Some(()) => sync(&folder),
                None => Ok(()),
            },
        )
        .await
    }

    async fn remove_file(&self, file: FileId) -> Result<(), BlobError> {
        let folder = self.of_file(file);
        blocking(move || {
            found(fs::remove_dir_all(&folder))?;
            found(folder.parent().map_or(Ok(()), sync)).map(drop)
        })
        .await
    }

    /// Takes the folder by a hard link, which its file system has to know.
    async fn claim(&self, data: &str) -> Result<(), BlobError> {
        let (root, claimed) = (Arc::clone(&self.root), data.to_owned());
        let owner = blocking(move || claim(&root, claimed.as_bytes())).await?;
        let data = data.as_bytes();
        if owner == data && !owner.is_empty() {
            Ok(())
        } else if data.starts_with(&owner) {
            let path = self.root.join(OWNER);
            Err(BlobError::Halved { path })
        } else {
            Err(BlobError::Foreign)
        }
    }

    async fn files(&self, after: Option<FileId>, limit: usize) -> Result<Vec<FileId>, BlobError> {
        let root = Arc::clone(&self.root);
        blocking(move || list(&root, after, limit)).await
    }
}

/// Takes the folder, if nobody has it; gives what stands there of whose it is.
fn claim(root: &Path, data: &[u8]) -> io::Result<Vec<u8>> {
    let owner = root.join(OWNER);
    if found(fs::metadata(&owner))?.is_none() {
        let part = root.join(format!("{OWNER}.{:016x}.part", rand::random::<u64>()));
        let linked = write(&part, data).and_then(|()| fs::hard_link(&part, &owner));
        let removed = found(fs::remove_file(&part));
        match linked {
            // Somebody was faster, and may have tidied up.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            linked => linked?,
        }
        removed?;
        sync(root)?;
    }
    let stands = fs::read(owner)?;
    if stands == data {
        // What killed servers left; who is taking the folder at this moment is too late.
        for name in names(root)?.iter().filter(|name| is_part_of_owner(name)) {
            found(fs::remove_file(root.join(name)))?;
        }
    }
    Ok(stands)
}

fn is_part_of_owner(name: &str) -> bool {
    name.strip_prefix(OWNER)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn put(folder: &Path, key: BlobKey, bytes: &[u8]) -> io::Result<()> {
    if !folder.is_dir() {
        make_folders(folder)?;
    }
    let part = folder.join(format!("{:016x}.part", rand::random::<u64>()));
    let written = write(&part, bytes)
        .and_then(|()| fs::rename(&part, folder.join(key.to_string())))
        .and_then(|()| sync(folder));
    if written.is_err() {
        // It is worth nothing, and takes the space that was missing.
        let _ = fs::remove_file(&part);
    }
    written
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(OWNER_FILE);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Makes a folder and those above it that are missing, each durable in the one above.
fn make_folders(folder: &Path) -> io::Result<()> {
    let mut missing = Vec::new();
    let mut at = Some(folder);
    while let Some(path) = at.filter(|path| !path.as_os_str().is_empty() && !path.is_dir()) {
        missing.push(path);
        at = path.parent();
    }
    for path in missing.into_iter().rev() {
        match DirBuilder::new().mode(OWNER_FOLDER).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        sync(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn list(root: &Path, after: Option<FileId>, limit: usize) -> io::Result<Vec<FileId>> {
    let mut groups = names(root)?;
    groups.retain(|name| name != OWNER && !is_part_of_owner(name));
    groups.sort_unstable();
    let first = after.map(|after| after.to_string()[..2].to_owned());
    let mut ids = Vec::new();
    for group in groups
        .iter()
        .filter(|group| first.as_ref().is_none_or(|first| *group >= first))
    {
        let names = found(names(&root.join(group)))?.unwrap_or_default();
        let mut here: Vec<FileId> = names.iter().filter_map(|name| name.parse().ok()).collect();
        here.retain(|id| after.is_none_or(|after| *id > after));
        here.sort_unstable();
        ids.extend(here);
        if ids.len() >= limit {
            ids.truncate(limit);
            break;
        }
    }
    Ok(ids)
}

/// What is in a folder, as far as it is text: all names here are.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// What is not there is no error.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    match spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(io::Error::other("the work was given up").into()),
    }
}

/// Names the data that the files belong to.
const OWNER: &str = "belongs-to";
const OWNER_FOLDER: u32 = 0o700;
const OWNER_FILE: u32 = 0o600;
