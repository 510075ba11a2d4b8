//! HTTPS with a certificate that the proxy made for itself.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use web_proxy::settings::Transport;

use crate::harness::{Answer, House};

/// A house whose certificate lies in a folder of its own.
async fn house(name: &str) -> (House, PathBuf) {
    let folder = std::env::temp_dir().join(format!("sealwire-https-{name}-{}", std::process::id()));
    let transport = Transport::Local {
        folder: folder.clone(),
    };
    let house = House::open_with(|settings| settings.transport = transport).await;
    (house, folder)
}

async fn connect(proxy: SocketAddr, folder: &Path, protocol: &str) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    let path = folder.join("local-cert.pem");
    let certificate = CertificateDer::from_pem_file(path).expect("a certificate");
    roots
        .add(certificate)
        .expect("a certificate that can be trusted");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(proxy).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .expect("TLS")
}

async fn ask(proxy: SocketAddr, folder: &Path, request: &str) -> Answer {
    let mut stream = connect(proxy, folder, "http/1.1").await;
    stream.write_all(request.as_bytes()).await.expect("taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    Answer::parse(&answer)
}

#[tokio::test]
async fn the_page_on_https_is_remembered_and_its_cookie_bound_to_the_host() {
    let (house, folder) = house("cookie").await;
    let port = house.proxy.port();
    let host = format!("localhost:{port}");
    let get = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let page = ask(house.proxy, &folder, &get).await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("strict-transport-security"),
        Some("max-age=31536000")
    );
    let body = "{\"name\":\"ada\"}";
    let post = format!(
        "POST /api/auth.guest HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let signed_in = ask(house.proxy, &folder, &post).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text());
    let cookie = signed_in.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("__Host-sealwire="), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/"),
        "{cookie}"
    );
    let foreign = post.replace("Origin: https", "Origin: http");
    assert_eq!(
        ask(house.proxy, &folder, &foreign).await.status,
        403,
        "another scheme"
    );
    house.close().await;
    std::fs::remove_dir_all(folder).expect("the folder is gone");
}

#[tokio::test]
async fn http2_is_spoken_where_it_was_chosen() {
    let (house, folder) = house("h2").await;
    let mut stream = connect(house.proxy, &folder, "h2").await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream
        .write_all(&[&preface[..], &settings].concat())
        .await
        .expect("taken");
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.expect("a frame");
    assert_eq!(head[3], 4, "SETTINGS");
    drop(stream);
    house.close().await;
    std::fs::remove_dir_all(folder).expect("the folder is gone");
}

#[tokio::test]
async fn plain_http_on_a_tls_port_is_not_answered() {
    let (house, folder) = house("plain").await;
    let mut stream = TcpStream::connect(house.proxy).await.expect("a connection");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .expect("taken");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"));
    house.close().await;
    std::fs::remove_dir_all(folder).expect("the folder is gone");
}
