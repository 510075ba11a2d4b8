//! Each alert fires in the log, the figures and the webhook, once.

use std::{
    fs,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use chat_server::{AccountLimits, AlertSettings, BindError, Rate, Server, Settings, WebhookError};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tracing_subscriber::fmt::MakeWriter;
use wire_format::{
    ErrorCode, LoginHalf, SessionToken,
    command::auth::{Login, Prove, Resume},
};

use crate::{
    admin::request,
    owner::{AtServer as _, Folder, Owner},
    support::{House, PATIENCE},
};

/// A listener that takes alerts.
struct Receiver {
    url: String,
    posts: mpsc::Receiver<(String, Value)>,
}

impl Receiver {
    /// One that answers with these status lines, the last of them from then on.
    async fn answering(answers: &'static [&'static str], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (sender, posts) = mpsc::channel(64);
        tokio::spawn(async move {
            let mut answers = answers.iter().copied();
            let mut answer = "200 OK";
            while let Ok((stream, _)) = listener.accept().await {
                answer = answers.next().unwrap_or(answer);
                let post = match &tls {
                    None => take(stream, answer).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => take(stream, answer).await,
                        Err(_) => continue,
                    },
                };
                sender.send(post).await.expect("a test that listens");
            }
        });
        let url = format!("{scheme}://localhost:{port}/hook?key=canary");
        Self { url, posts }
    }

    async fn next(&mut self) -> (String, Value) {
        let post = timeout(PATIENCE, self.posts.recv()).await;
        post.expect("an alert in time").expect("a listener")
    }
}

/// Reads one request and answers it; gives its head and its body.
async fn take<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: &str) -> (String, Value) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        stream.read_buf(&mut bytes).await.expect("a request");
        let text = String::from_utf8(bytes.clone()).expect("text");
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            break (head.to_owned(), body);
        }
    };
    let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
    // Who does not wait for the answer has posted all the same.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    (head, body)
}

/// The log of this thread, on which everything runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How many lines tell this kind.
    fn alerts(&self, kind: &str) -> usize {
        let field = format!("\"alert\":\"{kind}\"");
        self.text()
            .lines()
            .filter(|line| line.contains(&field))
            .count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A server that posts its alerts.
async fn house(folder: &Folder, alerts: AlertSettings) -> House {
    let limits = AccountLimits {
        tries_per_name_and_address: Rate::UNLIMITED,
        tries_per_name: Rate::UNLIMITED,
        tries: Rate::UNLIMITED,
        ..AccountLimits::default()
    };
    House::with(Settings {
        admin: Some(([127, 0, 0, 1], 0).into()),
        alerts,
        ..folder.settings(limits)
    })
    .await
}

fn posting_to(receiver: &Receiver) -> AlertSettings {
    AlertSettings {
        webhook: Some(receiver.url.parse().expect("an address")),
        disk_free_bytes: 0,
        ..AlertSettings::default()
    }
}

async fn told(house: &House, kind: &str) -> bool {
    let line = format!("sealwire_server_alerts_total{{kind=\"{kind}\"}} 1\n");
    request(house, "GET /metrics").await.contains(&line)
}

/// A log that is kept as long as the guard.
fn listen() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let lines = tracing_subscriber::fmt().json().with_writer(log.clone());
    (log, tracing::subscriber::set_default(lines.finish()))
}

