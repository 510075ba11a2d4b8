use super::*;

fn address(text: &str) -> Result<(String, String), S3AddressError> {
    let address = S3Address::parse(text)?;
    Ok((address.bucket().into(), address.prefix().into()))
}

fn service(variables: &[(&str, &str)]) -> Result<S3Service, S3ServiceError> {
    S3Service::from_variables(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// With keys, which every service needs.
fn with_keys(variables: &[(&str, &str)]) -> Result<S3Service, S3ServiceError> {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "canary-id"),
        ("AWS_SECRET_ACCESS_KEY", "canary-secret"),
    ];
    service(&[&keys, variables].concat())
}

#[test]
fn an_address_is_a_bucket_and_a_prefix() {
    let parts = |bucket: &str, prefix: &str| Ok((bucket.to_owned(), prefix.to_owned()));
    assert_eq!(address("chunks"), parts("chunks", ""));
    assert_eq!(address("chunks/"), parts("chunks", ""));
    assert_eq!(address("a-1.b/chat"), parts("a-1.b", "chat/"));
    assert_eq!(
        address("chunks/Chat_1/b.c/"),
        parts("chunks", "Chat_1/b.c/")
    );
    for bad in ["", "ab", "-ab", "ab.", "Chunks", "chu_nks", "chünks", "a b"] {
        assert_eq!(address(bad), Err(S3AddressError::Bucket), "{bad}");
    }
    for bad in [
        "/", "a//b", "../b", "a/./b", "a b", "ä", "a?b", "a#b", "%2e",
    ] {
        let text = format!("chunks/{bad}");
        assert_eq!(address(&text), Err(S3AddressError::Prefix), "{bad}");
    }
}

#[test]
fn names_have_a_least_and_a_most() {
    for (length, expected) in [(2, false), (3, true), (63, true), (64, false)] {
        assert_eq!(address(&"b".repeat(length)).is_ok(), expected, "{length}");
    }
    for (length, expected) in [
        (PREFIX_BYTES - 1, true),
        (PREFIX_BYTES, true),
        (PREFIX_BYTES + 1, false),
    ] {
        let text = format!("chunks/{}", "p".repeat(length));
        assert_eq!(address(&text).is_ok(), expected, "{length}");
    }
}

#[test]
fn a_service_is_aws_in_a_region_or_the_endpoint_that_is_said() {
    let aws = with_keys(&[("AWS_REGION", "eu-central-1")]).expect("a service");
    assert_eq!(aws.endpoint, "https://s3.eu-central-1.amazonaws.com");
    assert!(aws.is_tls());
    let own = with_keys(&[
        ("AWS_ENDPOINT", "https://third.example"),
        ("AWS_ENDPOINT_URL", "https://second.example:9000/s3/"),
    ]);
    let own = own.expect("a service");
    assert_eq!(own.endpoint, "https://second.example:9000/s3");
    assert_eq!(own.region, "us-east-1");
    let first = with_keys(&[
        ("AWS_ENDPOINT_URL_S3", "https://first.example"),
        ("AWS_ENDPOINT_URL", "https://second.example"),
        ("AWS_DEFAULT_REGION", "garage"),
        ("AWS_CA_BUNDLE", "/etc/own.pem"),
    ]);
    let first = first.expect("a service");
    assert_eq!(first.endpoint, "https://first.example");
    assert_eq!(first.region, "garage");
    assert_eq!(first.authorities, Some("/etc/own.pem".into()));
}

#[test]
fn what_is_missing_is_named() {
    let region = ("AWS_REGION", "eu-central-1");
    assert_eq!(service(&[region]), Err(S3ServiceError::NoKeys));
    let half = [region, ("AWS_ACCESS_KEY_ID", "id")];
    assert_eq!(service(&half), Err(S3ServiceError::NoKeys));
    let empty = [
        region,
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ];
    assert_eq!(service(&empty), Err(S3ServiceError::NoKeys));
    assert_eq!(with_keys(&[]), Err(S3ServiceError::NoRegion));
    for bad in ["eu central", "EU", "a.b/c"] {
        let refused = with_keys(&[("AWS_REGION", bad)]);
        assert_eq!(refused, Err(S3ServiceError::Region), "{bad}");
    }
    for bad in [
        "s3.example",
        "ftp://s3.example",
        "https://",
        "https://id:secret@s3.example",
        "https://s3.example/?x=y",
        "not an address",
    ] {
        let refused = with_keys(&[("AWS_ENDPOINT_URL", bad)]);
        assert_eq!(refused, Err(S3ServiceError::Endpoint), "{bad}");
    }
}

#[test]
fn plain_http_stays_on_this_machine_unless_it_is_allowed() {
    for local in [
        "http://127.0.0.1:9000",
        "http://127.8.9.1",
        "http://[::1]:9000",
        "http://localhost:9000/",
    ] {
        let service = with_keys(&[("AWS_ENDPOINT_URL", local)]).expect(local);
        assert!(!service.is_tls());
    }
    for other in [
        "http://s3.example",
        "http://10.0.0.1:9000",
        "http://[2001:db8::1]",
        "http://localhost.example",
        "http://0.0.0.0:9000",
    ] {
        let endpoint = ("AWS_ENDPOINT_URL", other);
        for not_said in ["false", "0", "no", ""] {
            let refused = with_keys(&[endpoint, ("AWS_ALLOW_HTTP", not_said)]);
            assert_eq!(refused, Err(S3ServiceError::PlainHttp), "{other}");
        }
        for said in ["true", "True", "1"] {
            let allowed = with_keys(&[endpoint, ("AWS_ALLOW_HTTP", said)]);
            assert!(allowed.is_ok(), "{other}");
        }
    }
}

#[test]
fn nothing_shows_the_keys() {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SESSION_TOKEN", "canary-session"),
    ];
    let service = with_keys(&variables).expect("a service");
    let address = S3Address::parse("chunks/chat").expect("an address");
    let place = S3Place { address, service };
    assert!(!format!("{place:?}").contains("canary"));
}
