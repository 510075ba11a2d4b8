//! The admin listener, which browsers never see.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::harness::{Answer, House, exchange};

/// However busy the machine is, nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_stop_does_not_wait_for_half_a_request() {
    let house = House::open_with(|settings| settings.admin = Some(settings.listen)).await;
    let admin = house.admin.expect("an admin listener");
    let mut half = TcpStream::connect(admin).await.expect("a connection");
    half.write_all(b"GET /met").await.expect("written");
    // Connections are accepted in turn: what is answered here came after the half.
    let whole = TcpStream::connect(admin).await.expect("a connection");
    let request = b"GET /livez HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n";
    assert_eq!(Answer::parse(&exchange(whole, request).await).status, 200);
    timeout(PATIENCE, house.close()).await.expect("a stop");
    drop(half);
}
