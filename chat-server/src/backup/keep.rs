//! The names of backups, and which of them stay.

use std::{
    ffi::OsStr,
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use wire_format::Millis;

use crate::wall_clock;

/// The name of a backup: those made later come later in the alphabet.
pub(super) fn file_name(made_at: Millis) -> String {
    let time = wall_clock::utc_digits(made_at);
    format!("{BEFORE}{time}{BEHIND}")
}

/// Deletes the oldest backups in a folder until so many are left; gives how many it deleted. Files
/// of other names stay.
///
/// # Errors
/// What the system says of the folder, or of a file that cannot be deleted.
pub fn prune(folder: &Path, keep: NonZeroUsize) -> io::Result<usize> {
    let mut backups: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_backup(&entry.file_name()) && entry.file_type()?.is_file() {
            backups.push(entry.path());
        }
    }
    backups.sort();
    let too_many = backups.len().saturating_sub(keep.get());
    backups[..too_many].iter().try_for_each(fs::remove_file)?;
    Ok(too_many)
}

fn is_backup(name: &OsStr) -> bool {
    let time = name
        .to_str()
        .and_then(|name| name.strip_prefix(BEFORE)?.strip_suffix(BEHIND));
    time.is_some_and(|time| {
        time.len() == "20261130T024500000Z".len()
            && time
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"TZ".contains(&byte))
    })
}

const BEFORE: &str = "sealwire-";
const BEHIND: &str = ".backup";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_program_names_so_is_a_backup() {
        let name = file_name(Millis::new(1_800_000_000_123));
        assert_eq!(name, "sealwire-20270115T080000123Z.backup");
        assert!(is_backup(OsStr::new(&name)));
        for other in [
            "sealwire-.backup",
            "sealwire-20270115T080000123Z.backup.part",
            "sealwire-20270115T080000123Z.backup~",
            "sealwire-before-upgrade-2.backup",
            "other-20270115T080000123Z.backup",
        ] {
            assert!(!is_backup(OsStr::new(other)), "{other}");
        }
    }
}
