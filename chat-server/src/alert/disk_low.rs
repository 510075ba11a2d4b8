//! The disk of the data is nearly full.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tokio::task::spawn_blocking;
use tracing::debug;

use super::Rule;

/// It does not get better by itself.
pub(super) const RULE: Rule = Rule {
    threshold: 1,
    within: Duration::from_secs(60),
};

/// Whether less is free in a folder than this; not, if the system does not say.
pub(super) async fn is_low(folder: &Path, least: u64) -> bool {
    let folder = folder.to_owned();
    let free = spawn_blocking(move || free_bytes(folder)).await;
    match free.ok().flatten() {
        Some(free) => free < least,
        None => {
            debug!("the system does not say how much space is free");
            false
        }
    }
}

/// Asks `df` of POSIX: the standard library does not know, and the system call takes unsafe code.
fn free_bytes(folder: PathBuf) -> Option<u64> {
    let output = Command::new("df")
        .args(["-P", "-k", "--"])
        .arg(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    parse(&String::from_utf8(output.ok()?.stdout).ok()?)
}

/// The fourth column of the second line, in KiB.
fn parse(output: &str) -> Option<u64> {
    let line = output.lines().nth(1)?;
    // The first column may hold spaces; the five behind it are numbers, a percentage and a path.
    let percent = line.find('%')?;
    let mut columns = line[..percent].split_whitespace().rev();
    let kibibytes: u64 = columns.nth(1)?.parse().ok()?;
    kibibytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_df_is_read() {
        let head = "Filesystem     1024-blocks      Used Available Capacity Mounted on\n";
        for (line, free) in [
            (
                "/dev/sda1 102626232 52345678 45021286 54% /srv",
                Some(45_021_286 * 1_024),
            ),
            ("my disk 100 100 0 100% /srv/50% full", Some(0)),
            ("nothing here", None),
            ("", None),
        ] {
            assert_eq!(parse(&format!("{head}{line}\n")), free, "{line}");
        }
        assert_eq!(parse(""), None);
    }

    #[tokio::test]
    async fn a_folder_has_some_space_and_not_all_of_it() {
        let folder = std::env::temp_dir();
        assert!(!is_low(&folder, 0).await);
        assert!(is_low(&folder, u64::MAX).await);
        assert!(!is_low(Path::new("/nowhere at all"), u64::MAX).await);
    }
}