#[tokio::test]
async fn many_wrong_passwords_are_told_once() {
    let (log, _guard) = listen();
    let mut receiver = Receiver::answering(&["200 OK"], None).await;
    let folder = Folder::new();
    let house = house(&folder, posting_to(&receiver)).await;
    let guess = Login {
        name: "canary".into(),
        login: LoginHalf::from_bytes([0; 32]),
    };
    for tries in 1..=25 {
        // Each at a connection of its own: all of them may take longer than one has to sign in.
        let mut peer = house.greeted().await;
        let refused = peer.call(&guess, Bytes::new()).await.expect_err("a guess");
        assert_eq!(refused.code, ErrorCode::LoginFailed);
        assert_eq!(
            log.alerts("bad_logins"),
            usize::from(tries >= 20),
            "{tries}"
        );
    }
    let (head, body) = receiver.next().await;
    assert!(
        head.starts_with("POST /hook?key=canary HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(body["kind"], "bad_logins");
    assert_eq!(body["count"], 20);
    assert_eq!(body["server"], "localhost");
    assert_eq!(
        body["since"].as_str().map(str::len),
        Some("2027-01-15T08:00:00Z".len())
    );
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(4));
    assert!(told(&house, "bad_logins").await);
    assert!(receiver.posts.try_recv().is_err(), "once");
    assert!(!log.text().contains("canary"), "{}", log.text());
    house.close().await;
}

#[tokio::test]
async fn a_forged_token_is_told_and_a_wrong_proof() {
    let (log, _guard) = listen();
    let mut receiver = Receiver::answering(&["204 No Content"], None).await;
    let folder = Folder::new();
    let house = house(&folder, posting_to(&receiver)).await;
    let ada = Owner::named("Ada");
    let mut peer = house.greeted().await;
    let session = ada.registers(&mut peer).await;
    assert_eq!(log.alerts("forged_token"), 0);
    for _ in 0..3 {
        let token: SessionToken = "e30.e30.Zm9yZ2Vk".parse().expect("a token");
        let token = Some(token);
        let mut peer = house.greeted().await;
        let refused = peer.call(&Resume { token }, Bytes::new()).await;
        assert_eq!(refused.expect_err("forged").code, ErrorCode::LoginFailed);
    }
    assert_eq!(receiver.next().await.1["kind"], "forged_token");
    let proof = ada.foreign_proof(&session);
    let refused = peer.call(&Prove {}, proof).await.expect_err("a refusal");
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    let (_, body) = receiver.next().await;
    assert_eq!(
        (&body["kind"], &body["count"]),
        (&"signature_failures".into(), &1.into())
    );
    for kind in ["forged_token", "signature_failures"] {
        assert_eq!(log.alerts(kind), 1, "{kind}");
        assert!(told(&house, kind).await, "{kind}");
    }
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_disk_with_too_little_space_is_told_at_the_start() {
    let (log, _guard) = listen();
    let mut receiver = Receiver::answering(&["200 OK"], None).await;
    let folder = Folder::new();
    let alerts = AlertSettings {
        disk_free_bytes: u64::MAX,
        ..posting_to(&receiver)
    };
    let house = house(&folder, alerts).await;
    assert_eq!(receiver.next().await.1["kind"], "disk_low");
    assert_eq!(log.alerts("disk_low"), 1);
    assert!(told(&house, "disk_low").await);
    house.close().await;
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_again() {
    let mut receiver = Receiver::answering(&["500 Internal Server Error"], None).await;
    let folder = Folder::new();
    let alerts = AlertSettings {
        disk_free_bytes: u64::MAX,
        ..posting_to(&receiver)
    };
    let house = house(&folder, alerts).await;
    let first = receiver.next().await;
    assert_eq!(receiver.next().await, first);
    // What waits for the next attempt does not keep the server.
    house.close().await;
}

#[tokio::test]
async fn an_https_webhook_needs_a_certificate_that_is_trusted() {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(pair.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut receiver = Receiver::answering(&["200 OK"], Some(acceptor)).await;
    let folder = Folder::new();
    fs::create_dir(folder.path()).expect("a folder");
    let authority = folder.path().join("authority.pem");
    fs::write(&authority, pair.cert.pem()).expect("a file");
    let alerts = AlertSettings {
        disk_free_bytes: u64::MAX,
        webhook_ca: Some(authority.clone()),
        ..posting_to(&receiver)
    };
    let house = house(&folder, alerts.clone()).await;
    assert_eq!(receiver.next().await.1["kind"], "disk_low");
    house.close().await;

    fs::write(&authority, "nothing of the kind").expect("a file");
    let settings = Settings {
        alerts,
        ..folder.settings(AccountLimits::default())
    };
    let error = Server::bind(settings).await.err().expect("refused");
    assert!(
        matches!(error, BindError::Webhook(WebhookError::Authorities(_))),
        "{error:?}"
    );
}
