//! A disk that is full, or read-only: a clear error, nothing half written, and it goes on later.
//!
//! The disk is a small one in memory, mounted in a name space of a process of its own: this test
//! program again, with the one ignored test that is not a test but that process.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use chat_server::store::{
    Database, Location, Store as _, StoreError,
    accounts::FindAccount,
    audit::VerifyAudit,
    vault::{PutItems, ReadItems, VaultItem},
};

use crate::{
    support::{Folder, found, registration},
    vault::item,
};

#[test]
fn a_full_or_read_only_disk_is_refused_and_survived() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let status = Command::new("unshare")
        .args(["--mount", "--map-root-user", "--"])
        .arg(program)
        .args([
            "--exact",
            "disk::on_a_small_disk",
            "--ignored",
            "--nocapture",
        ])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .status();
    assert!(status.expect("unshare").success());
}

#[tokio::test]
#[ignore = "it is the process that the test above starts, with mounts of its own"]
async fn on_a_small_disk() {
    let data = std::env::current_dir().expect("a folder").join("disk");
    fs::create_dir(&data).expect("a folder");
    mount(&["-t", "tmpfs", "-o", "size=4m", "tmpfs"], &data);
    fills_up_and_recovers(&data).await;
    refuses_to_open_read_only(&data).await;
}

async fn open(data: &Path) -> Result<Database, StoreError> {
    Database::open(Location::Sqlite(data.to_owned())).await
}

async fn fills_up_and_recovers(data: &Path) {
    let store = open(data).await.expect("a store");
    found(&store).await;
    let registration = registration("ann");
    let account = registration.account;
    let registered = store.write(registration.clone()).await;
    registered.expect("written").expect("an account");
    let put = |number: u64| PutItems {
        account,
        items: (0..8)
            .map(|part| VaultItem {
                record: vec![part; 8 * 1_024],
                ..item(part, &number.to_be_bytes(), 1)
            })
            .collect(),
        most: u64::MAX,
    };
    let mut puts = 0;
    let error = loop {
        match store.write(put(puts)).await {
            Ok(verdict) => assert_eq!(verdict, Ok((puts + 1) * 8)),
            Err(error) => break error,
        }
        puts += 1;
    };
    assert!(matches!(error, StoreError::Full), "{error:?}");
    let again = store.write(put(puts)).await;
    assert!(matches!(again, Err(StoreError::Full)), "{again:?}");
    assert_eq!(items(&store, account).await, puts * 8, "all or none");
    let found = store.read(FindAccount::ById(account)).await;
    assert!(found.expect("it still reads").is_some());

    mount(&["-o", "remount,size=64m"], data);
    let verdict = store.write(put(puts)).await.expect("there is space again");
    assert_eq!(verdict, Ok((puts + 1) * 8));
    store.close().await;
    let store = open(data).await.expect("it opens");
    assert_eq!(items(&store, account).await, (puts + 1) * 8);
    let chain = store.read(VerifyAudit).await.expect("read");
    assert_eq!(chain.expect("whole").number, 2);
    store.close().await;
}

async fn items(store: &Database, account: wire_format::MemberId) -> u64 {
    let (mut after, mut items) = (0, 0);
    loop {
        let read = ReadItems {
            account,
            after,
            kind: None,
        };
        let page = store.read(read).await.expect("read");
        items += u64::try_from(page.records.len()).expect("few");
        after = page.revision;
        if !page.more {
            return items;
        }
    }
}

async fn refuses_to_open_read_only(data: &Path) {
    mount(&["-o", "remount,ro"], data);
    let error = open(data).await.err().expect("refused");
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
    mount(&["-o", "remount,rw"], data);
    let store = open(data).await.expect("it opens");
    store.close().await;
}

fn mount(arguments: &[&str], data: &Path) {
    let status = Command::new("mount").args(arguments).arg(data).status();
    assert!(status.expect("mount").success());
}
