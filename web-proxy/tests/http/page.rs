//! The page, its files and the headers of every answer.

use crate::harness::House;

#[tokio::test]
async fn the_page_and_all_it_names_are_served() {
    let house = House::open().await;
    let page = house.request("GET", "/").send().await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let text = page.text();
    let quoted = text.split('"').filter(|part| part.starts_with("/app/"));
    let mut paths: Vec<_> = quoted.collect();
    paths.sort_unstable();
    paths.dedup();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        let file = house.request("GET", path).send().await;
        assert_eq!(file.status, 200, "{path}");
        let cache = file.header("cache-control");
        assert_eq!(cache, Some("public, max-age=31536000, immutable"));
        let kind = file.header("content-type").expect("a type");
        let expected = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(kind, expected, "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let house = House::open().await;
    let page = house.request("GET", "/").send().await;
    let tag = page.header("etag").expect("a tag");
    let again = house
        .request("GET", "/")
        .header("If-None-Match", tag)
        .send()
        .await;
    assert_eq!((again.status, again.text().as_str()), (304, ""));
    let head = house.request("HEAD", "/").send().await;
    assert_eq!((head.status, head.text().as_str()), (200, ""));
    assert_eq!(head.header("content-length"), page.header("content-length"));
    house.close().await;
}

#[tokio::test]
async fn every_answer_is_closed_in() {
    let house = House::open().await;
    let requests = [
        house.request("GET", "/"),
        house.request("GET", "/nothing"),
        house.request("GET", "/api/session"),
        house.request("DELETE", "/api/session"),
        house.post("/api/rooms.list", "{}"),
        house.request("POST", "/api/rooms.list"),
    ];
    for request in requests {
        let answer = request.send().await;
        let policy = answer.header("content-security-policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'sha256-",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value));
        }
        assert!(answer.header("cache-control").is_some());
        assert_eq!(
            answer.header("strict-transport-security"),
            None,
            "plain http"
        );
        assert_eq!(answer.header("server"), None);
    }
    house.close().await;
}

#[tokio::test]
async fn no_path_leads_out() {
    let house = House::open().await;
    let page = house.request("GET", "/").send().await.text();
    let version = page
        .split("/app/")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    let version = version.expect("a version");
    for path in [
        format!("/app/{version}/../../Cargo.toml"),
        format!("/app/{version}/..%2f..%2fCargo.toml"),
        format!("/app/{version}/%2e%2e/%2e%2e/etc/passwd"),
        format!("/app/{version}//etc/passwd"),
        format!("/app/{version}/index.html"),
        format!("/app/{version}/main.js%00.css"),
        "/app/00000000000000000000000000000000/main.js".to_owned(),
        "/../../etc/passwd".to_owned(),
        "/static/main.js".to_owned(),
    ] {
        let answer = house.request("GET", &path).send().await;
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
    }
    house.close().await;
}
