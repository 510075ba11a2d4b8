//! The same over TLS, and a certificate that changes.

use std::{path::PathBuf, sync::Arc};

use chat_server::{BindError, Server, Settings, Transport};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use wire_format::{
    ClientFrame, CloseCode, Event, MemberId, event::LeaveReason, limits::FRAME_BYTES,
};

use crate::support::{House, Peer, Stopwatch, generous, publish, token};

/// A folder with a certificate for `localhost`, removed when dropped.
struct Files {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
}

impl Files {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("sealwire-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).expect("a folder");
        let certificate = write_pair(&folder);
        Self {
            folder,
            certificate,
        }
    }

    fn transport(&self) -> Transport {
        Transport::Tls {
            certificate: self.folder.join("cert.pem"),
            key: self.folder.join("key.pem"),
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            transport: self.transport(),
            limits: generous(),
            ..Settings::default()
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn write_pair(folder: &std::path::Path) -> CertificateDer<'static> {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = pair.signing_key.serialize_pem();
    std::fs::write(folder.join("cert.pem"), pair.cert.pem()).expect("a file");
    std::fs::write(folder.join("key.pem"), key).expect("a file");
    pair.cert.der().clone()
}

async fn connect(
    house: &House,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<Peer<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(house.address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    Ok(Peer::over(stream))
}

#[tokio::test]
async fn everything_works_over_tls() {
    let files = Files::new();
    let house = House::with(files.settings()).await;
    let mut peers = Vec::new();
    for (name, version) in [("Ann", &TLS13), ("Boris", &TLS12)] {
        let mut peer = connect(&house, &files.certificate, version)
            .await
            .expect("TLS");
        peer.hello().await;
        peer.sign_in(name, token()).await.expect("a name");
        peer.enter("lobby").await;
        peers.push(peer);
    }
    for number in 0..200 {
        peers[0].say(&number.to_string()).await;
    }
    let large = vec![3; FRAME_BYTES / 2];
    peers[1].send(publish(0, &large)).await;
    for peer in &mut peers {
        let mut texts = 0;
        while texts < 201 {
            peer.delivery().await;
            texts += 1;
        }
    }
    peers[1].write(&[0, 0, 0, 0]).await;
    assert_eq!(peers[1].closed().await, CloseCode::Protocol);
    drop(peers);
    house.close().await;
}

#[tokio::test]
async fn a_slow_reader_over_tls_is_cut_with_a_close_frame() {
    let files = Files::new();
    let house = House::with(files.settings()).await;
    let mut talker = in_lobby(&house, &files, "talker").await;
    let mut sleeper = in_lobby(&house, &files, "sleeper").await;
    let payload = vec![1; 512 * 1024];
    while house.running().sessions() > 1 {
        talker.send(publish(0, &payload)).await;
        talker.delivery().await;
    }
    assert_eq!(sleeper.closed().await, CloseCode::TooSlow);
    drop((talker, sleeper));
    house.close().await;
}

/// Only a close frame says that somebody leaves: who ends TLS without one, in order or by dropping
/// the socket, as whoever cuts a line can, is lost.
#[tokio::test]
async fn who_goes_over_tls_without_a_close_frame_is_lost() {
    let files = Files::new();
    let house = House::with(files.settings()).await;
    let mut stays = in_lobby(&house, &files, "stays").await;

    let cut = in_lobby(&house, &files, "cut").await;
    let member = cut.member;
    // Without a close_notify.
    drop(cut);
    assert_eq!(left(&mut stays).await, (member, LeaveReason::Lost));

    let mut ends = in_lobby(&house, &files, "ends").await;
    ends.end_stream().await;
    assert_eq!(left(&mut stays).await, (ends.member, LeaveReason::Lost));

    let mut leaves = in_lobby(&house, &files, "leaves").await;
    let close = ClientFrame::Close(CloseCode::Done.into());
    leaves.send(close).await;
    let member = leaves.member;
    drop(leaves);
    assert_eq!(left(&mut stays).await, (member, LeaveReason::SignedOut));
    drop((stays, ends));
    house.close().await;
}

async fn in_lobby(house: &House, files: &Files, name: &str) -> Peer<TlsStream<TcpStream>> {
    let mut peer = connect(house, &files.certificate, &TLS13)
        .await
        .expect("TLS");
    peer.hello().await;
    peer.sign_in(name, token()).await.expect("a name");
    peer.enter("lobby").await;
    peer
}

/// Who left next, and how.
async fn left<S: AsyncRead + AsyncWrite + Unpin>(peer: &mut Peer<S>) -> (MemberId, LeaveReason) {
    loop {
        if let Event::RoomLeft { member, reason, .. } = peer.event().await.0 {
            return (member, reason);
        }
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let files = Files::new();
    let house = House::with(files.settings()).await;
    let stopwatch = Stopwatch::stop();
    let mut plain = house.connect().await;
    // Once a later handshake is through, the server waits for this one.
    let later = connect(&house, &files.certificate, &TLS13).await;
    stopwatch.advance(10.5).await;
    assert_eq!(plain.next().await, None);
    let mut wrong = house.connect().await;
    wrong.write(b"not a handshake at all").await;
    // An alert that is no frame of ours, then the end.
    wrong.vanish();
    drop((plain, later, stopwatch));
    house.close().await;
}

#[tokio::test]
async fn a_changed_certificate_is_served_without_a_restart() {
    let mut files = Files::new();
    let house = House::with(files.settings()).await;
    connect(&house, &files.certificate, &TLS13)
        .await
        .expect("the first");
    // A broken pair changes nothing.
    std::fs::write(files.folder.join("key.pem"), "broken").expect("a file");
    let stopwatch = Stopwatch::stop();
    stopwatch.advance(5.1).await;
    tokio::task::yield_now().await;
    connect(&house, &files.certificate, &TLS13)
        .await
        .expect("still the first");
    let old = std::mem::replace(&mut files.certificate, write_pair(&files.folder));
    // The file system's clock may not have moved since the first pair was written.
    let key = std::fs::File::options()
        .append(true)
        .open(files.folder.join("key.pem"));
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    key.and_then(|key| key.set_modified(later)).expect("a file");
    stopwatch.advance(5.1).await;
    tokio::task::yield_now().await;
    connect(&house, &files.certificate, &TLS13)
        .await
        .expect("the second");
    assert!(connect(&house, &old, &TLS13).await.is_err());
    drop(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let files = Files::new();
    let missing = Settings {
        transport: Transport::Tls {
            certificate: files.folder.join("none.pem"),
            key: files.folder.join("key.pem"),
        },
        ..Settings::default()
    };
    let error = Server::bind(missing).await.err().expect("no file");
    assert!(matches!(&error, BindError::Tls(_)), "{error}");
    let other = Files::new();
    let mixed = Settings {
        transport: Transport::Tls {
            certificate: files.folder.join("cert.pem"),
            key: other.folder.join("key.pem"),
        },
        ..Settings::default()
    };
    assert!(Server::bind(mixed).await.is_err());
}
