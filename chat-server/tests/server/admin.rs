//! Liveness, readiness, figures.

use chat_server::Settings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::House;

pub(crate) async fn request(house: &House, line: &str) -> String {
    let address = house.running().admin_addr().expect("an admin listener");
    let mut stream = TcpStream::connect(address).await.expect("a socket");
    let head = format!("{line} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("a request");
    let mut response = String::new();
    stream
        .read_to_string(&mut response)
        .await
        .expect("a response");
    response
}

#[tokio::test]
async fn it_says_how_the_server_is() {
    let house = House::with(Settings {
        admin: Some(([127, 0, 0, 1], 0).into()),
        ..Settings::default()
    })
    .await;
    let mut peer = house.in_lobby("counted").await;
    peer.say("counted, not shown").await;
    peer.hears("counted, not shown").await;
    assert!(
        request(&house, "GET /livez")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        request(&house, "GET /readyz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        request(&house, "GET /else")
            .await
            .starts_with("HTTP/1.1 404")
    );
    assert!(
        request(&house, "POST /livez")
            .await
            .starts_with("HTTP/1.1 405")
    );
    let metrics = request(&house, "GET /metrics").await;
    for figure in [
        "sealwire_server_connections 1\n",
        "sealwire_server_sessions 1\n",
        "sealwire_server_publishes_total 1\n",
        "sealwire_server_rooms 1\n",
    ] {
        assert!(metrics.contains(figure), "{figure} in\n{metrics}");
    }
    assert!(!metrics.contains("counted, not shown") && !metrics.contains("127.0.0.1"));
    drop(peer);
    house.close().await;
}
