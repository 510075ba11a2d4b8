//! Where a file that comes down is put: under another name first, and under its own when it is whole.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use wire_format::{
    file::FileCut,
    limits::FILE_CHUNK_BYTES,
    room::FileNote,
    seal::{self, IV_BYTES, KEY_BYTES},
};
use zeroize::Zeroizing;

use super::name;
use crate::exit::Failure;

/// A file on its way into a folder.
pub(super) struct Target {
    part: PathBuf,
    path: PathBuf,
    is_to_replace: bool,
    file: Arc<File>,
}

impl Target {
    /// Takes the place of a file: one that was begun is gone on with. `to` is a folder, a name, or nothing
    /// for the present folder; the file's own name is used where none is given.
    pub(super) fn open(
        to: Option<&Path>,
        named: &str,
        part: &str,
        is_to_replace: bool,
    ) -> Result<Self, Failure> {
        let path = match to {
            None => PathBuf::from(name::safe(named)),
            Some(to) if to.is_dir() => to.join(name::safe(named)),
            Some(to) => to.to_owned(),
        };
        let is_there = fs::symlink_metadata(&path);
        match is_there {
            Ok(found) if found.is_dir() => return Err(in_the_way(&path)),
            Ok(_) if !is_to_replace => return Err(in_the_way(&path)),
            _ => {}
        }
        let part = path.with_file_name(format!(".{part}.part"));
        let file = open_part(&part).map_err(|error| failed(&part, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let why = format!("another sealwire writes {}", part.display());
                return Err(Failure::Settings(why));
            }
            Err(TryLockError::Error(error)) => return Err(failed(&part, &error)),
        }
        Ok(Self {
            part,
            path,
            is_to_replace,
            file: Arc::new(file),
        })
    }

    /// Where chunks are written.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Whole chunks that are written already: chunks are written one behind the other, so that everything
    /// below the last whole one is there. The last one of the file is got again.
    pub(super) fn written(&self, cut: &FileCut) -> Result<u32, Failure> {
        let found = self
            .file
            .metadata()
            .map_err(|error| failed(&self.part, &error))?;
        let whole = found.len() / FILE_CHUNK_BYTES;
        let whole = u32::try_from(whole)
            .unwrap_or(u32::MAX)
            .min(cut.chunks() - 1);
        Ok(whole)
    }

    /// Gives the whole file its name, durably; gives it back.
    pub(super) fn finish(self, cut: &FileCut) -> Result<PathBuf, Failure> {
        let named = self.name(cut);
        named.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => in_the_way(&self.path),
            _ => failed(&self.path, &error),
        })?;
        Ok(self.path)
    }

    fn name(&self, cut: &FileCut) -> io::Result<()> {
        self.file.set_len(cut.size().value())?;
        self.file.sync_all()?;
        if self.is_to_replace {
            fs::rename(&self.part, &self.path)?;
        } else {
            // Unlike a rename, a link replaces nothing that came meanwhile.
            fs::hard_link(&self.part, &self.path)?;
            fs::remove_file(&self.part)?;
        }
        let folder = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// What was written is of no use.
    pub(super) fn discard(self) {
        // It may be gone.
        let _ = fs::remove_file(&self.part);
    }
}

/// Names what is begun of a file, so that nothing of another one is gone on with, and nobody foresees the
/// name who cannot open the file: a tag under its secret over its id and its size.
pub(super) fn part_name(note: &FileNote) -> Result<String, Failure> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key[..note.secret.as_bytes().len()].copy_from_slice(note.secret.as_bytes());
    let of = [
        &b"sealwire/part\0"[..],
        note.file.as_bytes(),
        &note.size.value().to_be_bytes(),
    ];
    let tag = seal::seal(&key, &[0; IV_BYTES], &of.concat(), b"");
    let (_, tag) = tag.map_err(|_| Failure::Keys)?;
    Ok(tag
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Opens what was begun, or begins it: what somebody linked there is not written through, and what is
/// somebody else's, or open to others, is not gone on with.
fn open_part(part: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.clone().create_new(true).open(part) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        opened => return opened,
    }
    let named = fs::symlink_metadata(part)?;
    let file = options.open(part)?;
    let found = file.metadata()?;
    let is_it = named.is_file() && (named.dev(), named.ino()) == (found.dev(), found.ino());
    // The owner of this process, where the system says.
    let own = fs::metadata("/proc/self").map_or(found.uid(), |own| own.uid());
    if !is_it || found.uid() != own || found.mode() & 0o077 != 0 {
        return Err(io::Error::other("it is not this user's alone"));
    }
    Ok(file)
}

