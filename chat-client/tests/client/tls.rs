//! Over TLS: the right authority and name, or nothing.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chat_client::{ConnectError, Endpoint, Session, SessionSettings, Trust, tls::TlsError};
use chat_server::{Server, Settings, Transport};

/// A folder of this test's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("sealwire-tls-{}", crate::common::message_id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn settings(endpoint: &str, trust: Option<Trust>) -> SessionSettings {
    let endpoint: Endpoint = endpoint.parse().expect("an address");
    let mut settings = SessionSettings::new(
        endpoint,
        "alice",
        crate::common::token(),
        crate::common::keys(),
    );
    settings.trust = trust;
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_proves_its_name_to_an_authority_that_was_named() {
    let folder = Folder::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let made = made.expect("a certificate");
    let certificate = folder.write("certificate.pem", &made.cert.pem());
    let key = folder.write("key.pem", &made.signing_key.serialize_pem());
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let other = folder.write("other.pem", &other.expect("a certificate").cert.pem());
    let server = Server::bind(Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        transport: Transport::Tls {
            certificate: certificate.clone(),
            key,
        },
        ..Settings::default()
    });
    let server = server.await.expect("a free port").start();
    let port = server.local_addr().port();
    let trust = Trust::from_pem_file(&certificate).expect("an authority");

    let right = settings(&format!("tls://localhost:{port}"), Some(trust.clone()));
    let (session, events) = Session::connect(right).await.expect("a session");
    session.enter("lobby").await.expect("the lobby");
    session.logout().await;
    drop(events);

    let wrong_name = settings(&format!("tls://127.0.0.1:{port}"), Some(trust));
    let refused = Session::connect(wrong_name).await;
    assert!(matches!(refused, Err(ConnectError::Io(_))), "{refused:?}");

    let stranger = Trust::from_pem_file(&other).expect("an authority");
    let wrong_authority = settings(&format!("tls://localhost:{port}"), Some(stranger));
    let refused = Session::connect(wrong_authority).await;
    assert!(matches!(refused, Err(ConnectError::Io(_))), "{refused:?}");

    let nobody = settings(&format!("tls://localhost:{port}"), None);
    let refused = Session::connect(nobody).await;
    assert!(
        matches!(refused, Err(ConnectError::Tls(TlsError::NoAuthority))),
        "{refused:?}"
    );

    let plain = settings(&format!("127.0.0.1:{port}"), None);
    assert!(Session::connect(plain).await.is_err());

    let outcome = server.shutdown(Duration::from_secs(10)).await;
    assert_eq!(outcome.sessions_left, 0);
}
