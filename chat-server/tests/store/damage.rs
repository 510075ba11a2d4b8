//! What is no whole backup, and what was tampered with.

use std::{fs, path::PathBuf};

use crate::{
    backups::{assert_restored, back_up, fill, restore},
    support::{Folder, House},
};

pub(crate) async fn nothing_is_written_from_what_is_no_whole_backup(house: &House) {
    fill(house).await;
    let backups = Folder::new();
    let file = back_up(&house.place, &backups).await;
    let whole = fs::read(&file).expect("a file");
    let changed = |place: usize| {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        changed
    };
    let middle = whole.windows(8).position(|part| part == b"keyset 1");
    let middle = middle.expect("a record");
    let longer = [&whole[..], b"\0"].concat();
    let cases: [(&str, &[u8], &str); 9] = [
        ("cut", &whole[..whole.len() - 1], "is cut off"),
        ("half", &whole[..middle], "is cut off"),
        ("empty", &[][..], "is not a backup"),
        ("longer", &longer, "is damaged"),
        ("flipped", &changed(middle), "is damaged"),
        ("digest", &changed(whole.len() - 1), "is damaged"),
        (
            "version",
            &changed(18),
            "was made by a newer version; use that one or a newer one",
        ),
        (
            "layout",
            &changed(20),
            "was made by a newer version; use that one or a newer one",
        ),
        ("other", b"SQLite format 3\0 and more", "is not a backup"),
    ];
    for (name, bytes, refusal) in cases {
        let path: PathBuf = backups.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let empty = house.place.empty_one().await;
        let expected = format!("{} {refusal}", path.display());
        assert_eq!(restore(&path, &empty).await.refusal(), expected);
        assert!(empty.is_untouched().await, "{name}");
    }
    let missing = backups.path().join("missing");
    let empty = house.place.empty_one().await;
    let refusal = restore(&missing, &empty).await.refusal();
    let expected = format!("{} cannot be read or written: ", missing.display());
    assert!(refusal.starts_with(&expected), "{refusal}");
    assert!(empty.is_untouched().await);
}

pub(crate) async fn tampering_shows_after_a_restore(house: &House) {
    fill(house).await;
    house
        .tamper("UPDATE audit SET detail = 'invitation' WHERE number = 2")
        .await;
    let backups = Folder::new();
    let file = back_up(&house.place, &backups).await;
    let place = house.place.empty_one().await;
    assert_eq!(
        restore(&file, &place).await.refusal(),
        "restored, but its audit log does not hold: row 2 of the audit log was altered"
    );
    assert_restored(&place.dump().await, &house.place.dump().await);
}
