//! What goes wrong between a server and the S3 service that keeps its files.

use chat_server::{
    TrustError,
    blobs::{
        AnyBlobs, BlobError, BlobKey, Blobs as _, BlobsPlace, S3Address, S3Place, S3Service,
        ServiceError,
    },
};
use sealwire_tests::{certificate::Certificates, folder::Folder, relay::Relay, s3::S3Server};

use crate::blobs::{id, put};

/// A prefix of the bucket.
pub(crate) fn place_at(server: &S3Server, prefix: &str) -> BlobsPlace {
    place(server, prefix, &[])
}

/// Likewise, where some variables are others.
fn place(server: &S3Server, prefix: &str, others: &[(&str, &str)]) -> BlobsPlace {
    let address = format!("{}/{prefix}", S3Server::BUCKET);
    let variables = server.variables();
    let service = S3Service::from_variables(|name| {
        let mut all = others.iter().chain(&variables);
        let found = all.find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    BlobsPlace::S3(S3Place {
        address: S3Address::parse(&address).expect("an address"),
        service: service.expect("a service"),
    })
}

async fn open(place: BlobsPlace) -> AnyBlobs {
    AnyBlobs::open(place).await.expect("nothing is asked yet")
}

/// What every operation fails with.
async fn failures(blobs: &AnyBlobs) -> Vec<BlobError> {
    let key = BlobKey::of(id(1), 0, b"chunk");
    let failed = [
        blobs.put(key, b"chunk"[..].into()).await.err(),
        blobs.read(key).await.err(),
        blobs.claim("these").await.err(),
        blobs.files(None, 10).await.err(),
        blobs.remove_file(id(1)).await.err(),
    ];
    failed.map(|error| error.expect("an error")).into()
}

fn refused_with(error: &BlobError) -> (u16, &str) {
    match error {
        BlobError::Refused(ServiceError::Answer { status, code, .. }) => (*status, code),
        other => panic!("{other:?}"),
    }
}

/// Everything that a log could have of it.
fn told(error: &BlobError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error} {source:?} {error:?}")
}

#[tokio::test]
async fn wrong_keys_are_refused_and_never_shown() {
    let server = S3Server::start().await;
    for (variable, wrong, code) in [
        ("AWS_ACCESS_KEY_ID", "canary", "InvalidAccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "canary", "SignatureDoesNotMatch"),
    ] {
        let blobs = open(place(&server, "files", &[(variable, wrong)])).await;
        let mut told = vec![format!("{blobs:?}")];
        for failed in failures(&blobs).await {
            assert_eq!(refused_with(&failed), (403, code));
            told.push(self::told(&failed));
        }
        let [_, keys @ ..] = server.variables();
        for text in told {
            assert!(!text.contains("canary"), "{text}");
            for (_, key) in keys {
                assert!(!text.contains(key), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn who_has_no_rights_is_refused_until_they_are_given() {
    let mut server = S3Server::start().await;
    let blobs = open(place_at(&server, "files")).await;
    let (key, bytes) = put(&blobs, 1, 0).await;
    server.denies().await;
    for failed in failures(&blobs).await {
        assert_eq!(refused_with(&failed), (403, "AccessDenied"));
    }
    server.allows().await;
    assert_eq!(blobs.read(key).await.expect("read"), Some(bytes));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_has_no_missing_blobs() {
    let mut server = S3Server::start().await;
    let blobs = open(place_at(&server, "files")).await;
    put(&blobs, 1, 0).await;
    server.removes_bucket().await;
    for failed in failures(&blobs).await {
        assert_eq!(refused_with(&failed), (404, "NoSuchBucket"));
    }
}

#[tokio::test]
async fn a_service_that_is_away_is_used_again_when_it_is_back() {
    let mut server = S3Server::start().await;
    let blobs = open(place_at(&server, "files")).await;
    let (key, bytes) = put(&blobs, 1, 0).await;
    let before = server.names().await;
    server.goes_down().await;
    for failed in failures(&blobs).await {
        let is_away = matches!(failed, BlobError::Unreachable(ServiceError::Connection(_)));
        assert!(is_away, "{failed:?}");
    }
    server.comes_up().await;
    assert_eq!(server.names().await, before, "nothing was half done");
    assert_eq!(blobs.read(key).await.expect("read"), Some(bytes));
    put(&blobs, 1, 1).await;
    blobs.claim("these").await.expect("taken");
}

#[tokio::test]
async fn prefixes_do_not_see_each_other() {
    let mut server = S3Server::start().await;
    let places = ["", "one", "one/two", "onetwo"].map(|prefix| place_at(&server, prefix));
    let mut all = Vec::new();
    for (number, place) in (1..).zip(&places) {
        let blobs = open(place.clone()).await;
        blobs.claim(&format!("data {number}")).await.expect("taken");
        put(&blobs, number, 0).await;
        all.push(blobs);
    }
    for (number, blobs) in (1..).zip(&all) {
        let listed = blobs.files(None, 10).await.expect("listed");
        assert_eq!(listed, [id(number)]);
        let refused = blobs.claim("data 9").await;
        assert!(matches!(refused, Err(BlobError::Foreign)));
    }
    let name = |prefix: &str, number| {
        let key = BlobKey::of(id(number), 0, &[number; 100]);
        format!("{prefix}{}/{key}", key.file)
    };
    let prefixes = ["", "one/", "one/two/", "onetwo/"];
    let mut expected: Vec<_> = prefixes.map(|prefix| format!("{prefix}belongs-to")).into();
    expected.extend(
        (1..)
            .zip(prefixes)
            .map(|(number, prefix)| name(prefix, number)),
    );
    expected.sort();
    let mut names = server.names().await;
    names.sort();
    assert_eq!(names, expected, "names have ids and hashes only");
    assert_eq!(server.read("one/belongs-to").await, b"data 2");
    assert_eq!(server.read(&name("one/", 2)).await, [2; 100]);
}

#[tokio::test]
async fn what_others_left_below_the_prefix_is_no_file() {
    let mut server = S3Server::start().await;
    let blobs = open(place_at(&server, "files")).await;
    put(&blobs, 5, 0).await;
    for name in ["files/readme", "files/0/x", "files/zz/y", "else/z"] {
        server.put(name, 3).await;
    }
    assert_eq!(blobs.files(None, 1).await.expect("listed"), [id(5)]);
    assert_eq!(blobs.files(None, 9).await.expect("listed"), [id(5)]);
    blobs.remove_file(id(5)).await.expect("removed");
    assert_eq!(blobs.files(None, 9).await.expect("listed"), []);
    assert_eq!(server.names().await.len(), 4, "theirs are left alone");
}

#[tokio::test]
async fn a_service_that_makes_a_second_owner_is_not_used() {
    let mut server = S3Server::start().await;
    server.ignores_conditions().await;
    let blobs = open(place_at(&server, "files")).await;
    for _ in 0..2 {
        let refused = blobs.claim("these").await;
        assert!(matches!(refused, Err(BlobError::Unconditional)));
    }
    let refused = blobs.claim("those").await;
    assert!(matches!(refused, Err(BlobError::Foreign)));
    assert_eq!(server.read("files/belongs-to").await, b"these");
}

/// More than one request deletes.
#[tokio::test]
async fn a_file_of_many_chunks_goes_as_a_whole() {
    let mut server = S3Server::start().await;
    let blobs = open(place_at(&server, "files")).await;
    put(&blobs, 2, 0).await;
    for place in 0..401 {
        put(&blobs, 1, place).await;
    }
    blobs.remove_file(id(1)).await.expect("removed");
    assert_eq!(server.names().await.len(), 1);
}

#[tokio::test]
async fn what_is_longer_than_any_chunk_is_not_read() {
    const MOST: usize = 4 << 20;
    let mut server = S3Server::start().await;
    let blobs = open(place_at(&server, "files")).await;
    let key = BlobKey::of(id(1), 0, b"chunk");
    let name = format!("files/{}/{key}", key.file);
    for (size, expected) in [(MOST - 1, true), (MOST, true), (MOST + 1, false)] {
        server.put(&name, size).await;
        match blobs.read(key).await {
            Ok(read) => assert!(expected && read.expect("a blob").len() == size),
            Err(BlobError::Refused(ServiceError::TooLong)) => assert!(!expected, "{size}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_service_shows_a_certificate_that_leads_to_an_authority() {
    let folder = Folder::new();
    let certificates = Certificates::make(&folder);
    let server = S3Server::start_tls(&certificates).await;
    let path = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let bundle = path(&certificates.authority);
    let bundle = [("AWS_CA_BUNDLE", &*bundle)];
    let blobs = open(place(&server, "files", &bundle)).await;
    blobs.claim("these").await.expect("taken");
    let (key, bytes) = put(&blobs, 1, 0).await;
    assert_eq!(blobs.read(key).await.expect("read"), Some(bytes));

    let other = Folder::new();
    let others = path(&Certificates::make(&other).authority);
    let blobs = open(place(&server, "files", &[("AWS_CA_BUNDLE", &others)])).await;
    for failed in failures(&blobs).await {
        assert!(matches!(failed, BlobError::Unreachable(_)), "{failed:?}");
        assert!(told(&failed).contains("certificate"), "{failed:?}");
    }
    let none = path(&folder.write("none.pem", "no certificate"));
    let place = place(&server, "files", &[("AWS_CA_BUNDLE", &none)]);
    let refused = AnyBlobs::open(place).await.err();
    assert!(matches!(
        refused,
        Some(BlobError::Trust(TrustError::Authorities(_)))
    ));
}

/// What a service that hangs did not answer is not taken for done, and what it did all the same stays.
#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let mut server = S3Server::start().await;
    let address = server.endpoint().trim_start_matches("http://").parse();
    let relay = Relay::start(address.expect("an address")).await;
    let endpoint = format!("http://{}", relay.address());
    let blobs = open(place(&server, "files", &[("AWS_ENDPOINT_URL", &endpoint)])).await;
    let (key, bytes) = put(&blobs, 1, 0).await;
    relay.withhold(true);
    let next = BlobKey::of(id(1), 1, &bytes);
    // Nothing else happens, so the time goes by at once.
    tokio::time::pause();
    let (read, put) = tokio::join!(blobs.read(key), blobs.put(next, bytes.clone()));
    tokio::time::resume();
    for failed in [read.err(), put.err()] {
        let failed = failed.expect("no answer");
        assert!(matches!(failed, BlobError::Unreachable(_)), "{failed:?}");
    }
    relay.withhold(false);
    blobs.put(next, bytes.clone()).await.expect("once more");
    assert_eq!(blobs.read(next).await.expect("read"), Some(bytes));
    assert_eq!(server.names().await.len(), 2);
    relay.stop().await;
}
