//! A backup of many rows takes little memory.

use std::{
    fs,
    process::{Child, ExitStatus},
    time::Duration,
};

use tokio::time::interval;

use crate::{
    place::Place,
    program,
    support::{Folder, House},
};

/// Waits for a program; gives how it ended, and the most memory it was seen to have, in KiB.
async fn watch(mut program: Child) -> (ExitStatus, u64) {
    let status = format!("/proc/{}/status", program.id());
    let mut looks = interval(Duration::from_millis(20));
    let mut most = 0;
    loop {
        if let Some(status) = program.try_wait().expect("a child") {
            return (status, most);
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let seen = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(seen.unwrap_or_default());
        looks.tick().await;
    }
}

async fn run(arguments: &[&str], place: &Place) -> u64 {
    let program = program::command(arguments, place).spawn();
    let (status, most) = watch(program.expect("it starts")).await;
    assert!(status.success(), "{arguments:?}");
    most
}

async fn fill(house: &House, rows: u32) {
    let account = house.register("ann").await;
    let account: String = account
        .as_bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let sql = format!(
        "INSERT INTO account_looks (look, account) \
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) \
         SELECT printf('look %0200d', n), x'{account}' FROM n"
    );
    house.tamper(&sql).await;
}

async fn stays_small(rows: u32) {
    let house = House::sqlite().await;
    fill(&house, rows).await;
    let (backups, elsewhere) = (Folder::new(), Place::folder());
    let to = backups.path().display().to_string();
    let most = run(&["backup", "--to", &to], &house.place).await;
    assert!(most < MOST_KIB, "backup: {most} KiB");
    let entry = fs::read_dir(backups.path()).expect("a folder").next();
    let file = entry.expect("one").expect("an entry").path();
    let from = file.display().to_string();
    let most = run(&["restore", "--from", &from], &elsewhere).await;
    assert!(most < MOST_KIB, "restore: {most} KiB");
    assert_eq!(elsewhere.dump().await, house.place.dump().await);
    house.close().await;
}

#[tokio::test]
async fn a_backup_of_many_rows_takes_little_memory() {
    stays_small(100_000).await;
}

#[tokio::test]
#[ignore = "it takes minutes: the same with a million rows"]
async fn a_backup_of_a_million_rows_takes_little_memory() {
    stays_small(1_000_000).await;
}

/// 100 000 of these rows are 25 MB of text alone.
const MOST_KIB: u64 = 40 * 1_024;
