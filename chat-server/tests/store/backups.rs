//! `chat-server backup` and `restore`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chat_server::store::{
    Database, Store as _,
    accounts::{ListAccounts, SetDisplay},
    audit::VerifyAudit,
    server::ReadIdentity,
    tokens::Purpose,
    vault::{PutItems, ReadItems},
};
use wire_format::MemberId;

use crate::{
    accounts::issue,
    forgetting, friends,
    place::Place,
    program::{self, run},
    reports, rooms,
    support::{Folder, House, identity, registration},
    vault::item,
};

/// Data with something in every table.
pub(crate) async fn fill(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    let display = SetDisplay {
        account: ann,
        display: "Ann's | \"名\"".into(),
    };
    let displayed = house.store.write(display).await.expect("written");
    displayed.expect("a display name");
    house.start(ann, 1).await;
    issue(house, 1, Purpose::Fresh(ann)).await;
    issue(house, 2, Purpose::Invitation).await;
    friends::befriend(house, ann, bob).await;
    rooms::fill(house, ann, bob).await;
    reports::fill(house).await;
    forgetting::fill(house).await;
    let put = PutItems {
        account: ann,
        items: (0..200_u64)
            .map(|number| item(1, &number.to_be_bytes(), 1))
            .collect(),
        most: 5_000,
    };
    house.store.write(put).await.expect("written").expect("put");
}

/// Makes a backup; gives its path.
pub(crate) async fn back_up(place: &Place, folder: &Folder) -> PathBuf {
    let to = folder.path().display().to_string();
    let printed = run(&["backup", "--to", &to], place).await.printed();
    printed.trim_end().into()
}

pub(crate) async fn restore(file: &Path, place: &Place) -> program::Ran {
    let from = file.display().to_string();
    run(&["restore", "--from", &from], place).await
}

pub(crate) async fn a_restored_backup_is_equal_whatever_keeps_it(house: &House) {
    fill(house).await;
    let dump = house.place.dump().await;
    for table in [
        "tokens",
        "friends",
        "sessions",
        "vault_items",
        "audit",
        "server",
        "rooms",
        "direct_pairs",
        "room_commits",
        "room_shares",
        "room_members",
        "room_requests",
        "room_invitations",
        "key_requests",
        "key_grants",
        "room_states",
        "channels",
        "messages",
        "past_keysets",
        "room_looks",
        "moderation",
        "reports",
        "room_keeps",
        "storage",
        "files",
        "file_chunks",
        "gone_files",
        "file_storage",
    ] {
        assert!(dump.iter().any(|row| row.starts_with(table)), "{table}");
    }
    let backups = Folder::new();
    let file = back_up(&house.place, &backups).await;
    // Into SQLite, and from there into data of the same kind.
    let (folder, again) = (Place::folder(), house.place.empty_one().await);
    let printed = restore(&file, &folder).await.printed();
    assert!(
        printed.contains(" rows of 20") && printed.contains(" restored; audit log "),
        "{printed}"
    );
    assert_restored(&folder.dump().await, &dump);
    let file = back_up(&folder, &backups).await;
    restore(&file, &again).await.printed();
    assert_restored(&again.dump().await, &dump);
    assert_eq!(house.place.dump().await, dump);

    // A server goes on with it: the key that signs sessions is the same.
    let store = Database::open(again.location()).await.expect("it opens");
    let kept = store.read(ReadIdentity).await.expect("read");
    assert_eq!(kept, Some(identity("chat.example")));
    assert!(store.read(VerifyAudit).await.expect("read").is_ok());
    store.close().await;
}

/// Every row is there; only channels are not the same: each counts anew.
pub(crate) fn assert_restored(restored: &[String], dump: &[String]) {
    assert_eq!(restored.len(), dump.len());
    for (row, before) in restored.iter().zip(dump) {
        assert_eq!(row == before, !row.starts_with("channels"), "{row}");
    }
}

pub(crate) async fn a_backup_under_load_is_of_one_moment(house: &House) {
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|number| {
            let (store, stop) = (house.store.clone(), Arc::clone(&stop));
            tokio::spawn(async move { write_until(&store, number, &stop).await })
        })
        .collect();
    let backups = Folder::new();
    let mut files = Vec::new();
    for _ in 0..3 {
        files.push(back_up(&house.place, &backups).await);
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.expect("a task");
    }
    assert!(written > 0, "there was a load");
    for file in files {
        let place = house.place.empty_one().await;
        // Which computes the chain of the audit log.
        restore(&file, &place).await.printed();
        let store = Database::open(place.location()).await.expect("it opens");
        assert_whole(&store).await;
        store.close().await;
    }
}

