//! Files of a server that keeps them in an S3 service: they go up and down, are counted and collected, and wait
//! for a service that is away.

use std::time::Duration;

use bytes::Bytes;
use chat_server::{
    AccountLimits, BindError, Server, Settings,
    blobs::{BlobError, BlobKey, BlobsPlace, S3Address, S3Place, S3Service, ServiceError},
};
use sealwire_tests::{relay::Relay, s3::S3Server};
use wire_format::{
    ClientFrame, CommandFrame, ErrorCode, FileId,
    command::files::{GetHeld, Held, Put, Remove},
};

use crate::{
    files::{MIB, Upload},
    gathering::{Gathering, refused},
    owner::{AtServer as _, Folder},
    support::{House, PATIENCE},
};

/// Seldom enough that what a sweep deletes is not in the way of what is done meanwhile.
const SWEPT_EVERY: Duration = Duration::from_secs(3);

/// A prefix of the bucket, where some variables are others.
fn place(service: &S3Server, prefix: &str, others: &[(&str, &str)]) -> BlobsPlace {
    let address = format!("{}/{prefix}", S3Server::BUCKET);
    let variables = service.variables();
    let found = S3Service::from_variables(|name| {
        let mut all = others.iter().chain(&variables);
        let found = all.find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    BlobsPlace::S3(S3Place {
        address: S3Address::parse(&address).expect("an address"),
        service: found.expect("a service"),
    })
}

fn settings(folder: &Folder, service: &S3Server, accounts: AccountLimits) -> Settings {
    let mut settings = folder.settings(accounts);
    settings.blobs = Some(place(service, "files", &[]));
    settings.limits.sweep_every = SWEPT_EVERY;
    settings
}

async fn of(service: &S3Server, names: &[&str], accounts: AccountLimits) -> Gathering {
    let folder = Folder::new();
    let house = House::with(settings(&folder, service, accounts)).await;
    Gathering::at(folder, house, names).await
}

/// What the objects of these files are called, and of whose they are.
fn names_of(uploads: &[&Upload]) -> Vec<String> {
    let mut names = vec!["files/belongs-to".to_owned()];
    for upload in uploads {
        for (index, chunk) in (0..).zip(&upload.chunks) {
            let key = BlobKey::of(upload.id(), index, chunk);
            names.push(format!("files/{}/{key}", key.file));
        }
    }
    names.sort();
    names
}

async fn names(service: &mut S3Server) -> Vec<String> {
    let mut names = service.names().await;
    names.sort();
    names
}

/// Waits until nothing of a file is left.
async fn vanishes(service: &mut S3Server, file: FileId) {
    let below = format!("files/{file}/");
    let gone = async {
        let is_its = |name: &String| name.starts_with(&below);
        while service.names().await.iter().any(is_its) {}
    };
    let gone = tokio::time::timeout(PATIENCE, gone).await;
    gone.expect("the chunks are deleted");
}

#[tokio::test]
async fn what_goes_up_comes_down_and_is_kept_sealed() {
    let mut service = S3Server::start().await;
    let mut here = of(&service, &["Ada", "Bob"], AccountLimits::default()).await;
    let uploads = [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB + 5].map(Upload::of);
    for upload in &uploads {
        upload.whole(&mut here, 0).await;
        let bob = &mut here.peers[1];
        for (index, chunk) in (0..).zip(&upload.chunks) {
            assert!(*chunk == upload.get(bob, index).await.expect("a chunk"));
        }
    }
    let all: Vec<_> = uploads.iter().collect();
    assert_eq!(names(&mut service).await, names_of(&all));
    for upload in &uploads {
        for (index, chunk) in (0..).zip(&upload.chunks) {
            let key = BlobKey::of(upload.id(), index, chunk);
            let name = format!("files/{}/{key}", key.file);
            assert!(*chunk == service.read(&name).await, "as it was sealed");
        }
    }
    here.close().await;
}

#[tokio::test]
async fn what_is_over_a_quota_leaves_nothing() {
    let mut service = S3Server::start().await;
    let (first, second) = (Upload::of(1), Upload::of(MIB));
    let limits = AccountLimits {
        storage_bytes: first.file.cut().sealed().bytes().value(),
        ..AccountLimits::default()
    };
    let mut here = of(&service, &["Ada"], limits).await;
    first.whole(&mut here, 0).await;
    let create = second.create(&here);
    let ada = &mut here.peers[0];
    let code = refused(ada, &create, Bytes::new()).await;
    assert_eq!(code, ErrorCode::OverQuota);
    assert_eq!(second.put(ada, 0).await, Err(ErrorCode::NoSuchFile));
    assert_eq!(names(&mut service).await, names_of(&[&first]));
    here.close().await;
}

#[tokio::test]
async fn what_is_removed_or_kept_by_nobody_is_collected() {
    let mut service = S3Server::start().await;
    let mut here = of(&service, &["Ada"], AccountLimits::default()).await;
    let [kept, removed, begun] = [1, 2, MIB + 1].map(Upload::of);
    for upload in [&kept, &removed] {
        upload.whole(&mut here, 0).await;
    }
    let sequence = here.says(0, "kept").await;
    assert_eq!(kept.keep(&mut here, 0, sequence).await, Ok(()));
    here.peers[0].delivery().await;
    let create = begun.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    begun.put(ada, 0).await.expect("put");
    let remove = Remove { file: removed.id() };
    ada.call(&remove, Bytes::new()).await.expect("removed");
    vanishes(&mut service, removed.id()).await;
    // A day goes by.
    let sql = "UPDATE files SET touched_at = touched_at - 24 * 60 * 60 * 1000 - 1";
    crate::circle::tamper(&here.folder, sql).await;
    vanishes(&mut service, begun.id()).await;
    assert_eq!(names(&mut service).await, names_of(&[&kept]));
    assert!(kept.get(&mut here.peers[0], 0).await.is_ok());
    here.close().await;
}

#[tokio::test]
async fn chunks_that_nobody_knows_are_deleted_at_the_next_start() {
    let mut service = S3Server::start().await;
    let mut here = of(&service, &["Ada"], AccountLimits::default()).await;
    let (kept, unknown) = (Upload::of(1), FileId::from_bytes([7; 16]));
    kept.whole(&mut here, 0).await;
    service
        .put(&format!("files/{unknown}/00000000-ab"), 5)
        .await;
    here.peers.clear();
    let Gathering {
        folder,
        house,
        owners,
        ..
    } = here;
    house.close().await;
    let limits = AccountLimits::default();
    let house = House::with(settings(&folder, &service, limits)).await;
    vanishes(&mut service, unknown).await;
    let (mut ada, _) = owners[0].comes_again(&house).await;
    assert!(kept.get(&mut ada, 0).await.is_ok());
    drop(ada);
    house.empties().await;
    house.close().await;
}

#[tokio::test]
async fn chunks_wait_for_a_service_that_is_away_and_messages_go_on() {
    let mut service = S3Server::start().await;
    let mut here = of(&service, &["Ada", "Bob"], AccountLimits::default()).await;
    let upload = Upload::of(2 * MIB);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    let held = upload.put(ada, 0).await.expect("put");
    service.goes_down().await;
    for _ in 0..2 {
        assert_eq!(upload.put(ada, 1).await, Err(ErrorCode::Busy));
        assert_eq!(upload.get(ada, 0).await, Err(ErrorCode::Busy));
    }
    assert_eq!(upload.held(ada).await, Ok(held));
    here.says(0, "the service is away").await;
    service.comes_up().await;
    let first = Upload {
        file: upload.file.clone(),
        chunks: upload.chunks[..1].to_vec(),
    };
    assert_eq!(names(&mut service).await, names_of(&[&first]));
    upload.put(&mut here.peers[0], 1).await.expect("it is back");
    for (index, chunk) in (0..).zip(&upload.chunks) {
        let got = upload.get(&mut here.peers[1], index).await;
        assert!(*chunk == got.expect("a chunk"));
    }
    here.close().await;
}

/// While the service has not answered, the connection goes on, as far as one may; nothing counts as held.
#[tokio::test]
async fn a_chunk_that_is_not_durable_yet_holds_up_no_other_command() {
    let service = S3Server::start().await;
    let [(variable, endpoint), ..] = service.variables();
    let target = endpoint.trim_start_matches("http://").parse();
    let relay = Relay::start(target.expect("an address")).await;
    let through = format!("http://{}", relay.address());
    let folder = Folder::new();
    let mut settings = settings(&folder, &service, AccountLimits::default());
    settings.blobs = Some(place(&service, "files", &[(variable, &through)]));
    let house = House::with(settings).await;
    let mut here = Gathering::at(folder, house, &["Ada"]).await;
    let upload = Upload::of(3 * MIB);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    relay.withhold(true);
    for (index, chunk) in (0..).zip(&upload.chunks) {
        let put = Put {
            file: upload.id(),
            index,
        };
        let command = CommandFrame::new(1_000 + index, &put, chunk.clone());
        ada.send(ClientFrame::Command(command)).await;
    }
    let ask = GetHeld { file: upload.id() };
    let (held, _) = ada.call(&ask, Bytes::new()).await.expect("an answer");
    assert!(held.have.is_empty(), "{held:?}");
    relay.withhold(false);
    for request in 1_000..1_003 {
        ada.reply_to::<Held>(request).await.expect("kept");
    }
    let (held, _) = ada.call(&ask, Bytes::new()).await.expect("an answer");
    assert!((0..3).all(|index| held.has(index)), "{held:?}");
    here.close().await;
    relay.stop().await;
}

#[tokio::test]
async fn what_the_service_refuses_is_not_held() {
    let mut service = S3Server::start().await;
    let mut here = of(&service, &["Ada"], AccountLimits::default()).await;
    let upload = Upload::of(1);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    service.denies().await;
    assert_eq!(upload.put(ada, 0).await, Err(ErrorCode::Internal));
    assert_eq!(upload.held(ada).await.expect("held").have, []);
    assert_eq!(names(&mut service).await, names_of(&[]));
    service.allows().await;
    upload.put(ada, 0).await.expect("put");
    service.denies().await;
    assert_eq!(upload.get(ada, 0).await, Err(ErrorCode::Internal));
    service.allows().await;
    assert!(upload.get(ada, 0).await.is_ok());
    here.close().await;
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_start_is_named() {
    let mut service = S3Server::start().await;
    let here = of(&service, &["Ada"], AccountLimits::default()).await;
    let other = Folder::new();
    let refused = |place: BlobsPlace| {
        let mut settings = other.settings(AccountLimits::default());
        settings.blobs = Some(place);
        async move {
            match Server::bind(settings).await.err() {
                Some(BindError::Blobs(error)) => error,
                other => panic!("{other:?}"),
            }
        }
    };
    let error = refused(place(&service, "files", &[])).await;
    assert!(matches!(error, BlobError::Foreign), "{error:?}");
    let wrong = [("AWS_SECRET_ACCESS_KEY", "canary")];
    let error = refused(place(&service, "others", &wrong)).await;
    assert!(matches!(error, BlobError::Refused(_)), "{error:?}");
    here.close().await;
    service.removes_bucket().await;
    let error = refused(place(&service, "others", &[])).await;
    let BlobError::Refused(ServiceError::Answer { status, code, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!((status, &*code), (404, "NoSuchBucket"));
    service.goes_down().await;
    let error = refused(place(&service, "others", &[])).await;
    assert!(matches!(error, BlobError::Unreachable(_)), "{error:?}");
}