fn in_the_way(path: &Path) -> Failure {
    let why = format!(
        "{} is there already: name another place with --output, or --force",
        path.display()
    );
    Failure::Settings(why)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::Settings(format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use wire_format::{ByteCount, FileId, file::FileSecret};

    use super::*;

    const PART: &str = "0707";

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("sealwire-target-{:016x}", rand::random::<u64>());
            let folder = Self(std::env::temp_dir().join(name));
            fs::create_dir(&folder.0).expect("a folder");
            folder
        }

        fn open(&self, named: &str, force: bool) -> Result<Target, Failure> {
            Target::open(Some(&self.0), named, PART, force)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn cut(size: u64) -> FileCut {
        FileCut::of_size(ByteCount::new(size)).expect("a file")
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole() {
        let folder = Folder::new();
        let target = folder.open("../a", false).expect("a place");
        let expected = folder.0.join("_._a");
        assert!(!expected.exists());
        fs::write(&target.part, b"text and more").expect("written");
        assert_eq!(target.finish(&cut(4)).expect("named"), expected);
        assert_eq!(fs::read(&expected).expect("the file"), b"text");
        let left = fs::read_dir(&folder.0).expect("a folder").count();
        assert_eq!(left, 1);
    }

    #[test]
    fn nothing_is_replaced_without_being_told() {
        let folder = Folder::new();
        let there = folder.0.join("a");
        fs::write(&there, b"mine").expect("written");
        assert!(folder.open("a", false).is_err());
        // It came while the file was on its way.
        fs::remove_file(&there).expect("removed");
        let target = folder.open("a", false).expect("a place");
        fs::write(&there, b"mine").expect("written");
        assert!(target.finish(&cut(0)).is_err());
        assert_eq!(fs::read(&there).expect("the file"), b"mine");
        let target = folder.open("a", true).expect("a place");
        target.finish(&cut(0)).expect("named");
        assert_eq!(fs::read(&there).expect("the file"), b"");
    }

    #[test]
    fn a_link_is_not_written_through() {
        let folder = Folder::new();
        let elsewhere = folder.0.join("elsewhere");
        fs::write(&elsewhere, b"mine").expect("written");
        symlink(&elsewhere, folder.0.join(format!(".{PART}.part"))).expect("a link");
        assert!(folder.open("a", true).is_err());
        symlink(&elsewhere, folder.0.join("a")).expect("a link");
        assert!(folder.open("a", false).is_err());
        assert_eq!(fs::read(&elsewhere).expect("the file"), b"mine");
    }

    #[test]
    fn what_others_may_change_is_not_gone_on_with() {
        let folder = Folder::new();
        let part = folder.0.join(format!(".{PART}.part"));
        fs::write(&part, b"theirs").expect("written");
        let open = fs::Permissions::from_mode(0o666);
        fs::set_permissions(&part, open).expect("a mode");
        assert!(folder.open("a", false).is_err());
    }

    #[test]
    fn another_file_has_another_part() {
        let note = |id: u8, secret: u8, size: u64| FileNote {
            file: FileId::from_bytes([id; 16]),
            name: "a".to_owned(),
            media_type: "text/plain".to_owned(),
            size: ByteCount::new(size),
            secret: FileSecret::from_bytes([secret; 32]),
            chunks: 1,
            text: None,
        };
        let name = |id, secret, size| part_name(&note(id, secret, size)).expect("a name");
        let names = [name(1, 1, 1), name(2, 1, 1), name(1, 2, 1), name(1, 1, 2)];
        assert!(
            names
                .iter()
                .all(|one| names.iter().filter(|name| *name == one).count() == 1)
        );
        assert_eq!(name(1, 1, 1), names[0]);
    }

    #[test]
    fn what_was_written_is_gone_on_with_by_one_at_a_time() {
        let folder = Folder::new();
        let target = folder.open("a", false).expect("a place");
        assert!(folder.open("a", false).is_err(), "it is being written");
        target
            .file
            .set_len(2 * FILE_CHUNK_BYTES + 5)
            .expect("a length");
        assert_eq!(target.written(&cut(9 << 20)).expect("chunks"), 2);
        drop(target);
        let again = folder.open("a", false).expect("a place");
        assert_eq!(again.written(&cut(2 << 20)).expect("chunks"), 1);
    }
}