/// Registers somebody and fills the vault, again and again; gives how often.
async fn write_until(store: &Database, writer: u32, stop: &AtomicBool) -> u32 {
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut registration = registration(&format!("user {writer} {rounds}"));
        registration.account = MemberId::from_bytes(rand::random());
        let account = registration.account;
        let registered = store.write(registration).await.expect("written");
        registered.expect("an account");
        let put = PutItems {
            account,
            items: (0..5).map(|kind| item(kind, b"name", 1)).collect(),
            most: 5_000,
        };
        store.write(put).await.expect("written").expect("put");
        rounds += 1;
    }
    rounds
}

/// Every account has its vault, with all items that were put together or none of them.
async fn assert_whole(store: &Database) {
    let list = ListAccounts {
        after: None,
        limit: 1_000_000,
    };
    for account in store.read(list).await.expect("read") {
        let read = ReadItems {
            account: account.account,
            after: 0,
            kind: None,
        };
        let page = store.read(read).await.expect("read");
        assert!([0, 5].contains(&page.records.len()), "{}", account.name);
        assert_eq!(u64::try_from(page.records.len()), Ok(page.revision));
    }
}

pub(crate) async fn what_is_there_is_replaced_only_when_told(house: &House) {
    let backups = Folder::new();
    let before = house.place.dump().await;
    let file = back_up(&house.place, &backups).await;
    fill(house).await;
    let after = house.place.dump().await;
    assert_eq!(
        restore(&file, &house.place).await.refusal(),
        "there are data already; nothing was written (--replace deletes them first)"
    );
    assert_eq!(house.place.dump().await, after);
    let from = file.display().to_string();
    let replace = ["restore", "--from", &from, "--replace"];
    house.run(&replace).await.printed();
    assert_eq!(house.place.dump().await, before);
}

pub(crate) async fn backups_are_their_owners_and_the_oldest_go(house: &House) {
    let parent = Folder::new();
    let to = parent.path().join("deep").join("er");
    let to = to.display().to_string();
    let mut made: Vec<PathBuf> = Vec::new();
    for _ in 0..4 {
        let arguments = ["backup", "--to", &to, "--keep", "2"];
        made.push(house.run(&arguments).await.printed().trim_end().into());
        fs::write(parent.path().join("deep/er/notes.backup"), b"mine").expect("a file");
    }
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(Path::new(&to)), 0o700);
    assert_eq!((mode(&made[2]), mode(&made[3])), (0o600, 0o600));
    let mut left: Vec<_> = fs::read_dir(&to)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            Path::new(&to).join("notes.backup"),
            made[2].clone(),
            made[3].clone()
        ]
    );
    let usage = house.run(&["backup", "--to", &to, "--keep", "0"]).await;
    assert_eq!(usage.code, Some(2));
}

pub(crate) async fn one_is_made_again_and_again_until_a_signal(house: &House) {
    let backups = Folder::new();
    let to = backups.path().display().to_string();
    let arguments = ["backup", "--to", &to, "--every", "1s", "--keep", "2"];
    let mut program = program::command(&arguments, &house.place)
        .spawn()
        .expect("it starts");
    let out = BufReader::new(program.stdout.take().expect("piped"));
    let watching = tokio::task::spawn_blocking(move || {
        let made: Vec<_> = out
            .lines()
            .take(3)
            .map(|line| line.expect("a line"))
            .collect();
        let process = program.id().to_string();
        let killed = Command::new("sh")
            .args(["-c", "kill -s TERM \"$0\"", &process])
            .status();
        assert!(killed.expect("sh").success());
        (made, program.wait().expect("it ends"))
    });
    let (made, status) = watching.await.expect("a task");
    assert!(status.success(), "{status}");
    assert_eq!(made.len(), 3);
    for entry in fs::read_dir(backups.path()).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        assert!(name.to_string_lossy().ends_with("Z.backup"), "{name:?}");
    }
}
