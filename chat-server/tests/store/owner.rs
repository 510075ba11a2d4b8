//! Whose a folder of files is, where several take it or a disk was full.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chat_server::blobs::{BlobError, Blobs as _, Folder as Files};
use tokio::sync::Barrier;

use crate::support::Folder;

/// How many take a folder at once.
const CLAIMANTS: usize = 8;
/// How often they do.
const ROUNDS: usize = 50;

async fn files(folder: &Folder) -> (Files, PathBuf) {
    let root = folder.path().join("files");
    (Files::open(root.clone()).await.expect("a folder"), root)
}

fn names(root: &Path) -> Vec<String> {
    let names = fs::read_dir(root).expect("a folder");
    let names = names.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.into_string().expect("text"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_take_a_folder_at_once_one_has_it_and_the_others_hear_so() {
    for round in 0..ROUNDS {
        let folder = Folder::new();
        let (files, root) = files(&folder).await;
        let together = Arc::new(Barrier::new(CLAIMANTS));
        let claims = (0..CLAIMANTS).map(|number| {
            let (files, together) = (files.clone(), Arc::clone(&together));
            tokio::spawn(async move {
                together.wait().await;
                files.claim(&format!("data {number}")).await
            })
        });
        let claims: Vec<_> = claims.collect();
        let mut takers = Vec::new();
        for (number, claim) in claims.into_iter().enumerate() {
            match claim.await.expect("a task") {
                Ok(()) => takers.push(number),
                Err(refused) => {
                    assert!(
                        matches!(refused, BlobError::Foreign),
                        "{round}: {refused:?}"
                    );
                }
            }
        }
        let [taker] = takers[..] else {
            panic!("{takers:?} have it");
        };
        let stands = fs::read_to_string(root.join("belongs-to")).expect("an owner");
        assert_eq!(stands, format!("data {taker}"));
        assert_eq!(names(&root), ["belongs-to"]);
    }
}

#[tokio::test]
async fn a_folder_that_does_not_say_whose_it_is_is_taken_by_nobody() {
    let folder = Folder::new();
    let (files, root) = files(&folder).await;
    let owner = root.join("belongs-to");
    // What an earlier server left where the disk was full, or is writing at this moment.
    for half in ["", "the", "these dat"] {
        fs::write(&owner, half).expect("written");
        let refused = files.claim("these data").await;
        assert!(
            matches!(&refused, Err(BlobError::Halved { path }) if *path == owner),
            "{half}: {refused:?}"
        );
        assert_eq!(fs::read_to_string(&owner).expect("read"), half);
    }
    for foreign in [&b"these data and those"[..], b"those", b"\xff"] {
        fs::write(&owner, foreign).expect("written");
        let refused = files.claim("these data").await;
        assert!(matches!(refused, Err(BlobError::Foreign)), "{refused:?}");
    }
    // Whoever knows that nobody else uses it deletes it.
    fs::remove_file(&owner).expect("removed");
    files.claim("these data").await.expect("taken");
}

#[tokio::test]
async fn what_a_killed_server_left_of_taking_a_folder_is_no_file_and_goes() {
    let folder = Folder::new();
    let (files, root) = files(&folder).await;
    let left = root.join("belongs-to.0123456789abcdef.part");
    fs::write(&left, "the").expect("written");
    assert_eq!(files.files(None, 10).await.expect("listed"), []);
    files.claim("these data").await.expect("taken");
    assert_eq!(names(&root), ["belongs-to"]);
    // Also where it has been theirs for long, and not where it is another's.
    for (data, goes) in [("those data", false), ("these data", true)] {
        fs::write(&left, "the").expect("written");
        assert_eq!(files.claim(data).await.is_ok(), goes);
        assert_eq!(left.exists(), !goes);
    }
}
