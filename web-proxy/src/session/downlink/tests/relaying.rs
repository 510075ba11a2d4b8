//! What comes of end-to-end rooms.

use super::*;

fn relayed(number: u64) -> Arrival {
    Arrival::Relayed(format!("message {number}").into())
}

#[tokio::test]
async fn every_stream_gets_it_in_order_with_what_happens_elsewhere() {
    let downlink = in_lobby();
    let socket = downlink.open(StreamKind::socket).expect("a stream");
    let events = downlink.open(StreamKind::events).expect("a stream");
    downlink.arrive([relayed(1), message(2), relayed(3)].into_iter());
    for stream in [&socket, &events] {
        assert_eq!(
            waiting(stream).await,
            ["message 1", "message 2", "message 3"]
        );
    }
    let late = downlink.open(StreamKind::socket).expect("a stream");
    assert!(waiting(&late).await.is_empty(), "nothing of it is kept");
}

#[tokio::test]
async fn nothing_overtakes_the_reply_to_a_follow() {
    let downlink = downlink();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    let hold = downlink.hold();
    arrive(&downlink, relayed(1));
    let reply = ReplyFrame::ok(7, &Done {}, Bytes::new());
    hold.followed(asker(&stream), &reply);
    arrive(&downlink, relayed(2));
    assert_eq!(waiting(&stream).await, ["reply", "message 1", "message 2"]);
}
