//! What this device keeps of a file that goes up, so that the same command goes on with it: sealed under a
//! key that the vault key gives, and named so that nobody else finds out what was sent to whom.

use std::{
    fs::{self, DirBuilder},
    io::{self, Read as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use chat_client::account::Kept;
use serde::{Deserialize, Serialize};
use wire_format::{
    FileId, MessageId, RoomId,
    file::FileSecret,
    seal::{self, IV_BYTES, KEY_BYTES, TAG_BYTES},
};
use zeroize::Zeroizing;

use super::super::home::write_new;
use crate::exit::{Failure, StateFault};

/// The files that an account of this device sends.
pub(in super::super) struct Transfers {
    folder: PathBuf,
    key: Zeroizing<[u8; KEY_BYTES]>,
}

/// One file on its way.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transfer {
    pub(super) file: FileId,
    pub(super) secret: FileSecret,
    /// Under this id the message that names it stands once.
    pub(super) message: MessageId,
}

impl Transfer {
    pub(super) fn new() -> Self {
        Self {
            file: FileId::from_bytes(rand::random()),
            secret: FileSecret::generate(&mut rand::rng()),
            message: MessageId::from_bytes(rand::random()),
        }
    }
}

/// What tells one command from another: the same file, unchanged, into the same room, with the same words.
pub(super) struct Meant<'a> {
    pub(super) room: RoomId,
    pub(super) path: &'a Path,
    pub(super) size: u64,
    pub(super) changed_at: SystemTime,
    pub(super) name: &'a str,
    pub(super) text: Option<&'a str>,
}

impl Meant<'_> {
    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let since = self.changed_at.duration_since(SystemTime::UNIX_EPOCH);
        let nanos = since.map_or(0, |since| since.as_nanos());
        let mut bytes = Zeroizing::new(Vec::new());
        bytes.extend_from_slice(self.room.as_bytes());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(&nanos.to_be_bytes());
        for part in [
            self.path.as_os_str().as_encoded_bytes(),
            self.name.as_bytes(),
            self.text.unwrap_or_default().as_bytes(),
        ] {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

impl Transfers {
    pub(in super::super) fn of(folder: PathBuf, kept: &Kept) -> Result<Self, Failure> {
        let key = kept.vault_key.local_key(kept.account, "transfer");
        let key = key.map_err(|_| Failure::Keys)?;
        Ok(Self { folder, key })
    }

    /// The transfer of a command, as far as it came.
    pub(super) fn find(&self, meant: &Meant<'_>) -> Result<Option<Transfer>, Failure> {
        let path = self.path(meant)?;
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(bad(&path, &error.to_string())),
        };
        let mut sealed = Vec::new();
        let read = file.take(MOST_BYTES).read_to_end(&mut sealed);
        read.map_err(|error| bad(&path, &error.to_string()))?;
        // One that does not open is of another password's time: the file goes up anew.
        Ok(self.open(&sealed))
    }

    /// Keeps a transfer, durably.
    pub(super) fn save(&self, meant: &Meant<'_>, transfer: &Transfer) -> Result<(), Failure> {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder);
        made.map_err(|error| bad(&self.folder, &error.to_string()))?;
        let path = self.path(meant)?;
        let sealed = self.seal(transfer)?;
        let draft = self
            .folder
            .join(format!(".{:016x}.draft", rand::random::<u64>()));
        let written = write_new(&draft, &sealed).and_then(|()| fs::rename(&draft, &path));
        if written.is_err() {
            // It may not even be there.
            let _ = fs::remove_file(&draft);
        }
        written.map_err(|error| bad(&path, &error.to_string()))
    }

    /// It arrived, or never will.
    pub(super) fn forget(&self, meant: &Meant<'_>) {
        if let Ok(path) = self.path(meant) {
            // It may be gone.
            let _ = fs::remove_file(path);
        }
    }

    /// Deletes what is of no use any more: the server forgets what nobody finishes within a day, and a secret
    /// that nobody needs is not to lie here.
    pub(in super::super) fn forget_old(folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let changed_at = entry.metadata().and_then(|found| found.modified());
            let age = changed_at.ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > KEPT) {
                // Another process may have done it.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Named by a tag over what was meant, which only the account's owner can make.
    fn path(&self, meant: &Meant<'_>) -> Result<PathBuf, Failure> {
        let (_, tag) = seal::seal(&self.key, &[0; IV_BYTES], &meant.bytes(), b"")
            .map_err(|_| Failure::Keys)?;
        let name: String = tag
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(self.folder.join(name))
    }

    fn seal(&self, transfer: &Transfer) -> Result<Vec<u8>, Failure> {
        let text = serde_json::to_vec(transfer).map(Zeroizing::new);
        let text = text.map_err(|_| Failure::Keys)?;
        let iv: [u8; IV_BYTES] = rand::random();
        let sealed = seal::seal(&self.key, &iv, PURPOSE, &text);
        let (ciphertext, tag) = sealed.map_err(|_| Failure::Keys)?;
        Ok([&iv[..], &ciphertext, &tag].concat())
    }

    fn open(&self, sealed: &[u8]) -> Option<Transfer> {
        let (iv, rest) = sealed.split_first_chunk::<IV_BYTES>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let text = seal::open(&self.key, iv, PURPOSE, ciphertext, tag).ok()?;
        serde_json::from_slice(&Zeroizing::new(text)).ok()
    }
}

fn bad(path: &Path, why: &str) -> Failure {
    Failure::State(StateFault::Bad {
        path: path.to_owned(),
        why: format!("cannot be used: {why}"),
    })
}

/// What tells a sealed transfer from the tag in a name.
const PURPOSE: &[u8] = b"transfer";
/// Larger is none.
const MOST_BYTES: u64 = 4 * 1024;
/// How long a transfer is of use.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
